"""How a bench reports: a line a figure, then one JSON object."""

import json
import operator
import sys
from collections.abc import Mapping

_COMPARE = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}


def report(
    name: str, figures: Mapping[str, float], reach: Mapping[str, tuple[str, float]], *, only_json: bool = False
) -> int:
    """Print the figures and whether each is within reach; 0 when all are, else 1."""
    missed = [
        key for key, (sign, limit) in reach.items() if key not in figures or not _COMPARE[sign](figures[key], limit)
    ]
    if not only_json:
        for key, value in figures.items():
            wanted = f"   reach {reach[key][0]} {reach[key][1]:g}" if key in reach else ""
            print(f"{key:40} {value:>12.4g}{wanted}{'   MISSED' if key in missed else ''}")
    ok = not missed
    print(json.dumps({"bench": name, "figures": figures, "reach": {k: list(v) for k, v in reach.items()}, "ok": ok}))
    sys.stdout.flush()
    return 0 if ok else 1
