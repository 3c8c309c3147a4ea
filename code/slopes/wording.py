"""What is said of numbers, formulas and verdicts, as HTML for a notebook."""

import html
import re

# "x = -1.5", "a ≠ 0", "y = [0.75, 0.25]": a name, a sign, and a number or a list of them.
RELATION = re.compile(
    r"(?<![\w;])([A-Za-zα-ω]\w?) (=|≠|≥|≤|&[lg]t;) ([-−]?\d(?:[\w.+-]*\w)?|\[[^\]]*\])"
)
MARKS = {"defined": "≔", "verified": "✓", "refuted": "✗", "exempt": "–"}
# What a message quotes of the line that it cannot read, at its end.
PLACE = re.compile(r"(at character \d+: )(….*…)$")


def relations(text):
    """Set the relations of names and numbers as formulas: the name italic, none of them broken.

    >>> relations("at x = -1.5 it holds").replace("\N{NO-BREAK SPACE}", "~")
    'at <i>x</i>~=~−1.5 it holds'
    """

    def formula(found):
        name, sign, number = found.groups()
        return f"<i>{name}</i> {sign} {number}".replace(" ", "\N{NO-BREAK SPACE}").replace("-", "−")

    return RELATION.sub(formula, text)


def mark(kind):
    """A verdict as a sign, for which the book draws its own, and a word.

    >>> mark("verified")
    '<span class="verdict verified"><i>✓</i> verified</span>'
    """
    return f'<span class="verdict {kind}"><i>{MARKS.get(kind, "?")}</i> {kind}</span>'


def tex(latex, kind="tex"):
    """LaTeX in HTML, as it is written; or the label of a display.

    >>> tex("0 < x"), tex("eq-slope", "label")
    ('<code class="tex">0 &lt; x</code>', '<code class="label">eq-slope</code>')
    """
    return f'<code class="{kind}">{html.escape(latex)}</code>'


def html_table(head, rows):
    """A table of cells that are HTML already.

    >>> html_table(["x"], [["<b>1</b>"]])
    '<table><thead><tr><th>x</th></tr></thead><tbody><tr><td><b>1</b></td></tr></tbody></table>'
    """
    head = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


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


def page_html(summary, opened, assumed, rows, notes):
    """A page's report: a line that opens, with what the page assumes and a row for each relation.

    A note with a place is for the author, whom the text tells the place: here it is folded.

    >>> rows = [("", "x + x = 2 x", "verified", "to 40 digits at 38 points")]
    >>> page_html("1 statement, verified", False, [("x > 0", False)], rows, {})[:71]
    '<details class="report"><summary><b>1 statement, verified</b></summary>'
    """
    told = {True: "", False: ""}
    for note, at in notes.items():
        told[bool(at)] += f"<p><em>{html.escape(note)}</em></p>"
    said = ", ".join(tex(latex) + " smooth" * smooth for latex, smooth in assumed)
    said = f"<p>Assumed where the page says so: {said}</p>" if said else ""
    cells = [
        (tex(label, "label"), tex(latex), mark(kind), relations(html.escape(how)))
        for label, latex, kind, how in rows
    ]
    return (
        f'<details class="report"{" open" * opened}><summary><b>{html.escape(summary)}</b></summary>'
        f"{said}{told[True]}{html_table(('label', 'equality', 'verdict', 'how'), cells)}</details>"
        f"{told[False]}"
    )


def derivation_html(rows, state, summary):
    """The lines of a derivation, each with its rule and verdict, and a sentence on the whole.

    >>> derivation_html([("x = x", "", "verified")], "right", "the step holds")[-62:]
    '<p class="state right"><span><b>The step holds.</b></span></p>'
    """
    head = ("line", "step", "rule", "verdict")
    cells = [
        (number, tex(latex), html.escape(rule), mark(kind) if kind else "")
        for number, (latex, rule, kind) in enumerate(rows, 1)
    ]
    if not any(rule for _, rule, _ in rows):
        head, *cells = ((n, step, verdict) for n, step, _, verdict in (head, *cells))
    text = "".join(
        f'<code class="tex">{part}</code>' if k % 2 else relations(part)
        for k, part in enumerate(html.escape(summary).split("$"))
    )
    text = PLACE.sub(r"\1<code>\2</code>", text)
    end = "" if text.endswith(("?", "</code>")) else "."
    verdict, colon, why = f"{text[:1].upper()}{text[1:]}{end}".partition(": ")
    said = f"<b>{verdict}{colon.strip()}</b>{why and f' {why}'}"
    return f'{html_table(head, cells)}<p class="state {state}"><span>{said}</span></p>'
