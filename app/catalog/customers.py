"""Which group a customer is in, as far as a rule asks; and what the groups are called."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from ..bc_client import BigCommerce
from ..extensions import current_store_id, db
from ..lib import clock
from .models import Customer, CustomerGroup

FRESH_FOR = timedelta(hours=1)
"""A customer's group changes rarely, and no webhook of ours tells."""


def ensure_customers(client: BigCommerce, bc_customer_ids: Iterable[int]) -> None:
    """Have the groups of these customers, read within the last hour: 250 to a call. Raises BCError."""
    wanted = {bc_customer_id for bc_customer_id in bc_customer_ids if bc_customer_id > 0}
    fresh = select(Customer.bc_customer_id).where(
        Customer.bc_customer_id.in_(wanted), Customer.fetched_at > clock.now() - FRESH_FOR
    )
    missing = sorted(wanted - set(db.session.scalars(fresh))) if wanted else []
    if not missing:
        return
    groups = {customer.id: customer.group_id or 0 for customer in client.list_customers(missing)}
    rows = [
        {
            "store_id": current_store_id(),
            "bc_customer_id": bc_customer_id,
            "bc_group_id": groups.get(bc_customer_id, 0),
            "fetched_at": clock.now(),
        }
        for bc_customer_id in missing
    ]
    statement = insert(Customer).values(rows)
    changes = {name: statement.excluded[name] for name in ("bc_group_id", "fetched_at")}
    db.session.execute(statement.on_conflict_do_update(index_elements=["store_id", "bc_customer_id"], set_=changes))


def find_group(bc_customer_id: int) -> int | None:
    """The customer's group: 0 for none and for a guest; None while we do not know."""
    if bc_customer_id <= 0:
        return 0
    return db.session.scalar(select(Customer.bc_group_id).where(Customer.bc_customer_id == bc_customer_id))


def ensure_groups(client: BigCommerce) -> None:
    """Have the names of the groups, for whoever writes rules. Raises BCError."""
    read_at = db.session.scalar(select(CustomerGroup.fetched_at).order_by(CustomerGroup.fetched_at).limit(1))
    if read_at is not None and read_at > clock.now() - FRESH_FOR:
        return
    now = clock.now()
    rows = [
        {"store_id": current_store_id(), "bc_group_id": group.id, "name": group.name, "fetched_at": now}
        for group in client.list_customer_groups()
    ]
    if rows:
        statement = insert(CustomerGroup).values(rows)
        changes = {name: statement.excluded[name] for name in ("name", "fetched_at")}
        db.session.execute(statement.on_conflict_do_update(index_elements=["store_id", "bc_group_id"], set_=changes))
    db.session.execute(delete(CustomerGroup).where(CustomerGroup.fetched_at < now))


def list_groups() -> list[CustomerGroup]:
    """Every group we know, by name."""
    return list(db.session.scalars(select(CustomerGroup).order_by(CustomerGroup.name, CustomerGroup.bc_group_id)))
