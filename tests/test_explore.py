"""Figures that a reader can move: what they show is what the package computes."""

import json
import re
from html.parser import HTMLParser

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
    square_loss,
    step,
    tanh,
)
from slopes.explore import (
    Explorer,
    explore,
    explore_chain,
    explore_depth,
    explore_neuron,
    explore_secant,
    explore_softmax,
)
from slopes.network import Network

FIGURES = [
    *(explore(function, span=(-3, 3)) for function in ACTIVATIONS),
    explore(absolute_loss.at(1.0)),
    explore(square_loss.at(1.0)),
    explore(nll.at(1.0), span=(0.05, 0.95), start=0.5),
    explore_secant(sigmoid, -1.0),
    explore_chain(square_loss.at(0.0), tanh, names=("square", "tanh")),
    explore_chain(sigmoid, nll.at(1.0)),
    explore_depth(),
    explore_softmax(),
    explore_neuron(),
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


def data_of(figure):
    html = figure._repr_html_()
    return json.loads(re.search(r"application/json'>(.*?)</script>", html, re.S).group(1))


def numbers(texts):
    return np.array([float(text.replace("−", "-")) for text in texts])


@pytest.mark.parametrize("figure", FIGURES, ids=repr)
def test_a_figure_is_complete_and_loads_nothing(figure):
    html = figure._repr_html_()
    page, data = Page(html), data_of(figure)
    assert "://" not in html
    assert "nan" not in html.replace("tanh", "")
    assert len(html) < 120_000
    parts = {a["data-part"] for _, a in page.elements if "data-part" in a}
    assert {key.split(".")[0] for key in data["frames"]} == parts
    sliders = page.of("input")
    positions = np.prod([int(slider["max"]) + 1 for slider in sliders])
    assert all(len(frames) == positions for frames in data["frames"].values())
    assert len(data["say"]) == positions
    # A screen reader hears what the picture is, and each slider what its position means.
    assert page.of("svg")[0]["role"] == "img"
    assert page.of("svg")[0]["aria-label"]
    assert all(slider["aria-valuetext"] == data["say"][figure.first] for slider in sliders)
    # Jupyter would take the arrow keys for itself.
    assert all(slider["data-lm-suppress-shortcuts"] == "true" for slider in sliders)


@pytest.mark.parametrize("figure", FIGURES, ids=repr)
def test_without_scripts_the_first_frame_is_drawn(figure):
    html, data = figure._repr_html_(), data_of(figure)
    for key, frames in data["frames"].items():
        part, attribute = key.split(".")
        now = frames[figure.first]
        element = re.search(rf"<[^>]*data-part='{part}'[^>]*>([^<]*)", html)
        found = element.group(1) if attribute == "text" else element.group(0)
        assert found == now if attribute == "text" else f"{attribute}='{now}'" in found


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda f: f.name)
def test_values_and_slopes_are_those_of_the_function(function):
    frames = data_of(explore(function, span=(-3, 3), positions=61))["frames"]
    x = np.linspace(-3, 3, 61)
    np.testing.assert_allclose(numbers(frames["value.text"]), function(x), atol=6e-4)
    smooth = [i for i, text in enumerate(frames["slope.text"]) if "none" not in text]
    assert len(smooth) == 61 - len(function.kinks)
    slopes = numbers([frames["slope.text"][i] for i in smooth])
    np.testing.assert_allclose(slopes, function.derivative(x)[smooth], atol=6e-4)


