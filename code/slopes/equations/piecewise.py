"""Reading cases, conditions, matrices and indicators."""

from .errors import Unread
from .groups import (
    depths,
    matching,
    split_at,
    split_relations,
    stripped,
    unbraced,
    with_ranges,
)
from .tree import (
    And,
    Cases,
    Indicator,
    Matrix,
    Node,
    Nothing,
    Or,
    Otherwise,
    Relation,
    Symbol,
)

MATRICES = {"matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "smallmatrix"}
NO_VALUE = {
    "undefined",
    "not",
    "defined",
    "does",
    "exist",
    "dne",
    "nonexistent",
    "no",
    "derivative",
    "none",
}
ANNOTATION_FILLERS = {
    "if", "for", "when", "where", "all", "any", "every", "whenever", "is", "real", "the", "case", "in",
    "on", "at", "as", "while", "provided", "that", "iff",
}  # fmt: skip


class Piecewise:
    """The part of the parser that reads cases, conditions, matrices and indicators."""

    def environment(self):
        token = self.peek()
        end = matching(self.tokens, self.position)
        inside = self.tokens[self.position + 1 : end]
        self.position = end + 1
        if token.text in ("cases", "dcases", "rcases"):
            return self.cases(inside, token)
        if token.text in MATRICES or token.text == "array":
            rows = []
            for row in split_at(inside, "newline"):
                row = stripped(row, ("quad",))
                if row:
                    rows.append(tuple(self.whole(cell) for cell in split_at(row, "amp")))
            if not rows or len({len(row) for row in rows}) != 1:
                raise Unread("a matrix with rows of different length", token.start)
            return Matrix(tuple(rows))
        raise Unread(f"the environment {token.text} is not read inside a formula", token.start)

    def is_left_cases(self):
        follower = self.peek(1)
        return follower.kind == "begin" and follower.text in ("array", "matrix", "aligned")

    def left_cases(self):
        r"""Cases that are set as an array behind one brace."""
        token = self.next()
        start = self.position
        end = matching(self.tokens, start)
        inside = self.tokens[start + 1 : end]
        self.position = end + 1
        if self.at("close"):
            self.next()
        return self.cases(inside, token)

    def cases(self, inside, token):
        rows = []
        for row in split_at(inside, "newline"):
            row = stripped(row, ("quad", "comma"))
            if not row:
                continue
            cells = list(split_at(row, "amp"))
            if len(cells) == 1:
                value, condition = split_case(row)
            else:
                value, condition = cells[0], [t for cell in cells[1:] for t in cell]
            value = stripped(value, ("quad", "comma"))
            condition = stripped(condition, ("quad", "comma"))
            if not value:
                raise Unread("a case without a value", row[0].start)
            if not condition:
                raise Unread("a case without a condition", row[0].start)
            words = " ".join(t.text for t in value).lower().split()
            if words and set(words) <= NO_VALUE and words != ["does"]:
                rows.append((Nothing(), self.inner(condition).condition()))
                continue
            rows.append((self.whole(value, "side"), self.inner(condition).condition()))
        if not rows:
            raise Unread("cases without a row", token.start)
        return Cases(tuple(rows))

    def condition(self):
        """A condition: relations joined by "and", "or", commas, with words around them."""
        groups, joiners = [[]], []
        level = 0
        for token in self.tokens:
            level += (token.kind in ("lbrace", "open", "begin")) - (
                token.kind in ("rbrace", "close", "end")
            )
            words = token.text.lower().strip(" .,:;()").split() if token.kind == "text" else []
            if level == 0 and token.kind == "text":
                if any(w in ("otherwise", "else", "elsewhere") for w in words):
                    if any(groups):
                        raise Unread("otherwise stands beside another condition", token.start)
                    return self.close_condition(Otherwise())
                if words in (["and"], ["and", "if"]) or words == ["or"] or words == ["or", "if"]:
                    joiners.append(words[0])
                    groups.append([])
                elif words == ["else", "if"] or set(words) <= ANNOTATION_FILLERS:
                    continue
                else:
                    raise Unread(
                        f"the words {token.text.strip()!r} are not read in a condition", token.start
                    )
            elif level == 0 and (
                token.kind == "comma" or (token.kind == "op" and token.text in ("and", "or"))
            ):
                joiners.append("or" if token.text == "or" else "and")
                groups.append([])
            elif token.kind in ("quad", "amp", "colon") and level == 0:
                continue
            else:
                groups[-1].append(token)
        kept = [(g, joiners[k - 1] if k else "and") for k, g in enumerate(groups) if g]
        if not kept:
            self.fail("a condition is empty")
        ranged = self.index_condition([g for g, _ in kept])
        if ranged is not None:
            return self.close_condition(ranged)
        nodes = [self.relation(group) for group, _ in kept]
        kinds = {join for _, join in kept[1:]}
        if len(nodes) == 1:
            return self.close_condition(nodes[0])
        if kinds == {"and"}:
            return self.close_condition(And(tuple(nodes)))
        if kinds == {"or"}:
            return self.close_condition(Or(tuple(nodes)))
        raise Unread("and beside or in one condition is not read", self.tokens[0].start)

    def close_condition(self, node):
        self.position = len(self.tokens)
        return node

    @staticmethod
    def index_condition(groups):
        if len(groups) == 3 and len(groups[1]) == 1 and groups[1][0].kind == "dots":
            pieces = with_ranges(
                [["text", "if", groups[0]], ["comma", "", groups[1]], ["comma", "", groups[2]]]
            )
            if len(pieces) == 1 and isinstance(pieces[0][2], Node):
                return pieces[0][2]
        return None

    def relation(self, tokens):
        r"""A chain of relations as one condition: ``-1 \\le x < 1``."""
        if (
            tokens[0].kind == "open"
            and tokens[0].text == "("
            and matching(tokens, 0) == len(tokens) - 1
            and any(t.kind == "rel" for t in tokens)
        ):
            return self.inner(tokens[1:-1]).condition()
        sides, operators = split_relations(tokens)
        if not operators:
            raise Unread("a condition without a relation", tokens[0].start)
        if not all(sides):
            raise Unread("one side of a condition is empty", tokens[0].start)
        nodes = [self.whole(side, "side") for side in sides]
        links = tuple(
            Relation(nodes[k], "=" if op == ":=" else op, nodes[k + 1])
            for k, op in enumerate(operators)
        )
        return links[0] if len(links) == 1 else And(links)

    def indicator(self):
        r"""``\\mathbb{1}[x > 0]``, ``\\mathbf{1}_{x > 0}``; a bold 1 alone is the vector of ones."""
        self.next()
        if self.at("sub"):
            saved = self.position
            self.next()
            group = self.argument_tokens()
            group = unbraced(group)
            if any(t.kind == "rel" for t in group):
                return Indicator(self.inner(group).condition())
            self.position = saved
            self.fail("a subscript of 1 that is no condition")
        if self.iverson():
            return self.indicator_body()
        if self.at("open"):
            self.fail("an indicator without a condition")
        return Symbol("1", True)

    def indicator_body(self):
        return Indicator(self.inner(unbraced(self.bracket_tokens())).condition())


def split_case(row):
    """A case written without &: the value ends at a comma, a wide space or a word."""
    for place, (token, depth) in enumerate(depths(row)):
        if depth == 0 and token.kind in ("comma", "quad", "text", "colon"):
            return row[:place], row[place:]
    return row, []
