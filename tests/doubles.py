"""Doubles of what lies outside the house."""

import json
import re
from typing import Any

import responses


class BigCommerceDouble:
    """BigCommerce as a test tells it to be: answers are given per method and path, and what was sent is kept."""

    def __init__(self, mock: responses.RequestsMock, base: str) -> None:
        self.mock = mock
        self.base = base

    def answers(
        self,
        method: str,
        path: str,
        json_body: Any = None,
        *,
        status: int = 200,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Answer `method` on every URL whose path ends with the regex `path` (after /stores/<hash>)."""
        url = re.compile(re.escape(self.base) + r"/stores/[a-z0-9]+" + path + r"(\?.*)?$")
        if body is not None:
            self.mock.add(method, url, body=body, status=status, headers=headers)
        elif json_body is None:
            self.mock.add(method, url, body="", status=status, headers=headers)
        else:
            self.mock.add(
                method,
                url,
                body=json.dumps(json_body),
                status=status,
                content_type="application/json",
                headers=headers,
            )

    def sent(self, method: str | None = None) -> list[dict[str, Any]]:
        """What was sent: [{method, path, query, body}], in order; only `method` when given."""
        calls = []
        for call in self.mock.calls:
            request = call.request
            path, _, query = (request.path_url or "").partition("?")
            body = json.loads(request.body) if request.body else None
            if method is None or request.method == method:
                calls.append({"method": request.method, "path": path, "query": query, "body": body})
        return calls

    def forget(self) -> None:
        """Drop the answers and the calls so far."""
        self.mock.reset()
