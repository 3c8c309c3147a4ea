"""The deciding half of the checker: what is true, what is false, and what must be left open."""

import pytest

from slopes.equations import tree as t
from slopes.equations.decide import BUDGET, decide
from slopes.equations.markdown import read_markdown
from slopes.equations.meaning import Definition, Meaning
from slopes.equations.numbers import Work
from slopes.equations.page import check_items


def verdicts(*parts):
    """The verdicts on the displays of a page; a part that begins with Let is a paragraph."""
    paragraphs = [
        f"**Let** {p[4:]}." if p.startswith("Let ") else p if p[0] == "#" else f"$$\n{p}\n$$"
        for p in parts
    ]
    page = check_items(read_markdown("\n\n".join(paragraphs)))
    return [link.verdict for equation in page.equations for link in equation.links]


def verdict(*parts):
    """The last of them."""
    return verdicts(*parts)[-1]


def kind(*parts):
    return verdict(*parts).kind


def x(name="x"):
    return t.Symbol(name)


def call(name, *arguments):
    return t.Apply(t.Function(name), arguments)


def number(value):
    return t.Number(str(value))


TRUE = [
    [r"\frac{d}{dx} \tanh(x) = 1 - \tanh^2(x)"],
    [r"\frac{d^3}{dx^3} e^{2x} = 8 e^{2x}"],
    [r"\frac{d}{dx} \left( x \frac{d}{dx} x^3 \right) = 9 x^2"],
    [r"\sin^2(x) + \cos^2(x) = 1"],
    [r"|x| = \max(x, -x)"],
    [r"\operatorname{ReLU}(x) - \operatorname{ReLU}(-x) = x"],
    [r"e^{x} > x"],
    [r"\sin(x) \le 1"],
    [r"\tanh(x) \in (-1, 1)"],
    [r"\sqrt{x^2} = |x|"],
    ["Let $x > 0$", r"\frac{d}{dx} \log(x) = \frac{1}{x}"],
    ["Let $x > 0$, $y > 0$", r"\log(xy) = \log(x) + \log(y)"],
    [r"\int_0^1 x^2 \, dx = \frac{1}{3}"],
    [r"\int_{-\infty}^{\infty} e^{-x^2} \, dx = \sqrt{\pi}"],
    ["Let $x > 0$", r"\int_0^x |t - 1| \, dt \ge 0"],
    [r"\lim_{h \to 0} \frac{\sin(x + h) - \sin(x)}{h} = \cos(x)"],
    [r"\lim_{x \to \infty} \frac{x^2 e^x + 1}{x^2 e^x} = 1"],
    [r"\lim_{x \to -\infty} \frac{1}{1 + e^{-x}} = 0"],
    [r"2x - x^2 \le 1"],
    ["Let $f$, $g$ be smooth", r"\frac{d}{dx} f(g(x)) = f'(g(x)) \, g'(x)"],
    [
        r"S_i := \frac{e^{z_i}}{\sum_{j=1}^{n} e^{z_j}}",
        r"\frac{\partial S_i}{\partial z_k} = S_i (\delta_{ik} - S_k)",
    ],
    [r"S_i := \frac{e^{z_i}}{\sum_{j=1}^{n} e^{z_j}}", r"\sum_{i=1}^{n} S_i = 1"],
    [r"e^x = 1 + x + O(x^2)"],
    [r"\sqrt{2} \approx 1.41"],
    [r"|x - 1| + |x + 1| \ge 2"],
    [r"1 + e^{x} \ne 1"],
]
FALSE = [
    [r"\frac{d}{dx} \tanh(x) = 1 + \tanh^2(x)"],
    [r"\frac{d}{dx} \left( x \frac{d}{dx} x^3 \right) = 6 x^2"],
    [r"\sin(x) < 1"],  # they meet where no decimal form ends
    [r"\sin(x) \in (-1, 1)"],
    [r"1 + 10^{-70} = 1"],
    [r"1 + 10^{-70} x = 1 + 10^{-70} x^3"],
    ["Let $x > 0$", r"\frac{d}{dx} \log(x) = \frac{1}{x^2}"],
    [r"\int_0^1 x^2 \, dx = \frac{1}{2}"],
    [r"\lim_{h \to 0} \frac{\sin(x + h) - \sin(x)}{h} = \sin(x)"],
    ["Let $f$ be smooth", r"f'(x) = f(x)"],
    [
        r"S_i := \frac{e^{z_i}}{\sum_{j=1}^{n} e^{z_j}}",
        r"\frac{\partial S_i}{\partial z_k} = S_i (1 - S_k)",
    ],
    [r"e^x = 1 + x + O(x^3)"],
    [r"\sqrt{2} \approx 1.42"],
    ["Let $A \\in \\mathbb{R}^{n \\times n}$, $B \\in \\mathbb{R}^{n \\times n}$", "A B = B A"],
    [r"\max(x, 100) = 100"],  # only far out
    [r"e^{-x^2} \ge 10^{-4}"],
]


