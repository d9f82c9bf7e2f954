"""Finding returns, in one's own store only."""

from typing import Any

import pytest
from sqlalchemy import event

from app.extensions import as_store
from app.lib.errors import NotFound
from app.policies.decide import Outcome
from app.returns import queries
from app.returns.history import searchable
from app.returns.states import Word
from tests.factories import a_line, a_return, a_store, an_order


def numbers(page: queries.Page) -> list[str]:
    return [rma.number for rma in page.items]


def test_a_return_is_found_by_id_and_by_number_however_typed(db: Any, store: Any) -> None:
    rma = a_return()
    assert queries.get_return(rma.id) is rma
    assert queries.get_return_by_number(f" {rma.number.lower()} ") is rma
    assert list(queries.returns_of_order(rma.order_id)) == [rma]


def test_a_stranger_finds_nothing(db: Any, store: Any) -> None:
    rma = a_return()
    return_id, number, order_id, form_key = rma.id, rma.number, rma.order_id, rma.form_key
    with as_store(a_store(store_hash="xyz").id):
        for find in (queries.get_return, queries.lock_return):
            with pytest.raises(NotFound):
                find(return_id)
        with pytest.raises(NotFound):
            queries.get_return_by_number(number)
        assert queries.find_by_form_key(form_key) is None
        assert list(queries.returns_of_order(order_id)) == []
        assert queries.list_returns().total == 0
        assert set(queries.counts().values()) == {0}


@pytest.mark.parametrize("return_id", [0, -1, 2**63, 10**30])
def test_an_id_nothing_can_have_is_simply_not_found(db: Any, store: Any, return_id: int) -> None:
    for find in (queries.get_return, queries.lock_return):
        with pytest.raises(NotFound):
            find(return_id)


def test_the_tabs_count_every_word(db: Any, store: Any) -> None:
    a_return()
    a_return(outcome=Outcome.REVIEW)
    a_return(outcome=Outcome.REVIEW)
    assert queries.counts() == {
        Word.PENDING: 2, Word.AUTHORIZED: 1, Word.RECEIVED: 0, Word.REPAIRED: 0, Word.REFUNDED: 0, Word.REJECTED: 0,
        Word.CANCELLED: 0,
    }  # fmt: skip
    assert queries.list_returns(Word.PENDING).total == 2


def test_the_list_is_searched_by_number_order_name_mail_and_item(db: Any, store: Any) -> None:
    wanted = a_return(
        an_order(
            [a_line(name="T-shirt (blue) 2.0")], bc_order_id=77001, shopper_name="Łucja O'Demo-Shopper",
            shopper_email="Demo.Shopper+77@shop.example",
        )
    )  # fmt: skip
    a_return(an_order(shopper_name="Other", shopper_email="other@elsewhere.example"))
    found = {
        q: numbers(queries.list_returns(q=q)) == [wanted.number]
        for q in (
            wanted.number, wanted.number.lower(), wanted.number[4:], wanted.number[:7], "77001", "770", "łucja",
            "O'Demo", "demo-shop", "lucja", "Demo.Shopper+77@shop.example", "demo.shop", "77@shop.example",
            "t-shirt blue", "nobody", "łucja other",
        )
    }  # fmt: skip
    assert {q for q, hit in found.items() if not hit} == {"lucja", "nobody", "łucja other"}
    assert queries.counts("77001")[Word.AUTHORIZED] == 1


@pytest.mark.parametrize(
    "q",
    [
        "'", "\\", "a:*|b", "' | '", "\x00", "()&!<->", "%", "🙂", "   ", "'; drop table x--",
        "x" * 5000, "ab " * 5000, "हिन्दी", "İß²", "مرحبا",
    ],
)  # fmt: skip
def test_whatever_is_typed_into_the_search_is_only_searched_for(db: Any, store: Any, q: str) -> None:
    a_return()
    assert queries.list_returns(q=q).total in (0, 1)
    assert sum(queries.counts(q).values()) in (0, 1)


def test_pages_are_cut_after_sorting_and_none_lies_past_the_end(db: Any, store: Any) -> None:
    made = [a_return(an_order(shopper_name=name)) for name in ("b", "C", "a")]
    by_age = [rma.number for rma in made]
    assert numbers(queries.list_returns(per_page=2)) == by_age[:0:-1]
    second = queries.list_returns(per_page=2, page=2)
    assert (numbers(second), second.total, second.number, second.last) == (by_age[:1], 3, 2, 2)
    assert numbers(queries.list_returns(per_page=2, page=99)) == by_age[:1]
    assert numbers(queries.list_returns(per_page=2, page=-1)) == by_age[:0:-1]
    assert numbers(queries.list_returns(sort="oldest")) == by_age
    assert numbers(queries.list_returns(sort="shopper")) == [by_age[2], by_age[0], by_age[1]]
    assert numbers(queries.list_returns(sort="number")) == sorted(by_age)
    assert numbers(queries.list_returns(sort="made up")) == by_age[::-1]


def test_an_empty_list_has_one_empty_page(db: Any, store: Any) -> None:
    page = queries.list_returns()
    assert (list(page.items), page.total, page.number, page.last) == ([], 0, 1, 1)


def test_a_page_of_many_takes_three_statements(db: Any, store: Any) -> None:
    for _ in range(5):
        a_return(an_order([a_line(), a_line()]))
    db.session.expunge_all()
    statements: list[str] = []

    def count(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        page = queries.list_returns()
        shown = [(rma.order.shopper_name, [line.order_line.name for line in rma.lines]) for rma in page.items]
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    assert len(shown) == 5
    assert len([statement for statement in statements if "set_config" not in statement]) == 3


def test_the_search_text_holds_words_once_and_in_lower_case() -> None:
    assert searchable("RMA-7KQ2MX", "Ann-Lee O'Neil", "ann@x.example") == "rma 7kq2mx ann lee o neil x example"
