"""The story is worth as much as what it notices: with one part switched off it must fail and name that part."""

import pytest

from tests.journeys.test_story import tell
from tools.broken import PARTS
from tools.story import BREAKS, IN_APP

pytestmark = pytest.mark.timeout(420)


@pytest.mark.parametrize("part", BREAKS)
def test_the_story_notices_what_is_switched_off(part: str) -> None:
    code, end, said = tell("--json", "--preset", "tiny", "--break", part, "--patience", "0.6")
    assert code == 1, said[-2000:]
    assert end["ok"] is False
    assert end["problems"], said[-2000:]
    assert end["problems"][0].startswith(f"{part}:"), end["problems"]


def test_every_part_that_can_be_switched_off_is_agreed() -> None:
    assert BREAKS == ("hooks", "dedupe", "write_back", "mail", "refund_look", "rls", "stock")
    assert set(IN_APP) == set(PARTS)
    assert set(IN_APP) <= set(BREAKS)
