"""What a cell prints and shows, on its way to the page."""

from __future__ import annotations

import io
import time

# A page that has to show more than this is of no use to anybody.
LIMIT = 200_000  # characters
MOST = 100  # values and figures
EVERY = 0.1  # seconds between two messages, so that a loop that prints does not flood the page
KINDS = {"html": "text/html", "markdown": "text/markdown", "svg": "image/svg+xml"}
KINDS |= {"latex": "text/latex"}

# Takes a kind of message and its content; whoever starts Python sets it.
post = print
# Set while the statements run whose output nobody asked for.
silent = False


class Stream(io.TextIOBase):
    """What a program writes to; sends it on in large pieces, and no more than the limit."""

    def __init__(self):
        self.begin()

    def begin(self):
        """Forget what an earlier cell wrote."""
        self.waiting, self.written, self.left_out, self.sent = [], 0, 0, time.monotonic()
        self.shown = 0

    def writable(self):
        return True

    def write(self, text):
        """Keep a text, and send it with what is kept when it is time."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if silent:
            return len(text)
        room = max(0, LIMIT - self.written)
        self.waiting.append(text[:room])
        self.written += min(len(text), room)
        self.left_out += max(0, len(text) - room)
        if room and time.monotonic() - self.sent > EVERY:
            self.flush()
        return len(text)

    def flush(self):
        """Send what is kept."""
        text = "".join(self.waiting)
        self.waiting, self.sent = [], time.monotonic()
        if text:
            post("stream", text)

    def end(self):
        """Send the rest, and how much was left out."""
        self.flush()
        if self.left_out:
            post("note", f"{self.left_out:,} more characters were printed; they are left out here.")
        if self.shown > MOST:
            post("note", f"{self.shown - MOST:,} more values were shown; they are left out here.")


stream = Stream()


def send(data):
    """Show a value, given in one or several forms: for each media type a text."""
    if silent:
        return
    stream.flush()
    stream.shown += 1
    if stream.shown <= MOST:
        post("display", data)


def forms(value):
    """Return the forms in which a value can be shown, as notebooks find them."""
    data = {"text/plain": repr(value)}
    for name, kind in KINDS.items():
        method = None if isinstance(value, type) else getattr(value, f"_repr_{name}_", None)
        content = method() if callable(method) else None
        if content is not None:
            data[kind] = content
    if not isinstance(value, type):
        data |= getattr(value, "_repr_mimebundle_", dict)()
    if "<slopes-explorer" in data.get("text/html", ""):
        from slopes.explorer import for_page

        data["text/html"] = for_page(data["text/html"])
    # A page has no renderer of Markdown; the pages' own made what stands there.
    if "text/markdown" in data and "text/html" not in data:
        data["text/html"] = markdown(data["text/markdown"])
    return data


def markdown(text):
    """Render Markdown as the pages do; formulas are left to the page."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    return MarkdownIt("commonmark").enable("table").use(dollarmath_plugin).render(text)


def display(*values, **options):
    """Show values: what notebooks call `display`."""
    for value in values:
        send(forms(value))
