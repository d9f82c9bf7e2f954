"""./run lint: style, types, floors, and whether the migrations say what the models say."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.util.exc import CommandError

from app import database
from app.config import root

PLACES = ["app", "sandbox", "tests", "bench", "tools", "migrations", "run"]


def migrations_are_complete() -> bool:
    """Whether the migrations make what the models say, on a real database."""
    with tempfile.TemporaryDirectory(prefix="backhaul-lint-") as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "pg"
        owner = database.start_embedded(data)
        try:
            database.ensure_app_role(owner)
            database.migrate(owner)
            command.check(database.alembic_config(owner))
        except CommandError as error:
            print(error, file=sys.stderr)
            return False
        finally:
            database.stop_embedded(data)
    return True


def main() -> int:
    os.chdir(root())
    python = [sys.executable, "-m"]
    failed = []
    for name, line in {
        "ruff check": [*python, "ruff", "check", *PLACES],
        "ruff format": [*python, "ruff", "format", "--check", "--quiet", *PLACES],
        "mypy": [*python, "mypy"],
        "import-linter": [str(Path(sys.executable).parent / "lint-imports"), "--no-logo"],
    }.items():
        print(f"== {name}", flush=True)
        if subprocess.run(line).returncode:
            failed.append(name)
    print("== migrations", flush=True)
    if not migrations_are_complete():
        failed.append("migrations")
    print(f"lint: {'failed: ' + ', '.join(failed) if failed else 'clean'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
