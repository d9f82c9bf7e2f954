"""A person without a browser: opens pages, fills in the forms that stand on them, sends them. Nothing else.

Cookies marked Secure are kept over http too, as browsers do for loopback addresses. Pages of the panel may be opened
with the session in a header instead, as the panel's own script does when cookies are blocked.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import requests


class NotThere(LookupError):
    """The page does not hold what the person looked for."""


@dataclass
class Form:
    """A form as it stands on the page: `fields` are its present values, `choices` what a field may be."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    choices: dict[str, list[str]] = field(default_factory=dict)
    text: str = ""
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """(name, value, words on it)"""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.metas: dict[str, str] = {}
        self.text: list[str] = []
        self.title = ""
        self._form: Form | None = None
        self._select: str | None = None
        self._option: tuple[str, bool] | None = None
        self._first_option: str | None = None
        self._selected = False
        self._textarea: str | None = None
        self._link: str | None = None
        self._button: tuple[str, str] | None = None
        self._silent = 0
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style", "title"):
            self._silent += tag != "title"
        if tag == "meta" and "name" in given:
            self.metas[given["name"]] = given.get("content", "")
        elif tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").upper())
            self.forms.append(self._form)
        elif tag == "a" and "href" in given:
            self._link, self._words = given["href"], []
        elif self._form is not None:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        assert self._form is not None
        name = given.get("name", "")
        if name and "disabled" not in given:
            self._form.names.add(name)
        if tag == "input" and name and "disabled" not in given:
            kind = given.get("type", "text")
            if kind in ("checkbox", "radio"):
                self._form.choices.setdefault(name, []).append(given.get("value", "on"))
                if "checked" in given:
                    self._form.fields.append((name, given.get("value", "on")))
            elif kind in ("submit", "image"):
                self._form.buttons.append((name, given.get("value", ""), given.get("value", "")))
            elif kind != "file":
                self._form.fields.append((name, given.get("value", "")))
        elif tag == "select" and name:
            self._select, self._first_option, self._selected = name, None, False
        elif tag == "option" and self._select:
            value = given.get("value", "")
            self._form.choices.setdefault(self._select, []).append(value)
            if self._first_option is None:
                self._first_option = value
            if "selected" in given and not self._selected:
                self._selected = True
                self._form.fields.append((self._select, value))
        elif tag == "textarea" and name:
            self._textarea, self._words = name, []
        elif tag == "button":
            self._button, self._words = (name, given.get("value", "")), []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent -= 1
        elif tag == "form":
            self._form = None
        elif tag == "a" and self._link is not None:
            self.links.append((self._link, " ".join("".join(self._words).split())))
            self._link = None
        elif tag == "select" and self._select and self._form:
            if not self._selected and self._first_option is not None:
                self._form.fields.append((self._select, self._first_option))
            self._select = None
        elif tag == "textarea" and self._textarea and self._form:
            self._form.fields.append((self._textarea, "".join(self._words).removeprefix("\n")))
            self._textarea = None
        elif tag == "button" and self._button and self._form:
            self._form.buttons.append((*self._button, " ".join("".join(self._words).split())))
            self._button = None

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self._words.append(data)
        self.text.append(data)
        if self._form is not None:
            self._form.text += data


@dataclass
class Page:
    """What came back: its address, status, and what can be done on it."""

    url: str
    status: int
    html: str
    text: str
    forms: list[Form]
    links: list[tuple[str, str]]
    metas: dict[str, str]

    def form(self, *names: str, action: str = "") -> Form:
        """The first form that has all these fields (and `action` in its address). Raises NotThere."""
        for form in self.forms:
            if set(names) <= form.names and action in form.action:
                return form
        raise NotThere(f"no form with {names} {action!r} on {self.url} ({self.status}): {self.text[:300]}")

    def link(self, words: str = "", href: str = "") -> str:
        """The address of the first link with `words` on it and `href` in it. Raises NotThere."""
        for address, text in self.links:
            if words.lower() in text.lower() and href in address:
                return urljoin(self.url, address)
        raise NotThere(f"no link {words!r} {href!r} on {self.url} ({self.status})")


class Visitor:
    """Somebody with a browser of their own. `key`: the panel's session, carried in the header when set."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self.cookies: dict[str, dict[str, str]] = {}
        self.key: str | None = None
        self.page = Page("", 0, "", "", [], [], {})

    def open(self, url: str) -> Page:
        return self._go("GET", urljoin(self.page.url, url))

    def send(self, form: Form, button: str = "", **values: str | list[str]) -> Page:
        """Send `form` with `values` in place of what stands in it; `button`: the words of the one pressed.

        Raises NotThere for a field or a choice that the form does not have: nobody could have filled that in.
        """
        data = [(name, value) for name, value in form.fields if name not in values]
        for name, value in values.items():
            wanted = [value] if isinstance(value, str) else value
            if name not in form.names:
                raise NotThere(f"the form at {form.action} has no field {name}; it has {sorted(form.names)}")
            for one in wanted:
                if name in form.choices and one not in form.choices[name]:
                    raise NotThere(f"field {name} offers {form.choices[name]}, not {one!r}")
                data.append((name, one))
        pressed = [row for row in form.buttons if button.lower() in row[2].lower() or button == row[1]]
        if button and not pressed:
            raise NotThere(f"no button {button!r}; there are {form.buttons}")
        if pressed and pressed[0][0]:
            data.append(pressed[0][:2])
        return self._go(form.method, urljoin(self.page.url, form.action), data)

    def post(self, url: str, data: dict[str, str]) -> Page:
        """Send what another site's page would send."""
        return self._go("POST", url, list(data.items()))

    def _go(self, method: str, url: str, data: list[tuple[str, str]] | None = None) -> Page:
        for _ in range(10):
            answer = self._ask(method, url, data)
            if answer.status_code not in (301, 302, 303, 307, 308):
                break
            if answer.status_code not in (307, 308):
                method, data = "GET", None
            url = urljoin(url, answer.headers["Location"])
        reader = _Reader()
        if "html" in answer.headers.get("Content-Type", ""):
            reader.feed(answer.text)
        text = " ".join("".join(reader.text).split())
        self.page = Page(
            urldefrag(url)[0], answer.status_code, answer.text, text, reader.forms, reader.links, reader.metas
        )
        return self.page

    def _ask(self, method: str, url: str, data: list[tuple[str, str]] | None) -> requests.Response:
        host = urlsplit(url).netloc
        headers = {"Accept": "text/html", "Referer": self.page.url or url}
        if self.key:
            headers["Authorization"] = f"Backhaul {self.key}"
        elif self.cookies.get(host):
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies[host].items())
        arguments = {"params": data} if method == "GET" else {"data": data}
        answer = self._session.request(
            method,
            url,
            headers=headers,
            allow_redirects=False,
            timeout=60,
            **arguments,  # type: ignore[arg-type]
        )
        self._session.cookies.clear()
        for cookie in answer.raw.headers.getlist("Set-Cookie"):
            name, _, value = cookie.split(";", 1)[0].partition("=")
            if value:
                self.cookies.setdefault(host, {})[name.strip()] = value
            else:
                self.cookies.get(host, {}).pop(name.strip(), None)
        return answer