@pytest.mark.parametrize("parts", TRUE, ids=lambda p: p[-1])
def test_true_relations_are_verified(parts):
    found = verdict(*parts)
    assert found.kind == "verified", found


@pytest.mark.parametrize("parts", FALSE, ids=lambda p: p[-1])
def test_false_relations_are_refuted_with_a_point(parts):
    found = verdict(*parts)
    assert found.kind in ("refuted", "conditional"), found
    assert found.witness["left"] != found.witness["right"] or "meet" in found.reason


# -- where a side has no value --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latex", "region"),
    [
        (r"|x| = x", r"x \ge 0"),
        (r"(\sqrt{x})^2 = x", r"x \ge 0"),
        (r"\sqrt{x^2} = x", r"x \ge 0"),
        (r"\log(x^2) = 2 \log(x)", r"x > 0"),
        (r"2 \log(x) = \log(x^2)", r"x > 0"),
        (r"\frac{d}{dx} \log(x) = \frac{1}{x}", r"x > 0"),
        (r"\frac{1}{x} x = 1", r"x \ne 0"),
        (r"\frac{a^2 - b^2}{a - b} = a + b", r"a \ne b"),
        (r"\max(x, y) = x", r"x \ge y"),
        (r"\frac{(a + b)^2}{a + b} = a + b", r"a + b \ne 0"),
        (r"\frac{w x + b}{w x + b} = 1", r"w \, x + b \ne 0"),
        (r"\frac{x - 2}{x - 2} = 1", r"x \ne 2"),
        (r"\frac{2 x - 1}{2 x - 1} = 1", r"x \ne 0.5"),
        (r"\frac{x^2 - 4}{x - 2} = x + 2", r"x \ne 2"),
        (r"\frac{x^2 - 2}{x^2 - 2} = 1", r"x^2 \ne 2"),
        (r"\frac{x^2 - 100}{x^2 - 100} = 1", r"x \ne -10, x \ne 10"),
        (r"\frac{x^2 - 6 x + 9}{x - 3} = x - 3", r"x \ne 3"),
        (r"\frac{x^2 - 6 x + 9}{x^2 - 6 x + 9} = 1", r"x \ne 3"),
        (r"\frac{3 x - 1}{3 x - 1} = 1", r"x \ne \frac{1}{3}"),
        (r"(x - \pi) (x - \pi)^{-1} = 1", r"x \ne \pi"),
        (r"\frac{e^x - 2}{e^x - 2} = 1", r"e^x \ne 2"),
        (r"\frac{1 - \cos^2(x)}{\sin(x)} = \sin(x)", r"\sin(x) \ne 0"),
        (r"\frac{(x - 1)(x + y)}{(x - 1)(x + y)} = 1", r"x \ne 1, x + y \ne 0"),
        (r"\frac{\sum_j z_j}{\sum_j z_j} = 1", r"\sum_{j=1}^{n} z_j \ne 0"),
        (
            r"\frac{\lVert \mathbf{v} \rVert}{\lVert \mathbf{v} \rVert} = 1",
            r"\lVert \mathbf{v} \rVert \ne 0",
        ),
        (r"x^a x^b = x^{a + b}", r"x > 0"),
        (r"\frac{x^a}{x^b} = x^{a - b}", r"x > 0"),
        (r"(x y)^a = x^a y^a", r"x > 0, y > 0"),
        (r"\operatorname{ReLU}(w x + b) = w x + b", r"w \, x + b \ge 0"),
        (r"|a b| = a b", r"a \, b \ge 0"),
        (r"e^{\log(a + b)} = a + b", r"a + b > 0"),
        (r"\min(x, y) < x", r"x > y"),
        (r"y \cdot y = y", r"y \in \{0, 1\}"),
        (r"\log(ab) = \log(a) + \log(b)", r"a > 0, b > 0"),
        (r"\frac{d}{dx} |x| = \operatorname{sign}(x)", r"x \ne 0"),
        (r"\max(0, \min(x, 3)) = x", r"0 \le x \le 3"),
        (r"\max(x, 3) = x", r"x \ge 3"),
        (r"\max(x, 1.5) = \min(x, 1.7)", r"1.5 \le x \le 1.7"),
        (r"e^{x} > x + 1", r"x \ne 0"),
        (
            r"\frac{d}{da} \bigl( \log(a) + \log(1 - a) \bigr) = \frac{1}{a} - \frac{1}{1 - a}",
            r"0 < a < 1",
        ),
    ],
)
def test_a_plain_region_is_named(latex, region):
    found = verdict(latex)
    assert (found.kind, found.region) == ("conditional", region), found
    assert kind(f"Let ${region}$", latex) == "verified"


