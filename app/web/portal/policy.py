"""The policy page: always here, whatever stands in the storefront."""

from flask import g, make_response, render_template, request
from flask.typing import ResponseReturnValue

from ...extensions import house_settings
from ...policies.published import policy_in_force, policy_page
from ...policies.words import NAMES, Words
from ...storefront.account_script import portal_address
from .door import bp


@bp.get("/policy")
def policy() -> ResponseReturnValue:
    """What the rules say, in words. `?lang=`: en, de, fr, es (else what the browser asks for, else the policy's own);
    `?channel=`: the policy of that channel."""
    document = policy_in_force(g.store, _channel())
    asked = request.args.get("lang", "")
    locale = asked if asked in NAMES else request.accept_languages.best_match(NAMES, default=document.locale)
    page = policy_page(g.store, document, locale=locale, portal=portal_address(house_settings(), g.store.store_hash))
    shown = render_template(
        "portal/policy.html", page=page, words=Words(page.language), languages=NAMES, channel=_channel()
    )
    response = make_response(shown)
    response.vary.add("Accept-Language")
    return response


def _channel() -> int | None:
    """The channel asked for, if the portal is offered there."""
    channel = request.args.get("channel", type=int)
    return channel if channel in g.settings.portal_channels else None
