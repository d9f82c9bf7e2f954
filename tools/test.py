"""./run test [pytest arguments]: the whole suite, on PostgreSQL, in Chromium where there is one."""

import os
import shutil
import sys

import pytest

from app.config import root


def main() -> int:
    os.chdir(root())
    browser = next((name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), None)
    if browser is None and os.environ.get("BACKHAUL_REQUIRE_BROWSER"):
        print("No Chromium on this machine, and the full suite was asked for.", file=sys.stderr)
        return 1
    if browser is None:
        print("No Chromium on this machine: the browser tests will be skipped and say so.", file=sys.stderr)
    arguments = sys.argv[1:] or ["-q", "-n", "2", "--dist", "loadfile"]
    return int(pytest.main(arguments))


if __name__ == "__main__":
    sys.exit(main())
