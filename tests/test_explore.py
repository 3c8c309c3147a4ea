"""Explorers: what a reader can move shows what the package computes."""

import gzip
import json
import re
from html.parser import HTMLParser
from itertools import product

import numpy as np
import pytest

from slopes import (
    ACTIVATIONS,
    absolute_loss,
    identity,
    nll,
    relu,
    sigmoid,
    softmax,
    softplus,
    square_loss,
    step,
    tanh,
)
from slopes.checks import RAISED
from slopes.explore import (
    explore,
    explore_chain,
    explore_depth,
    explore_descent,
    explore_neuron,
    explore_secant,
    explore_softmax,
)
from slopes.explorer import (
    SIZES,
    Choice,
    Drawing,
    Explorer,
    Panel,
    Slider,
    beside,
    for_page,
    ticks,
)
from slopes.network import Network

EXPLORERS = [
    *(explore(function, span=(-3, 3)) for function in ACTIVATIONS),
    explore(softplus),
    explore(absolute_loss.at(1.0)),
    explore(square_loss.at(1.0)),
    explore(nll.at(1.0), span=(0.05, 0.95), start=0.5),
    explore_secant(sigmoid, -1.0),
    explore_chain(square_loss.at(0.0), tanh, names=("square", "tanh")),
    explore_chain(sigmoid, nll.at(1.0)),
    explore_depth(),
    explore_softmax(),
    explore_neuron(),
    explore_descent(),
]


