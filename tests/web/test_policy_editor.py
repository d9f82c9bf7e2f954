"""The editor of the policy: begun, written in sentences, checked, published; and what it refuses."""

import io
import json
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.catalog.models import Category
from app.extensions import as_store
from app.lib import clock
from app.policies import drafts, versions
from app.policies.document import dump_document
from app.policies.models import PolicyVersion
from app.stores.models import Store
from tests.factories import a_line, a_store, an_order
from tests.policies.test_golden import CASE
from tests.policies.test_lint import REFUSE, SHOES, TOYS, a_policy, compare, days
from tests.web.panel_visitor import Visitor, words


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.flows.publish_policy.learn_names", lambda store: None)
    monkeypatch.setattr("app.flows.preview_policy.learn", lambda store, order, policy: None)


@pytest.fixture
def clerk(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


@pytest.fixture
def draft_id(db: Any, store: Store) -> int:
    db.session.add_all(
        Category(store_id=store.id, bc_category_id=one, bc_parent_id=0, name=name, fetched_at=clock.now())
        for one, name in [(0, ""), (SHOES, "Shoes"), (TOYS, "Toys")]
    )
    document = a_policy(
        ("Shoes", compare("product.category", "has", SHOES), days(60)),
        ("Toys", compare("product.category", "has", TOYS), REFUSE),
    )
    made = drafts.open_draft(None, document, (), based_on=None, by="x")
    db.session.commit()
    return made


def kept(db: Any, draft_id: int) -> drafts.Draft:
    db.session.rollback()
    return drafts.get_draft(draft_id)


def versions_count(db: Any) -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(PolicyVersion)))


def form_of(page: str) -> dict[str, Any]:
    """The main form of a page as a browser would send it unchanged."""
    form = max(re.findall(r"<form[^>]*method=.post.*?</form>", page, re.S), key=len)
    fields: dict[str, Any] = {}

    def add(name: str, value: str) -> None:
        fields.setdefault(name, []).append(value)

    for tag in re.findall(r"<input[^>]*>", form):
        given = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        box = given.get("type") in {"checkbox", "radio"}
        if "name" in given and given.get("type") != "file" and (not box or " checked" in tag):
            add(given["name"], given.get("value", "on"))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        add(name, text.replace("&#34;", '"').replace("&lt;", "<").replace("&amp;", "&").replace("&#39;", "'"))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        found = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        if found:
            add(name, found[1])
    fields.pop("csrf_token", None)
    return fields


def url(draft_id: int, rest: str = "") -> str:
    return f"/panel/policy/drafts/{draft_id}{rest}"


def test_the_first_page_shows_what_is_in_force_and_begins_a_draft(clerk: Visitor, db: Any, store: Store) -> None:
    page = words(clerk.get("/panel/policy"))
    assert "Made from your settings" in page
    assert "Where no rule says otherwise" in page
    answer = clerk.post("/panel/policy/drafts", {"starter": "electronics"})
    assert answer.status_code == 303
    draft = words(clerk.get(answer.headers["Location"]))
    assert "Electronics" in draft
    assert "restocking 10 %" in draft
    assert "In force: Electronics" not in words(clerk.get("/panel/policy"))


def test_the_set_up_offers_the_starting_policies_until_one_is_published(clerk: Visitor, draft_id: int) -> None:
    assert "Choose a return policy to begin with" in words(clerk.get("/panel/welcome"))
    clerk.post(url(draft_id, "/publish"), {"seen": 1})
    page = words(clerk.get("/panel/welcome"))
    assert "Choose a return policy" not in page
    assert "Your return policy : Any, version 1." in page


def test_rules_are_read_as_sentences(clerk: Visitor, draft_id: int) -> None:
    page = words(clerk.get(url(draft_id)))
    assert "If the category is Shoes Days to return 60 days from the delivery" in page
    assert "If the category is Toys Decision refuse" in page


def test_who_writes_a_rule_is_told_what_the_app_does_not_do_yet(clerk: Visitor, draft_id: int) -> None:
    rule = words(clerk.get(url(draft_id, "/rules/shoes")))
    assert "not taken off the refund yet" in rule
    assert "cannot send photos here yet" in rule
    assert "not carried out by the app yet" in words(clerk.get(url(draft_id, "/check")))


