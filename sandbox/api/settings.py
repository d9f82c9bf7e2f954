"""The store itself: what it is, its currencies, its channels, its settings."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import g
from flask.typing import ResponseReturnValue

from sandbox import wire
from sandbox.api import base
from sandbox.api.base import Problem, reads, the_state, writes
from sandbox.state import Doc

bp = base.door("settings")

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "KWD": "KD", "CAD": "$", "AUD": "$"}
DECIMALS = {"JPY": 0, "KWD": 3}
EMAIL_STATUSES = (
    "abandoned_cart_email",
    "account_details_changed_email",
    "combined_order_status_email",
    "create_account_email",
    "create_guest_account_email",
    "gift_certificate_email",
    "invoice_email",
    "order_message_notification_email",
    "product_review_email",
    "return_confirmation_email",
    "return_statuschange_email",
)


FEATURES: Doc = {
    "stencil_enabled": True,
    "sitewidehttps_enabled": False,
    "facebook_catalog_id": "",
    "checkout_type": "optimized",
    "wishlists_enabled": False,
    "graphql_storefront_api_enabled": True,
    "shopper_consent_tracking_enabled": False,
    "multi_storefront_enabled": True,
    "storefront_limits": {"active": 3, "total_including_inactive": 6},
}

# What is the same for every store of the simulator.
STORE: Doc = {
    "status": "live",
    "first_name": "Demo",
    "last_name": "Merchant",
    "address": "1 Example Street, Sampletown",
    "infrastructure_region": "sandbox",
    "phone": "",
    "favicon_url": "",
    "decimal_separator": ".",
    "thousands_separator": ",",
    "currency_symbol_location": "left",
    "weight_units": "KGS",
    "dimension_units": "Centimeters",
    "dimension_decimal_places": 2,
    "dimension_decimal_token": ".",
    "dimension_thousands_token": ",",
    "plan_name": "Sandbox",
    "plan_level": "Sandbox",
    "plan_is_trial": False,
    "industry": "Fashion",
    "logo": [],
    "is_price_entered_with_tax": False,
    "default_channel_id": 1,
    "default_site_id": 1000,
    "active_comparison_modules": [],
    "features": FEATURES,
}


@bp.get("/v2/store")
@reads("store_v2_information")
def show_store(store: str) -> ResponseReturnValue:
    doc = the_state().store(store)
    shop = base.here().shop_of(store)
    own = {
        "id": store,
        "account_uuid": doc["account_uuid"],
        "domain": shop.partition("//")[2],
        "secure_url": shop,
        # The panel of this simulator, so that the app can allow exactly it to frame it.
        "control_panel_base_url": base.here().url,
        "name": doc["name"],
        "country": doc.get("country", "United States"),
        "country_code": doc["country_code"],
        "admin_email": doc["owner"]["email"],
        "order_email": doc["owner"]["email"],
        "timezone": _timezone(doc["timezone"]),
        "language": doc.get("language", "en"),
        "currency": doc["currency"],
        "currency_symbol": SYMBOLS.get(doc["currency"], doc["currency"]),
        "decimal_places": DECIMALS.get(doc["currency"], 2),
        "store_id": doc["store_id"],
    }
    return base.answer({**STORE, **own})


def _timezone(name: str) -> Doc:
    moment = datetime.fromtimestamp(the_state().clock.now(), ZoneInfo(name))
    offset, dst = moment.utcoffset(), moment.dst()
    seconds = int(offset.total_seconds()) if offset else 0
    summer = int(dst.total_seconds()) if dst else 0
    return {
        "name": name,
        "raw_offset": seconds - summer,
        "dst_offset": seconds - summer + 3600,
        "dst_correction": bool(summer),
        "date_format": {"display": "M jS Y", "export": "M jS Y", "extended_display": "M jS Y @ g:i A"},
    }


def _currency(place: int, currency: Doc, default: str) -> Doc:
    code = currency.get("currency_code") or currency["code"]
    if "currency_code" in currency:
        return {**currency, "last_updated": wire.iso(int(currency.get("last_updated") or 0))}
    return {
        "id": place,
        "is_default": code == default,
        "country_iso2": currency.get("country_iso2", ""),
        "default_for_country_codes": [],
        "currency_code": code,
        "currency_exchange_rate": str(currency.get("rate", "1.0000000000")),
        "auto_update": False,
        "token_location": "left",
        "token": SYMBOLS.get(code, code),
        "decimal_token": ".",
        "thousands_token": ",",
        "decimal_places": DECIMALS.get(code, 2),
        "name": currency.get("name", code),
        "enabled": True,
        "is_transactional": True,
        "use_default_name": True,
        "last_updated": "2025-01-01T00:00:00Z",
    }


@bp.get("/v2/currencies")
@reads("store_v2_information")
def list_currencies(store: str) -> ResponseReturnValue:
    doc = the_state().store(store)
    return base.v2_page(
        [_currency(place, currency, doc["currency"]) for place, currency in enumerate(doc["currencies"], 1)]
    )


def channel_wire(channel: Doc) -> Doc:
    shown = {
        "external_id": "",
        "is_listable_from_ui": True,
        "is_enabled": True,
        "is_visible": True,
        "status": "active",
        "type": "storefront",
        "platform": "bigcommerce",
        "date_created": "2025-01-01T00:00:00Z",
        "date_modified": "2025-01-01T00:00:00Z",
        "icon_url": "",
        **channel,
    }
    return {name: value for name, value in shown.items() if name not in ("site_url", "site")}


@bp.get("/v3/channels")
@reads("store_channel_settings", "store_channel_listings")
def list_channels(store: str) -> ResponseReturnValue:
    found = [channel_wire(channel) for channel in the_state().all(store, "channel")]
    for name in ("type", "status", "platform"):
        wanted = base.text_list(f"{name}:in")
        if wanted is not None:
            found = [channel for channel in found if channel[name] in wanted]
    return base.v3_page(found)


@bp.get("/v3/channels/<int:channel_id>")
@reads("store_channel_settings", "store_channel_listings")
def get_channel(store: str, channel_id: int) -> ResponseReturnValue:
    return base.data(channel_wire(the_state().get(store, "channel", channel_id)))


@bp.get("/v3/channels/<int:channel_id>/site")
@reads("store_sites", "store_channel_settings")
def get_site(store: str, channel_id: int) -> ResponseReturnValue:
    the_state().get(store, "channel", channel_id)
    # Every storefront of a store is served at the store's own address here; the channel rides in the query.
    url = base.here().shop_of(store)
    moment = "2025-01-01T00:00:00Z"
    site = {
        "id": 999 + channel_id,
        "url": url,
        "channel_id": channel_id,
        "created_at": moment,
        "updated_at": moment,
        "ssl_status": "shared",
        "urls": [{"url": url, "type": "primary", "created_at": moment, "updated_at": moment}],
        "is_checkout_url_customized": False,
    }
    return base.data(site)


@bp.get("/v3/settings/inventory")
@reads("store_v2_information")
def show_inventory_settings(store: str) -> ResponseReturnValue:
    return base.data(the_state().store(store)["settings"]["inventory"])


@bp.put("/v3/settings/inventory")
@writes("store_v2_information")
def put_inventory_settings(store: str) -> ResponseReturnValue:
    return _put("inventory", list(the_state().store(store)["settings"]["inventory"]))


@bp.get("/v3/settings/email-statuses")
@reads("store_v2_information")
def show_email_statuses(store: str) -> ResponseReturnValue:
    return base.data(_email_statuses())


@bp.put("/v3/settings/email-statuses")
@writes("store_v2_information")
def put_email_statuses(store: str) -> ResponseReturnValue:
    return _put("email_statuses", list(EMAIL_STATUSES))


def _email_statuses() -> Doc:
    kept = the_state().store(g.store)["settings"]["email_statuses"]
    return {name: kept.get(name, name != "return_confirmation_email") for name in EMAIL_STATUSES}


def _put(section: str, names: list[str]) -> ResponseReturnValue:
    body = base.json_object()
    unknown = set(body) - set(names)
    if unknown:
        raise Problem(422, "Unknown setting.", dict.fromkeys(sorted(unknown), "unknown"))
    with the_state().writing():
        doc = the_state().store(g.store)
        doc["settings"][section].update(body)
        the_state().save_store(doc)
    return base.data(_email_statuses() if section == "email_statuses" else doc["settings"][section])


@bp.get("/v2/time")
def show_time(store: str) -> ResponseReturnValue:
    return base.answer({"time": the_state().now(), "date": wire.rfc2822(the_state().now())})


@bp.get("/v3/settings/store/profile")
@reads("store_v2_information")
def show_profile(store: str) -> ResponseReturnValue:
    doc = the_state().store(store)
    return base.data(
        {
            "store_name": doc["name"],
            "store_address": "1 Example Street, Sampletown",
            "store_address_type": "Home Office",
            "store_email": doc["owner"]["email"],
            "store_phone": "",
        }
    )


@bp.get("/v2/payments/methods")
@reads("store_v2_information")
def list_payment_methods(store: str) -> ResponseReturnValue:
    names = {"testgateway": "Test Payment Gateway", "bankdeposit": "Bank Deposit", "cod": "Cash on Delivery"}
    return base.answer([{"code": code, "name": name, "test_mode": True} for code, name in names.items()])
