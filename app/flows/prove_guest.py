"""A guest proves that an order is theirs: a code goes to the order's own mail address. Both steps commit.

A wrong order and a wrong address get the same answer for the same work; nothing of an order is shown before the code.
"""

from sqlalchemy import update

from ..extensions import current_store_id, db
from ..lib import clock, ids, signing
from ..lib.errors import UserError
from ..notices.deliver import CODE_LIFE
from ..notices.write import write
from ..orders.models import Order
from ..orders.queries import find_order_by_bc_id
from ..stores.models import PortalCode
from ..stores.sessions import open_portal_session
from ..stores.throttle import allow

MAX_TRIES = 5
WINDOW_S = 15 * 60
PER_ADDRESS, PER_ORDER, PER_STORE = 20, 5, 600
"""Codes asked for in a window."""
_BIGGEST_NUMBER = 2**63 - 1


def ask_code(order_number: str, email: str, *, visitor: str) -> str:
    """Mail a code to the order's own address if `email` is that address; give the key of this look-up either way.

    `order_number`: digits as typed, a leading # allowed. `visitor`: what stands for the browser's network address.
    Raises UserError("too_many_codes"), also alike for right and wrong.
    """
    number = parse_number(order_number)
    _throttle(number, visitor)
    order = find_order_by_bc_id(number) if number is not None else None
    theirs = order if order is not None and _same_mail(order, email) else None
    key, code = ids.token(), ids.six_digits()
    now = clock.now()
    db.session.add(
        PortalCode(
            store_id=current_store_id(),
            key_digest=ids.digest(key),
            order_id=theirs.id if theirs else None,
            code_digest=signing.sign(key, code),
            created_at=now,
            expires_at=now + CODE_LIFE,
        )
    )
    db.session.flush()
    _mail(theirs, number, email, key, code)
    db.session.commit()
    return key


def enter_code(key: str, code: str) -> str:
    """Open a portal session for the order that the look-up `key` found, and give its key.

    Raises UserError("wrong_code", left=tries left) and, when the code is too old, used or tried too often,
    UserError("code_over").
    """
    now = clock.now()
    tried = db.session.execute(
        update(PortalCode)
        .where(
            PortalCode.key_digest == ids.digest(key),
            PortalCode.used_at.is_(None),
            PortalCode.expires_at > now,
            PortalCode.tries < MAX_TRIES,
        )
        .values(tries=PortalCode.tries + 1)
        .returning(PortalCode.id, PortalCode.order_id, PortalCode.code_digest, PortalCode.tries)
    ).one_or_none()
    # A try counts whatever comes of it.
    db.session.commit()
    if tried is None:
        raise UserError("code_over")
    right = signing.matches(tried.code_digest, key, "".join(code.split()))
    if not right or tried.order_id is None:
        if tried.tries >= MAX_TRIES:
            raise UserError("code_over")
        raise UserError("wrong_code", left=MAX_TRIES - tried.tries)
    _use(tried.id)
    session_key = open_portal_session(order_id=tried.order_id)
    db.session.commit()
    return session_key


def parse_number(typed: str) -> int | None:
    """The order number in what was typed, or None."""
    digits = typed.strip().lstrip("#").strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 19):
        return None
    return number if 0 < (number := int(digits)) <= _BIGGEST_NUMBER else None


def _throttle(number: int | None, visitor: str) -> None:
    # Each is asked, so that the answer tells nothing about which one was too much.
    allowed = [
        allow(f"code:visitor:{visitor}", PER_ADDRESS, WINDOW_S),
        allow(f"code:order:{number or 0}", PER_ORDER if number else PER_STORE, WINDOW_S),
        allow("code:store", PER_STORE, WINDOW_S),
    ]
    if not all(allowed):
        raise UserError("too_many_codes")


def _same_mail(order: Order, email: str) -> bool:
    typed, known = email.strip().casefold(), order.shopper_email.strip().casefold()
    return bool(known) and signing.same(typed, known)


def _mail(order: Order | None, number: int | None, email: str, key: str, code: str) -> None:
    # Where nothing was found the letter is written too and taken back, so that both take the same time.
    with db.session.begin_nested() as kept:
        write(
            "guest_code",
            cause=f"code:{ids.digest(key)}",
            to_email=order.shopper_email if order else email.strip(),
            return_id=None,
            facts={"order_number": number},
            secret=code,
        )
        if order is None:
            kept.rollback()


def _use(code_id: int) -> None:
    used = db.session.execute(
        update(PortalCode)
        .where(PortalCode.id == code_id, PortalCode.used_at.is_(None))
        .values(used_at=clock.now())
        .returning(PortalCode.id)
    )
    if used.scalar() is None:
        raise UserError("code_over")
