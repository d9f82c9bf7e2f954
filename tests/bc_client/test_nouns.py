"""The store's other things: profile, channels, hooks, catalogue, stock, pages, scripts, extensions, certificates."""

from decimal import Decimal
from typing import Any

import pytest

from app.bc_client import BCNotFound, BCRejected, BCUnavailable, BigCommerce
from app.bc_client.types import (
    AppExtensionDraft,
    BlockedDomain,
    GiftCertificateDraft,
    LinkPage,
    ScriptDraft,
    StockChange,
)
from tests.bc_client.recordings import recorded
from tests.doubles import BigCommerceDouble

EXTENSION = AppExtensionDraft("PANEL", "ORDERS", "/orders/${id}/returns", "Returns", (("de", "Retouren"),))


def _page(row: dict[str, Any], number: int, of: int) -> dict[str, Any]:
    return {"data": [row], "meta": {"pagination": {"current_page": number, "total_pages": of}}}


def test_the_profile_gives_zone_currency_and_panel(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v2/store", recorded("v2/store.json"))
    store = api.get_store()
    assert (store.store_hash, store.name, store.timezone) == ("demostore1", "Demo Store", "America/Chicago")
    assert (store.currency, store.country_code, store.admin_email) == ("USD", "US", "owner@demo.example")
    assert store.control_panel_url == "https://store-demostore1.mybigcommerce.com"


@pytest.mark.parametrize("zone", [{"name": "Somewhere/Else"}, {"name": ""}, {}, None, {"name": "../etc/passwd"}])
def test_a_zone_nobody_knows_is_utc(bc: BigCommerceDouble, api: BigCommerce, zone: Any) -> None:
    bc.answers("GET", "/v2/store", {**recorded("v2/store.json"), "timezone": zone})
    assert api.get_store().timezone == "UTC"


def test_every_page_of_a_list_is_fetched_once(bc: BigCommerceDouble, api: BigCommerce) -> None:
    first, second, _ = recorded("v3/channels.json")["data"]
    bc.answers("GET", "/v3/channels", _page(first, 1, 2))
    bc.answers("GET", "/v3/channels", _page(second, 2, 2))
    assert [channel.id for channel in api.list_channels()] == [1, 2]
    assert [sent["query"] for sent in bc.sent()] == ["page=1&limit=250", "page=2&limit=250"]


def test_an_empty_page_ends_a_list_that_claims_more(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v3/channels", {"data": [], "meta": {"pagination": {"total_pages": 9}}})
    assert api.list_channels() == []
    assert api.calls == 1


def test_a_channel_without_a_site_has_none(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v3/channels/3/site", recorded("v3/not_found.json"), status=404)
    bc.answers("GET", "/v3/channels/1/site", recorded("v3/site.json"))
    assert api.find_channel_site(3) is None
    assert api.get_channel_site(1).url == "https://demo-store.example"
    with pytest.raises(BCNotFound):
        api.get_channel_site(3)


def test_the_stores_own_return_mails_can_be_switched_off(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v3/settings/email-statuses", recorded("v3/email_statuses.json"))
    bc.answers("PUT", "/v3/settings/email-statuses", recorded("v3/email_statuses.json"))
    assert api.get_email_statuses()["return_confirmation_email"] is True
    api.put_email_statuses({"return_confirmation_email": False})
    assert bc.sent("PUT")[0]["body"] == {"return_confirmation_email": False}


def test_a_hook_is_made_active_and_with_its_secret(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("POST", "/v3/hooks", recorded("v3/hook_created.json"))
    hook = api.create_hook("store/order/updated", "https://app.backhaul.example/h", {"X-Backhaul-Hook": "s"})
    assert (hook.id, hook.is_active) == (18, True)
    assert bc.sent()[0]["body"] == {
        "scope": "store/order/updated",
        "destination": "https://app.backhaul.example/h",
        "is_active": True,
        "headers": {"X-Backhaul-Hook": "s"},
    }
    assert "demo-hook-secret" not in repr(hook)


def test_a_hook_is_switched_on_again_alone(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("PUT", "/v3/hooks/18", recorded("v3/hook_created.json"))
    api.update_hook(18, is_active=True)
    assert bc.sent()[0]["body"] == {"is_active": True}


def test_the_overview_shows_what_was_switched_off_and_blocked(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v3/hooks/admin", recorded("v3/hooks_admin.json"))
    overview = api.hooks_admin()
    assert [(hook.id, hook.status, hook.is_active) for hook in overview.hooks] == [(18, "deactivated", False)]
    assert overview.blocked == (BlockedDomain("https://app.backhaul.example", 120, ("HTTP 500",)),)


def test_300_products_are_two_calls_and_a_product_asked_twice_is_one(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v3/catalog/products", recorded("v3/products.json"))
    api.list_products([*range(1, 301), 7, 7])
    assert api.calls == 2
    assert bc.sent()[1]["query"].split("id:in=")[1].split("&")[0] == ",".join(map(str, range(251, 301)))


def test_no_products_are_no_call(bc: BigCommerceDouble, api: BigCommerce) -> None:
    assert (api.list_products([]), api.list_customers([]), api.calls) == ([], [], 0)


def test_a_product_knows_its_categories_picture_and_fields(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v3/catalog/products", recorded("v3/products.json"))
    (shirt,) = api.list_products([31])
    assert (shirt.category_ids, shirt.price, shirt.inventory_tracking) == ((5, 8), Decimal("33.33"), "variant")
    assert shirt.image_url == "https://cdn.demo-store.example/91-thumb.jpg"
    assert shirt.custom_fields == (("Final sale", "no"),)


def test_categories_know_their_parents(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v3/catalog/trees/categories", recorded("v3/categories.json"))
    assert [(one.id, one.parent_id, one.path) for one in api.list_categories()] == [
        (5, None, "/clothing/"),
        (8, 5, "/clothing/shirts/"),
    ]


def test_a_customer_knows_group_and_credit(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v3/customers", recorded("v3/customers.json"))
    customer = api.get_customer(12)
    assert (customer.name, customer.group_id, customer.store_credit) == ("Demo Shopper 12", 4, Decimal("7.25"))
    assert "id:in=12&include=storecredit" in bc.sent()[0]["query"]


def test_a_customer_that_is_gone_is_not_found(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v3/customers", {"data": [], "meta": {}})
    with pytest.raises(BCNotFound):
        api.get_customer(9)


def test_the_stores_own_restocking_is_read_and_never_guessed(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v3/settings/inventory", recorded("v3/inventory_settings.json"))
    assert api.get_inventory_settings().adjusts_on_refund is True
    bc.forget()
    bc.answers("GET", "/v3/settings/inventory", {"data": {}, "meta": {}})
    with pytest.raises(BCUnavailable):
        api.get_inventory_settings()


def test_stock_is_adjusted_by_variant_or_product(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("POST", "/v3/inventory/adjustments/relative", recorded("v3/adjustment.json"))
    bc.answers("GET", "/v3/inventory/locations", recorded("v3/locations.json"))
    changes = [StockChange(1, 2, variant_id=77), StockChange(1, -1, product_id=33)]
    assert api.adjust_relative("RMA-7KQ2MX", changes) == "01demo0000transaction"
    assert bc.sent()[0]["body"]["items"] == [
        {"location_id": 1, "variant_id": 77, "quantity": 2},
        {"location_id": 1, "product_id": 33, "quantity": -1},
    ]
    assert [(place.id, place.is_external) for place in api.list_locations()] == [(1, False), (2, True)]
    with pytest.raises(ValueError):
        StockChange(1, 1).to_wire()


def test_a_page_of_the_first_channel_is_one_call(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("POST", "/v3/content/pages", recorded("v3/page_created.json"), status=201)
    page = api.create_page(LinkPage(1, "Returns", "https://app.backhaul.example/r/demostore1"))
    assert (page.id, page.link, page.channel_id) == (41, "https://app.backhaul.example/r/demostore1", 1)
    assert bc.sent()[0]["body"] == {
        "name": "Returns",
        "type": "link",
        "link": "https://app.backhaul.example/r/demostore1",
        "is_visible": True,
    }


def test_a_script_goes_with_the_app(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("POST", "/v3/content/scripts", recorded("v3/script_created.json"))
    script = api.create_script(
        ScriptDraft(1, "Backhaul", "https://app.backhaul.example/a.js", integrity_hashes=["sha384-demo"])
    )
    sent = bc.sent()[0]["body"]
    assert (sent["auto_uninstall"], sent["consent_category"], sent["integrity_hashes"]) == (
        True,
        "essential",
        ["sha384-demo"],
    )
    assert (script.uuid, script.integrity_hashes) == ("00000000-0000-4000-8000-0000000000a1", ("sha384-demo",))


def test_removing_what_the_merchant_removed_is_fine(bc: BigCommerceDouble, api: BigCommerce) -> None:
    for path in ("/v3/content/pages/41", "/v3/content/scripts/u", "/v3/hooks/18"):
        bc.answers("DELETE", path, recorded("v3/not_found.json"), status=404)
    api.delete_page(41)
    api.delete_script("u")
    api.delete_hook(18)
    assert len(bc.sent("DELETE")) == 3


def test_extensions_are_listed_and_made(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("POST", "/graphql", recorded("v3/graphql_extensions.json"))
    bc.answers("POST", "/graphql", recorded("v3/graphql_extension_created.json"))
    (there,) = api.list_app_extensions()
    made = api.create_app_extension(EXTENSION)
    assert there == made
    assert (made.id, made.url, made.label) == ("bc/store/appExtension/2", "/orders/${id}/returns", "Returns")
    assert bc.sent()[1]["body"]["variables"] == {
        "input": {
            "context": "PANEL",
            "model": "ORDERS",
            "url": "/orders/${id}/returns",
            "label": {"defaultValue": "Returns", "locales": [{"value": "Retouren", "localeCode": "de"}]},
        }
    }


def test_an_extension_changes_address_and_label_only(bc: BigCommerceDouble, api: BigCommerce) -> None:
    answer = recorded("v3/graphql_extension_created.json")
    answer["data"]["appExtension"] = {"updateAppExtension": answer["data"]["appExtension"]["createAppExtension"]}
    bc.answers("POST", "/graphql", answer)
    api.update_app_extension("bc/store/appExtension/2", EXTENSION)
    sent = bc.sent()[0]["body"]["variables"]["input"]
    assert (sent["id"], set(sent["data"])) == ("bc/store/appExtension/2", {"url", "label"})


def test_an_error_in_a_graphql_answer_of_200_is_raised(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("POST", "/graphql", recorded("v3/graphql_error.json"))
    for call in (lambda: api.create_app_extension(EXTENSION), lambda: api.delete_app_extension("x")):
        with pytest.raises(BCRejected) as refused:
            call()
        assert refused.value.title == "Maximum number of app extensions reached for this model"


def test_a_graphql_query_leaves_nothing_unknown_and_a_mutation_does(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("POST", "/graphql", status=502)
    with pytest.raises(BCUnavailable) as asked:
        api.list_app_extensions()
    with pytest.raises(BCUnavailable) as wrote:
        api.create_app_extension(EXTENSION)
    assert (asked.value.outcome_unknown, wrote.value.outcome_unknown) == (False, True)


def test_a_certificate_made_twice_is_found(bc: BigCommerceDouble, api: BigCommerce) -> None:
    bc.answers("GET", "/v2/gift_certificates", recorded("v2/gift_certificates.json"))
    bc.answers("POST", "/v2/gift_certificates", recorded("v2/gift_certificate_created.json"), status=201)
    draft = GiftCertificateDraft(
        "RMA7KQ2MXDEMO0000001",
        Decimal("40.00"),
        "USD",
        "Demo Shopper 13",
        "shopper13@demo.example",
        "Demo Store",
        "owner@demo.example",
    )
    made = api.create_gift_certificate(draft)
    found = api.find_gift_certificate(draft.code)
    assert found == made
    assert api.find_gift_certificate("RMA7KQ2MX") is None
    assert bc.sent("POST")[0]["body"]["amount"] == "40.00"
    assert draft.code not in repr(made)


def test_a_certificate_code_the_store_would_cut_is_refused() -> None:
    draft = GiftCertificateDraft("X" * 21, Decimal(1), "USD", "a", "a@x.example", "b", "b@x.example")
    with pytest.raises(ValueError):
        draft.to_wire()
