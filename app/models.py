"""Every table, for whoever needs the whole list: migrations and the tests that watch the wall."""

from .catalog import models as catalog
from .insights import models as insights
from .notices import models as notices
from .orders import models as orders
from .policies import models as policies
from .resolutions import models as resolutions
from .returns import models as returns
from .storefront import models as storefront
from .stores import models as stores
from .withdrawals import models as withdrawals
from .write_back import models as write_back

__all__ = [
    "catalog", "insights", "notices", "orders", "policies", "resolutions", "returns", "storefront", "stores",
    "withdrawals", "write_back",
]  # fmt: skip
