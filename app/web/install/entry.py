"""The first page of a visit: hands the session over and finds out whether cookies come back."""

from flask import Response, make_response, render_template

from ..session import check_mark, hand_over


def enter_by(key: str, target: str) -> Response:
    """The page that takes the browser on to `target`: by cookie if it comes back, else with the key in memory."""
    page = render_template("panel/entry.html", key=key, mark=check_mark(key), target=target)
    response = make_response(page)
    hand_over(response, key)
    # The address of this page holds a code or a token: nobody shall read it in a Referer.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