class Page(HTMLParser):
    """Collects the elements of a piece of HTML."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text.append(data)

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def tags(self):
        """The elements with the names of their attributes, which no text may change."""
        return [(tag, sorted(attributes)) for tag, attributes in self.elements]


def data_of(explorer):
    html = explorer._repr_html_()
    return json.loads(re.search(r"application/json'>(.*?)</script>", html, re.S).group(1))


def states(explorer):
    """Return what is shown in every position of the controls."""
    controls = explorer._controls
    return [explorer.state(*places) for places in product(*(range(c.count) for c in controls))]


def number(text):
    """Read a number as a reader would, with its power of ten."""
    digits, _, power = text.replace("−", "-").partition(" · 10")
    power = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(digits) * 10.0 ** int(power or 0)


def plain_text(html):
    """Write the exponents of a piece of HTML as raised figures again."""
    raised = str.maketrans("−0123456789", RAISED)
    html = re.sub(r"<(sup|tspan)[^>]*>([^<]*)</\1>", lambda found: found[2].translate(raised), html)
    assert "<" not in html
    return html


def column(explorer, name):
    return np.array([number(state[name]) for state in states(explorer)])


@pytest.mark.parametrize("explorer", EXPLORERS, ids=repr)
def test_an_explorer_is_complete_and_loads_nothing(explorer):
    html = explorer._repr_html_()
    page, data = Page(html), data_of(explorer)
    assert "://" not in html
    assert "nan" not in html.replace("tanh", "")
    # A notebook has what makes it move, and how it looks.
    assert 'customElements.define("slopes-explorer"' in html
    assert "::-webkit-slider-thumb" in html
    # Every template has its column, and every column its use.
    templates = [a[k] for _, a in page.elements for k in ("data-set", "data-text") if k in a]
    columns = {name for table in data["tables"] for name in table["columns"]}
    used = set(re.findall(r"\{(\w+)\}", " ".join([*templates, data["say"]])))
    used |= {a[k] for _, a in page.elements for k in ("data-drag", "data-go") if k in a}
    assert {name for name in used if not name.isdigit()} == columns
    # A screen reader hears what the pictures are, and not what they are made of.
    pictures = [a for a in page.of("svg") if "role" in a]
    assert len(pictures) == len(explorer._drawings)
    assert all(a["role"] == "img" and a["aria-label"] for a in pictures)
    # Jupyter would take the arrow keys for itself.
    assert all(a["data-lm-suppress-shortcuts"] == "true" for a in page.of("input"))


@pytest.mark.parametrize("explorer", EXPLORERS, ids=repr)
def test_a_page_gets_neither_style_nor_script(explorer):
    page = Page(for_page(explorer._repr_html_()))
    assert [a["type"] for a in page.of("script")] == ["application/json"]
    assert not page.of("style")
    assert not page.of("img")
    # As it travels.
    assert len(gzip.compress(for_page(explorer._repr_html_()).encode())) < 24_000


@pytest.mark.parametrize("explorer", EXPLORERS, ids=repr)
def test_without_scripts_the_first_state_is_drawn(explorer):
    now = explorer.state()
    for tag, attributes in Page(for_page(explorer._repr_html_())).elements:
        for pair in attributes.get("data-set", "").split(";")[: len(attributes)]:
            name, _, template = pair.partition(":")
            if name:
                wanted = re.sub(r"\{(\w+)\}", lambda found: now[found[1]], template).strip()
                assert attributes[name.strip()] == wanted, tag
    texts = re.findall(r"data-text='([^']*)'>(.*?)</(?:text|dd|p|span)>", explorer._repr_html_())
    assert texts
    for template, text in texts:
        filled = re.sub(r"\{(\w+)\}", lambda found: now[found[1]], template)
        assert plain_text(text) == re.sub(r"-(?=\d)", "−", filled)


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda f: f.name)
def test_values_and_slopes_are_those_of_the_function(function):
    explorer = explore(function, span=(-3, 3), positions=61)
    x = np.linspace(-3, 3, 61)
    np.testing.assert_allclose(column(explorer, "v"), function(x), atol=6e-4)
    np.testing.assert_allclose(column(explorer, "d"), function.derivative(x), atol=6e-4)
    # The tangent has the slope of the function; at a kink there are two.
    smooth = np.array([all(abs(v - k.at) > 1e-9 for k in function.kinks) for v in x])
    slope = column(explorer, "rm")[smooth] / column(explorer, "r")[smooth]
    np.testing.assert_allclose(slope, function.derivative(x)[smooth], atol=0.01)


def test_a_kink_shows_two_half_tangents_and_no_slope():
    state = explore(relu, span=(-2, 2)).state(50)
    assert (state["x"], state["slope"]) == ("0.00", "none")
    assert number(state["lm"]) == 0 < number(state["rm"])
    assert (
        state["note"] == "A kink: the slope is 0 on the left and 1 on the right. The code takes 0."
    )


def test_a_jump_has_no_tangent():
    state = explore(step, span=(-2, 2)).state(50)
    assert state["note"].startswith("A jump: there is no slope.")
    assert {state[name] for name in ("l", "r", "lm", "rm")} == {"0"}
    assert explore(step, span=(-2, 2)).state(0)["note"].startswith("No jump here")


@pytest.mark.parametrize("function", [relu, step], ids=lambda f: f.name)
def test_where_there_is_no_slope_the_point_below_is_open(function):
    explorer = explore(function, span=(-2, 2))
    assert [s["open"] for s in states(explorer) if s["slope"] == "none"] == ["M0.00 0.000h0"]
    assert {s["open"] for s in states(explorer) if s["slope"] != "none"} == {""}


@pytest.mark.parametrize(
    "explorer",
    [explore(relu), explore(step, span=(-2, 2)), explore(absolute_loss.at(1.0), span=(-1, 3))],
    ids=["ReLU", "step", "absolute loss"],
)
def test_at_the_start_the_tangent_leaves_a_graph_of_straight_lines(explorer):
    state = explorer.state()
    x, reach = (number(state[name]) for name in ("x", "l"))
    kink = next(number(s["x"]) for s in states(explorer) if s["slope"] == "none")
    assert x - reach < kink < x
    assert re.match("No (kink|jump) here", state["note"])


def test_a_kink_between_two_positions_gets_one_of_its_own():
    shown = states(explore(absolute_loss.at(0.333), span=(-2, 2)))
    assert sum(state["slope"] == "none" for state in shown) == 1


def test_the_secant_comes_closer_with_each_position():
    errors = column(explore_secant(sigmoid, -1.0), "error")
    assert (np.diff(errors[2:]) < 0).all()
    assert errors[-1] < 1e-5


def test_one_to_the_right_the_secant_is_as_far_from_the_tangent_as_the_error():
    explorer, tangent = explore_secant(tanh, -0.8), tanh(-0.8) + tanh.derivative(-0.8)
    gaps = column(explorer, "gap") - tangent
    np.testing.assert_allclose(abs(gaps), column(explorer, "error"), atol=1e-3)


def test_two_machines_multiply_their_slopes():
    explorer = explore_chain(tanh, square_loss.at(1.0), span=(-3, 3))
    x = np.linspace(-3, 3, 81)
    u = tanh(x)
    np.testing.assert_allclose(column(explorer, "u"), u, atol=6e-3)
    np.testing.assert_allclose(column(explorer, "y"), square_loss(u, 1.0), atol=6e-3)
    slopes = square_loss.derivative(u, 1.0) * tanh.derivative(x)
    np.testing.assert_allclose(column(explorer, "product"), slopes, rtol=0.02)
    # The bars' lengths are in the ratio of the slopes, and backwards where the slope is negative.
    lengths = [column(explorer, f"end{k}") - column(explorer, name) for k, name in enumerate("xuy")]
    np.testing.assert_allclose(lengths[2], lengths[0] * slopes, atol=0.011)
    np.testing.assert_allclose(lengths[1], lengths[0] * tanh.derivative(x), atol=0.011)
    assert lengths[0].min() > 1
    assert lengths[2].min() < -1


@pytest.mark.parametrize(
    ("explorer", "factors"),
    [
        (explore_neuron(), ("outer", "middle", 2)),
        (explore_descent(), ("outer", "middle", 2)),
        (explore_chain(square_loss.at(0.0), sigmoid), ("slope0", "slope1", 1)),
    ],
    ids=["neuron", "descent", "chain"],
)
def test_the_factors_shown_multiply_to_the_product_shown(explorer, factors):
    for state in states(explorer):
        first, second, third = (f if isinstance(f, int) else number(state[f]) for f in factors)
        exact = first * second * third
        assert number(state["product"]) == pytest.approx(exact, rel=5.1e-3, abs=1e-12)
        # To the digits that are shown, not nearly.
        assert f"{exact:.2e}" == f"{number(state['product']):.2e}"


def test_the_neuron_has_the_slopes_of_the_package():
    explorer = explore_neuron()
    for w, b, y in ((1.0, 0.0, 0), (-2.5, 3.0, 1), (4.0, -4.0, 1)):
        state = explorer.state(int(2 * w + 8), int(2 * b + 8), y)
        a = sigmoid(2 * w + b)
        assert number(state["L"]) == pytest.approx(nll(a, float(y)), rel=5e-3)
        slope = nll.derivative(a, float(y)) * sigmoid.derivative(2 * w + b) * 2
        assert number(state["product"]) == pytest.approx(slope, rel=0.02)


def test_a_step_downhill_never_leads_uphill():
    explorer = explore_descent()
    for place, y in product(range(0, 701, 35), (0, 1)):
        before, after = explorer.state(place, y), None
        after = explorer.state(round(float(before["next"])), y)
        assert number(after["loss"]) <= number(before["loss"])
    # From the start a few steps lead to the bottom.
    place = explorer._controls[0].start
    for _ in range(12):
        place = round(float(explorer.state(place, 1)["next"]))
    assert number(explorer.state(place, 1)["loss"]) < 0.02
    # Even far to the left a step changes the weight that is shown, by three slopes to two decimals.
    far = explorer.state(0, 1)
    after = explorer.state(round(float(far["next"])), 1)
    assert number(after["w"]) - number(far["w"]) == pytest.approx(
        -3 * number(far["product"]), abs=6e-3
    )
    assert after["w"] != far["w"]


def test_a_machine_with_a_kink_or_outside_its_domain_is_an_error():
    with pytest.raises(ValueError, match="ReLU has a kink"):
        explore_chain(sigmoid, relu)
    with pytest.raises(ValueError, match="what arrives there leaves the domain"):
        explore_chain(tanh, nll.at(1.0))


def test_the_first_layer_gets_what_a_backward_pass_gives_it():
    explorer = explore_depth(deepest=6, width=30, networks=1)
    state = explorer.state(5, 1)
    assert (state["name"], state["depth"], state["gain"]) == ("tanh", "6", "1")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 30)), rng.normal(size=(20, 1))
    network = Network([30] * 7 + [1], [tanh] * 6 + [identity], square_loss, rng)
    slopes = network.backward(x, y).sums
    share = np.linalg.norm(slopes[0]) / np.linalg.norm(slopes[5])
    assert number(state["share"]) == pytest.approx(share, rel=0.05)
    # The line goes through the dots.
    first = state["dots"].split("h0")[0].split()[1]
    assert float(first) == pytest.approx(np.log10(share), rel=5e-3, abs=6e-3)


def test_the_sigmoid_loses_more_with_each_layer_and_relu_does_not():
    explorer = explore_depth()
    sigmoids, relus = (
        np.array([number(explorer.state(depth, k)["share"]) for depth in range(20)]) for k in (0, 2)
    )
    assert (np.diff(sigmoids) < 0).all()
    assert sigmoids[-1] < 1e-10
    assert 0.3 < relus.min() < relus.max() < 3


def test_the_softmax_explorer_shows_its_jacobian():
    explorer = explore_softmax()
    state, jacobian = explorer.state(0, 8), softmax.jacobian(np.array([-4.0, 4.0, 0.0]))
    for i, k in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)):
        assert number(state[f"j{i}{k}"]) == pytest.approx(jacobian[i, k], abs=6e-3)


def test_numbers_of_an_axis_stand_under_their_ticks():
    html = Panel((-4, 4), (0, 1), 0, 100).columns([-4, 0, 4], 0)
    assert html.count("<text") == html.count("text-anchor='middle'") == 3


def test_numbers_of_an_axis_are_few_and_reach_its_ends():
    assert ticks((0, 0.993)) == [0, 0.5, 1]
    assert ticks((-4, 4), 3) == [-4, 0, 4]
    assert all(2 <= len(ticks((0, top))) <= 4 for top in (0.3, 1.7, 8, 19, 250))


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda f: f.name)
def test_a_name_stands_beside_its_curve_at_every_width(function):
    x = np.linspace(-3, 3, 241)
    for values in (function(x), function.derivative(x)):
        panel = Panel((-3, 3), (values.min() - 0.1, values.max() + 0.1), 0, 190)
        share, down, anchor = beside(panel, x, values, "f(x)", [0])
        for width, letter in SIZES:
            long = 1.8 * letter
            left = (
                float(share[:-1]) / 100 * width
                - long * ["start", "middle", "end"].index(anchor) / 2
            )
            near = (left <= panel.share(x) * width) & (panel.share(x) * width <= left + long)
            gaps = [
                max(down - 0.7 * letter - panel.y(v), panel.y(v) - down) for v in values[near] / 1.0
            ]
            assert 3 < min(gaps) < 30, (function.name, width)
            assert 0 <= left <= left + long <= width


def test_a_span_outside_the_domain_is_an_error():
    with pytest.raises(ValueError, match="leaves the domain"):
        explore(nll.at(1.0), span=(-1, 1))


def test_a_wrong_number_of_rows_is_an_error():
    with pytest.raises(ValueError, match="a has 2 rows, and the controls name 3"):
        Explorer([], [Slider("x", 3, 0)], [((1,), {"a": ["1", "2"]})], "")


SCRIPT = "<script>alert('here')</script><!--<script>"


def plain(text, name="x"):
    """Return an explorer that shows a text, with a control of that name."""
    table = ((1, 0), {"a": [text]})
    controls = [Slider(name, 1, 0), Choice(name, [name], 0)]
    drawings = [Drawing("<text data-text='{a}'></text>", 10, text)]
    return Explorer(drawings, controls, [table], "{a}", "<b data-text='{a}'></b>")


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "</SCRIPT >", "' onfocus='x'"])
def test_what_is_shown_cannot_break_out(text):
    html = plain(text)._repr_html_()
    assert Page(html).tags() == Page(plain("")._repr_html_()).tags()
    assert data_of(plain(text))["tables"][0]["columns"] == {"a": [text]}


def test_names_of_controls_are_escaped():
    page = Page(plain("", SCRIPT)._repr_html_())
    kinds = [tag for tag, _ in page.elements if tag in ("script", "input")]
    assert kinds == ["input", "input", "script", "script"]


def named(function):
    """Return a function of the package under the name and with the variable of somebody bad."""
    return type("Named", (type(function),), {"name": SCRIPT, "variable": "<b onclick='a'>x</b>"})()


@pytest.mark.parametrize(
    "draw",
    [
        explore,
        lambda f: explore_secant(f, -1.0),
        lambda f: explore_chain(f, f),
        lambda f: explore_chain(f, f, names=(SCRIPT, SCRIPT)),
    ],
    ids=["explore", "secant", "chain", "names"],
)
def test_names_are_escaped(draw):
    page = Page(draw(named(tanh))._repr_html_())
    assert not page.of("b")
    assert len(page.of("script")) == 2
