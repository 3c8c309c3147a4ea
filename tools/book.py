"""Set up, build, test and serve the book: `python tools/book.py COMMAND`, or `make COMMAND`.

It needs Python alone: the first command makes a virtual environment in `.venv` and puts there
exactly what `requirements.txt` says. It avoids newer syntax, so that an old Python can read it and
say that it is too old.
"""

import argparse
import contextlib
import csv
import errno
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
LOCK = os.path.join(ROOT, "requirements.txt")
# Set for a build whose cells shall run in the reader's browser.
RUNNABLE = "SLOPES_RUNNABLE"
STAMP = os.path.join(VENV, "set-up.txt")
BUILD = os.path.join(ROOT, "_build")
PAGES = os.path.join(BUILD, "html")
KIT = os.path.join(BUILD, "teach")
# The first line of a page or notebook that is a heading; Python 2 would not read a literal of bytes.
TITLE = r'^[ "]*# .*'.encode("ascii")
# Written when a build is complete: what the pages' margins and settings came from.
BUILT = os.path.join(BUILD, "navigation.sha256")
# Without rfc3987_syntax, which reads 38 grammars for checks of internationalised addresses that no
# notebook needs, a build takes two seconds less.
JUPYTER_BOOK = (
    "import sys; sys.modules['rfc3987_syntax'] = None; "
    "from jupyter_book.cli.main import main; main()"
)


def python_in(folder):
    """Return where a virtual environment has its Python."""
    place = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(folder, *place)


PYTHON = python_in(VENV)
NO_SPACE = r"No space left|Errno 28"
DISK_FULL = "The disk is full: the book needs about 1 GB for its packages."


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


# Other programs


@contextlib.contextmanager
def started(command, last, **options):
    """Run a program in a group of its own, which ends when this program is stopped.

    So Ctrl+C reaches this program alone; it sends the group the signal `last`, and kills what is
    left of it.
    """
    if os.name == "nt":
        options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
    else:
        options["start_new_session"] = True
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), **options)
    try:
        yield process
    except BaseException:
        end(process, last)
        raise


def end(process, last):
    """End a program and every program that it started."""

    def send(number):
        with contextlib.suppress(OSError):
            os.killpg(process.pid, number)

    if os.name == "nt":
        process.kill()
    else:
        send(last)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(3)
        send(signal.SIGKILL)
    process.wait()


