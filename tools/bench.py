"""./run bench NAME [--json] [options]: measure, each figure beside its floor or peer of the same run.

The last line is one JSON object {"bench", "figures", "reach", "ok"}; exit 0 only when every figure is within reach.
"""

import importlib
import pkgutil
import sys

import bench
from tools.house import stop_on_sigterm


def names() -> list[str]:
    """Every bench there is: the modules of bench/ that can be run."""
    return sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_"))


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] not in names():
        print(f"./run bench NAME, where NAME is one of: {', '.join(names())}", file=sys.stderr)
        return 2
    stop_on_sigterm()
    module = importlib.import_module(f"bench.{sys.argv[1]}")
    return int(module.main(sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