@pytest.mark.parametrize(
    "latex",
    [
        *(r"\sin(x) = 2 x", r"x + 1 = x + 2", r"e^x = 1 + x", r"x + y = x y"),
        r"2 x \cdot x^2 = 2 x",  # also at -1, and not at 0 and 1 only
        r"\frac{x^2}{1 + x^2} = \frac{|x|}{1 + |x|}",
    ],
)
def test_no_region_is_offered_for_what_is_true_nowhere_plain(latex):
    found = verdict(latex)
    assert (found.kind, found.region) == ("refuted", ""), found


def test_the_loss_of_softmax_needs_a_sum_of_one():
    definitions = [
        r"S_i := \frac{e^{z_i}}{\sum_{j=1}^{n} e^{z_j}}",
        r"L := -\sum_{j=1}^{n} y_j \log(S_j)",
    ]
    claim = r"\frac{\partial L}{\partial z_k} = S_k - y_k"
    found = verdict(*definitions, claim)
    assert found.kind == "conditional"
    assert found.region == r"\sum_{j=1}^{n} y_j = 1"
    assert kind(f"Let ${found.region}$", *definitions, claim) == "verified"


def test_two_indices_that_differ():
    found = verdict(r"S_i := z_i^2", r"\frac{\partial S_i}{\partial z_k} = 0")
    assert (found.kind, found.region) == ("conditional", r"i \ne k"), found


def test_both_sides_are_treated_alike():
    pairs = [
        (r"(\sqrt{x})^2", "x"), (r"\log(x^2)", r"2 \log(x)"),
        (r"\frac{d}{dx} |x|", r"\operatorname{sign}(x)"),
        (r"\frac{x}{x}", "1"), (r"\sqrt{x^2 - 2}", r"\sqrt{|x^2 - 2|}"), (r"\frac{d}{dx} \sqrt{x}", "x"),
    ]  # fmt: skip
    for left, right in pairs:
        one, other = verdict(f"{left} = {right}"), verdict(f"{right} = {left}")
        assert (one.kind, one.region) == (other.kind, other.region)


def test_regions_can_be_left_out():
    sides = t.Absolute(x()), "=", x()
    assert decide(Meaning(), *sides, regions=False).kind == "refuted"
    assert decide(Meaning(), *sides).kind == "conditional"


def test_what_has_no_plain_region_is_left_open():
    found = verdict(r"\frac{\log(x)}{\log(x)} = 1")
    assert found.kind == "undecided"
    assert "no value" in found.reason


# -- kinks ----------------------------------------------------------------------------------------------


def test_one_sided_slopes():
    f = r"f(x) := \max(x, 3x)"
    assert kind(f, r"f'_+(0) = 3") == "verified"
    assert kind(f, r"f'_-(0) = 1") == "verified"
    assert kind(f, r"f'_+(0) = 1") == "refuted"
    found = verdict(f, r"f'(0) = 2")
    assert found.kind == "refuted"
    assert "1 from the left and 3 from the right" in found.reason


def test_a_kink_away_from_every_special_point_is_found():
    assert kind(r"\frac{d}{dx} |x - 0.7231| = \operatorname{sign}(x - 0.7231)") == "conditional"
    steep = r"\frac{d}{dx} |x^3 - 5| = 3 x^2 \operatorname{sign}(x^3 - 5)"
    assert kind(steep) == "conditional"
    assert kind(r"\max(x, 0.7231) = x") == "conditional"


