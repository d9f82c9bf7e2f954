"""The recorded wire in `fixtures/bc`."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "bc"


def recorded_text(name: str) -> str:
    """A recording as it lies there, e.g. "v3/refund_created.json"."""
    return (FOLDER / name).read_text()


def recorded(name: str) -> Any:
    """A recording, parsed."""
    return json.loads(recorded_text(name))