def follow(command, watch=len):
    """Run `command`, hand each line that it prints to `watch`, return exit status and text."""
    lines = []
    with started(
        command,
        # Python programs tidy up after this one: pip, as a rule, has a folder full of packages.
        signal.SIGINT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout:
            lines.append(line.rstrip())
            watch(lines[-1])
        return process.wait(), "\n".join(lines)


def run(*arguments):
    """Run the Python in `.venv` and return its exit status."""
    # A program that may write to the terminal is not asked for its last words.
    with started((PYTHON,) + arguments, signal.SIGTERM) as process:
        return process.wait()


@contextlib.contextmanager
def alone():
    """Wait for another command that sets up or builds here: two would spoil each other's files.

    This file is locked, since it is there, and can be opened, in a folder that nobody may write in.
    """
    with open(os.path.abspath(__file__), "rb") as file:
        if not lock_file(file):
            with Progress("Waiting for another command that sets up or builds here") as progress:
                while not lock_file(file):
                    time.sleep(0.2)
                progress.note = ""
        yield


def lock_file(file):
    """Lock an open file until it is closed; return False if another program has locked it."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(1 << 30)  # beyond the end, where nobody reads
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Some network drives have no locks; there, people take care themselves.
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
    return True


# Setting up


def environment():
    """Environment variables under which nothing else on the machine can change a page.

    The notebooks' kernel is the one in `.venv`, whatever kernels, start-up files and back ends a
    person has. And pip, whoever calls it, puts packages into a virtual environment or nowhere.
    """
    env = dict(os.environ)
    for name in (
        "HOME",
        "PATH",
        "WARNINGS",
        "DONTWRITEBYTECODE",
        "OPTIMIZE",
        "STARTUP",
        "IOENCODING",
    ):
        env.pop("PYTHON" + name, None)
    for name in ("TARGET", "PREFIX", "ROOT", "USER"):
        env.pop("PIP_" + name, None)
    for name in ("JUPYTER_PATH", "MPLBACKEND"):
        env.pop(name, None)
    env["PIP_REQUIRE_VIRTUALENV"] = "1"
    env["JUPYTER_PREFER_ENV_PATH"] = "1"
    # JupyterLab asks for no news: it would put the question over a corner of the page.
    env["JUPYTER_CONFIG_PATH"] = os.path.join(ROOT, "tools", "jupyter")
    env["IPYTHONDIR"] = os.path.join(VENV, "ipython")
    env["PYTHONUTF8"] = "1"
    return env


def fingerprint():
    """Hash everything that the content of `.venv` depends on."""
    digest = hashlib.sha256(ROOT.encode("utf-8", "surrogateescape"))
    for name in (LOCK, os.path.join(ROOT, "pyproject.toml")):
        with open(name, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def ask(code, python=PYTHON):
    """What the Python in a virtual environment prints for `code`, or None if it does not run."""
    try:
        return subprocess.check_output(
            # Elsewhere it would find this book's folders before its own.
            [python, "-c", code],
            cwd=os.path.dirname(python),
            env=environment(),
            stderr=subprocess.DEVNULL,
        ).decode("utf-8", "surrogateescape")
    except (OSError, subprocess.CalledProcessError):
        return None


def healthy(folder):
    """Return the Python of a virtual environment, and where its packages are, if it can be used.

    Every Python that pip is given comes from here. For if `pyvenv.cfg` is gone, the Python in such
    a folder is the one that the folder was made with, and pip would fill that.
    """
    name = shown(folder)
    cure = ": delete {} and try again.".format(name)
    if not os.path.isdir(folder):
        raise Trouble("{} is not a folder, and the packages go into one{}".format(name, cure))
    python = python_in(folder)
    answer = ask(
        "import sys, sysconfig; print(sys.prefix, sys.base_prefix, sysconfig.get_path('purelib'), "
        "'%d.%d' % sys.version_info[:2], sep='\\n')",
        python,
    )
    if answer is None:
        raise Trouble("The Python in {} does not run{}".format(name, cure))
    prefix, base, site, version = answer.splitlines()
    if prefix == base:
        raise Trouble(
            "{} is no longer a virtual environment, so packages would go into the Python in {}{}".format(
                name, prefix, cure
            )
        )
    if tuple(map(int, version.split("."))) < OLDEST:
        raise Trouble(
            "The Python in {} is {}, and the book needs {} or newer{}".format(
                name, version, dotted(OLDEST), cure
            )
        )
    return python, site


def packages(lock):
    """Return the names of the packages in a lock."""
    with open(lock, encoding="utf-8") as file:
        return re.findall(r"^(\w\S*)==", file.read(), re.MULTILINE)


def notes(site, lock=LOCK):
    """Return the folders in which pip noted what it installed: the lock's packages, pip, the book."""

    def plain(name):
        return re.sub(r"[-_.]+", "_", name).lower()

    names = set(map(plain, packages(lock) + ["pip", "slopes"]))
    folders = os.listdir(site) if os.path.isdir(site) else []
    return sorted(
        folder
        for folder in folders
        if folder.endswith(".dist-info") and plain(folder.split("-")[0]) in names
    )


def damaged(site, folders):
    """Return those of pip's notes that are lost, or that name a file which is lost or cut short."""
    found = []
    for folder in folders:
        try:
            with open(os.path.join(site, folder, "RECORD"), encoding="utf-8") as file:
                for path, _, size in csv.reader(file):
                    if not path.endswith(".pyc"):  # which Python writes again
                        there = os.stat(os.path.join(site, path)).st_size
                        if size and there != int(size):
                            raise ValueError(path)
        except (OSError, ValueError, csv.Error):
            found.append(folder)
    return found


def is_set_up():
    """Whether `.venv` holds what the lock says, every file of it."""
    if not os.path.lexists(VENV):
        return False
    _, site = healthy(VENV)
    stamp = (content(STAMP) or b"").decode("utf-8", "replace").splitlines()
    return stamp[:1] == [fingerprint()] and not damaged(site, stamp[1:])


def make_venv(folder):
    """Make a virtual environment unless something is there."""
    if os.path.lexists(folder):
        return
    check_writable()
    version = sys.version.split()[0]
    print("Making a virtual environment in {} with Python {}".format(shown(folder), version))
    sys.stdout.flush()
    try:
        status, text = follow([sys.executable, "-m", "venv", folder])
        if status != 0:
            raise Trouble(
                DISK_FULL
                if re.search(NO_SPACE, text)
                else "Python could not make a virtual environment: install its venv module "
                "(on Debian and Ubuntu the package python3-venv) and try again."
            )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def pip(arguments, python, lock, progress):
    """Let pip install, counting packages; say in one sentence what went wrong."""
    total, seen = len(packages(lock)), [0]
    # pip gets a package from an index or finds it nearby, does not want it here, or has it.
    one = re.compile(
        r"(?:Collecting|Processing|Ignoring|Requirement already satisfied:) (?:\S*/)?([\w.-]+)"
    )

    def watch(line):
        found = one.match(line)
        if found:
            seen[0] += 1
            progress.note = "{} of {}: {}".format(min(seen[0], total), total, found.group(1))
        elif line.startswith("Installing collected packages"):
            progress.note = "unpacking"

    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar", "off", "--retries", "2"]
    status, text = follow(command + arguments, watch)
    if status != 0:
        raise Trouble(reason(text, lock, os.path.dirname(os.path.dirname(python))))


def reason(text, lock, folder):
    """Say in one sentence why pip failed; what it said itself is kept in `folder`."""
    if re.search(NO_SPACE, text):
        return DISK_FULL
    log = os.path.join(folder, "set-up.log")
    with open(log, "w", encoding="utf-8") as file:
        file.write(text)
    if "THESE PACKAGES DO NOT MATCH THE HASHES" in text:
        return "A package is not the one that {} names: see {}".format(shown(lock), log)
    if re.search(r"(?i)connection|resolution|resolve|timed out|Max retries|proxy|ssl", text):
        return (
            "The package index cannot be reached, and setting up needs it once: connect to "
            "the network and try again (pip's own words are in {}).".format(log)
        )
    tail = "\n".join(text.splitlines()[-5:])
    return "pip could not install the packages:\n{}\n(all: {})".format(tail, log)


def fill(folder, lock, progress):
    """Make the virtual environment in `folder` hold what `lock` says; return its Python."""
    python, site = healthy(folder)
    # pip believes its notes: what is not whole shall be forgotten, so that it comes again.
    for name in damaged(site, notes(site, lock)):
        shutil.rmtree(os.path.join(site, name), ignore_errors=True)
    if not any(name.startswith("pip-") for name in notes(site, lock)):
        status, _ = follow([python, "-m", "ensurepip"])
        if status != 0:
            raise Trouble("There is no pip in {0}: delete {0} and try again.".format(shown(folder)))
    # The lock is complete, so pip need not look for dependencies. Compiling what is never
    # imported takes longer than all the rest.
    wanted = ["--no-deps", "--no-compile", "--require-hashes", "-r", lock]
    pip(wanted, python, lock, progress)
    return python


def setup(options=None):
    """Make .venv and put there what the lock says; done by the other commands too."""
    if is_set_up():
        return
    with alone():
        if is_set_up():  # by the other command that this one waited for
            return
        make_venv(VENV)
        with contextlib.suppress(FileNotFoundError):
            os.remove(STAMP)
        with Progress("Installing packages") as progress:
            python = fill(VENV, LOCK, progress)
            progress.note = "and the book's own"
            own = ["--no-deps", "--no-build-isolation", "--editable", ROOT]
            pip(own, python, LOCK, progress)
            # Matplotlib lists the machine's fonts once, and says so in the first notebook that draws.
            progress.note = "and listing fonts"
            ask("import matplotlib.font_manager")
            progress.note = ""
        _, site = healthy(VENV)
        there = notes(site)
        if damaged(site, there) or not any(name.startswith("slopes-") for name in there):
            raise Trouble(
                "pip did not put every package into .venv: see whether `pip config list` sends "
                "packages elsewhere; if not, delete .venv and try again."
            )
        with open(STAMP, "w") as file:
            file.write("\n".join([fingerprint()] + there))


# Commands


def files_below(*tops):
    """The files in folders of the book, always in one order, without what Python compiled of them."""
    for top in tops:
        for folder, _, names in sorted(os.walk(os.path.join(ROOT, top))):
            if not folder.endswith("__pycache__"):
                yield from (os.path.join(folder, name) for name in sorted(names))


def navigation(runnable=None):
    """Hash what stands on every page: settings, styles, and the order and titles of the chapters."""
    runnable = os.environ.get(RUNNABLE, "") if runnable is None else runnable
    chapters = os.path.join(ROOT, "chapters")
    pages = [os.path.join(chapters, name) for name in sorted(os.listdir(chapters))]
    digest = hashlib.sha256(runnable.encode("utf-8"))
    shared = [os.path.join(ROOT, name) for name in ("_config.yml", "_toc.yml")]
    for name in [*shared, *files_below("tools", "web")]:
        with open(name, "rb") as file:
            digest.update(file.read())
    for page in pages:
        if page.endswith((".md", ".ipynb")):
            with open(page, "rb") as file:
                title = re.search(TITLE, file.read(), re.MULTILINE)
            digest.update(title.group() if title else b"")
    return digest.hexdigest()


@contextlib.contextmanager
def building():
    """Build while nobody else does, keep what can be kept, and mark what is complete."""
    setup()
    check_writable()
    with alone():
        begun = time.time()
        mark = navigation().encode("ascii")
        # Sphinx writes again the pages that changed, and not what they changed in the others'
        # margins. What was not completed may lack pages that it believes to be written.
        if content(BUILT) == mark:
            os.remove(BUILT)
        else:
            remove_pages()
        yield
        with open(BUILT, "wb") as file:
            file.write(mark)
        os.utime(BUILT, (begun, begun))  # what was saved in the meantime is newer


def up_to_date():
    """Whether the pages, runnable or not, are complete and newer than all that they are made of."""
    mark = content(BUILT)
    if not any(mark == navigation(runnable).encode("ascii") for runnable in ("", "1")):
        return False
    built = os.path.getmtime(BUILT)
    sources = files_below("chapters", "code", os.path.join("teaching", "quizzes"))
    return all(os.path.getmtime(name) <= built for name in sources)


def remove_pages():
    """Delete what was built, but not the teaching kit, in which there may be somebody's marks."""
    for name in os.listdir(BUILD) if os.path.isdir(BUILD) else ():
        path = os.path.join(BUILD, name)
        if name == os.path.basename(KIT):
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.remove(path)
    with contextlib.suppress(OSError):  # the kit is there, or nothing was
        os.rmdir(BUILD)


def build():
    """Build the pages; a warning, an unreadable formula or a missing page is a failure."""
    warnings = []
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
            remove_pages()
            if "Traceback" in text or not warnings:
                warnings += text.splitlines()[-20:]
            raise Trouble(
                "\n".join(warnings)
                + "\nThe book was not built: put right what stands above and try again."
            )
    print("The book is in " + os.path.join(PAGES, "index.html") + " (or `make serve`).")


def book(options):
    """Build the book; a warning, an unreadable formula or a missing page is a failure."""
    with building():
        build()


def site(options):
    """Build the book, and Python beside it: every cell runs in the reader's browser."""
    os.environ[RUNNABLE] = "1"
    with building():
        build()
        status = run(os.path.join(ROOT, "tools", "runtime.py"))
        if status != 0:
            sys.exit(status)


def test(options):
    """Run every test: the code, each notebook against its outputs, the built pages."""
    setup()
    # What is left out, since something is not installed, is told with its reason.
    return run("-m", "pytest", "-rs", *options.arguments)


def test_browser(options):
    """Run the tests of the built pages in a Chromium."""
    setup()
    return run("-m", "pytest", "-rs", os.path.join("tests", "browser"), *options.arguments)


def test_live(options):
    """Run every cell of every chapter in the browser, and try what can go wrong there."""
    setup()
    live = os.path.join("tests", "browser", "test_live.py")
    return run("-m", "pytest", live, "-m", "", "-n", "0", "-v", *options.arguments)


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


def lab(options):
    """Open the chapters, or another FOLDER, in JupyterLab."""
    folder = options.folder or os.path.join(ROOT, "chapters")
    if not os.path.isdir(folder):
        raise Trouble("There is no folder {} to open.".format(folder))
    setup()
    port = free_port(options.port or 8888)
    # JupyterLab shows the scripts and drawings of a notebook if they are signed or were run here.
    tested = committed(folder)
    if tested:
        run("-c", SIGN, *tested)
    command = [PYTHON, "-m", "jupyterlab", folder, "-y"] + lab_options(port)
    told = []

    def watch(line):
        """Of all that JupyterLab says, show its address once, and errors."""
        address = re.search(r"http://127\.0\.0\.1:\S+", line)
        if address and not told:
            told.append(address.group())
            print("JupyterLab is at {} and stops with Ctrl+C.".format(address.group()))
        elif line.startswith("[E"):
            print(line)
        sys.stdout.flush()

    status, text = follow(command, watch)
    if status != 0:
        raise Trouble("\n".join(text.splitlines()[-5:]) + "\nJupyterLab did not go on: see above.")


def lab_options(port):
    """Return how JupyterLab is started: at this port or not at all."""
    options = ["--port", str(port), "--ServerApp.port_retries=0"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # in a container, as a rule
        options.append("--allow-root")
    return options


def serve(options):
    """Show what was built last at a local address; build the book if nothing was."""
    import http.server  # here, since Python 2 has it under another name and must get as far as main

    port = free_port(options.port or 8000)
    with alone():  # what is being built just now is to be seen, too
        there = os.path.isfile(os.path.join(PAGES, "index.html"))
    if not there:
        book(options)
    elif content(BUILT) is None:
        print("The last build was stopped, so pages may be missing: `make book` builds them.")

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


def tool(name, *arguments):
    """Run one of the tools, and return its exit status."""
    setup()
    return run(os.path.join(ROOT, "tools", name + ".py"), *arguments)


def homework(options):
    """Write the homework: notebooks for students, and with solutions for teachers."""
    return tool("homework")


def grade(options):
    """Mark what students handed in, without running it: make grade FOLDER=submissions."""
    if not options.folder:
        raise Trouble(
            "Name the folder of what was handed in, as in `make grade FOLDER=submissions`."
        )
    named = ["--homework", options.homework] if options.homework else []
    named += ["--code"] if options.code else []
    return tool("grade", os.path.abspath(options.folder), *named)


def student(options):
    """Make the edition for students: notebooks and a site without solutions."""
    return tool("student")


def slides(options):
    """Build the slides, from the decks in teaching/slides and the chapters, and the notes."""
    if not up_to_date():
        book(options)
    return tool("slides")


def handouts(options):
    """Print each chapter, the unit and the book to PDF; with SOLUTIONS=1 what has solutions."""
    if not up_to_date():
        book(options)
    return tool("handouts", *["--solutions"] * bool(os.environ.get("SOLUTIONS")))


def lock(options):
    """Renew the lock with the newest versions that are allowed (needs uv)."""
    uv = shutil.which("uv")
    if uv is None:
        raise Trouble("Renewing the lock needs uv: install it with `python -m pip install uv`.")
    command = [uv, "pip", "compile"]
    # One file for every system and for Python 3.11 and newer, and one version of each package in
    # it: stored figures are compared with new ones. No address: any index will do.
    command += ["--universal", "--python-version", dotted(OLDEST), "--fork-strategy", "fewest"]
    command += ["--generate-hashes", "--no-emit-index-url", "--upgrade", "--quiet"]
    command += ["--custom-compile-command", "make lock"]
    command += ["pyproject.toml", "--extra", "book", "--output-file", LOCK]
    if subprocess.call(command, cwd=ROOT, stdout=subprocess.DEVNULL) != 0:
        raise Trouble("uv found no set of versions: its own words stand above.")


def clean(options):
    """Delete what builds and tests made, but not .venv."""
    check_writable()
    remove_pages()
    for name in (".pytest_cache", ".ruff_cache", ".hypothesis"):
        shutil.rmtree(os.path.join(ROOT, name), ignore_errors=True)
    if os.path.isdir(KIT):
        print("The teaching kit in {} stays: there may be marks in it.".format(shown(KIT)))
    for folder in ("chapters", "code", "tests", "tools", "web"):
        for place, folders, _ in os.walk(os.path.join(ROOT, folder)):
            for name in folders:
                if name in ("__pycache__", ".ipynb_checkpoints"):
                    shutil.rmtree(os.path.join(place, name), ignore_errors=True)


COMMANDS = (
    book,
    site,
    test,
    test_browser,
    test_live,
    bench,
    lab,
    serve,
    refresh,
    homework,
    grade,
    student,
    slides,
    handouts,
    setup,
    lock,
    clean,
)


# Small things


def content(path):
    """Return the bytes of a file, or None if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def shown(path):
    """Write a path as seen from the book's folder."""
    return os.path.relpath(path, ROOT)


def check_writable():
    """Say so if nothing can be written here, before something fails halfway."""
    if not os.access(ROOT, os.W_OK):
        raise Trouble(
            "Nothing can be written in {}: copy the book to a folder of your own and try "
            "again.".format(ROOT)
        )


def dotted(version):
    """Write a version tuple as people do."""
    return ".".join(map(str, version))


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
        if function in (lab, grade):
            handed_in = "what was handed in, as in `book.py grade submissions`"
            told = handed_in if function is grade else "what to open instead of the chapters"
            folder = os.environ.get("FOLDER")
            command.add_argument("folder", nargs="?", default=folder, help=told)
        if function is grade:
            which = "the set; otherwise it is seen from the answers"
            command.add_argument("--homework", default=os.environ.get("HOMEWORK"), help=which)
            tests, code = "run the tests of code in a container", bool(os.environ.get("CODE"))
            command.add_argument("--code", action="store_true", default=code, help=tests)
        if function in (test, test_browser, test_live, bench, refresh):
            command.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on")
    options = parser.parse_args(words)
    if not options.command:
        parser.print_help()
        return 2
    return options.function(options) or 0


def stop(number, frame):
    """End this program as Ctrl+C does."""
    raise KeyboardInterrupt(number)


def stopped(number):
    """Say in one line that somebody stopped this program, and return its exit status."""
    sys.stderr.write("Stopped.\n")
    # The same keys stop make, whose status tells it; a failure would make it add a line of its own.
    by_keys = number == signal.SIGINT and sys.stdin is not None and sys.stdin.isatty()
    return 0 if by_keys and "MAKELEVEL" in os.environ else 128 + number


if __name__ == "__main__":
    for name in ("SIGTERM", "SIGHUP"):  # the second is a window that is closed
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, stop)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a folder's name may not fit the terminal
    try:
        sys.exit(main(sys.argv[1:]))
    except Trouble as trouble:
        sys.exit(str(trouble))
    except KeyboardInterrupt as interrupt:
        sys.exit(stopped(*interrupt.args or (signal.SIGINT,)))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            sys.exit(DISK_FULL)
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        sys.exit(
            "{} cannot be written: copy the book to a folder of your own and try again.".format(
                error.filename
            )
        )
