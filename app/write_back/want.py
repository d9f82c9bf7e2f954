"""Asking for a return's state to be written into the store's books; `write_back.run` does it."""

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from ..extensions import db
from ..lib import clock
from ..returns.models import Return
from ..stores.queries import get_store, settings_of
from .models import WriteBack
from .run import enqueue_run


def want(rma: Return) -> None:
    """Have the store told about `rma` as of its present version, in the transaction of the change.

    Targets: metafields always, the staff note where the merchant said yes.
    """
    targets = ["metafields", "staff_note"] if settings_of(get_store()).staff_notes else ["metafields"]
    statement = insert(WriteBack).values(
        [
            {
                "store_id": rma.store_id,
                "return_id": rma.id,
                "target": target,
                "wanted_version": rma.version,
                "wanted_at": clock.now(),
            }
            for target in targets
        ]
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["store_id", "return_id", "target"],
            set_={
                "wanted_version": func.greatest(WriteBack.wanted_version, statement.excluded.wanted_version),
                "wanted_at": statement.excluded.wanted_at,
            },
        )
    )
    enqueue_run(rma.store_id, rma)
