r"""Is this displayed equation true? Reads the LaTeX of a page and decides each equality.

The way through: `source` finds the displayed equations and the words around them; `lexer` and
`parser` read the LaTeX into the trees of `tree`; `page` goes from top to bottom and keeps in
`meaning` what the names mean; `decide` evaluates both sides (`evaluate`, with the numbers of
`numbers`) at the points of `points` and gives a verdict; `report` shows it. No text is ever
executed, and nothing is simplified: both sides are only evaluated.

Verdicts: **defined** (introduces a name), **verified**, **refuted** (with a point where the sides
differ), **undecided**, **unread** (with the place), **exempt** (marked in the source, with a
reason).
"""

from .derivation import check_derivation
from .errors import EquationError
from .notebook import verify

__all__ = ["EquationError", "check_derivation", "verify"]
