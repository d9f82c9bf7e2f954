"""Numbers people read, keys nobody guesses."""

import re

from app.lib import ids


def test_a_return_number_cannot_be_misread() -> None:
    numbers = {ids.rma_number() for _ in range(500)}
    assert len(numbers) > 495
    assert all(re.fullmatch(r"RMA-[2-9BCDFGHJKMNPQRSTVWXZ]{6}", number) for number in numbers)


def test_a_token_is_long_and_never_the_same() -> None:
    assert len({ids.token() for _ in range(100)}) == 100
    assert re.fullmatch(r"[\w-]{43}", ids.token())


def test_a_code_has_six_digits_also_when_it_begins_with_zeros() -> None:
    assert all(re.fullmatch(r"\d{6}", ids.six_digits()) for _ in range(200))


def test_a_digest_is_sha256() -> None:
    assert ids.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