def test_a_value_at_a_kink_only_where_it_is_declared():
    claim = r"\operatorname{ReLU}'(0) = 0"
    assert kind(claim) == "refuted"
    assert kind(r"Let $\operatorname{ReLU}'(0) := 0$", claim) == "verified"
    assert kind(r"Let $\operatorname{ReLU}'(0) := 0$", r"\operatorname{ReLU}'(0) = 1") == "refuted"
    step = r"\operatorname{ReLU}'(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}"
    assert kind(r"Let $\operatorname{ReLU}'(0) := 0$", step) == "verified"
    assert kind(step) == "conditional"
    cases = r"\begin{cases} 1 & x > 1 \\ 0 & x \le 1 \end{cases}"
    elsewhere = r"\frac{d}{dx} \operatorname{ReLU}(x - 1) = " + cases
    assert kind(r"Let $\operatorname{ReLU}'(0) := 0$", elsewhere) != "verified"


def test_a_declared_value_lies_between_the_slopes():
    meaning = Meaning()
    meaning.kinks["relu", 1] = [(number(0), number(2))]
    at = t.Apply(t.Primed(t.Function("relu"), 1), (number(0),))
    assert decide(meaning, at, "=", number(2)).kind == "refuted"


def test_a_jump_has_no_derivative():
    f = r"f(x) := \begin{cases} x & x < 1 \\ x + 1 & x \ge 1 \end{cases}"
    assert kind(f, r"f'(x) = 1") == "conditional"
    assert kind(f, r"f'(1) = 1") == "refuted"


def test_a_curvature_jump_is_no_second_derivative():
    assert kind(r"f(x) := x |x|", r"f'(x) = 2 |x|") == "verified"
    assert kind(r"f(x) := x |x|", r"f''(x) = 2 \operatorname{sign}(x)") == "conditional"


# -- names and derivatives ------------------------------------------------------------------------------


def test_a_derivative_moves_the_value_wherever_it_is_reached():
    chain = [r"z(w) := w x + b", r"a(z) := \tanh(z)", r"L(a) := (a - t)^2"]
    assert kind(*chain, r"\frac{\partial L}{\partial w} = 2 (a - t)(1 - a^2) x") == "verified"
    assert kind(*chain, r"\frac{dL}{da} = 2 (a - t)") == "verified"
    two_paths = [r"p(t) := t^2", r"q(t) := p(t) + t", r"F(p, q) := p q"]
    assert kind(*two_paths, r"\frac{\partial F}{\partial p} = q + p") == "verified"


def test_a_recurrence():
    h = r"h_t := \tanh(w x_t + v h_{t-1} + b)"
    assert kind(h, r"\frac{\partial h_t}{\partial h_{t-1}} = v \cdot (1 - h_t^2)") == "verified"
    assert kind(h, r"\frac{\partial h_t}{\partial h_{t-1}} = v \cdot (1 - h_t)") == "refuted"


def test_vectors_and_matrices():
    shapes = r"Let $A \in \mathbb{R}^{m \times n}$, $\mathbf{x} \in \mathbb{R}^{n}$"
    shapes += r", $\mathbf{b} \in \mathbb{R}^{m}$"
    assert (
        kind(shapes, r"\frac{\partial}{\partial \mathbf{x}} (A \mathbf{x} + \mathbf{b}) = A")
        == "verified"
    )
    assert (
        kind(shapes, r"\mathbf{x}^\top A^\top \mathbf{b} = \mathbf{b}^\top A \mathbf{x}")
        == "verified"
    )
    assert kind(shapes, r"\mathbf{x}^\top \mathbf{b} = 0") == "unread"


def test_a_membership_in_a_chain_replaces_that_of_the_page():
    meaning = Meaning()
    page = t.Relation(x("y"), "in", t.Finite((number(0), number(1))))
    square = t.Power(x("y"), number(2)), "=", x("y")
    assert decide(meaning, *square, (page,)).kind == "verified"
    wider = t.Relation(x("y"), "in", t.Finite((number(0), number(1), number(2))))
    assert decide(meaning, *square, (page, wider), regions=False).kind == "refuted"


