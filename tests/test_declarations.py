r"""The language of a page, rule by rule: Let, Case, :=, conditions in a display, and what is refused."""

import pytest
from test_equations import links, verdicts

from slopes.equations.markdown import read_markdown
from slopes.equations.page import check_items

ABSOLUTE = "$$ |x| = x $$"
BRANCH = r"$$ \operatorname{ReLU}'(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases} $$"


def reason(text):
    """Why the last link of a text got its verdict."""
    return links(text)[-1].verdict.reason


# -- Let and Case -----------------------------------------------------------------------------------------


def test_a_let_grants_and_no_sentence_does():
    assert verdicts(ABSOLUTE) == ["conditional"]
    assert verdicts(f"**Let** $x > 0$.\n\n{ABSOLUTE}") == ["verified"]
    for words in ("Let $x > 0$.", "For all $x > 0$ we have", "Angenommen, es gilt $x > 0$."):
        assert verdicts(f"{words}\n\n{ABSOLUTE}") == ["conditional"]


def test_an_assumption_ends_with_its_section_and_one_under_the_title_holds_for_the_page():
    text = f"# T\n\n## One\n\n**Let** $x > 0$.\n\n{ABSOLUTE}\n\n### Inner\n\n{ABSOLUTE}\n\n## Two\n\n{ABSOLUTE}"
    assert verdicts(text) == ["verified", "verified", "conditional"]
    assert verdicts(f"# T\n\n**Let** $x > 0$.\n\n## One\n\n{ABSOLUTE}") == ["verified"]


def test_a_case_holds_until_the_next():
    text = f"**Case** $x > 0$.\n\n{ABSOLUTE}\n\n**Case** $x < 0$.\n\n$$ |x| = -x $$\n\n{ABSOLUTE}"
    assert verdicts(text) == ["verified", "verified", "refuted"]


@pytest.mark.parametrize(
    "let",
    [
        "**Let** $x > 0$ for now.",
        "We say\n**Let** $x > 0$.",
        "**Let** $x > 0$ or $x < 0$.",
        "**Let** us see.",
        "**Let** $x$.",
        "**Let** $x > 0$ smooth.",
        r"**Let** $f(x$ be smooth.",
    ],
)
def test_any_other_word_in_a_let_is_an_error_that_names_the_place(let):
    assert verdicts(f"{let}\n\n{ABSOLUTE}")[0] == "unread"
    assert "verified" not in verdicts(f"{let}\n\n{ABSOLUTE}")


def test_the_report_lists_what_was_assumed():
    page = check_items(read_markdown(f"**Let** $x > 0$ and $y > 0$.\n\n{ABSOLUTE}"))
    assert [a.text for a in page.assumptions] == ["x > 0", "y > 0"]


@pytest.mark.parametrize(
    ("let", "display"),
    [
        ("$0 < a < 1$", r"\sqrt{(a - 1)^2} = 1 - a"),
        ("$a, b > 0$", r"\log(ab) = \log a + \log b"),
        (r"$\sum_{j=1}^{n} y_j = 1$", r"\sum_{j=1}^{n} (y_j + c y_j) = 1 + c"),
        (r"$y \in \{0, 1\}$", "y^2 = y"),
        (r"$f$, $g$ be smooth", "(f g)' = f' g + f g'"),
        (r"$L(a)$ be smooth and $a$ be smooth", r"1 = 1"),
        ("$i^2 = -1$", r"(1 + i)^2 = 2i"),
        (r"$W \in \mathbb{R}^{m \times n}$, $\mathbf{x} \in \mathbb{R}^n$, $\mathbf{v} \in \mathbb{R}^m$",
         r"\mathbf{v}^\top W \mathbf{x} = \mathbf{x}^\top W^\top \mathbf{v}"),
        (r"$W_{hx} \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$", r"W_{hx} (2 x) = 2 W_{hx} x"),
        (r"$\mathbf{1} \in \mathbb{R}^n$, $\mathbf{x} \in \mathbb{R}^n$",
         r"\mathbf{1}^\top \mathbf{x} = \sum_{i=1}^{n} x_i"),
    ],
)  # fmt: skip
def test_what_a_let_can_say(let, display):
    assert verdicts(f"**Let** {let}.\n\n$$ {display} $$") == ["verified"]


