"""What stands around the orders: channels, sites, currencies, locations, customer groups, customers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.seed.types import Wire

_LONG_AGO = "2024-01-02T09:00:00Z"


def channels(*names: str) -> list[Wire]:
    """Storefront channels, numbered from 1."""
    return [
        {
            "id": number,
            "external_id": "",
            "is_listable_from_ui": True,
            "is_enabled": True,
            "is_visible": True,
            "status": "active",
            "name": name,
            "type": "storefront",
            "platform": "bigcommerce",
            "icon_url": "",
            "date_created": _LONG_AGO,
            "date_modified": _LONG_AGO,
        }
        for number, name in enumerate(names, start=1)
    ]


def currency(number: int, code: str, country: str, name: str, token: str, rate: str = "1.0000000000") -> Wire:
    """A V2 currency; number 1 is the store's default."""
    return {
        "id": number,
        "is_default": number == 1,
        "is_transactional": True,
        "enabled": True,
        "currency_code": code,
        "country_iso2": country,
        "name": name,
        "token": token,
        "token_location": "left",
        "decimal_token": ".",
        "thousands_token": ",",
        "decimal_places": 2,
        "currency_exchange_rate": rate,
        "auto_update": False,
        "default_for_country_codes": [],
        "last_updated": 1704186000,
    }


DOLLAR_AND_EURO = [
    currency(1, "USD", "US", "US Dollar", "$"),
    currency(2, "EUR", "DE", "Euro", "€", rate="0.9200000000"),
]
POUND = [currency(1, "GBP", "GB", "Pound Sterling", "£")]

_CLOSED: Wire = {"open": False, "opening": "00:00", "closing": "00:00"}
_OPEN: Wire = {"open": True, "opening": "09:00", "closing": "17:00"}
_HOURS: Wire = {
    day: dict(_CLOSED if day in ("saturday", "sunday") else _OPEN)
    for day in ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
}

LOCATIONS: list[Wire] = [
    {
        "id": number, "code": code, "label": label, "description": "", "managed_by_external_source": external,
        "type_id": "PHYSICAL", "enabled": True, "operating_hours": _HOURS, "time_zone": "America/Chicago",
        "created_at": _LONG_AGO, "updated_at": _LONG_AGO, "storefront_visibility": number == 1, "special_hours": [],
        "address": {
            "address1": f"{number} Warehouse Way", "address2": "", "city": "Springfield", "state": "IL", "zip": "62701",
            "email": "warehouse@store.example", "phone": "555-0100",
            "geo_coordinates": {"latitude": 39.8, "longitude": -89.65}, "country_code": "US",
        },
    }
    for number, code, label, external in (
        (1, "MAIN", "Main warehouse", False),
        (2, "RETURNS", "Returns dock", False),
        (3, "PARTNER", "Partner depot", True),
    )
]  # fmt: skip

CUSTOMER_GROUPS: list[Wire] = [
    {
        "id": number, "name": name, "is_default": number == 1, "category_access": {"type": "all"},
        "discount_rules": [], "is_group_for_guests": False,
        "date_created": 1704186000, "date_modified": 1704186000,
    }
    for number, name in ((1, "Retail"), (2, "Wholesale"), (3, "Friends of the shop"))
]  # fmt: skip


def sites(shop_url: str, of: list[Wire]) -> list[Wire]:
    """One site per channel, all at the storefront's address."""
    return [
        {
            "id": 1000 + channel["id"],
            "url": shop_url,
            "channel_id": channel["id"],
            "created_at": _LONG_AGO,
            "updated_at": _LONG_AGO,
            "ssl_status": "dedicated",
            "urls": [{"url": shop_url, "type": "primary", "created_at": _LONG_AGO, "updated_at": _LONG_AGO}],
            "is_checkout_url_customized": False,
        }
        for channel in of
    ]


def customer(person: dict[str, Any], today: datetime) -> Wire:
    """A V3 customer from the address of the person who ordered."""
    number = person["customer_id"]
    created = (today - timedelta(days=130 + number)).strftime("%Y-%m-%dT00:00:00Z")
    return {
        "id": number,
        "email": person["email"],
        "first_name": person["first_name"],
        "last_name": person["last_name"],
        "company": person.get("company", ""),
        "phone": person.get("phone", ""),
        "registration_ip_address": "",
        "notes": "",
        "tax_exempt_category": "",
        "customer_group_id": person.get("group", 1),
        "date_created": created,
        "date_modified": created,
        "address_count": 1,
        "attribute_count": 0,
        "authentication": {"force_password_reset": False},
        "addresses": [_address(person)],
        "attributes": [],
        "form_fields": [],
        "store_credit_amounts": [{"amount": 0}],
        "accepts_product_review_abandoned_cart_emails": False,
        "origin_channel_id": person.get("channel", 1),
        "channel_ids": [person.get("channel", 1)],
    }


def _address(person: dict[str, Any]) -> Wire:
    return {
        "id": person["customer_id"],
        "customer_id": person["customer_id"],
        "first_name": person["first_name"],
        "last_name": person["last_name"],
        "company": "",
        "address1": person.get("street_1", ""),
        "address2": "",
        "city": person.get("city", ""),
        "state_or_province": person.get("state", ""),
        "postal_code": person.get("zip", ""),
        "country_code": person.get("country_iso2", ""),
        "country": person.get("country", ""),
        "phone": person.get("phone", ""),
        "address_type": "residential",
    }
