"""Reads a page of HTML as a browser does, strictly: what is not well-formed, runs or is fetched is an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = ("meta", "br", "hr")
#: What a page of ours is made of. Nothing in it runs, embeds or sends.
KNOWN = {
    "html", "head", "meta", "title", "style", "body", "a", "header", "nav", "main", "section", "footer", "h1", "h2", "h3", "h4",
    "h5", "h6", "p", "ol", "ul", "li", "dl", "dt", "dd", "div", "span", "code", "pre", "em", "strong", "br", "hr", "blockquote",
    "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "time",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "href", "rel", "class", "id", "role", "aria-label", "aria-labelledby",
    "aria-hidden", "tabindex", "start", "scope", "datetime",
}  # fmt: skip
PHRASES = {"a", "span", "code", "em", "strong", "time", "br"}


@dataclass(eq=False)
class Element:
    """An element, with its texts and elements in order."""

    name: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(it if isinstance(it, str) else it.text for it in self.inside)

    @property
    def aloud(self) -> str:
        """The text that is no drawing."""
        if self.attributes.get("aria-hidden") == "true":
            return ""
        return "".join(it if isinstance(it, str) else it.aloud for it in self.inside)

    def all(self, name: str, class_: str | None = None) -> list[Element]:
        """All elements of that name in it, in order."""
        found = [each for it in self.inside if isinstance(it, Element) for each in (it, *it.all("*"))]
        return [
            it
            for it in found
            if name in ("*", it.name) and (class_ is None or class_ in it.attributes.get("class", "").split())
        ]


class Reader(HTMLParser):
    """Builds the tree, and looks at each piece."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]
        self.declared = ""

    def handle_decl(self, decl: str) -> None:
        self.declared = decl

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data!r}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data!r}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in KNOWN, tag
        names = [name for name, _value in attrs]
        assert len(set(names)) == len(names), attrs
        assert set(names) <= ATTRIBUTES, attrs
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            assert given["href"].startswith(("#", "http://", "https://")), given
            assert not any(it.name == "a" for it in self.open)
        if self.open[-1].name == "p" or self.open[-1].name in PHRASES:
            assert tag in PHRASES, f"{tag} in {self.open[-1].name}"
        element = Element(tag, given)
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raise AssertionError(f"<{tag}/>: {attrs}")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().name == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def well_formed(page: str) -> Element:
    """The page's root; an AssertionError where it is not what it should be."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.declared == "DOCTYPE html"
    assert reader.open == [reader.root]
    (root,) = (it for it in reader.root.inside if isinstance(it, Element))
    ids = [it.attributes["id"] for it in root.all("*") if "id" in it.attributes]
    assert len(set(ids)) == len(ids)
    for link in root.all("a"):
        target = link.attributes["href"]
        assert not target.startswith("#") or target[1:] in ids, target
    for it in root.all("*"):
        assert it.attributes.get("aria-labelledby", ids[0]) in ids
    levels = [int(it.name[1]) for it in root.all("*") if it.name[0] == "h" and it.name[1:].isdigit()]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    assert len(root.all("main")) == 1
    return root
