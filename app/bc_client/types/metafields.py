"""A value of ours kept beside something of the store's."""

from dataclasses import dataclass
from datetime import datetime

from ..wire import Row, some_moment, text


@dataclass(frozen=True)
class Metafield:
    """One key in a namespace of ours. `permission_set`: who may read it; what ends in `_sf_access`, shoppers too."""

    id: int
    namespace: str
    key: str
    value: str
    permission_set: str
    modified_at: datetime | None

    @classmethod
    def from_wire(cls, row: Row) -> "Metafield":
        words = {name: text(row, name) for name in ("namespace", "key", "value", "permission_set")}
        return cls(id=int(row["id"]), modified_at=some_moment(row, "date_modified"), **words)