@pytest.mark.parametrize("code", ["shoes", "toys"])
def test_a_form_sent_unchanged_changes_nothing(clerk: Visitor, db: Any, draft_id: int, code: str) -> None:
    before = kept(db, draft_id)
    fields = form_of(clerk.get(url(draft_id, f"/rules/{code}")).text)
    assert clerk.post(url(draft_id, f"/rules/{code}"), {**fields, "deed": "save"}).status_code == 303
    after = kept(db, draft_id).document
    assert [rule.effects for rule in after.rules] == [rule.effects for rule in before.document.rules]
    assert [str(rule.name) for rule in after.rules] == ["Shoes", "Toys"]
    again = form_of(clerk.get(url(draft_id, f"/rules/{code}")).text)
    clerk.post(url(draft_id, f"/rules/{code}"), {**again, "deed": "save"})
    assert kept(db, draft_id).document == after


def test_every_starting_policy_survives_its_own_forms(clerk: Visitor, db: Any, store: Store) -> None:
    for starter in ("general", "fashion", "electronics", "eu_consumer"):
        place = clerk.post("/panel/policy/drafts", {"starter": starter}).headers["Location"]
        draft = kept(db, int(place.rpartition("/")[2]))
        for part in [*(f"/rules/{rule.code}" for rule in draft.document.rules), "/otherwise", "/general"]:
            fields = form_of(clerk.get(place + part).text)
            answer = clerk.post(place + part, {**fields, "deed": "save"})
            assert answer.status_code == 303, (starter, part, words(answer)[:600])
        after = kept(db, draft.id).document
        assert dump_document(after)["defaults"] == dump_document(draft.document)["defaults"]
        assert [rule.effects for rule in after.rules] == [rule.effects for rule in draft.document.rules]
        assert (after.reasons, after.page) == (draft.document.reasons, draft.document.page)


NEW_RULE = {
    "name": "Dear toys",
    "rows": "1",
    "match": "all",
    "c0-kind": "leaf",
    "c0-fact": "line.unit_paid",
    "c0-was": "line.unit_paid",
    "c0-op": "above",
    "c0-value": "99,50",
    "c0-unknown": "ask",
    "say-outcome": "1",
    "decision": "review",
    "sentence-en": "We look at it.",
    "deed": "save",
}


def test_a_rule_is_added_at_the_end(clerk: Visitor, db: Any, draft_id: int) -> None:
    assert clerk.post(url(draft_id, "/rules/new"), NEW_RULE).status_code == 303
    rule = kept(db, draft_id).document.rules[-1]
    assert (rule.code, rule.name) == ("dear_toys", "Dear toys")
    assert dump_document(kept(db, draft_id).document)["rules"][-1] == {
        "code": "dear_toys",
        "name": "Dear toys",
        "when": compare("line.unit_paid", "above", "99.5", field="", unknown="ask"),
        "effects": {"outcome": {"decision": "review", "sentence": {"en": "We look at it."}, "even_late": False}},
        "words": {},
    }


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "Name: "),
        ({"name": "toys"}, "Name: another rule has this name."),
        ({"c0-value": "a lot"}, "Condition: line.unit_paid needs a number such as 12.50, not 'a lot'."),
        ({"sentence-en": "Until {tomorrow}."}, "Decision, en: there is no {tomorrow}; allowed: {last_day}, {days}."),
        ({"say-window": "1", "days": "many", "counted_from": "order", "grace_days": ""}, "Days to return, days: "),
        ({"c0-fact": "order.date"}, "A condition is about something else now"),
        ({"rows": "2", "c1-kind": "json", "c1-json": "{"}, "The JSON of a condition cannot be read"),
        ({"rows": "2", "c1-kind": "json", "c1-json": '{"test": "maybe"}'}, "Condition 2: a condition is one of"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    clerk: Visitor, db: Any, draft_id: int, changed: dict[str, str], sentence: str
) -> None:
    answer = clerk.post(url(draft_id, "/rules/new"), {**NEW_RULE, **changed})
    assert answer.status_code == 400
    assert sentence in words(answer)
    typed = {**NEW_RULE, **changed}
    assert f'name="name" value="{typed["name"]}"' in answer.text
    assert typed["sentence-en"] in answer.text
    if "c0-fact" not in changed:
        assert typed["c0-value"].replace("'", "&#39;") in answer.text
    assert kept(db, draft_id).version == 1


