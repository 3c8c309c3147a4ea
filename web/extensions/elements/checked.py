"""What the checker found, where a reader sees it: the badge of a page, the tick at an equation."""

from __future__ import annotations

from collections import Counter
from html import escape

from elements.facts import REPORT
from elements.markup import Tag, tag
from slopes.equations.numbers import DIGITS
from slopes.wording import outcome


def badge(counts: Counter, href: str, book: bool = False) -> Tag | None:
    """Return the badge of a page, or of the whole book; None where nothing was claimed.

    It says what the report says: a statement is an equality or an inequality. A definition cannot be
    verified, and is told of in the title.
    """
    # A stored report has nothing that is refuted: where a relation is wrong, the cell fails.
    said = outcome({"not checked yet" if k == "unchecked" else k: n for k, n in counts.items()})
    if not said:
        return None
    defined = counts["defined"]
    read = "the pages" if book else "this page"
    title = f"A program that reads {read} computed both sides of each equality and inequality"
    title += f" with {DIGITS} digits or more. The mark at each says how closely they were compared."
    if defined:
        more = "formula introduces" if defined == 1 else "formulas introduce"
        title += f" {defined} more {more} a name: there is nothing to verify."
    classes = ["badge", *(["open"] if counts["unchecked"] else [])]
    return tag("a", said, classes=classes, href=href, title=title)


def tick(links: list[dict] | None) -> str:
    """Return the HTML of the mark at a display: a tick, or the sign of a definition."""
    if not links:
        return ""
    kinds = {link["verdict"] for link in links}
    kind = next(kind for kind in SAID if kind in kinds)
    said = escape(SAID[kind]([link for link in links if link["verdict"] == kind]))
    if kind == "verified" and "defined" in kinds:
        said += " It introduces a name as well."
    return f'<a class="tick {kind}" href="#{REPORT}" title="{said}"></a>'


def verified(links: list[dict]) -> str:
    """Say that the relations of a display hold, how this is known, and under which conditions."""
    noun = "equalities" if all(link["relation"] in ("=", "~") for link in links) else "relations"
    what = "It holds" if len(links) == 1 else f"Its {len(links)} {noun} hold"
    # Limits and rounded numbers say themselves in what sense they hold.
    ways = dict.fromkeys(x["reason"] for x in links if not x["digits"])
    exact = [link for link in links if link["digits"]]
    points = sorted({link["points"] for link in exact} - {1})
    many = f" at {' to '.join(map(str, points[:1] + points[1:][-1:]))} points" if points else ""
    under = dict.fromkeys(part for link in exact for part in link["under"])
    how = [f"to {min(link['digits'] for link in exact)} digits{many}"] if exact else []
    where = f", for {', '.join(under)}" if under else ""
    return f"Verified. {what} {', or '.join([*how, *ways])}{where}."


# What is said of the links of one kind. The first kind that a display has is told.
SAID = {
    "unchecked": lambda links: "Not checked yet: the stored report is older than this formula.",
    "exempt": lambda links: f"Exempt: {links[0]['reason']}.",
    "verified": verified,
    "defined": lambda links: "It introduces a name: there is nothing to verify.",
}
