"""What is said of a number, as HTML: a relation between a name and a number is a formula."""

import re

# "x = -1.5", "a ≠ 0", "y = [0.75, 0.25]": a name, a sign, and a number or a list of them.
RELATION = re.compile(
    r"(?<![\w;])([A-Za-zα-ω]\w?) (=|≠|≥|≤|&[lg]t;) ([-−]?\d(?:[\w.+-]*\w)?|\[[^\]]*\])"
)


def relations(html):
    """Set the relations in a text as formulas: the name is italic, and none of them is broken.

    >>> relations("at x = -1.5 it holds").replace("\N{NO-BREAK SPACE}", "~")
    'at <i>x</i>~=~−1.5 it holds'
    """

    def formula(found):
        name, sign, number = found.groups()
        return f"<i>{name}</i> {sign} {number}".replace(" ", "\N{NO-BREAK SPACE}").replace("-", "−")

    return RELATION.sub(formula, html)
