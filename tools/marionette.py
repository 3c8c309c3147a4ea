"""A Firefox, driven by the protocol that it brings along: opens pages and runs scripts in them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

PROGRAMS = ("firefox", "firefox-esr", "/Applications/Firefox.app/Contents/MacOS/firefox")
# Nothing but the page asks for anything.
SETTINGS = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
    "services.settings.server": "data:,",
    "extensions.getAddons.cache.enabled": False,
}


def find() -> str | None:
    """Return the Firefox of this machine, or the one that FIREFOX names."""
    return os.environ.get("FIREFOX") or next(filter(None, map(shutil.which, PROGRAMS)), None)


class Trouble(Exception):
    """Firefox's answer was an error."""


class Firefox:
    """A session: one window, one page at a time."""

    def __init__(self, port: int, patience: float = 60) -> None:
        end = time.monotonic() + patience
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port))
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
        self.file = self.socket.makefile("rb")
        self.count = 0
        self._read()  # its greeting
        self.ask("WebDriver:NewSession", capabilities={"alwaysMatch": {}})
        self.ask("WebDriver:SetTimeouts", script=600_000, pageLoad=120_000)

    def _read(self):
        length = b""
        while (digit := self.file.read(1)) != b":":
            length += digit
        return json.loads(self.file.read(int(length)))

    def ask(self, command: str, **arguments):
        """Send a command and return its answer."""
        self.count += 1
        text = json.dumps([0, self.count, command, arguments]).encode()
        self.socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, answer = self._read()
        if error:
            raise Trouble(f"{error['error']}: {error['message']}")
        return answer

    def open(self, address: str) -> None:
        """Open a page."""
        self.ask("WebDriver:Navigate", url=address)

    def run(self, script: str, *arguments):
        """Run a script, the body of an asynchronous function, in the page; return what it returns."""
        body = f"""
            const done = arguments[arguments.length - 1];
            (async (...args) => {{ {script} }})(...Array.from(arguments).slice(0, -1)).then(
              (value) => done({{ value }}), (error) => done({{ error: String(error) }}));
        """
        found = self.ask(
            "WebDriver:ExecuteAsyncScript", script=body, args=list(arguments), sandbox=None
        )
        found = found["value"]
        if "error" in found:
            raise Trouble(found["error"])
        return found.get("value")

    def type(self, selector: str, keys: str) -> None:
        """Type into an element of the page; it takes the focus."""
        found = self.ask("WebDriver:FindElement", using="css selector", value=selector)["value"]
        (element,) = found.values()
        self.ask("WebDriver:ElementSendKeys", id=element, text=keys)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def started(program: str, profile: Path, width=1280, **settings):
    """Start a Firefox with a profile of its own; yield its session."""
    profile.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    lines = {**SETTINGS, "marionette.port": port, **settings}
    (profile / "user.js").write_text(
        "".join(f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in lines.items())
    )
    command = [program, "--headless", "--marionette", "--no-remote", "--profile", profile]
    command += [f"--width={width}", "--height=900"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield Firefox(port)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