def test_a_kink_shows_two_half_tangents_and_no_slope():
    frames = data_of(explore(relu, span=(-2, 2)))["frames"]
    middle = frames["x.text"].index("0.00")
    assert frames["tangent.d"][middle].count("M") == 2
    assert frames["slope.text"][middle] == "none: 0 on the left, 1 on the right; the code takes 0"
    jump = data_of(explore(step, span=(-2, 2)))["frames"]["slope.text"]
    assert jump[len(jump) // 2] == "none: a jump; the code takes 0"


def test_a_kink_between_two_positions_gets_one_of_its_own():
    frames = data_of(explore(absolute_loss.at(0.333), span=(-2, 2)))["frames"]
    assert sum("none" in text for text in frames["slope.text"]) == 1


def test_the_secant_comes_closer_with_each_position():
    errors = numbers(data_of(explore_secant(sigmoid, -1.0))["frames"]["error.text"])
    assert (np.diff(errors[2:]) < 0).all()
    assert errors[-1] < 1e-5


def test_two_machines_multiply_their_slopes():
    frames = data_of(explore_chain(tanh, square_loss.at(1.0), span=(-3, 3)))["frames"]
    x = np.linspace(-3, 3, 81)
    u = tanh(x)
    np.testing.assert_allclose(numbers(frames["u.text"]), u, atol=6e-3)
    np.testing.assert_allclose(numbers(frames["y.text"]), square_loss(u, 1.0), atol=6e-3)
    product = square_loss.derivative(u, 1.0) * tanh.derivative(x)
    np.testing.assert_allclose(numbers(frames["product.text"]), product, atol=6e-3)
    # The bars' lengths are in the ratio of the slopes, and backwards where the slope is negative.
    lengths = np.array([bar_lengths(frames[f"step{k}.d"]) for k in range(3)])
    np.testing.assert_allclose(lengths[2], lengths[0] * product, atol=2)
    np.testing.assert_allclose(lengths[1], lengths[0] * tanh.derivative(x), atol=1)
    assert lengths[0].min() > 10
    assert lengths[2].min() < -10


def bar_lengths(paths):
    ends = [re.fullmatch(r"M(\S+) \S+H(\S+)", path).groups() for path in paths]
    return np.array([float(end) - float(start) for start, end in ends])


def test_a_machine_with_a_kink_or_outside_its_domain_is_an_error():
    with pytest.raises(ValueError, match="ReLU has a kink"):
        explore_chain(sigmoid, relu)
    with pytest.raises(ValueError, match="what arrives there leaves the domain"):
        explore_chain(tanh, nll.at(1.0))


def test_the_first_layer_gets_what_a_backward_pass_gives_it():
    figure = explore_depth(deepest=6, width=30, networks=1)
    frames = data_of(figure)["frames"]
    where = next(
        i
        for i, (name, depth) in enumerate(
            zip(frames["name.text"], frames["depth.text"], strict=True)
        )
        if (name, depth) == ("tanh", "6")
    )
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 30)), rng.normal(size=(20, 1))
    network = Network([30] * 7 + [1], [tanh] * 6 + [identity], square_loss, rng)
    slopes = network.backward(x, y).sums
    share = np.linalg.norm(slopes[0]) / np.linalg.norm(slopes[5])
    assert float(frames["share.text"][where]) == pytest.approx(share, rel=0.05)
    assert frames["bars.d"][where].count("M") == 6


def test_the_sigmoid_loses_more_with_each_layer_and_relu_does_not():
    frames = data_of(explore_depth())["frames"]
    shares = {"sigmoid": [], "ReLU": []}
    for name, share in zip(frames["name.text"], frames["share.text"], strict=True):
        digits, _, power = share.partition(" · 10")
        power = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
        if name in shares:
            shares[name].append(float(digits) * 10.0 ** int(power or 0))
    assert (np.diff(shares["sigmoid"]) < 0).all()
    assert shares["sigmoid"][-1] < 1e-10
    assert 0.3 < min(shares["ReLU"]) < max(shares["ReLU"]) < 3


def test_the_softmax_figure_shows_its_jacobian():
    frames = data_of(explore_softmax(positions=3))["frames"]
    z = np.array([-4.0, 4.0, 0.0])
    frame = 2  # the first slider at its first position, the second at its third
    shown = [[numbers([frames[f"j{i}{k}t.text"][frame]])[0] for k in range(3)] for i in range(3)]
    np.testing.assert_allclose(shown, softmax.jacobian(z), atol=6e-3)


def test_the_neuron_multiplies_its_factors():
    frames = data_of(explore_neuron())["frames"]
    product = numbers(frames["la.text"]) * numbers(frames["az.text"]) * 2
    near = (
        np.abs(numbers(frames["z.text"])) < 4
    )  # further out three decimals are too few to compare
    np.testing.assert_allclose(product[near], numbers(frames["lw.text"])[near], atol=0.1)


def test_a_span_outside_the_domain_is_an_error():
    with pytest.raises(ValueError, match="leaves the domain"):
        explore(nll.at(1.0), span=(-1, 1))


def test_a_wrong_number_of_frames_is_an_error():
    with pytest.raises(ValueError, match="2 frames, and the sliders make 3"):
        Explorer("", "", [("x", 3, 0)], {"a.text": ["1", "2"]}, ["a", "b", "c"])


def test_what_the_page_says_cannot_break_out_of_the_script():
    for text in ("</script>", "<!--<script>", "</SCRIPT >"):
        figure = Explorer("", "", [("x", 1, 0)], {"a.text": [text]}, [text])
        assert Page(figure._repr_html_()).tags() == PLAIN
        assert figure._repr_html_().count("<!--") == 0  # with <script> it would swallow the end tag
        assert data_of(figure) == {"frames": {"a.text": [text]}, "say": [text]}


SCRIPT = "<script>alert('here')</script><!--<script>"
PLAIN = Page(Explorer("", "", [("x", 1, 0)], {"a.text": [""]}, [""])._repr_html_()).tags()


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
    expected, found = Page(draw(tanh)._repr_html_()), Page(draw(named(tanh))._repr_html_())
    assert found.tags() == expected.tags()
    assert SCRIPT in "".join(found.text)


def test_labels_are_escaped():
    figure = Explorer("", "", [(SCRIPT, 1, 0)], {"a.text": [SCRIPT]}, [f"' onfocus='x' {SCRIPT}"])
    page = Page(figure._repr_html_())
    assert page.tags() == PLAIN
    assert page.of("input")[0]["aria-valuetext"].startswith("' onfocus='x' <script>")
