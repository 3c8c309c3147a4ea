"""What the checker found, as text, as a table for a notebook, and as JSON."""

import html
from collections import Counter
from dataclasses import dataclass, field

from ..wording import relations
from .errors import EquationError
from .verdicts import SIGNS, plain

KINDS = ("defined", "verified", "refuted", "conditional", "undecided", "unread", "exempt")
IN_ORDER = ("defined", "verified", "exempt")
MARKS = {"defined": "≔", "verified": "✓", "refuted": "✗", "exempt": "–"}
# The form in which a notebook keeps what a program reads: the marks in the book come from it.
MIME = "application/vnd.slopes.report+json"


@dataclass
class PageReport:
    """The verdicts on one page: prints as text, shows as a table in a notebook.

    Its `equations` are the page's displays, each with its links, and its `assumptions` the formulas of
    its Lets and Cases. Its `notes` say what a reader should know, such as a name with a second meaning:
    sentences, each with the places that it is about.
    """

    path: str = "the page"
    equations: list = field(default_factory=list)
    assumptions: list = field(default_factory=list)
    notes: dict = field(default_factory=dict)

    @property
    def links(self):
        """All links with their equations, in reading order."""
        return [(equation, link) for equation in self.equations for link in equation.links]

    @property
    def ok(self):
        """Whether everything is defined, verified or exempt."""
        return not self.out_of_order

    @property
    def out_of_order(self):
        """The links that are neither defined, verified nor exempt."""
        return [pair for pair in self.links if pair[1].verdict.kind not in IN_ORDER]

    @property
    def remarks(self):
        """The notes as text, with their places."""
        return [": ".join(filter(None, (s, "; ".join(at)))) for s, at in self.notes.items()]

    def summary(self):
        """What became of the page's equalities and inequalities, and how many definitions there are."""
        counts = count(self.links)
        defined, said = counts["defined"], list(filter(None, [outcome(counts)]))
        said += [f"{defined} definition{'s' if defined > 1 else ''}"] if defined else []
        return "; ".join(said) or "no displayed statement"

    def require(self):
        """Raise `EquationError` naming the first link that is not in order."""
        if not self.ok:
            order = ("refuted", "unread", "conditional", "undecided")
            equation, link = min(self.out_of_order, key=lambda x: order.index(x[1].verdict.kind))
            raise EquationError(f"{self.path}: {place(equation)}: {sentence(link)}")

    def __repr__(self):
        told = [x for x in self.links if x[1].verdict.kind not in ("defined", "verified")]
        lines = [f"  {place(equation)}: {sentence(link)}" for equation, link in told]
        notes = [f"  note: {note}" for note in self.remarks]
        return "\n".join([f"{self.path}: {self.summary()}", *lines, *notes])

    def _repr_html_(self):
        rows = [
            (
                tex(e.label, "label"),
                tex(shown(x)),
                mark(v.kind),
                relations(html.escape(explained(v))),
            )
            for e, x, v in ((equation, link, link.verdict) for equation, link in self.links)
        ]
        # A note with a place is for the author, whom the text tells the place: here it is folded.
        notes = {True: "", False: ""}
        for note, at in self.notes.items():
            notes[bool(at)] += f"<p><em>{html.escape(note)}</em></p>"
        said = ", ".join(tex(a.text) + " smooth" * a.smooth for a in self.assumptions)
        said = f"<p>Assumed where the page says so: {said}</p>" if said else ""
        opened = "" if self.ok else " open"
        return (
            f'<details class="report"{opened}><summary><b>{html.escape(self.summary())}</b></summary>'
            f"{said}{notes[True]}{html_table(('label', 'equality', 'verdict', 'how'), rows)}</details>"
            f"{notes[False]}"
        )

    def _repr_mimebundle_(self, **_):
        # Without places: what a notebook stores stays the same when a line of text is added above.
        return {MIME: {"path": self.path, "equations": list(map(_display, self.equations))}}


def mark(kind):
    """A verdict as a sign, for which the book draws its own, and a word."""
    return f'<span class="verdict {kind}"><i>{MARKS.get(kind, "?")}</i> {kind}</span>'


def tex(latex, kind="tex"):
    """LaTeX in HTML, as it is written; or the label of a display."""
    return f'<code class="{kind}">{html.escape(latex)}</code>'


def html_table(head, rows):
    """A table of cells that are HTML already."""
    head = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def count(links):
    """The number of links for each kind of verdict."""
    found = Counter(link.verdict.kind for _, link in links)
    return {kind: found[kind] for kind in KINDS}


def outcome(counts):
    """What became of what had to be verified, in words; nothing where there was nothing to verify.

    >>> outcome({"defined": 3, "verified": 20})
    '20 statements, all verified'
    >>> outcome({"verified": 8, "exempt": 1})
    '9 statements: 8 verified, 1 exempt'
    """
    judged = {kind: number for kind, number in counts.items() if number and kind != "defined"}
    total = sum(judged.values())
    noun = "statement" if total == 1 else "statements"
    if list(judged) == ["verified"]:
        return f"{total} {noun}, {'all ' if total > 1 else ''}verified"
    kinds = ", ".join(f"{number} {kind}" for kind, number in judged.items())
    return f"{total} {noun}: {kinds}" if total else ""


def place(equation):
    """Where an equation stands, for a person."""
    cell = "" if equation.cell is None else f"cell {equation.cell}, "
    label = f" ({equation.label})" if equation.label else ""
    return f"{cell}line {equation.line}{label}"


def shown(link):
    """A link as LaTeX."""
    return f"{link.left} {plain(SIGNS.get(link.relation, link.relation))} {link.right}".strip()


def sentence(link, width=160):
    """A link, cut where it is long, with its verdict on one line."""
    text = shown(link)
    text = text if len(text) <= width else text[: width - 2] + " …"
    return f"{text}: {link.verdict.kind}: {explained(link.verdict)}"


def explained(verdict, advice=True):
    """The reason, the line that would declare what is missing, and the witness in words."""
    reason = verdict.reason
    if verdict.region and advice:
        reason += f" (to say it: **Let** ${verdict.region}$.)"
    if verdict.witness is None:
        return reason
    at = ", ".join(f"{name} = {value}" for name, value in verdict.witness["at"].items())
    where = f"at {at} " if at else ""
    left, right = verdict.witness["left"], verdict.witness["right"]
    left, right = ("has no value" if x == "no value" else f"is {x}" for x in (left, right))
    return f"{reason}: {where}the left side {left} and the right side {right}"


def as_json(reports, unreadable=()):
    """The object of ``slopes verify --json``: displays in `equations`, Lets in `assumptions`."""
    files = [
        {
            "path": report.path,
            "equations": [{**_placed(e), **_display(e)} for e in report.equations],
            "assumptions": [{"kind": a.kind, **_placed(a)} for a in report.assumptions],
            "notes": report.remarks,
        }
        for report in reports
    ]
    files += [{"path": path, "equations": [], "error": reason} for path, reason in unreadable]
    return {"files": files, "counts": count([pair for report in reports for pair in report.links])}


def _display(equation):
    links = [
        {"left": x.left, "relation": x.relation, "right": x.right, "verdict": v.kind,
         "reason": v.reason, "region": v.region, "witness": v.witness, "points": v.compared,
         "digits": v.digits, "under": v.under}
        for x, v in ((link, link.verdict) for link in equation.links)
    ]  # fmt: skip
    return {"label": equation.label, "latex": equation.text, "links": links}


def _placed(item):
    where = {"line": item.line} if item.cell is None else {"line": item.line, "cell": item.cell}
    return {"latex": item.text, **where}
