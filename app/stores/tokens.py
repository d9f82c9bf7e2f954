"""Signed tokens are good once."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from ..extensions import current_store_id, db
from .models import UsedToken


def use_once(jti: str, expires_at: datetime) -> bool:
    """Whether this is the first use of token `jti` in the entered store; of two at once, one is.

    It counts as used when the caller commits. `expires_at`: when it may be forgotten, because its age refuses it.
    """
    claimed = (
        insert(UsedToken)
        .values(store_id=current_store_id(), jti=jti, expires_at=expires_at)
        .on_conflict_do_nothing()
        .returning(UsedToken.id)
    )
    return db.session.scalar(claimed) is not None
