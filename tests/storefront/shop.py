"""A store that keeps pages, scripts and app extensions, as far as placing ours needs one."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import responses

API = "http://bc.test/stores/"


class Shop:
    """Answers on the wire; what it keeps is looked at from the test. `refusals`: kind of path -> status."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.pages: dict[str, dict[str, Any]] = {}
        self.scripts: dict[str, dict[str, Any]] = {}
        self.extensions: dict[str, dict[str, Any]] = {}
        self.refusals: dict[str, int] = {}
        self.refusals_of_moves = 0
        self.lose_answers = False
        self.writes: list[str] = []
        self._next = 100
        for method in ("GET", "POST", "PUT", "DELETE"):
            mock.add_callback(method, re.compile(re.escape(API) + ".*"), callback=self._answer)

    @property
    def links(self) -> dict[str, dict[str, Any]]:
        """The pages that are no documents."""
        return {number: page for number, page in self.pages.items() if page["type"] != "raw"}

    @property
    def documents(self) -> dict[str, dict[str, Any]]:
        return {number: page for number, page in self.pages.items() if page["type"] == "raw"}

    def add_page(self, **page: Any) -> str:
        return self._keep(self.pages, "id", {"channel_id": 1, "type": "page", "link": "", "is_visible": True, **page})

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        address = urlsplit(str(request.url))
        noun, _, wanted = address.path.split("/", 3)[3].removeprefix("v3/content/").partition("/")
        body = json.loads(request.body) if request.body else {}
        if noun in self.refusals and (request.method != "GET" or self.refusals[noun] in (401, 403)):
            return self.refusals[noun], {}, json.dumps({"status": self.refusals[noun], "title": "no"})
        if request.method == "GET" and wanted:
            found = self._table(noun).get(wanted)
            return (200, {}, json.dumps({"data": found})) if found else (404, {}, "{}")
        if request.method == "GET":
            channel = parse_qs(address.query).get("channel_id", [""])[0]
            rows = [row for row in self._table(noun).values() if channel in ("", str(row["channel_id"]))]
            return 200, {}, json.dumps({"data": rows, "meta": {"pagination": {"total_pages": 1}}})
        answer = self._graph(body) if noun == "graphql" else self._write(str(request.method), noun, wanted, body)
        if self.lose_answers:
            raise requests.ReadTimeout
        return answer

    def _table(self, noun: str) -> dict[str, dict[str, Any]]:
        return {"pages": self.pages, "scripts": self.scripts}[noun]

    def _write(self, method: str, noun: str, wanted: str, body: dict[str, Any]) -> tuple[int, dict[str, str], str]:
        table = self._table(noun)
        self.writes.append(f"{method} {noun}")
        if noun == "pages" and method in ("POST", "PUT") and self._is_taken(wanted, method, body):
            return 409, {}, json.dumps({"status": 409, "title": "taken"})
        if method == "POST" and noun == "pages":
            body = {**body, "channel_id": 1}
        if method == "POST":
            wanted = self._keep(table, "id" if noun == "pages" else "uuid", body)
        if method == "PUT" and self.refusals_of_moves:
            self.refusals_of_moves -= 1
            return 503, {}, "{}"
        if wanted not in table:
            return 404, {}, "{}"
        if method == "DELETE":
            del table[wanted]
            return 204, {}, ""
        table[wanted].update(body)
        return 200, {}, json.dumps({"data": table[wanted]})

    def _is_taken(self, wanted: str, method: str, body: dict[str, Any]) -> bool:
        channel = 1 if method == "POST" else body["channel_id"]
        others = [page for number, page in self.pages.items() if number != wanted]
        return any((page["name"], page["channel_id"]) == (body["name"], channel) for page in others)

    def _graph(self, body: dict[str, Any]) -> tuple[int, dict[str, str], str]:
        given = body.get("variables", {}).get("input", {})
        if "createAppExtension" in body["query"]:
            self.writes.append("POST app_extensions")
            number = self._keep(
                self.extensions, "id", {**given, "label": {"defaultValue": given["label"]["defaultValue"]}}
            )
            return _graph(appExtension={"createAppExtension": {"appExtension": self.extensions[number]}})
        if "deleteAppExtension" in body["query"]:
            self.writes.append("DELETE app_extensions")
            del self.extensions[given["id"]]
            return _graph(appExtension={"deleteAppExtension": {"deletedAppExtensionId": given["id"]}})
        return _graph(store={"appExtensions": {"edges": [{"node": row} for row in self.extensions.values()]}})

    def _keep(self, table: dict[str, dict[str, Any]], name: str, row: dict[str, Any]) -> str:
        self._next += 1
        number: Any = self._next if table is self.pages else f"no-{self._next}"
        table[str(number)] = {**row, name: number}
        return str(number)


def _graph(**data: Any) -> tuple[int, dict[str, str], str]:
    return 200, {}, json.dumps({"data": data})
