r"""Is this displayed equation true? Reads the LaTeX of a page and decides each equality.

The way through, one arrow after the other::

    markdown   a page's headings, Lets and Cases, displays, inline formulas
    tokens     LaTeX to tokens                       layout    rows, chains, conditions beside them
    grammar    a side to a tree of what is written (notation.lark is its documentation)
    names, calculus, scope     what is written to what is meant, by what is declared and nothing else
    declare, page              Lets, definitions, and a verdict for each relation of each chain
    meaning    the table of names that the scope fills and the evaluator reads
    evaluate   values at a point: numbers (60 digits and more), functions, arrays, derivatives, search
    decide     both sides at many points (points, kinks, compare, approximate, regions) to a verdict
    report, notebook, derivation, slips        tables and JSON, `verify`, a student's lines, hints

No text is ever executed, and nothing is simplified: both sides are only evaluated. Nothing is guessed:
what is not declared on the page is not assumed, and what is not understood is said to be unread.

To add a function with a fixed name: one line in the table of `functions`.
To add an operation: its sign in a table of `tokens`; if its form is new, a rule in `notation.lark` with
the method of that name in `grammar`; a node in `tree`; its meaning in `scope`; its value in
`evaluate`. Each of these says at its top how.

Verdicts: **defined** (introduces a name), **verified**, **refuted** (with a point where the sides
differ), **conditional** (true on a region that the page does not declare), **undecided**, **unread**
(with the place), **exempt** (marked in the source, with a reason).
"""

from .derivation import check_derivation
from .errors import EquationError
from .notebook import verify

__all__ = ["EquationError", "check_derivation", "verify"]