def test_buttons_of_the_form_change_the_form_only(clerk: Visitor, db: Any, draft_id: int) -> None:
    page = clerk.post(url(draft_id, "/rules/new"), {**NEW_RULE, "deed": "add"})
    assert page.status_code == 200
    fields = form_of(page.text)
    assert (fields["rows"], fields["c1-kind"], fields["c0-value"]) == (["2"], ["leaf"], ["99,50"])
    fields = form_of(clerk.post(url(draft_id, "/rules/new"), {**fields, "deed": "add-group"}).text)
    fields = form_of(clerk.post(url(draft_id, "/rules/new"), {**fields, "deed": "add:2"}).text)
    assert (fields["c2-kind"], fields["c2-rows"]) == (["group"], ["2"])
    fields = form_of(clerk.post(url(draft_id, "/rules/new"), {**fields, "deed": "remove:1"}).text)
    assert (fields["rows"], fields["c1-kind"]) == (["2"], ["group"])
    fields = {**fields, "c1-0-value": [str(TOYS)], "c1-1-value": [str(SHOES), str(TOYS)], "deed": "save"}
    assert kept(db, draft_id).version == 1
    assert clerk.post(url(draft_id, "/rules/new"), fields).status_code == 303
    when = dump_document(kept(db, draft_id).document)["rules"][-1]["when"]
    assert (when["test"], when["of"][1]["test"], when["of"][1]["of"][1]["values"]) == ("all", "any", [SHOES, TOYS])


def test_what_is_nested_deeper_is_shown_as_json_and_kept(clerk: Visitor, db: Any, draft_id: int) -> None:
    deep = {
        "test": "all",
        "of": [
            compare("line.kind", "is", "physical"),
            {
                "test": "any",
                "of": [
                    {
                        "test": "all",
                        "of": [compare("order.total", "above", "10"), compare("order.total", "below", "20")],
                    },
                    {"test": "not", "of": compare("order.total", "above", "500")},
                ],
            },
        ],
    }
    document = a_policy(("Deep", deep, REFUSE))
    drafts.open_draft(None, document, (), based_on=None, by="x", replace=True)
    db.session.commit()
    page = clerk.get(url(draft_id, "/rules/deep"))
    assert "A condition of several layers, as JSON" in page.text
    assert clerk.post(url(draft_id, "/rules/deep"), {**form_of(page.text), "deed": "save"}).status_code == 303
    when, before = (dump_document(one)["rules"][0]["when"] for one in (kept(db, draft_id).document, document))
    assert when["of"][1] == before["of"][1]


def test_of_two_people_on_one_rule_nobody_loses_anything(clerk: Visitor, db: Any, draft_id: int) -> None:
    mine = form_of(clerk.get(url(draft_id, "/rules/shoes")).text)
    theirs = form_of(clerk.get(url(draft_id, "/rules/shoes")).text)
    assert clerk.post(url(draft_id, "/rules/shoes"), {**theirs, "days": "45", "deed": "save"}).status_code == 303
    answer = clerk.post(url(draft_id, "/rules/shoes"), {**mine, "name": "My shoes", "deed": "save"})
    assert answer.status_code == 409
    assert "Somebody changed this meanwhile" in words(answer)
    assert "45 days from the delivery" in words(answer)
    assert 'value="My shoes"' in answer.text
    [shoes, _] = kept(db, draft_id).document.rules
    assert (shoes.name, shoes.effects.window.days if shoes.effects.window else 0) == ("Shoes", 45)
    again = form_of(answer.text)
    assert clerk.post(url(draft_id, "/rules/shoes"), {**again, "deed": "save"}).status_code == 303
    assert kept(db, draft_id).document.rules[0].name == "My shoes"


