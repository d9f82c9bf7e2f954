"""./run migrate: bring DATABASE_OWNER_URL's schema up to date."""

import os
import sys

from app import database


def main() -> int:
    url = os.environ.get("DATABASE_OWNER_URL")
    if not url:
        print("DATABASE_OWNER_URL is not set: it names the owner of the schema.", file=sys.stderr)
        return 2
    database.migrate(url)
    print("The schema is up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
