"""The policy page as a document of its own, for a storefront: no script, nothing loaded from elsewhere. Pure."""

from collections.abc import Iterable
from html import escape

from ..policies.page_parts import Point, PolicyPage, Section, Topic

_STYLE = (
    "body{margin:0 auto;padding:24px 16px 64px;max-width:680px;font:16px/1.5 system-ui,sans-serif;color:#222;"
    "background:#fff}h1{font-size:28px}h2{font-size:20px;margin:32px 0 8px}h3{font-size:16px;margin:16px 0 4px}"
    "p,li{margin:0 0 8px;overflow-wrap:anywhere}ul,ol{padding-left:24px}strong{display:block}"
    "address{font-style:normal;white-space:pre-line}.own{white-space:pre-line}.note{color:#555}a{color:#1450a0}"
    "nav{margin-top:32px}nav a{display:inline-block;padding:8px 12px 8px 0}"
    "@media print{nav{display:none}body{max-width:none;padding:0}.link::after{content:': ' attr(href)}}"
)


def document(page: PolicyPage, *, name: str, mark: str, languages: Iterable[tuple[str, str, str]]) -> str:
    """The page as HTML. `name`: the store's. `mark`: what tells it as ours. `languages`: (code, name, address) of
    the same page elsewhere."""
    title = f"{escape(page.title)} · {escape(name)}" if name else escape(page.title)
    intro = f'<p class="own" dir="auto">{escape(page.intro)}</p>\n' if page.intro else ""
    parts = "\n".join(_section(section) for section in page.sections)
    notes = "".join(f'\n<p class="note">{escape(note)}</p>' for note in page.notes)
    links = "".join(
        f'<a href="{escape(address)}" hreflang="{code}" lang="{code}">{escape(language)}</a>'
        for code, language, address in languages
    )
    return (
        f'<!doctype html>\n<html lang="{page.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="{escape(mark)}">\n<title>{title}</title>\n<style>{_STYLE}</style>\n'
        f'</head>\n<body>\n<nav><a href="/">{escape(name or "←")}</a></nav>\n<main>\n<h1>{escape(page.title)}</h1>\n'
        f"{intro}{parts}{notes}\n</main>\n<nav>{links}</nav>\n</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    return f"<h2>{escape(section.title)}</h2>\n" + "\n".join(_topic(topic) for topic in section.topics)


def _topic(topic: Topic) -> str:
    title = f"<h3>{escape(topic.title)}</h3>\n" if topic.title else ""
    notes = "".join(f'\n<p class="note">{escape(note)}</p>' for note in topic.notes)
    if len(topic.points) == 1:
        return f"{title}<div>{_point(topic.points[0])}</div>{notes}"
    items = "\n".join(f"<li>{_point(point)}</li>" for point in topic.points)
    tag = "ol" if topic.is_steps else "ul"
    return f"{title}<{tag}>\n{items}\n</{tag}>{notes}"


def _point(point: Point) -> str:
    lead = f'<strong dir="auto">{escape(point.lead)}</strong>\n' if point.lead else ""
    address = f'<address dir="auto">{escape(point.address)}</address>' if point.address else ""
    link = f' <a class="link" href="{escape(point.link)}">{escape(point.link_text)}</a>' if point.link else ""
    return f'{lead}<p class="own" dir="auto">{escape(point.text)}{link}</p>{address}'
