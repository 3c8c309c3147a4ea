"""What the browser's tests and measurements share: a Chromium, and a server for built pages."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

# Nothing but the page may ask for anything.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)


def find() -> str | None:
    """Return the Chromium of this machine, or the one that CHROMIUM names."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, PROGRAMS)), None)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A static host that does not report every request."""

    def log_message(self, *arguments):
        """Say nothing."""


@contextmanager
def serve(folder: Path, handler=Quiet):
    """Serve a folder on this machine; yield its address."""
    answer = functools.partial(handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield "http" + f"://127.0.0.1:{server.server_port}/"
        server.shutdown()