def test_another_rule_changed_meanwhile_is_in_nobodys_way(clerk: Visitor, db: Any, draft_id: int) -> None:
    mine = form_of(clerk.get(url(draft_id, "/rules/shoes")).text)
    toys = form_of(clerk.get(url(draft_id, "/rules/toys")).text)
    clerk.post(url(draft_id, "/rules/toys"), {**toys, "name": "Playthings", "deed": "save"})
    assert clerk.post(url(draft_id, "/rules/shoes"), {**mine, "days": "50", "deed": "save"}).status_code == 303
    assert [rule.name for rule in kept(db, draft_id).document.rules] == ["Shoes", "Playthings"]


def test_rules_are_moved_and_removed(clerk: Visitor, db: Any, draft_id: int) -> None:
    def order() -> list[str]:
        return [rule.code for rule in kept(db, draft_id).document.rules]

    clerk.post(url(draft_id, "/order"), {"rule": "toys", "up": "1"})
    assert order() == ["toys", "shoes"]
    clerk.post(url(draft_id, "/order"), {"rule": "toys", "down": "1"})
    assert order() == ["shoes", "toys"]
    clerk.post(url(draft_id, "/order"), {"rule": "toys", "to": "1"})
    assert order() == ["toys", "shoes"]
    assert clerk.post(url(draft_id, "/order"), {"rule": "hats", "up": "1"}).status_code == 404
    clerk.post(url(draft_id, "/remove"), {"rule": "toys"})
    assert order() == ["shoes"]


def test_reasons_and_places_are_kept_and_codes_stay(clerk: Visitor, db: Any, draft_id: int) -> None:
    fields = form_of(clerk.get(url(draft_id, "/general")).text)
    fields |= {
        "reason-0-sub": "Too small\nToo large",
        "reason-0-label-de": "Passt nicht",
        "reason-2-label-en": "Came late",
        "place-0-name": "Outlet",
        "place-0-address": "1 Example Street",
    }
    assert clerk.post(url(draft_id, "/general"), fields).status_code == 303
    document = kept(db, draft_id).document
    assert document.reason_codes == ("fit", "broken", "came_late")
    assert [sub.code for sub in document.reasons[0].sub] == ["too_small", "too_large"]
    assert document.reasons[0].label == {"en": "Does not fit", "de": "Passt nicht"}
    assert [(one.code, one.address) for one in document.places] == [("outlet", "1 Example Street")]


def test_a_reason_that_a_rule_still_names_is_not_removed(clerk: Visitor, db: Any, draft_id: int) -> None:
    document = a_policy(("Broken", compare("line.reason", "is", "broken"), REFUSE))
    drafts.open_draft(None, document, (), based_on=None, by="x", replace=True)
    db.session.commit()
    fields = form_of(clerk.get(url(draft_id, "/general")).text)
    answer = clerk.post(url(draft_id, "/general"), {**fields, "reason-1-label-en": ""})
    assert answer.status_code == 400
    assert "line.reason cannot be 'broken'; allowed: fit" in words(answer)
    assert kept(db, draft_id).document == document


def test_the_check_names_the_rule_and_keeps_an_error_from_being_published(
    clerk: Visitor, db: Any, draft_id: int
) -> None:
    clerk.post(
        url(draft_id, "/rules/new"),
        {
            **NEW_RULE,
            "name": "Shoes again",
            "c0-fact": "product.category",
            "c0-was": "product.category",
            "c0-op": "in",
            "c0-value": str(TOYS),
        },
    )
    page = clerk.get(url(draft_id, "/check"))
    assert "Shoes again It never decides: “Toys”, further up, takes everything" in words(page)
    assert "Publish for" not in words(page)
    seen = kept(db, draft_id).version
    answer = clerk.post(url(draft_id, "/publish"), {"seen": seen})
    assert answer.status_code == 400
    assert "Not published" in words(answer)
    assert [one.source for one in versions.list_versions()] == ["settings"]


