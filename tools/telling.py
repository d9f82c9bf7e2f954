"""How the story is told and checked: a line a step, and every check remembered."""

import sys
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class StoryFailed(Exception):
    """The story cannot go on; what was wrong stands among the problems."""


class Teller:
    """Says each step, remembers what did not hold.

    `quiet`: say nothing but the end. `patience`: how much longer than usual to wait for things (0.5: half as long).
    `strict`: what does not hold ends the story at once.
    """

    def __init__(self, *, quiet: bool = False, patience: float = 1, strict: bool = False) -> None:
        self.quiet = quiet
        self.patience = patience
        self.strict = strict
        self.problems: list[str] = []
        self.began = time.monotonic()

    def say(self, text: str) -> None:
        if not self.quiet:
            print(f"{time.monotonic() - self.began:6.1f} s  {text}", flush=True)

    def check(self, part: str, holds: bool, text: str) -> bool:
        """Note that `text` must hold; a failure is a problem of `part`. Gives `holds`.

        Raises StoryFailed when strict.
        """
        if not holds:
            self.problems.append(f"{part}: not true that {text}")
            print(f"{time.monotonic() - self.began:6.1f} s  NOT TRUE ({part}): {text}", file=sys.stderr, flush=True)
            if self.strict:
                raise StoryFailed(text)
        return holds

    def demand(self, part: str, holds: bool, text: str) -> None:
        """As `check`, for what the rest of the story stands on. Raises StoryFailed."""
        if not self.check(part, holds, text):
            raise StoryFailed(text)

    def until(self, part: str, text: str, look: Callable[[], T], *, within_s: float = 30, pause_s: float = 0.3) -> T:
        """Look until something true comes back, and give it; too late, it is a problem of `part` and falsy."""
        within_s *= self.patience
        end = time.monotonic() + within_s
        while True:
            found = look()
            if found or time.monotonic() > end:
                self.check(part, bool(found), f"{text} within {within_s:g} s")
                return found
            time.sleep(pause_s)