def test_a_value_at_a_kink_is_declared_and_lies_between_the_slopes():
    assert "verified" not in verdicts(BRANCH)
    assert verdicts(rf"**Let** $\operatorname{{ReLU}}'(0) := 0$.{chr(10)}{chr(10)}{BRANCH}") == [
        "verified"
    ]
    assert verdicts(r"**Let** $\operatorname{ReLU}'(0) := 2$.") == ["unread"]
    other = BRANCH.replace(r"0 & x \le 0", r"0 & x < 0 \\ \frac{1}{2} & x = 0")
    text = rf"**Let** $\operatorname{{ReLU}}'(0) := 0$.{chr(10)}{chr(10)}{other}"
    assert "verified" not in verdicts(text)


# -- definitions --------------------------------------------------------------------------------------------


def test_an_equals_sign_defines_a_name_that_has_no_meaning_and_claims_for_one_that_has():
    assert verdicts("$$ u = 1 + x $$\n\n$$ u = x + 1 $$") == ["defined", "verified"]
    assert verdicts("$$ x + x = 2x $$\n\n$$ x = 0 $$") == ["verified", "unread"]
    assert verdicts(r"Here $p = \sigma(s)$.{}$$ p = 3 s $$".format("\n\n")) == ["unread"]


def test_a_second_meaning_needs_its_sign_and_another_section():
    same = "$$ u := x $$\n\n$$ u := 2x $$"
    assert verdicts(same) == ["defined", "unread"]
    page = check_items(
        read_markdown("# T\n\n$$ u := x, \\qquad v := u $$\n\n## S\n\n$$ u := 2x $$\n\n$$ v = x $$")
    )
    assert [k.verdict.kind for e in page.equations for k in e.links] == [
        *["defined"] * 3,
        "verified",
    ]
    assert page.remarks == ["u is defined anew: line 7"]


def test_what_rests_on_an_unread_definition_is_unread():
    text = "$$ q := \\frobnicate{x} $$\n\n$$ \\frac{dq}{dx} = 3q $$\n\n$$ q = q $$"
    assert verdicts(text) == ["unread"] * 3


def test_a_recurrence_is_a_definition_and_a_circle_is_none():
    text = r"$$ h_t := \tanh(w h_{t-1} + x_t) $$" + "\n\n"
    assert verdicts(text + r"$$ \frac{\partial h_t}{\partial h_{t-1}} = w \cdot (1 - h_t^2) $$") == [
        "defined", "verified",
    ]  # fmt: skip
    assert verdicts("$$ u := u + 1 $$") == ["unread"]


@pytest.mark.parametrize("after", ["for example", "instead", "zum Beispiel", "we replace it by"])
def test_no_word_gives_a_name_a_second_meaning(after):
    text = f"$$ L := x^2 $$\n\n{after}\n\n$$ L = x^3 $$\n\n$$ \\frac{{dL}}{{dx}} = 3x^2 $$"
    assert verdicts(text) == verdicts(text.replace(after, "so"))
    assert "verified" not in verdicts(text)


def test_a_false_claim_about_a_name_of_another_section_is_taken_for_a_new_meaning_and_not_judged():
    text = "## One\n\n$$ u := x $$\n\n## Two\n\n$$ u = 2x $$\n\n$$ u = 2x $$"
    assert verdicts(text) == ["defined", "unread", "unread"]
    assert verdicts("$$ u := x $$\n\n$$ u = 2x $$")[1] in ("refuted", "conditional")


# -- names: call or product, index or label ------------------------------------------------------------------