def test_a_clean_draft_is_published_and_can_be_rolled_back(
    clerk: Visitor, db: Any, store: Store, draft_id: int
) -> None:
    page = words(clerk.get(url(draft_id, "/check")))
    assert "New rule" in page
    assert "Publish for the whole store" in page
    assert clerk.post(url(draft_id, "/publish"), {"seen": 1}).status_code == 303
    db.session.rollback()
    version, document = versions.current_policy(store)
    assert [rule.code for rule in document.rules] == ["shoes", "toys"]
    page = words(clerk.get("/panel/policy"))
    assert f"Version {version}, published" in page
    assert "is decided by" not in page
    assert "If the category is Shoes" in words(clerk.get(f"/panel/policy/versions/{version}"))
    second = clerk.post("/panel/policy/drafts", {"starter": "general"}).headers["Location"]
    clerk.post(f"{second}/publish", {"seen": 1})
    assert "They say the same" not in words(clerk.get(f"/panel/policy/versions/{version + 1}"))
    answer = clerk.post(f"/panel/policy/versions/{version}/restore")
    assert answer.status_code == 303
    db.session.rollback()
    assert versions.current_policy(store) == (version + 2, document)


def test_the_settings_lead_to_the_editor_once_a_policy_was_published(clerk: Visitor, db: Any, draft_id: int) -> None:
    assert 'name="window_days" type="text"' in clerk.get("/panel/settings").text
    clerk.post(url(draft_id, "/publish"), {"seen": 1})
    page = clerk.get("/panel/settings").text
    assert 'name="window_days" type="text"' not in page
    assert 'href="/panel/policy"' in page.partition('id="window"')[2].partition("</section>")[0]


def test_a_golden_case_is_made_from_an_order_and_stops_what_breaks_it(
    clerk: Visitor, db: Any, store: Store, draft_id: int
) -> None:
    order = an_order([a_line(name="Shoe", price="59.00"), a_line(name="Cup")], shopper_name="Demo Secretperson")
    page = clerk.get(url(draft_id, "/preview"), order=order.bc_order_id, reason="fit")
    assert "Shoe" in words(page)
    assert "Keep as a golden case" in page.text
    assert clerk.post(url(draft_id, "/cases"), {"order": order.bc_order_id, "reason": "fit"}).status_code == 303
    [case] = kept(db, draft_id).cases
    assert [line.reason for line in case.facts.lines] == ["fit", "fit"]
    assert "Secretperson" not in json.dumps([str(case)])
    clerk.post(url(draft_id, "/rules/new"), {**NEW_RULE, "c0-value": "50"})
    page = words(clerk.get(url(draft_id, "/check")))
    assert "1 of 1 come out differently" in page
    assert "because rule “Dear toys”" in page
    assert clerk.post(url(draft_id, "/publish"), {"seen": kept(db, draft_id).version}).status_code == 400
    fields = form_of(clerk.get(url(draft_id, "/cases/0")).text)
    fields["outcome"], fields["rule"], fields["last_day"] = ["review", "review"], ["", ""], ["", ""]
    assert clerk.post(url(draft_id, "/cases/0"), {**fields, "deed": "save"}).status_code == 303
    assert [one.outcome for one in kept(db, draft_id).cases[0].expect] == ["review", "review"]
    fields = form_of(clerk.get(url(draft_id, "/cases/0")).text)
    assert clerk.post(url(draft_id, "/cases/0"), {**fields, "deed": "remove"}).status_code == 303
    assert kept(db, draft_id).cases == ()


@pytest.mark.parametrize("query", [{"order": "999999"}, {"order": "many"}, {"order": "9" * 30}, {}, {"on": "never"}])
def test_a_preview_of_nothing_says_so(clerk: Visitor, draft_id: int, query: dict[str, str]) -> None:
    page = clerk.get(url(draft_id, "/preview"), **query)
    assert page.status_code == 200
    assert "Keep as a golden case" not in page.text


def test_a_policy_goes_out_and_comes_in_as_json(clerk: Visitor, db: Any, draft_id: int) -> None:
    file = clerk.get(url(draft_id, "/export"))
    assert file.headers["Content-Disposition"] == 'attachment; filename="policy-draft.json"'
    data = json.loads(file.text)
    data["rules"][0]["effects"]["window"]["days"] = 90
    data["cases"] = [CASE]
    seen = form_of(clerk.get(url(draft_id, "/json")).text)["seen"]
    answer = clerk.post(
        url(draft_id, "/json"), {"seen": seen, "file": (io.BytesIO(json.dumps(data).encode()), "p.json")}
    )
    assert answer.status_code == 303
    draft = kept(db, draft_id)
    window = draft.document.rules[0].effects.window
    assert window is not None
    assert (window.days, [case.name for case in draft.cases]) == (90, [CASE["name"]])
    del data["cases"]
    seen = form_of(clerk.get(url(draft_id, "/json")).text)["seen"]
    clerk.post(url(draft_id, "/json"), {"seen": seen, "json": json.dumps(data)})
    assert len(kept(db, draft_id).cases) == 1, "without cases the draft keeps its own"


