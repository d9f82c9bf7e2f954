"""./run shell [STORE_HASH]: a Python prompt inside the application, in one store when it is named.

Without DATABASE_URL it opens the demo's own database.
"""

import code
import os
import sys

from app import create_app
from app.extensions import db, enter_store
from app.stores.lookup import find_store_id
from tools.house import House


def main() -> int:
    house = House()
    if not os.environ.get("DATABASE_URL"):
        os.environ.update(house.environment())
    try:
        with create_app().app_context():
            if len(sys.argv) > 1:
                enter_store(find_store_id(sys.argv[1]))
            code.interact(banner="db, enter_store(id), find_store_id(hash)", local={**globals(), "db": db})
    finally:
        house.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