def test_the_complex_step():
    meaning = Meaning()
    moved = t.Add(
        (number(2), t.Multiply((t.Constant("i"), t.Power(number(10), t.Negate(number(30))))))
    )
    step = t.Divide(call("im", call("sin", moved)), t.Power(number(10), t.Negate(number(30))))
    slope = t.At(t.Derivative(call("sin", x()), ((x(), 1),)), x(), number(2))
    tiny = t.Power(number(10), t.Negate(number(50)))
    assert decide(meaning, t.Absolute(t.Add((step, t.Negate(slope)))), "<", tiny).kind == "verified"


# -- nearly ---------------------------------------------------------------------------------------------


def to_first_order(slope):
    """f(s + ε) ≈ f(s) + slope · ε, ε → 0, for any smooth f."""
    meaning = Meaning()
    meaning.table["f"] = Definition("f", "smooth", parameters=("s",))
    f = t.Function("f")
    step = t.Multiply((*slope, x("ε"), t.Apply(t.Primed(f, 1), (x("s"),))))
    left = t.Apply(f, (t.Add((x("s"), x("ε"))),))
    going = t.Relation(x("ε"), "to", number(0))
    return decide(meaning, left, "~", t.Add((call("f", x("s")), step)), (going,))


def test_to_first_order_the_slope_counts():
    assert to_first_order(()).kind == "verified"
    assert to_first_order((t.Negate(number(5)),)).kind == "refuted"
    assert to_first_order((number("1.001"),)).kind == "refuted"


def test_nearly_equal_says_how_nearly():
    assert decide(Meaning(), call("sin", x()), "~", x()).kind == "undecided"


# -- left open, and never refuted -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "latex",
    [
        r"\int_0^{10^6} \sin(x^2) \, dx = \frac{1}{2}",
        r"\int_0^{10^6} \sin(x) \, dx = 1 - \cos(10^6)",
        r"\lim_{x \to \infty} \sin(x) = 0",
    ],
)
def test_what_cannot_be_told_is_undecided(latex):
    assert kind(latex) == "undecided"


def test_a_limit_of_a_fast_function_is_never_refuted():
    fast = [r"f(x) := \sin(x^x)", r"f'(x) = \lim_{h \to 0} \frac{f(x + h) - f(x)}{h}"]
    assert kind("Let $x > 0$", *fast) in ("verified", "undecided")


def nested(function, count, node):
    for _ in range(count):
        node = function(node)
    return node


def power_of_e(node):
    return t.Power(t.Constant("e"), node)


HOSTILE = {
    "a tower": nested(power_of_e, 8, x()),
    "a tower of tens": nested(lambda z: t.Power(number(10), z), 6, number(10)),
    "deep": nested(lambda z: t.Add((z, number(1))), 3000, x()),
    "a high derivative": t.Derivative(nested(lambda z: call("tanh", z), 4, x()), ((x(), 9),)),
    "sums": t.Big(
        "sum",
        "i",
        number(1),
        number(400),
        None,
        t.Big("sum", "j", number(1), number(400), None, x()),
    ),
    "integrals": nested(lambda z: t.Integral("x", number(0), number(1), call("exp", z)), 4, x()),
    "a long number": t.Number("9" * 20_000),
    "many names": t.Add(tuple(x(f"a{k}") for k in range(300))),
}


@pytest.mark.parametrize("node", HOSTILE.values(), ids=HOSTILE)
def test_no_equation_takes_for_ever(node):
    work = Work(BUDGET)
    found = decide(Meaning(), node, "=", t.Add((node, t.Negate(number(0)))), work=work)
    assert found.kind in ("verified", "undecided")
    assert work.left > -BUDGET


def test_the_same_question_has_the_same_answer():
    first, second = (verdict(r"\tanh(x) = x") for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("latex", "left", "right"),
    [
        ("1 + 10^{-45} = 1", "1 + 1.000e-45", "1"),
        ("1 - 10^{-45} = 1", "1 - 1.000e-45", "1"),
        ("1 = 1 - 10^{-45}", "1", "1 - 1.000e-45"),
    ],
)
def test_a_small_difference_is_written_on_the_side_that_has_it(latex, left, right):
    (equation,) = check_items(read_markdown(f"$$ {latex} $$")).equations
    witness = equation.links[0].verdict.witness
    assert (witness["left"], witness["right"]) == (left, right)