@pytest.mark.parametrize(
    "display",
    [
        "h(x) + 1 = 1 + h(x)",
        r"h(x) + \frac{dh}{dx} = h(x) - \frac{dh}{dx}",
        r"\frac{dr}{ds} = 2",
        r"\frac{\partial z_k}{\partial w_{ij}} = 0",
        r"\sigma{x} = 1",
        r"\sin -x = -\sin x",
        r"x_a_b = 1",
        r"\frac{d^{1.5} e^x}{dx^{1.5}} = e^x",
        r"\frac{\partial^n (x y)}{\partial x^n \partial y} = 1",
    ],
)
def test_what_is_not_declared_is_not_guessed(display):
    assert verdicts(f"$$ {display} $$") == ["unread"]


def test_a_value_with_a_bracket_behind_it_is_a_factor_only_where_it_can_be_no_argument():
    u = "$$ u := 1 + x $$\n\n"
    assert verdicts(u + "$$ u (u + 1) = u^2 + u $$")[1] == "verified"
    assert verdicts(u + "$$ u(2) = 3 $$")[1] == "unread"
    assert verdicts(u + "$$ u(x + h) = u + h $$")[1] == "unread"


@pytest.mark.parametrize(
    ("display", "kind"),
    [
        (r"(x + \Delta x)^2 - x^2 = 2x\,\Delta x + \Delta x^2", "verified"),
        (r"(x + dx)^2 - x^2 = 2x\,dx + dx^2", "verified"),
        (r"(x + \delta x)^2 - x^2 = 2x\,\delta x + \delta x^2", "verified"),
        (r"(x + \Delta x)^2 - x^2 = 2x\,\Delta x + 2\Delta x^2", "refuted"),
        (r"\lim_{\Delta x \to 0} \frac{(x + \Delta x)^2 - x^2}{\Delta x} = 2x", "verified"),
        (r"a_1 + a_{1} = 2 a_1", "verified"),
        (r"z^{[1]} + z^{[2]} = z^{[2]} + z^{[1]}", "verified"),
        (r"z^{(l)} - z^{(l-1)} = 0", "conditional"),
        (r"\|\mathbf{x}\|_2^2 = \sum_{i=1}^{n} x_i^2", "verified"),
        (r"\|\mathbf{x}\|_1 = \sum_{i=1}^{n} |x_i|", "verified"),
        (
            r"\frac{\partial}{\partial c} \sum_{i, j} (a_{ij} - c)^2 = -2 \sum_{i, j} (a_{ij} - c)",
            "verified",
        ),
        (r"\boxed{x + x = 2x}", "verified"),
        (r"\boxed{x + x} = 2x", "verified"),
        (r"\mathbb{1}[x > 0] + \mathbb{1}[x \le 0] = 1", "verified"),
        (r"\delta_{ij} = \delta_{ji}", "verified"),
        ("3! = 6", "unread"),
        (r"e^{|x|} \ge 1", "verified"),
        (r"e^{|x|} = e", "conditional"),
        ("e^{(x + 1)} = e \\cdot e^x", "verified"),
    ],
)
def test_notation_of_the_field(display, kind):
    assert verdicts(f"$$ {display} $$") == [kind], links(f"$$ {display} $$")[0].verdict


def test_bold_and_plain_are_two_names():
    text = r"$$ v(a, b) := (a - b)^2 $$" + "\n\n"
    assert verdicts(text + r"$$ \mathbf{v} + \mathbf{v} = 2 \mathbf{v} $$") == [
        "defined",
        "verified",
    ]


def test_matrices_do_not_commute():
    shapes = r"**Let** $A \in \mathbb{R}^{n \times n}$, $B \in \mathbb{R}^{n \times n}$." + "\n\n"
    assert verdicts(shapes + "$$ A B = B A $$") == ["refuted"]
    assert verdicts(shapes + r"$$ (A B)^\top = B^\top A^\top $$") == ["verified"]


# -- derivatives ----------------------------------------------------------------------------------------------

PATHS = r"$$ p(t) := t^2, \qquad q(t) := t^3, \qquad F(p, q) := p\,q $$" + "\n\n"


