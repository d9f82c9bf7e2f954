"""Somebody in the panel, as the browser would be: with a session by header, and the token of the page's forms."""

import re
from contextvars import Context
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.extensions import as_store, db
from app.stores.models import Store
from app.web.session import begin_panel
from tests.factories import a_user


class Visitor:
    """A clerk of one store. `get` and `post` go through the app's doors."""

    def __init__(self, app: Flask, store: Store, *, bc_user_id: int = 1) -> None:
        self.user = a_user(store, bc_user_id=bc_user_id)
        with as_store(self.user.store_id):
            key = begin_panel(self.user)
            db.session.commit()
        self._client = app.test_client(use_cookies=False)
        self._headers = {"Authorization": f"Backhaul {key}", "Accept": "text/html"}
        self._token = ""

    def get(self, path: str, **query: Any) -> TestResponse:
        """Fetch a page, and keep its form token."""
        answer = self._alone("GET", path, query_string=query or None)
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
        self._token = found[1] if found else self._token
        return answer

    def post(self, path: str, fields: dict[str, Any] | None = None, *, token: bool = True) -> TestResponse:
        """Send a form. `token=False`: without the page's token, as a forger would."""
        if token and not self._token:
            self.get("/panel/welcome")
        given = {"csrf_token": self._token} if token else {}
        return self._alone("POST", path, data={**given, **(fields or {})})

    def _alone(self, method: str, path: str, **given: Any) -> TestResponse:
        # In a context of its own: neither the test's session nor the store it entered may help the request.
        return Context().run(self._client.open, path, method=method, headers=self._headers, **given)


def words(answer: TestResponse) -> str:
    """The page's text as a person reads it, on one line."""
    body = answer.text.partition("<body>")[2]
    text = re.sub(r"<[^>]+>", " ", body)
    text = text.replace("&#39;", "'").replace("&amp;", "&").replace("&#34;", '"').replace("\xa0", " ")
    return re.sub(r"\s+", " ", text)
