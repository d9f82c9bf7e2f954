"""The policy page as values: sections of topics of points, each point one rule's word on one effect. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

DEFAULT = "otherwise"
"""The rule of a point that holds where no rule says anything: the policy's defaults."""


@dataclass(frozen=True)
class Shop:
    """What the page needs beside the document."""

    currency: str
    """The store's own: amounts are written in it."""
    timezone: str
    portal: str
    """Where returns are asked for."""
    withdrawal: str = ""
    """Where consumers withdraw; empty: not offered."""
    return_address: str = ""
    packing: str = ""
    """The merchant's own words on packing, from the settings."""
    categories: Mapping[int, str] = field(default_factory=dict)
    products: Mapping[int, str] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Point:
    """`effect` and `rule` say whose word it is (empty: nobody's, it is plain advice). `lead`: for which items;
    empty: for all. `link`: where the text leads, under the words `link_text`."""

    text: str
    lead: str = ""
    effect: str = ""
    rule: str = ""
    address: str = ""
    link: str = ""
    link_text: str = ""


@dataclass(frozen=True)
class Topic:
    """Points that belong together. Where several have a lead, the first that fits counts, as in the engine."""

    points: tuple[Point, ...]
    title: str = ""
    notes: tuple[str, ...] = ()
    is_steps: bool = False


@dataclass(frozen=True)
class Section:
    code: str
    title: str
    topics: tuple[Topic, ...]


@dataclass(frozen=True)
class PolicyPage:
    """Everything is plain text: whoever shows it escapes it."""

    title: str
    language: str
    intro: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()

    def points(self, effect: str) -> tuple[Point, ...]:
        """What is said about one effect, in the order in which it counts."""
        topics = (topic for section in self.sections for topic in section.topics)
        return tuple(point for topic in topics for point in topic.points if point.effect == effect)

    def texts(self) -> Iterator[str]:
        """Every piece of text, in order."""
        yield from (self.title, self.intro)
        for section in self.sections:
            yield section.title
            for topic in section.topics:
                yield topic.title
                for point in topic.points:
                    yield from (point.lead, point.text, point.address, point.link_text)
                yield from topic.notes
        yield from self.notes
