"""The ways in which reading or deciding an equation can end early."""


class EquationError(AssertionError):
    """An equation of a page is not in order; the message names the first one."""


class Unread(Exception):
    """LaTeX that has no one meaning here: it is said to be not understood, and never guessed.

    The `message` says what was not understood and, where it can be told, what to write instead;
    `at` is where in the LaTeX it stands (a character offset), or None.
    """

    def __init__(self, message, at=None):
        super().__init__(message)
        self.message, self.at = message, at

    def in_place(self, latex):
        """The message with the place in a formula that it is about."""
        if self.at is None:
            return self.message
        start = max(min(self.at, len(latex)), 0)
        near = " ".join(latex[max(0, start - 12) : start + 18].split())
        return f"{self.message}, at character {start + 1}: … {near} …"


class Undefined(Exception):
    """An expression has no real value at a point: 1/0, log(-1), a derivative at a kink."""


class BeyondReach(Undefined):
    """A number too large to be computed: there is a value, and nobody here knows it."""


class Contradiction(Undefined):
    """Two cases hold at once and say different things."""


class NoDerivative(Undefined):
    """A derivative does not exist at a point: its slopes `left` and `right` differ, or it jumps."""

    def __init__(self, message, left=None, right=None):
        super().__init__(message)
        self.left, self.right = left, right


class Undecidable(Exception):
    """No numeric test settles the question: a limit that converges too slowly, a tie of two cases."""


class TooMuch(Exception):
    """The work budget of an equation is spent. Counted in operations, never in seconds."""