@pytest.mark.parametrize(
    ("kinds", "parts"),
    [
        # TeX sets {10x}^2 as 10x^2: what hangs on braces hangs on the last factor.
        ("unread", [r"{10x}^2 = 100x^2"]),
        ("unread", [r"{-1}^2 = 1"]),
        ("unread", [r"{2 + 3}^2 = 25"]),
        ("unread", [r"{\sum_{i=1}^{n} a_i}^2 = \left( \sum_{i=1}^{n} a_i \right)^2"]),
        ("verified", [r"{10}^2 = 100"]),
        ("verified", [r"{a_i}^2 = a_i a_i"]),
        ("verified", [r"2 {x}^2 = 2 x x"]),
        # A bracket that holds a function, before another one, is no product.
        ("unread", [r"f(x) := x^2", r"g(x) := x", r"(f + g)(2x) = 2 (f + g)(x)"]),
        ("unread", [r"f(x) := x^2", r"g(x) := x + 1", r"(f + g)(x) = x^2 + x + 1"]),
        ("unread", [r"(f + g)(x + h) = f(x + h) + g(x + h)"]),
        ("unread", [r"(f + g)(x) - (f + g)(h) = (f + g)(x - h)", r"h(x) = f(x)"]),
        ("verified", [r"(f + g)(x) - (f + g)(h) = (f + g)(x - h)"]),
        ("verified", [r"(a + b)(c + d) = ac + ad + bc + bd"]),
        ("verified", [r"f(x) := x^2", r"(f(x) + 1)(x - 1) = x^3 - x^2 + x - 1"]),
        ("verified", [r"f(x) := x^2", r"(1 - f)(1 + f) = 1 - f^2"]),
        ("verified", ["Let $a > 0$", r"(a + 1)(x + 1) = a (x + 1) + x + 1"]),
    ],
)
def test_what_is_read_in_two_ways_is_not_judged(kinds, parts):
    found = [v.kind for v in verdicts(*parts) if v.kind != "defined"]
    assert kinds == found[0]


