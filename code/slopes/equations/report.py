"""What the checker found, as text, as a table for a notebook, and as JSON."""

from collections import Counter
from dataclasses import dataclass, field

from ..wording import outcome, page_html
from .verdicts import SIGNS, plain

KINDS = ("defined", "verified", "refuted", "conditional", "undecided", "unread", "exempt")
IN_ORDER = ("defined", "verified", "exempt")
# The form in which a notebook keeps what a program reads: the marks in the book come from it.
MIME = "application/vnd.slopes.report+json"


@dataclass
class PageReport:
    """The verdicts on one page: prints as text, shows as a table in a notebook.

    Its `equations` are the page's displays, each with its links, and its `assumptions` the formulas of
    its Lets and Cases. Its `notes` are sentences for a reader, each with the places it is about.
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
        return not self.out_of_order

    @property
    def out_of_order(self):
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

    def __repr__(self):
        told = [x for x in self.links if x[1].verdict.kind not in ("defined", "verified")]
        lines = [f"  {place(equation)}: {sentence(link)}" for equation, link in told]
        notes = [f"  note: {note}" for note in self.remarks]
        return "\n".join([f"{self.path}: {self.summary()}", *lines, *notes])

    def _repr_html_(self):
        rows = [(e.label, shown(x), x.verdict.kind, explained(x.verdict)) for e, x in self.links]
        assumed = [(a.text, a.smooth) for a in self.assumptions]
        return page_html(self.summary(), not self.ok, assumed, rows, self.notes)

    def _repr_mimebundle_(self, **_):
        # Without places: what a notebook stores stays the same when a line of text is added above.
        return {MIME: {"path": self.path, "equations": list(map(as_data, self.equations))}}


def count(links):
    found = Counter(link.verdict.kind for _, link in links)
    return {kind: found[kind] for kind in KINDS}


def place(equation):
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


def as_data(equation):
    """A display with its links, as JSON has it."""
    links = [
        {"left": x.left, "relation": x.relation, "right": x.right, "verdict": v.kind,
         "reason": v.reason, "region": v.region, "witness": v.witness, "points": v.compared,
         "digits": v.digits, "under": v.under}
        for x, v in ((link, link.verdict) for link in equation.links)
    ]  # fmt: skip
    return {"label": equation.label, "latex": equation.text, "links": links}