@pytest.mark.parametrize(
    ("text", "path", "what"),
    [
        ("{", "the whole", "is no JSON: line 1, column 2"),
        ("[]", "the whole", "an object with named fields is needed"),
        ('{"name": "\\u0000"}', "the whole", "a character that cannot be kept"),
        ('{"name": "X", "reasons": []}', "reasons", "at least 1 item"),
        (
            '{"name": "X", "reasons": [{"code": "a", "label": {"en": "A"}}], "rules": [{"name": "R",'
            ' "effects": {"window":'
            ' {"days": -1}}}]}',
            "rules[0].effects.window.days",
            "rule “R”",
        ),
        (
            '{"name": "X", "reasons": [{"code": "a", "label": {"en": "A"}}], "rules": [{"name": "R",'
            ' "effects": {}, "when":'
            ' {"test": "compare", "fact": "moon", "op": "is", "value": 1}}]}',
            "rules[0].when.fact",
            "allowed: line.paid",
        ),
        (
            '{"name": "X", "reasons": [{"code": "a", "label": {"en": "A"}}], "cases": [{"name": "C"}]}',
            "cases[0].on",
            "is missing",
        ),
    ],
)
def test_what_is_wrong_with_an_import_is_said_at_its_place_and_kept(
    clerk: Visitor, db: Any, draft_id: int, text: str, path: str, what: str
) -> None:
    seen = form_of(clerk.get(url(draft_id, "/json")).text)["seen"]
    answer = clerk.post(url(draft_id, "/json"), {"seen": seen, "json": text})
    assert answer.status_code == 400
    assert path in words(answer)
    assert what in words(answer)
    assert text.replace("&", "&amp;").replace('"', "&#34;") in answer.text
    assert kept(db, draft_id).version == 1


def test_an_import_over_somebody_elses_change_is_refused(clerk: Visitor, db: Any, draft_id: int) -> None:
    fields = form_of(clerk.get(url(draft_id, "/json")).text)
    clerk.post(url(draft_id, "/order"), {"rule": "toys", "up": "1"})
    answer = clerk.post(url(draft_id, "/json"), {**fields})
    assert answer.status_code == 409
    assert [rule.code for rule in kept(db, draft_id).document.rules] == ["toys", "shoes"]


def test_a_channel_gets_a_policy_of_its_own_and_gives_it_up(clerk: Visitor, db: Any, store: Store) -> None:
    place = clerk.post("/panel/policy/drafts", {"channel": "2"}).headers["Location"]
    assert "For channel 2" in words(clerk.get(place))
    clerk.post(f"{place}/publish", {"seen": 1})
    assert "Channel 2 : From your settings" in words(clerk.get("/panel/policy"))
    assert clerk.post("/panel/policy/channels/follow", {"channel": "2"}).status_code == 303
    db.session.rollback()
    assert versions.find_published(2) is None
    assert clerk.post("/panel/policy/drafts", {"channel": "all"}).status_code == 400


def test_a_stranger_reaches_no_draft_and_no_version(app: Flask, db: Any, store: Store, draft_id: int) -> None:
    clerk = Visitor(app, store)
    clerk.post(url(draft_id, "/publish"), {"seen": 1})
    second = clerk.post("/panel/policy/drafts", {}).headers["Location"]
    stranger = Visitor(app, a_store(store_hash="xyz"))
    for path in (second, f"{second}/check", f"{second}/json", f"{second}/rules/shoes", "/panel/policy/versions/1"):
        assert stranger.get(path).status_code == 404, path
    for path in (f"{second}/publish", f"{second}/discard", f"{second}/order", "/panel/policy/versions/1/restore"):
        assert stranger.post(path, {"seen": 1, "sure": 1, "rule": "shoes", "up": 1}).status_code == 404, path
    assert versions_count(db) == 1
    with as_store(store.id):
        assert drafts.get_draft(int(second.rpartition("/")[2])).version == 1
