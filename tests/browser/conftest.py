"""A Chromium without a network, and the built pages served from a subpath."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import sync_playwright

import book
import browser as chromium

ROOT = Path(book.ROOT)


# Where the tests have to be complete, what is missing is a failure.
NOT_HERE = pytest.fail if os.environ.get("CI") else pytest.skip


def pytest_runtest_setup(item):
    """Skip every test here from one line, so that the summary has one line for all of them."""
    if chromium.find() is None:
        NOT_HERE("no Chromium: install chromium or google-chrome, or name one in CHROMIUM")


@pytest.fixture(scope="module")
def missing():
    """Return a function that skips, but fails where the tests have to be complete."""
    return NOT_HERE


@pytest.fixture(scope="module")
def browser():
    """Return a running browser."""
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory, browser):
    """Build the book with cells that run; return the folder of its pages."""
    folder = tmp_path_factory.mktemp("browser")
    command = [sys.executable, "-c", book.JUPYTER_BOOK, "build", ROOT, "--path-output", folder]
    done = subprocess.run(
        [*command, "-W", "-n", "--keep-going"],
        env={**os.environ, book.RUNNABLE: "1"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return folder / "_build" / "html"


@pytest.fixture(scope="module")
def address(site):
    """Serve the pages, not from the root of the server; return the address of their folder."""
    with chromium.serve(site.parent) as root:
        yield root + "html/"


class Visit(SimpleNamespace):
    """A page of the browser, and what went on while it was open."""


@pytest.fixture(scope="module")
def visitor(browser, address):
    """Return a function that makes a pair: one opens pages, the other closes them."""

    def visitor():
        contexts = []

        def visit(path, width=1280, **options):
            context = browser.new_context(viewport={"width": width, "height": 900}, **options)
            contexts.append(context)
            log = Visit(page=context.new_page(), outside=[], requests=[], errors=[])

            def ask(route):
                """Cut off what goes outside, and note it."""
                url = route.request.url
                log.requests.append(url.split("#")[0])
                if url.startswith((address, "data:", "blob:", "file:")):
                    route.continue_()
                else:
                    log.outside.append(url)
                    route.abort()

            def hear(message):
                if message.type in ("error", "warning"):
                    log.errors.append(f"{message.type}: {message.text}")

            context.route("**/*", ask)
            log.page.on("console", hear)
            log.page.on("pageerror", lambda error: log.errors.append(f"error: {error}"))
            log.page.goto(path if "://" in path else address + path)
            return log

        def close():
            for context in contexts:
                context.close()

        return visit, close

    return visitor


@pytest.fixture
def visit(visitor):
    """Return a function that opens a page; what it opened is closed after the test."""
    visit, close = visitor()
    yield visit
    close()
