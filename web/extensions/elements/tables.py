"""Tables and lists of terms: numbers in line, heads over columns, one grid for one kind; a glossary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, pairwise
from math import sqrt
from posixpath import dirname, join, normpath
from statistics import mean

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

from elements import start
from elements.markup import lines, put, tag
from elements.setting import width

NAME = 24  # signs: what begins a row, and is no longer, stays in one line
SENTENCE = 36  # signs: a table with longer words in a cell is read, and not compared
# Signs of a table's line as wide as the text, or with the margin, and of the air behind a column.
LINE, WIDE, AIR = 70, 103, 4
PHONE = 44  # signs of a table's line on a telephone, with its air
LEAST = 0.3  # of what the fuller columns share: the part that each of them has
WHOLE = 15  # signs: a head or a name that does not break
NUMBER = re.compile(r"([−-]?)([\d,]+)((?:\.\d+)?)(%?)")
POWER = re.compile(r"([−-]?[\d.]+ ?\\cdot ?)?\d+\^\{?(-?)(\d+)\}?")
OTHER = re.compile(r"[\d.]+–[\d.]+|\\infty|∞|–?")
SPACE, IN_NUMBERS, BEFORE_NUMBER = map(re.compile, (r" ", r" (?=[−-]?\.?\d)", r" (?=[−-]?\.?\d|$)"))
SIGNS = re.compile(r"\\[A-Za-z]+|[^\s{}^_]")
NBSP = "\N{NO-BREAK SPACE}"


class Captions(SphinxTransform):
    """Let a table that a cell makes have the caption of its cell, and a number among the tables."""

    default_priority = 400

    def apply(self, **options):
        """Rewrite the tables of one page."""
        for figure in list(self.document.findall(nodes.figure)):
            table = figure.next_node(nodes.table)
            if table is None:
                continue
            caption = figure.next_node(nodes.caption)
            table.insert(0, nodes.title("", "", *caption.children))
            for kept in ("ids", "names"):
                table[kept] += figure[kept]
            self.document.ids.update(dict.fromkeys(table["ids"], table))
            figure.replace_self(table)


class Tables(SphinxPostTransform):
    """Put each table into a box, in which one that is too wide scrolls, and its columns in order.

    A table of words becomes entries on a telephone. One of numbers or formulas stays a table.
    """

    default_priority = 700
    formats = ("html",)

    def run(self, **kwargs):
        """Rewrite the tables of one page."""
        kinds = {}
        for table in list(self.document.findall(nodes.table)):
            box = nodes.container(classes=["scroll"])
            put(box, table)
            box += table
            head = next(table.findall(nodes.thead))[0]
            rows = [row.children for row in next(table.findall(nodes.tbody)).children]
            for row in rows:
                if len(row) > 1 and not any(entry.astext() for entry in row[1:]):
                    row[0].parent["classes"].append("group")
            for row, below in pairwise(rows):
                if not below[0].astext():  # it goes on about the same
                    row[0].parent["classes"].append("on")
            compared = [row for row in rows if "group" not in row[0].parent["classes"]]
            for column in zip(head.children, *compared, strict=False):
                in_line(*column)
            # Of two columns the first may be long, where the second is a number.
            told = [entry for row in rows for entry in (row if len(head) > 2 else row[1:])]
            if any(spoken(entry) > SENTENCE for entry in told):
                keyed = len(head) == 2 and all(length(row[0]) <= NAME for row in rows)
                kept = keyed or "symbols" in table["classes"]
                table["classes"] += ["entries", "keyed" if kept else "led"]
            kind = "symbols" if "symbols" in table["classes"] else head.astext()
            kinds.setdefault(kind, []).append((table, [list(head), *rows]))
            names = [entry.astext().replace(": ", ", ") for entry in head]
            first = [*head, *(row[0] for row in rows)]
            span(head, rows)
            numbers = any("digits" in entry["classes"] for row in rows for entry in row)
            for entry in table.findall(nodes.entry):
                bind(entry, entry in first)
            # A table without numbers can become entries.
            named = "led" in table["classes"] or not (numbers or "symbols" in table["classes"])
            if len(names) > 2 and named:
                name_each(table, names, rows)
        for tables in kinds.values():
            lay_out(tables)


def bind(entry: nodes.entry, names: bool) -> None:
    """Keep a number in the line of the word before it, and a short name of a row or a column whole."""
    whole = names and length(entry) <= WHOLE
    for paragraph in entry.findall(nodes.paragraph):
        for place, text in enumerate(paragraph):
            if not isinstance(text, nodes.Text):
                continue
            after = "".join(node.astext() for node in paragraph[place + 1 : place + 2])
            ends = BEFORE_NUMBER if NUMBER.fullmatch(after) else IN_NUMBERS
            paragraph[place] = nodes.Text((SPACE if whole else ends).sub(NBSP, text))


def in_line(head: nodes.entry, *column: nodes.entry) -> None:
    """Mark a column of numbers, and fill them up, unseen, so that their points or powers stand in line.

    They stand at the right of the column. One that holds anything else stays as it is.
    """
    texts = [entry.astext().strip() for entry in column]
    found = [NUMBER.fullmatch(text) for text in texts]
    powers = [POWER.fullmatch(text) for text in texts]
    if not any(texts) or not all(
        n or p or OTHER.fullmatch(t) for n, p, t in zip(found, powers, texts, strict=True)
    ):
        return
    head["classes"].append("digits")
    # Numbers of several kinds have nothing in common but their end.
    read = [(n, p) for n, p in zip(found, powers, strict=True) if n or p]
    kinds = {(p and bool(p[1]), n and n[4]) for n, p in read}
    raised = [power for power in powers if power] if len(kinds) == 1 else []
    sign, up = "−" * any(power[2] for power in raised), longest(power[3] for power in raised)
    rest = longest(n[3] for n in found if n and len(kinds) == 1)
    for entry, number, power in zip(column, found, powers, strict=True):
        entry["classes"].append("digits")
        if power:
            entry[-1] += phantom(sign[len(power[2]) :] + up[len(power[3]) :], "up")
            continue
        if number:
            entry[:] = [nodes.paragraph("", number[0].replace("-", "−"))]
            entry[0] += phantom(rest[len(number[3]) :])
        elif not entry.astext().strip():
            entry[:] = [nodes.paragraph("", "–")]


def longest(texts: Iterator[str]) -> str:
    """Return the longest of some texts, or none."""
    return max(texts, key=len, default="")


def phantom(text: str, *classes: str) -> list[nodes.raw]:
    """Return room for a text, which the style sheet fills: it is neither seen, nor read, nor copied."""
    html = f'<span class="{" ".join(("phantom", *classes))}" data-room="{text}"></span>'
    return [nodes.raw("", html, format="html")] if text else []


def spoken(entry: nodes.entry) -> int:
    """Return how many signs of an entry are words, and not formulas."""
    texts = entry.findall(nodes.Text)
    return sum(len(x) for x in texts if not isinstance(x.parent, nodes.math | nodes.raw))


def length(entry: nodes.entry) -> int:
    """Return about how many signs of an entry are seen."""
    formulas = (
        re.sub(r"\\(begin|end)\{\w+\}", "", math.astext()) for math in entry.findall(nodes.math)
    )
    return spoken(entry) + sum(max(map(width, formula.split(r"\\"))) for formula in formulas)


def name_each(table: nodes.table, names: list[str], rows: list[list[nodes.entry]]) -> None:
    """Name what stands in a row behind its first, for where the heads do not stand above it.

    The first tells of what the row is, unless it is a number.
    """
    table["classes"].append("named")
    for row in rows:
        if "group" in row[0].parent["classes"]:
            continue
        first = 0 if "digits" in row[0]["classes"] else 1
        for entry, name in list(zip(row, names, strict=False))[first:]:
            label = tag("span", words=f"{name} ", classes=["its"], **{"aria-hidden": "true"})
            entry[0:0] = [label]


def span(head: nodes.row, rows: list[list[nodes.entry]]) -> None:
    """Set what several heads begin with, up to a colon, above them: "tanh: found", "tanh: foretold"."""
    columns = list(zip(head.children, *rows, strict=False))
    groups = [
        (over, list(entries))
        for over, entries in groupby(head.children, lambda entry: entry.astext().partition(": ")[0])
    ]
    if all(len(entries) == 1 for _, entries in groups):
        return
    (_, [*first]), *pairs = groups
    if len(first) == 1 and len(pairs) > 2 and all(len(entries) == 2 for _, entries in pairs):
        head.parent.parent.parent["classes"].append("split")  # on a telephone, a line for each pair
        for over, entries in pairs:
            for row in rows:
                label = tag("span", words=over, classes=["its"], **{"aria-hidden": "true"})
                row[head.index(entries[0])].insert(0, label)
    for _, entries in groups:
        for entry in columns[head.index(entries[-1])]:
            entry["classes"].append("ends")
    below = nodes.row()
    head.children = []
    for over, entries in groups:
        if len(entries) == 1:
            entries[0]["morerows"] = 1
            head += entries
            continue
        head += nodes.entry("", nodes.paragraph("", over), morecols=len(entries) - 1)
        for entry in entries:
            entry[:] = [nodes.paragraph("", entry.astext().partition(": ")[2])]
            below += entry
    head.parent += below


def lay_out(tables: list[tuple[nodes.table, list[list[nodes.entry]]]]) -> None:
    """Give tables of one kind on one page the same width and, if they are of words, the same columns."""
    rows = [row for _, found in tables for row in found]
    columns = [list(map(length, column)) for column in zip(*rows, strict=False)]
    for table, found in tables:
        for entry in (*found[0], *(row[0] for row in found[1:])):
            entry["classes"] += ["name"] * (length(entry) <= NAME)
        if "entries" not in table["classes"]:
            longest = [max(column) for column in columns]
            needed = sum(longest) + AIR * (len(longest) - 1)
            table["classes"] += ["close"] * (needed > LINE) + ["airy"] * (needed <= PHONE)
            continue
        table.parent["classes"].append("words")
        if "repair" in table["classes"]:
            continue
        longest = [max(column) for column in columns]
        wide = "wide" in table["classes"] or (
            len(longest) > 2
            and sum(longest) > 2 * LINE
            and sum(size > NAME for size in longest) > 1
        )
        table.parent["classes"] += ["wide"] * wide
        widths = shares(columns, WIDE if wide else LINE)
        table["classes"] = [name for name in table["classes"] if name != "colwidths-auto"]
        table["classes"].append("colwidths-given")
        for spec, share in zip(table.findall(nodes.colspec), widths, strict=True):
            spec["colwidth"] = share


def shares(columns: list[list[int]], line: int) -> list[int]:
    """Return the widths of columns in percent: short ones as they need, of the others the fuller more.

    What is long once turns, and takes no room from the others.

    >>> shares([[7, 4], [90, 40], [10, 9]], 70)
    [14, 67, 19]
    >>> shares([[4, 4, 5, 34], [90, 140, 130, 120]], 70)
    [28, 72]
    """
    short = [max(column) + 3 if max(column) <= NAME else 0 for column in columns]
    full = [
        0 if known else sqrt(mean(column)) for known, column in zip(short, columns, strict=True)
    ]
    full = [size and max(size, sum(full) * LEAST) for size in full]
    left = max(line - sum(short), NAME)
    widths = [known or left * size / sum(full) for known, size in zip(short, full, strict=True)]
    return [round(100 * width / sum(widths)) for width in widths]


class Letters(SphinxPostTransform):
    """Set a letter above the terms that begin with it, and a line of all letters above the first.

    The other names, which are in italics in what is said, stand among the terms, each with a link to
    its own. The chapter of a term, which the last line said of it names, stands in the margin.
    """

    default_priority = 700
    formats = ("html",)

    def run(self, **kwargs):
        """Rewrite the glossary, if this page has one."""
        for glossary in list(self.document.findall(addnodes.glossary)):
            terms = glossary[0]
            for said in terms.findall(nodes.definition):
                self.lead_on(said)
            named = sorted([*terms, *other_names(terms)], key=lambda item: item[0].astext().lower())
            listed = {key: list(items) for key, items in groupby(named, first_letter)}
            links = [tag("a", words=key, href=f"#letter-{key}") for key in listed]
            glossary[:] = [tag("nav", *links, classes=["letters"], **{"aria-label": "Letters"})]
            for key, items in listed.items():
                glossary += tag("h2", words=key, classes=["letter"], ids=[f"letter-{key}"])
                glossary += nodes.definition_list("", *items, **terms.attributes)

    def lead_on(self, said: nodes.definition) -> None:
        """Take the last line of a definition, which names its chapter, out of the sentences."""
        *before, last = lines(said[-1])
        if before and last[0].astext().startswith("Chapter"):
            links = [link for node in last for link in node.findall(nodes.reference)]
            words = [node for link in links for node in (nodes.Text(", "), self.numbered(link))]
            said[-1].children = [node for line in before for node in (*line, nodes.Text("\n"))]
            said[-1] += tag("span", *words[1:], classes=["chapter"])

    def numbered(self, link: nodes.reference) -> nodes.Element:
        """Return a link by the number of its chapter, if it has one, with its title for a pointer."""
        page = link["refuri"].partition(".html")[0]
        found = start.number(self.env, normpath(join(dirname(self.env.docname), page)))
        words = f"Chapter {found}" if found else link.astext()
        return tag("a", words, href=link["refuri"], title=link.astext())


def other_names(terms: nodes.definition_list) -> Iterator[nodes.definition_list_item]:
    """Yield an entry for each name that stands in italics, in one line, with a link to its term."""
    known = {item[0].astext() for item in terms}
    for item in terms:
        for name in {node.astext(): None for node in item.findall(nodes.emphasis)}:
            if name not in known:
                target = tag("a", words=item[0].astext(), href=f"#{item[0]['ids'][0]}")
                said = nodes.definition("", nodes.Text("→ "), target)
                yield nodes.definition_list_item("", nodes.term("", name, classes=["other"]), said)


def first_letter(item: nodes.definition_list_item) -> str:
    """Return the letter that a term stands under."""
    return item[0].astext()[0].upper()