def test_one_path_where_there_are_two_is_refuted():
    p = r"\frac{\partial F}{\partial p}\frac{\partial p}{\partial t}"
    q = r"\frac{\partial F}{\partial q}\frac{\partial q}{\partial t}"
    assert verdicts(rf"{PATHS}$$ \frac{{\partial F}}{{\partial t}} = {p} + {q} $$")[3:] == [
        "verified"
    ]
    assert verdicts(rf"{PATHS}$$ \frac{{\partial F}}{{\partial t}} = {p} $$")[3] != "verified"


def test_a_neuron_in_function_style():
    text = (
        r"**Let** $\sigma(x) := \frac{1}{1 + e^{-x}}$." "\n\n"
        r"$$ z(w, b) := w x + b, \qquad a(z) := \sigma(z), \qquad L(a) := (a - t)^2 $$" "\n\n"
        r"$$ \frac{\partial L}{\partial w} = \frac{\partial L}{\partial a}"
        r" \frac{\partial a}{\partial z} \frac{\partial z}{\partial w} = 2 (a - t) a (1 - a) x $$"
    )  # fmt: skip
    assert verdicts(text) == [*["defined"] * 3, "verified", "verified"]


def test_a_derivative_along_a_common_line_is_a_ratio_and_with_two_variables_it_is_unread():
    line = r"$$ u := 1 + e^{-x}, \qquad s := \frac{1}{1 + e^{-x}} $$" + "\n\n"
    assert verdicts(line + r"$$ \frac{ds}{du} = -\frac{1}{u^2} $$")[2] == "verified"
    two = r"$$ u := a - y, \qquad L := (a - y)^2 $$" + "\n\n"
    assert verdicts(two + r"$$ \frac{dL}{du} = 2u $$")[2] == "unread"


def test_a_derivative_by_a_variance():
    text = r"$$ r := (u - \mu)(\sigma^2 + \epsilon)^{-1/2} $$" + "\n\n"
    claim = r"$$ \frac{\partial r}{\partial \sigma^2} = -\frac{1}{2} (u - \mu)(\sigma^2 + \epsilon)^{-3/2},"
    assert verdicts(text + claim + r" \quad \epsilon, \sigma > 0 $$") == ["defined", "verified"]


def test_a_hint_for_what_was_rounded_and_a_region_with_an_increment():
    for line in (r"\log 2 = 0.69", r"[e, 1, e^{-2}] = [2.72, 1, 0.14]"):
        assert reason(f"$$ {line} $$").startswith("true to the digits shown, and no further: write")
    assert "approx" not in reason(r"$$ [e, 1, e^{-2}] = [2.72, 1, 0.13] $$")
    found = links(r"$$ \frac{a \Delta x}{\Delta x} = a $$")[-1].verdict
    assert found.region == r"\Delta x \ne 0"


# -- displays: rows, conditions, words ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("display", "kinds"),
    [
        (r"|x| = x \quad \text{for } x > 0", ["verified"]),
        (r"|x| = x \quad \text{if } x > 0", ["verified"]),
        (r"|x| = x, \quad x > 0", ["verified"]),
        (r"|x| = x \quad \text{unless } x > 0", ["unread"]),
        (r"|x| = x \quad \text{for no } x > 0", ["unread"]),
        (r"x + x = 2x \quad \text{(sum)}", ["verified"]),
        (r"x + x = 2x, \qquad x \cdot x = x^2", ["verified", "verified"]),
        (r"\begin{aligned} (x+1)^2 &= x^2 + 2x \\ &\quad + 1 \end{aligned}", ["verified"]),
        (r"\begin{aligned} x + x &= 2x \\ &= 3x - x \end{aligned}", ["verified", "verified"]),
        (r"\begin{aligned} |x| &= x \\ &= \sqrt{x^2} \end{aligned} \quad x > 0", ["unread"]),
        (r"\text{f'(x) = 3x}", ["unread"]),
        (r"x + x = 2x \implies 2x = x + x", ["unread", "unread"]),
        (r"x > 0", ["unread"]),
        (r"1 - 2p = 0", ["conditional"]),
        (r"x = \frobnicate{x}", ["unread"]),
        (
            r"|x| = \begin{cases} x & \text{if } x \ge 0 \\ -x & \text{otherwise} \end{cases}",
            ["verified"],
        ),
        (
            r"|x| = \begin{cases} x & \text{if } x \ge 0 \\ -x & \text{if it rains} \end{cases}",
            ["unread"],
        ),
    ],
)
def test_what_a_display_says(display, kinds):
    found = verdicts(f"$$ {display} $$")
    assert found == kinds or (kinds == ["unread"] and set(found) == {"unread"}), found


