"""What the checker found, where a reader sees it: the badge of a page, the tick at an equation."""

from __future__ import annotations

from collections import Counter
from html import escape

from elements.facts import REPORT
from elements.markup import Tag, tag
from slopes.equations.numbers import DIGITS

# What is neither verified nor defined. A stored report has nothing else: where a relation is wrong, the
# cell fails.
REST = {"exempt": "exempt", "unchecked": "not checked yet"}


def badge(counts: Counter, href: str, book: bool = False) -> Tag | None:
    """Return the badge of a page, or of the whole book; None where nothing was claimed.

    It counts what was verified. A definition cannot be verified, and is told of in the title. What is
    neither is said in the badge.
    """
    verified, defined = counts["verified"], counts["defined"]
    rest = [f"{counts[kind]} {words}" for kind, words in REST.items() if counts[kind]]
    if not verified and not rest:
        return None
    by = " by machine" if book else ""
    if verified:
        said = f"{verified} {'equality' if verified == 1 else 'equalities'}"
        said += f" verified{by}" if rest or verified == 1 else f", all verified{by}"
        rest.insert(0, said)
    read = "the pages" if book else "this page"
    title = f"A program that reads {read} computed both sides of each to {DIGITS} digits."
    if defined:
        more = "equality introduces" if defined == 1 else "equalities introduce"
        title += f" {defined} more {more} a name: there is nothing to verify."
    classes = ["badge", *(["open"] if counts["unchecked"] else [])]
    return tag("a", ", ".join(rest), classes=classes, href=href, title=title)


def tick(judged: dict | None) -> str:
    """Return the HTML of the mark at a display: a tick, or the sign of a definition."""
    if not judged or not judged["counts"]:
        return ""
    order = ("unchecked", "exempt", "verified", "defined")
    kind = next((kind for kind in order if kind in judged["counts"]), "refuted")
    said = escape(judged["said"])
    if kind == "verified" and "defined" in judged["counts"]:
        said += " It introduces a name as well."
    return (
        f'<a class="tick {kind}" href="#{REPORT}" title="{said}">'
        f'<span class="visually-hidden">{said}</span></a>'
    )
