r"""Is this displayed equation true? Reads the LaTeX of a page and decides each equality.

The way through, one arrow after the other::

    markdown   a page's headings, Lets and Cases, displays, inline formulas
    tokens     LaTeX to tokens                       layout    rows, chains, conditions beside them
    grammar    a side to a tree of what is written (notation.lark is its documentation)
    names, calculus, scope     what is written to what is meant, by what is declared and nothing else
    declare, page              Lets, definitions, and a verdict for each relation of each chain
    meaning    the table of names that the scope fills and the evaluator reads
    evaluate   values at a point: numbers (60 digits and more), functions, arrays, derivatives, limits
    decide     both sides at many points (points, approximate, regions) to a verdict
    report, derivation, slips  tables and JSON, a student's lines, hints

No text is ever executed, and nothing is simplified: both sides are only evaluated. Nothing is guessed:
what is not declared on the page is not assumed, and what is not understood is said to be unread.

To add a function with a fixed name: one line in `functions.SCALAR` (in `SEVERAL` or `OF_VECTORS` if it
takes several numbers or a vector). Its slopes follow by evaluating at x + ε, so a case for a single
point (1 at 0 for sin x / x) is wrong there: use what holds around it, a series. Other spellings in
`SPELLED`, a command `\name` in `tokens.FUNCTIONS`. Where it compares, it calls `numbers.largest`,
`sign` or `absolute` with a key (its name; of a node its id): kinks are found by it. A page that
defines the name is then *verified* where it was *defined*, so look for it in the chapters and the
corpora.

To add an operation between two things: its sign in `tokens.OPERATORS`, a node in `tree`, its value in
`evaluate.BY_VALUES`; in `verdicts.latex` how a condition shows it, or no region is offered; in
`Names.is_array_value` if it makes arrays; in `tests/equation_mutations.py` its floats. If it binds as
a product does, a branch in `Scope._Product`: `odot` joins its neighbours, `/` takes all on its left.
If it has a precedence of its own: a terminal in `grammar.TERMINALS` (a sign that is not there is a
`TIMES`) and in the `%declare` of `notation.lark`, a rule there, and a method of that name in
`grammar.Tree` that makes the node; between `product` and `sum` a method is given lists of factors, and
`whole` makes a node of one. Only a rule that says so, as `product` does, reads a minus behind the
sign. `scope` needs a method only where what is written is not yet what is meant. With a precedence of
its own the operation ends what d/dx and \sum reach to. What the grammar makes, `leaves` in
`tests/test_grammar.py` takes apart, if its list has it. For a notation of another form see the top of
`grammar`.

To try it: `page.check_items(markdown.read_markdown(text)).equations`, with a `verdict` for each of
the `links`. To keep it: a display in `tests/equations/notation.md` with what is expected below it, and
`pytest -n 0 tests/test_equations.py -k "each_link_of_the_corpus and notation"`, which takes seconds;
and a word in the lists of `chapters/write-for-the-checker.md`.
"""

from .derivation import check_derivation
from .errors import EquationError

__all__ = ["EquationError", "check_derivation"]