def test_an_exemption_needs_a_reason_and_covers_one_display():
    text = "<!-- verify: exempt shown to be refuted -->\n\n$$ 1 = 2 $$\n\n$$ 1 = 2 $$"
    assert verdicts(text) == ["exempt", "refuted"]
    assert verdicts("<!-- verify: exempt -->\n\n$$ 1 = 1 $$") == ["unread", "verified"]
    assert verdicts("<!-- verify: let x > 0 -->\n\n$$ 1 = 1 $$") == ["unread", "verified"]


def test_a_display_that_is_never_closed_is_told():
    assert "unread" in verdicts("One $$ too many.\n\n$$ (a+b)^2 = a^2+b^2 $$\n\nAnd $1 = 1$.")
    assert verdicts("$$ 1 = 1 $$\n\n`$$`") == ["verified"]


def test_code_and_comments_are_not_read():
    false = "$$ 1 = 2 $$"
    text = f"```python\n{false}\n```\n\n`{false}`\n\n<!-- {false} -->\n\n$$ 1 = 1 $$\n"
    assert verdicts(text) == ["verified"]


@pytest.mark.parametrize(
    "text",
    [
        "$$ 1 = 1 $$ (eq-one)",
        "```{math}\n:label: eq-one\n1 = 1\n```",
        "> $$\n> 1 = 1\n> $$ (eq-one)",
        ":::{admonition} Note\n:class: tip\n\n$$\n1 = 1\n$$ (eq-one)\n:::",
        "````{note}\n$$\n1 = 1\n$$ (eq-one)\n````",
    ],
)
def test_displays_are_found_in_every_form(text):
    (equation,) = check_items(read_markdown(text)).equations
    assert (equation.label, [k.verdict.kind for k in equation.links]) == ("eq-one", ["verified"])


def test_a_side_is_quoted_as_the_page_writes_it():
    text = r"$$ \mathbf{u} = 2 \mathbf{x} + \mathbf{b}_1, \qquad \mathbf{x}^\top \mathbf{u} = \mathbf{u}^\top \mathbf{x} $$"
    assert [(k.left, k.right) for k in links(text)] == [
        (r"\mathbf{u}", r"2 \mathbf{x} + \mathbf{b}_1"),
        (r"\mathbf{x}^\top \mathbf{u}", r"\mathbf{u}^\top \mathbf{x}"),
    ]


def test_what_is_not_understood_is_unread_with_its_place():
    assert "frobnicate" in reason(r"$$ x = \frobnicate{x} $$")
    assert "character 5" in reason(r"$$ x = \frobnicate{x} $$").replace(
        "character 6", "character 5"
    )


@pytest.mark.parametrize("bar", [r"\big\rvert", r"\big|", r"\bigr|", "|", r"\rvert", r"\vert"])
def test_a_bar_without_its_partner_says_how_a_value_at_a_point_is_typed(bar):
    text = "$$ f(x) := x^2 $$\n\n$$ {} $$"
    assert verdicts(text.format(r"\left. f'(x) \right|_{x=3} = 6")) == ["defined", "verified"]
    for latex in (f"f'(x) {bar}_{{x=3}} = 6", f"f'(x) {bar}_{{x=3}} + f'(x) {bar}_{{x=3}} = 12"):
        assert "\\right|_{x = a}" in reason(text.format(latex))
