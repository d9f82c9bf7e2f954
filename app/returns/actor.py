"""Who did it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """Somebody, or something, that acts on a return; the timeline keeps all three."""

    kind: str
    """shopper, staff, policy, store (its control panel) or system."""
    id: int | None = None
    name: str = ""


POLICY = Actor("policy")
STORE = Actor("store")
SYSTEM = Actor("system")
