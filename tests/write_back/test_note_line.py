"""Our one line among other people's text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.write_back.documents import NOTE_START
from app.write_back.run import with_our_line

OURS = f"{NOTE_START}: RMA-7KQ2MX Received (2 received)"
OLD = f"{NOTE_START}: RMA-7KQ2MX Pending (2 pending)"


@pytest.mark.parametrize(
    ("_case", "notes", "after"),
    [
        ("empty", "", OURS),
        ("somebody's text", "Call first.", f"Call first.\n{OURS}"),
        ("their last line is ended", "Call first.\n", f"Call first.\n{OURS}"),
        ("ours stands in the middle", f"Call first.\n{OLD}\nGate code 12", f"Call first.\n{OURS}\nGate code 12"),
        ("ours alone", OLD, OURS),
        ("other people's line ends", f"Call first.\r\n{OLD}\r\nGate code", f"Call first.\r\n{OURS}\r\nGate code"),
        ("a backslash is no pattern", "C:\\new\\1", f"C:\\new\\1\n{OURS}"),
        ("our name in their sentence", f"See {OLD}", f"See {OLD}\n{OURS}"),
    ],
)
def test_only_our_own_line_is_replaced(_case: str, notes: str, after: str) -> None:
    assert with_our_line(notes, OURS) == after
    assert with_our_line(after, OURS) == after


@given(before=st.text(), behind=st.text())
def test_everybody_elses_text_stays_letter_by_letter(before: str, behind: str) -> None:
    once = with_our_line(before, OLD)
    assert once.startswith(before)
    twice = with_our_line(f"{once}\n{behind}", OURS)
    assert twice == f"{with_our_line(before, OURS)}\n{behind}"
