"""V3 customers (and the V2 reading of one), store credit, V2 gift certificates."""

from __future__ import annotations

import secrets

from flask import request
from flask.typing import ResponseReturnValue

from sandbox import wire
from sandbox.api import base
from sandbox.api.base import Problem, reads, the_state, writes
from sandbox.money import dec, text
from sandbox.state import Doc

bp = base.door("customers")

MOST_AT_ONCE = 10


def customer_wire(customer: Doc, parts: set[str]) -> Doc:
    """The customer as V3 shows it; `parts`: addresses, storecredit, attributes, formfields."""
    shown: Doc = {
        "company": "",
        "phone": "",
        "registration_ip_address": "",
        "notes": "",
        "tax_exempt_category": "",
        "customer_group_id": 0,
        "address_count": 0,
        "attribute_count": 0,
        "authentication": {"force_password_reset": False},
        "accepts_product_review_abandoned_cart_emails": False,
        "origin_channel_id": 1,
        "channel_ids": None,
        "date_created": "2025-01-01T00:00:00Z",
        "date_modified": "2025-01-01T00:00:00Z",
        **customer,
    }
    shown["channel_ids"] = customer.get("channel_ids") or [shown["origin_channel_id"]]
    for name in ("date_created", "date_modified"):
        if isinstance(shown[name], int | float):
            shown[name] = wire.iso(shown[name])
    credit = shown.pop("store_credit_amounts", None) or [{"amount": 0}]
    if "storecredit" in parts:
        shown["store_credit_amounts"] = credit
    if "addresses" in parts:
        shown.setdefault("addresses", [])
    else:
        shown.pop("addresses", None)
    return shown


@bp.get("/v3/customers")
@reads("store_v2_customers")
def list_customers(store: str) -> ResponseReturnValue:
    parts = set(base.text_list("include") or [])
    ids = base.whole_list("id:in")
    if ids is not None:
        found = [customer for key in sorted(set(ids)) if (customer := the_state().find(store, "customer", key))]
    else:
        found = the_state().all(store, "customer")
    emails = base.text_list("email:in")
    if emails is not None:
        wanted = {email.casefold() for email in emails}
        found = [customer for customer in found if customer["email"].casefold() in wanted]
    groups = base.whole_list("customer_group_id:in")
    if groups is not None:
        found = [customer for customer in found if customer.get("customer_group_id", 0) in groups]
    return base.v3_page([customer_wire(customer, parts) for customer in found])


@bp.put("/v3/customers")
@writes("store_v2_customers")
def put_customers(store: str) -> ResponseReturnValue:
    """Change customers; `store_credit_amounts` sets the balance, it does not add to it."""
    entries = base.json_list()
    if len(entries) > MOST_AT_ONCE:
        raise Problem(413, f"At most {MOST_AT_ONCE} customers at once.")
    changed = []
    with the_state().writing():
        for entry in entries:
            customer = the_state().get(store, "customer", entry.get("id", 0))
            customer.update({name: value for name, value in entry.items() if name != "id"})
            customer["date_modified"] = the_state().now()
            the_state().put(store, "customer", customer["id"], customer)
            changed.append(customer_wire(customer, {"storecredit"}))
    return base.data(changed)


@bp.get("/v2/customers/<int:customer_id>")
@reads("store_v2_customers")
def get_customer(store: str, customer_id: int) -> ResponseReturnValue:
    customer = the_state().get(store, "customer", customer_id)
    credit = sum((dec(entry["amount"]) for entry in customer.get("store_credit_amounts", [])), dec(0))
    names = ("id", "first_name", "last_name", "email")
    return base.answer(
        {
            **{name: customer.get(name, "") for name in names},
            "company": customer.get("company", ""),
            "phone": customer.get("phone", ""),
            "customer_group_id": customer.get("customer_group_id", 0),
            "store_credit": text(credit),
            "notes": customer.get("notes", ""),
        }
    )


def _certificate(certificate: Doc) -> Doc:
    shown = {**certificate}
    for name in ("purchase_date", "expiry_date"):
        shown[name] = wire.rfc2822(shown[name]) if isinstance(shown[name], int) else shown[name]
    return shown


@bp.get("/v2/gift_certificates")
@reads("store_v2_marketing")
def list_certificates(store: str) -> ResponseReturnValue:
    found = the_state().all(store, "gift_certificate")
    for name in ("code", "to_email", "to_name", "from_email", "from_name"):
        if name in request.args:
            found = [certificate for certificate in found if certificate[name] == request.args[name]]
    for name, column, sign in (("min_id", "id", 1), ("max_id", "id", -1)):
        edge = base.whole(name)
        if edge is not None:
            found = [certificate for certificate in found if sign * certificate[column] >= sign * edge]
    return base.v2_page([_certificate(certificate) for certificate in found])


@bp.post("/v2/gift_certificates")
@writes("store_v2_marketing")
def create_certificate(store: str) -> ResponseReturnValue:
    body, state = base.json_object(), the_state()
    missing = [name for name in ("to_name", "to_email", "from_name", "from_email", "amount") if not body.get(name)]
    if missing:
        raise Problem(400, f"The required field '{missing[0]}' was not supplied.")
    if len(body.get("message") or "") > 250 or dec(body["amount"]) <= 0:
        raise Problem(400, "The field 'message' or 'amount' is invalid.")
    with state.writing():
        code = str(body.get("code") or secrets.token_hex(8).upper())[:20]
        if any(certificate["code"] == code for certificate in state.all(store, "gift_certificate")):
            raise Problem(409, "A gift certificate with this code exists.")
        certificate = {
            "id": state.next_id(store, "gift_certificate"),
            **{name: body[name] for name in ("to_name", "to_email", "from_name", "from_email")},
            "customer_id": int(body.get("customer_id") or 0),
            "order_id": 0,
            "amount": text(body["amount"]),
            "balance": text(body.get("balance") or body["amount"]),
            "purchase_date": state.now(),
            "expiry_date": body.get("expiry_date") or 0,
            "template": body.get("template") or "general.html",
            "message": body.get("message") or "",
            "code": code,
            "status": body.get("status") or "active",
            "currency_code": body.get("currency_code") or state.store(store)["currency"],
        }
        state.put(store, "gift_certificate", certificate["id"], certificate)
    return base.answer(_certificate(certificate), 201)


@bp.get("/v2/gift_certificates/<int:certificate_id>")
@reads("store_v2_marketing")
def get_certificate(store: str, certificate_id: int) -> ResponseReturnValue:
    return base.answer(_certificate(the_state().get(store, "gift_certificate", certificate_id)))


@bp.put("/v2/gift_certificates/<int:certificate_id>")
@writes("store_v2_marketing")
def put_certificate(store: str, certificate_id: int) -> ResponseReturnValue:
    body, state = base.json_object(), the_state()
    with state.writing():
        certificate = state.get(store, "gift_certificate", certificate_id)
        kept = certificate.keys() - {"id", "code", "order_id", "purchase_date"}
        certificate.update({name: body[name] for name in kept & body.keys()})
        for name in ("amount", "balance"):
            certificate[name] = text(certificate[name])
        state.put(store, "gift_certificate", certificate_id, certificate)
    return base.answer(_certificate(certificate))


@bp.delete("/v2/gift_certificates/<int:certificate_id>")
@writes("store_v2_marketing")
def delete_certificate(store: str, certificate_id: int) -> ResponseReturnValue:
    the_state().get(store, "gift_certificate", certificate_id)
    the_state().delete(store, "gift_certificate", certificate_id)
    return base.nothing()