@pytest.mark.parametrize(
    ("kinds", "parts"),
    [
        # Decimals that only the right side shows are rounded numbers.
        ("conditional", [r"1 - \frac{36}{210} = 1 - 0.171"]),
        ("conditional", [r"\frac{1}{2} (-0.2073)^2 = \frac{1}{2} (0.0430)"]),
        (
            "conditional",
            [r"\frac{0.993 \sqrt{6}}{\sqrt{1 - 0.986}} = \frac{0.993 \cdot 2.449}{0.118}"],
        ),
        ("conditional", [r"f(x) := x^2", r"f(2.01) = 4 + 0.04"]),
        ("refuted", [r"f(x) := x^2", r"f(2.01) = 4 + 0.03"]),
        ("refuted", [r"1 - \frac{36}{210} = 1 - 0.172"]),
        ("refuted", [r"0.5 \cdot 0.5 = 0.24"]),
        ("refuted", [r"0.5 \cdot 0.8 + 0.3 \cdot 0.6 + 0.2 - 0.7 = 0.38"]),
        ("conditional", [r"\frac{2}{3} = 0.666"]),
        ("refuted", [r"\frac{2}{3} = 0.66"]),
        ("conditional", [r"\frac{\ln 2}{\lambda} = \frac{0.693}{\lambda}"]),
        ("refuted", [r"\frac{\ln 2}{\lambda} = \frac{0.695}{\lambda}"]),
        ("refuted", [r"(x + 1)^2 = x^2 + 2.0 x + 0.9"]),
        # On the left they are, too, with three digits, if the other side's last digit is told by them.
        ("conditional", [r"\frac{1}{1.657} = 0.603"]),
        ("refuted", [r"\frac{1}{1.657} = 0.605"]),
        ("conditional", [r"0.333 + 1 = \frac{1}{3} + 1"]),
        ("refuted", [r"0.3 + 1 = \frac{1}{3} + 1"]),
        # In a sum to as many decimals each term may be rounded; a product, and tenths, are as they are.
        ("conditional", [r"0.245 + 0.595 = 0.839"]),
        ("conditional", [r"1.53 + 0.94 = 2.46"]),
        ("conditional", [r"0.333 + 0.333 + 0.333 = 1.000"]),
        ("refuted", [r"2.455 + 2.459 + 1.219 = 6.131"]),
        ("refuted", [r"3.50 + 2.25 = 5.73"]),
        ("refuted", [r"3.50 + 2.2 = 5.69"]),
        ("refuted", [r"2.25 \cdot 1 = 2.24"]),
        ("refuted", [r"0.1 + 0.4 + 0.9 = 1.3"]),
        # One that both sides show is the same number on both.
        (
            "conditional",
            [r"2.667 - \frac{(2.667)^2 - 7}{2(2.667)} = 2.667 - \frac{7.111 - 7}{5.333}"],
        ),
        ("refuted", [r"2.345 \cdot 2 = 2.345 \cdot 2.1"]),
        # What rounding leaves open is less than one unit in all; a whole number is no rounded one.
        ("refuted", [r"\frac{1}{100} = 0.01 + 0.01"]),
        ("conditional", [r"\frac{2}{3} = 0.33 + 0.33"]),
        ("refuted", [r"1 = 0.5 + 0.5 + 0.1"]),
        ("conditional", [r"\frac{2}{0.6667} = 3"]),
        ("refuted", [r"\frac{2}{0.6} = 3"]),
        (
            "conditional",
            [r"\begin{bmatrix} 1/3 \\ 1 \end{bmatrix} = \begin{bmatrix} 0.333 \\ 1 \end{bmatrix}"],
        ),
        (
            "refuted",
            [r"\begin{bmatrix} 1/3 \\ 1 \end{bmatrix} = \begin{bmatrix} 0.343 \\ 1 \end{bmatrix}"],
        ),
        ("refuted", [r"1.25 \cdot 1.25 = 1.57"]),
        ("refuted", [r"1.25 + 1.26 = \frac{5}{2}"]),
        ("verified", [r"\frac{1}{1.657} \approx 0.603"]),
        ("verified", [r"e^h \approx 1.0 + h, \quad h \to 0"]),
        # Behind \approx what follows the last digit may be cut off as well.
        ("verified", [r"\frac{20}{11} \approx 1.8181"]),
        ("verified", [r"-\frac{2}{3} \approx -0.666"]),
        ("refuted", [r"-\frac{2}{3} \approx -0.66"]),
        ("refuted", [r"\frac{2}{3} \approx 0.68"]),
        ("refuted", [r"\frac{67}{100} \approx 0.5"]),
        ("refuted", [r"\pi + 0.9 \approx 3"]),
        ("undecided", [r"1 - \frac{36}{210} \approx 1 - 0.171"]),
    ],
)
def test_decimals_are_rounded_numbers(kinds, parts):
    assert verdict(*parts).kind == kinds


@pytest.mark.parametrize(
    ("kinds", "parts"),
    [
        # Beside x_i the letter with a bar is its mean, if that is said.
        ("unread", [r"\sum_{i=1}^n (x_i - \bar x)^2 = \sum_{i=1}^n x_i^2 - n \bar x^2"]),
        (
            "verified",
            [
                r"\bar x := \frac{1}{n} \sum_{i=1}^n x_i",
                r"\sum_{i=1}^n (x_i - \bar x)^2 = \sum_{i=1}^n x_i^2 - n \bar x^2",
            ],
        ),
        (
            "refuted",
            [r"\frac{d}{d \bar x} \sum_{i=1}^n (x_i - \bar x)^2 = 2 \sum_{i=1}^n (x_i - \bar x)"],
        ),
        ("refuted", [r"\sum_{i=1}^n (x_i - c)^2 = \sum_{i=1}^n x_i^2 - n c^2"]),
        # A factor of nothing is as unsaid as any other; what cancels is not.
        ("unread", [r"f(x) := x^2 - 4", r"D_u f(2) = 3"]),
        ("unread", [r"f(x) := x^2 - 4", r"a \cdot f(2) = 3"]),
        ("refuted", ["Let $a > 0$", r"f(x) := x^2 - 4", r"a \cdot f(2) = 3"]),
        ("refuted", [r"\sin^2(x) + \cos^2(x) = 2"]),
        ("refuted", [r"x \cdot \frac{1}{x} = 2"]),
        ("refuted", [r"\sum_{j=1}^{n} a_j = \sum_{k=1}^{n} a_k + 1"]),
    ],
)
def test_what_nothing_is_said_of_is_not_refuted(kinds, parts):
    assert verdict(*parts).kind == kinds
