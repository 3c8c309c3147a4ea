"""What the checker found, as text, as a table for a notebook, and as JSON."""

import html
from dataclasses import dataclass, field

from .errors import EquationError
from .page import Equation

KINDS = ("defined", "verified", "refuted", "undecided", "unread", "exempt")
SIGNS = {"=": "=", ":=": "≔", "<=": "≤", ">=": "≥", "!=": "≠", "~": "≈", "in": "∈", "to": "→"}


@dataclass
class PageReport:
    """The verdicts on one page: prints as text, shows as a table in a notebook.

    Attributes
    ----------
    path : str
        The page, as it was asked for.
    equations : list of page.Equation
    notes : list of str
        Things the reader should know, such as a copy on disk that is older than what was run.
    """

    path: str
    equations: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    @property
    def links(self):
        """All links with their equations, in reading order."""
        return [(equation, link) for equation in self.equations for link in equation.links]

    @property
    def counts(self):
        """How many links got each verdict."""
        return count(self.links)

    @property
    def ok(self):
        """Whether nothing is refuted, undecided or unread."""
        counts = self.counts
        return not (counts["refuted"] or counts["undecided"] or counts["unread"])

    def summary(self):
        """One sentence: how many equalities, and what became of them."""
        total = sum(self.counts.values())
        parts = [f"{number} {kind}" for kind, number in self.counts.items() if number]
        noun = "equality" if total == 1 else "equalities"
        return f"{total} {noun}: {', '.join(parts)}" if parts else "no displayed equality"

    def require(self):
        """Raise `EquationError` naming the first link that is not in order."""
        for kind in ("refuted", "unread", "undecided"):
            for equation, link in self.links:
                if link.verdict.kind == kind:
                    raise EquationError(f"{self.path}: {place(equation)}: {sentence(link)}")

    def __repr__(self):
        lines = [f"{self.path}: {self.summary()}"]
        for equation, link in self.links:
            if link.verdict.kind in ("refuted", "undecided", "unread", "exempt"):
                lines.append(f"  {place(equation)}: {sentence(link)}")
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)

    def _repr_html_(self):
        rows = []
        for equation, link in self.links:
            verdict = link.verdict
            cells = [
                f'<code class="label">{html.escape(equation.label)}</code>',
                f'<code class="tex">{html.escape(shown(link))}</code>',
                f"<b>{verdict.kind}</b>"
                if verdict.kind in ("refuted", "undecided", "unread")
                else verdict.kind,
                html.escape(explained(verdict)),
            ]
            rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        notes = "".join(f"<p><em>{html.escape(note)}</em></p>" for note in self.notes)
        head = "<tr><th>label</th><th>equality</th><th>verdict</th><th>how</th></tr>"
        opened = "" if self.ok else " open"
        return (
            f"<details{opened}><summary><b>{html.escape(self.summary())}</b></summary>"
            f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table></details>{notes}"
        )


def count(links):
    """The number of links for each kind of verdict."""
    counts = dict.fromkeys(KINDS, 0)
    for _, link in links:
        counts[link.verdict.kind] += 1
    return counts


def place(equation: Equation):
    """Where an equation stands, for a person."""
    where = (
        f"cell {equation.cell}, line {equation.line}"
        if equation.cell is not None
        else f"line {equation.line}"
    )
    return f"{where} ({equation.label})" if equation.label else where


def shown(link, width=160):
    """A link as LaTeX, cut where it is long."""
    text = f"{link.left} {SIGNS.get(link.relation, link.relation)} {link.right}".strip()
    return text if len(text) <= width else text[: width - 2] + " …"


def sentence(link):
    """A link with its verdict, on one line."""
    return f"{shown(link)}: {link.verdict.kind}: {explained(link.verdict)}"


def explained(verdict):
    """The reason, and the witness in words."""
    if verdict.witness is None:
        return verdict.reason
    at = ", ".join(f"{name} = {value}" for name, value in verdict.witness["at"].items())
    where = f"at {at} " if at else ""
    left, right = verdict.witness["left"], verdict.witness["right"]
    left, right = ("has no value" if x == "no value" else f"is {x}" for x in (left, right))
    sides = f"the left side {left} and the right side {right}"
    return f"{verdict.reason}: {where}{sides}"


def as_json(reports, unreadable=()):
    """The object that ``slopes verify --json`` prints."""
    files = []
    for report in reports:
        equations = []
        for equation in report.equations:
            where = {"cell": equation.cell} if equation.cell is not None else {}
            links = [
                {
                    "left": link.left,
                    "relation": link.relation,
                    "right": link.right,
                    "verdict": link.verdict.kind,
                    "reason": link.verdict.reason,
                    "witness": link.verdict.witness,
                }
                for link in equation.links
            ]
            equations.append(
                {
                    "label": equation.label,
                    "latex": equation.latex,
                    "line": equation.line,
                    **where,
                    "links": links,
                }
            )
        files.append({"path": report.path, "equations": equations})
    for path, reason in unreadable:
        files.append({"path": path, "equations": [], "error": reason})
    total = count([pair for report in reports for pair in report.links])
    return {"files": files, "counts": total}
