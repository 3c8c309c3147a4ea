"""The commands, when something is in the way: tried in copies that can install nothing anywhere."""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pip
import pytest

import book
import browser as chromium

ROOT = Path(book.ROOT)
COMMANDS = [function.__name__.replace("_", "-") for function in book.COMMANDS]
SETTING_UP = [name for name in COMMANDS if name not in ("lock", "clean")]
on_posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")

TAGS = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
# A build backend that needs nothing, so that the copy's own package installs without a network.
BACKEND = """
import zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "slopes-1-py3-none-any.whl"
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        notes = {"METADATA": "Metadata-Version: 2.1\\nName: slopes\\nVersion: 1\\n", "RECORD": "",
                 "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
        for note, text in notes.items():
            wheel.writestr("slopes-1.dist-info/" + note, text)
    return name
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "slopes"
version = "1"
"""


def wheel(folder, name):
    """Write a wheel of two modules; return its line in a lock."""
    whole = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(whole, "w") as file:
        texts = {
            f"{name}/__init__.py": "value = 1\n",
            f"{name}/second.py": "value = 2\n",
            f"{name}-1.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
            f"{name}-1.dist-info/WHEEL": TAGS,
        }
        record = "".join(f"{path},,{len(text)}\n" for path, text in texts.items())
        for path, text in {**texts, f"{name}-1.dist-info/RECORD": record}.items():
            file.writestr(path, text)
    return f"{name}==1 --hash=sha256:{hashlib.sha256(whole.read_bytes()).hexdigest()}\n"


def lay_out(root):
    """Make a folder with the commands of the book and as little else as they can do with."""
    for folder in ("tools", "chapters"):
        (root / folder).mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "book.py", root / "tools")
    shutil.copy(ROOT / "Makefile", root)
    (root / "requirements.txt").write_text("no-such-package==1\n")
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "backend.py").write_text(BACKEND)
    for name in ("_config.yml", "_toc.yml", "chapters/index.md"):
        (root / name).write_text("# Title\n")


def load(root):
    """Return the commands of a copy as a module."""
    spec = importlib.util.spec_from_file_location("copied_book", root / "tools" / "book.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_venv(folder):
    """Make a virtual environment with this one's pip, much faster than with Python's own."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    site = packages(folder)
    source = Path(pip.__path__[0])
    shutil.copytree(source, site / "pip", ignore=shutil.ignore_patterns("__pycache__"))
    notes = next(source.parent.glob("pip-*.dist-info"))
    shutil.copytree(notes, site / notes.name)
    # The programs that RECORD names, too.
    programs = Path(sys.executable).parent
    for name in programs.glob("pip*"):
        shutil.copy(name, folder / programs.name)
    return site


def packages(folder):
    """Return where a virtual environment has its packages."""
    scheme = "nt_venv" if os.name == "nt" else "posix_venv"
    return Path(sysconfig.get_path("purelib", scheme, {"base": str(folder)}))


def tree(folder):
    """Return every path below a folder with its content."""
    return {
        path: path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if "__pycache__" not in path.parts
    }


def own_packages():
    """Return what is installed in the Python that virtual environments here are made with."""
    folder = sysconfig.get_path("purelib", vars={"base": sys.base_prefix})
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def command(root, *words, **options):
    """Start a command of a copy, elsewhere than in its folder."""
    return subprocess.Popen(
        [sys.executable, root / "tools" / "book.py", *words],
        cwd=root.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        **options,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture(autouse=True)
def no_index(monkeypatch):
    """Let no pip find anything, whatever this machine's settings."""
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http" + "://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")


@pytest.fixture
def copy(tmp_path):
    """Return a copy whose path has a space and an accent, as on many a desk, and which has no git."""
    root = tmp_path / "études de pente"
    lay_out(root)
    return root


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Return a copy that is to be set up with two packages, and the folder that has them."""
    root = tmp_path_factory.mktemp("commands") / "été 2"
    lay_out(root)
    wheels = root.parent / "wheels"
    wheels.mkdir()
    lock = [wheel(wheels, "first"), wheel(wheels, "second")]
    (root / "requirements.txt").write_text("".join(lock))
    site = make_venv(root / ".venv")
    return SimpleNamespace(root=root, site=site, wheels=wheels, book=load(root))


@pytest.fixture
def filled(shared, monkeypatch):
    """Return the copy when it is set up."""
    with monkeypatch.context() as patch:
        patch.setenv("PIP_FIND_LINKS", shared.wheels.as_uri())
        shared.book.setup()
    assert shared.book.is_set_up()
    return shared


# Nothing is harmed


def a_file(folder):
    folder.write_text("not a folder")


def a_dangling_link(folder):
    try:
        folder.symlink_to(folder.parent / "nowhere")
    except OSError:
        pytest.skip("this system lets one make no links")


def an_empty_folder(folder):
    folder.mkdir()


def no_settings(folder):
    """Its Python is then the one that it was made with."""
    make_venv(folder)
    (folder / "pyvenv.cfg").unlink()


@pytest.mark.parametrize("name", SETTING_UP)
@pytest.mark.parametrize("fault", [a_file, a_dangling_link, an_empty_folder, no_settings])
def test_no_command_uses_what_is_no_environment(copy, fault, name, capsys):
    fault(copy / ".venv")
    before, own = tree(copy), own_packages()
    commands = load(copy)
    more = {"serve": ["--port", free_port()], "lab": ["--port", free_port()], "grade": ["."]}
    words = [name, *more.get(name, [])]
    with pytest.raises(commands.Trouble, match=r"^.*: delete \.venv and try again\.$"):
        commands.main(words)
    assert capsys.readouterr().out == ""
    assert tree(copy) == before
    assert own_packages() == own


def test_pip_puts_nothing_into_a_persons_own_python(filled, monkeypatch):
    """Even if somebody starts it there: with the variables of every command, pip refuses."""
    person = {**filled.book.environment(), "PYTHONPATH": str(filled.site)}
    own = [sys._base_executable, "-m", "pip", "install", "--dry-run", "first"]
    done = subprocess.run(own, env=person, capture_output=True, encoding="utf-8")
    assert done.returncode != 0
    assert "require-virtualenv" in done.stderr or "activated virtualenv" in done.stderr


def a_lost_file(shared):
    (shared.site / "first" / "second.py").unlink()


def a_file_cut_short(shared):
    (shared.site / "first" / "second.py").write_text("")


def a_lost_package(shared):
    for path in shared.site.glob("first*"):
        shutil.rmtree(path)


def lost_notes(shared):
    (shared.site / "first-1.dist-info" / "RECORD").unlink()


def a_junk_stamp(shared):
    Path(shared.book.STAMP).write_bytes(b"\xff\xfe\x00junk\x80")


def half_a_pip(shared):
    shutil.rmtree(shared.site / "pip" / "_internal")


WAYS = [a_lost_file, a_file_cut_short, a_lost_package, lost_notes, a_junk_stamp, half_a_pip]


@pytest.mark.parametrize("fault", WAYS)
def test_half_an_environment_is_not_set_up(filled, fault, tmp_path):
    whole = shutil.copytree(filled.book.VENV, tmp_path / "whole", symlinks=True)
    fault(filled)
    assert not filled.book.is_set_up()
    shutil.rmtree(filled.book.VENV)
    shutil.move(whole, filled.book.VENV)


def test_what_is_damaged_comes_again_and_nothing_else(filled, monkeypatch):
    """Without an index one sentence says so; with one, every package is whole again."""
    for fault in (a_lost_file, half_a_pip, a_junk_stamp):
        fault(filled)
    mine = filled.site / "mine.py"
    mine.write_text("own = True\n")
    with pytest.raises(filled.book.Trouble, match=r"^The package index cannot be reached.*\)\.$"):
        filled.book.main(["book"])
    monkeypatch.setenv("PIP_FIND_LINKS", filled.wheels.as_uri())
    filled.book.main(["setup"])
    assert filled.book.is_set_up()
    assert (filled.site / "first" / "second.py").read_text() == "value = 2\n"
    assert mine.exists()


def test_the_counter_ends_at_its_total(filled, tmp_path, monkeypatch):
    """However pip comes by a package: nearby, from an index, not for this system, or there."""
    lock = tmp_path / "lock.txt"
    near, index = tmp_path / "near", tmp_path / "simple" / "fetched"
    near.mkdir()
    index.mkdir(parents=True)
    absent = 'absent==1 ; sys_platform == "plan9" --hash=sha256:' + "0" * 64 + "\n"
    there = (filled.root / "requirements.txt").read_text()
    lock.write_text(there + absent + wheel(near, "nearby") + wheel(index, "fetched"))
    notes = []

    class Notes:
        def __setattr__(self, name, value):
            notes.append(value)

    with chromium.serve(tmp_path) as address:
        monkeypatch.setenv("PIP_INDEX_URL", address + "simple")
        monkeypatch.setenv("PIP_FIND_LINKS", near.as_uri())
        wanted = ["--dry-run", "--no-deps", "--require-hashes", "-r", str(lock)]
        filled.book.pip(wanted, filled.book.PYTHON, str(lock), Notes())
    assert [note.split(":")[0] for note in notes] == [f"{n} of 5" for n in range(1, 6)]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("Failed to establish a new connection: [Errno -2] Name or service", "connect to the net"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "A package is not the one that"),
        ("No space left on device", "disk is full"),
        ("error: something else", "something else"),
    ],
)
def test_a_failed_installation_is_explained(tmp_path, said, sentence):
    assert sentence in book.reason(said, book.LOCK, str(tmp_path))


def test_an_old_python_is_told_so(monkeypatch):
    monkeypatch.setattr(book.sys, "version_info", (3, 10, 13))
    with pytest.raises(book.Trouble, match=r"This is Python 3\.10\.13.*needs 3\.11"):
        book.main(["book"])


@pytest.mark.parametrize("name", ["setup", "book", "clean"])
def test_a_folder_that_nobody_may_write_in_is_told(copy, name):
    copy.chmod(0o555)
    try:
        if os.access(copy, os.W_OK):
            pytest.skip("this person may write everywhere")
        commands = load(copy)
        with pytest.raises(commands.Trouble, match=r"^Nothing can be written in .*try again\.$"):
            commands.main([name])
    finally:
        copy.chmod(0o755)


# Commands do what they say


def test_a_port_in_use_is_told():
    with book.socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(book.Trouble, match=f"Port {port} is in use"):
            book.free_port(port)


@pytest.mark.parametrize("complete", [True, False])
def test_serve_shows_what_was_built_last(copy, complete):
    """It needs no packages for that, builds nothing and changes nothing, however it was built."""
    pages = copy / "_build" / "html"
    pages.mkdir(parents=True)
    (pages / "index.html").write_text("what was built last")
    (pages / "offline.js").write_text("and what runs its cells")
    if complete:
        (copy / "_build" / "navigation.sha256").write_text("of other settings")
    a_file(copy / ".venv")
    before = tree(copy)
    port = free_port()
    server = command(copy, "serve", "--port", port)
    lines = [server.stdout.readline() for _ in range(1 if complete else 2)]
    assert ("last build was stopped" in lines[0]) is not complete
    assert port in lines[-1]
    for name in ("index.html", "offline.js"):
        address = "http" + f"://127.0.0.1:{port}/{name}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            assert answer.read() == (pages / name).read_bytes()
    server.terminate()
    said, _ = server.communicate(timeout=30)
    assert said == "Stopped.\n" or os.name == "nt"
    assert tree(copy) == before


# A program that stays, with one of its own that ignores signals; both hold a lock while they live.
STAYING = """
import fcntl, os, signal, subprocess, sys, time
lives = open({lives!r}, "w")
fcntl.flock(lives, fcntl.LOCK_SH)
if "another" in sys.argv:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    open({ready!r}, "w").close()
else:
    another = subprocess.Popen([sys.executable, {staying!r}, "another"], pass_fds=[lives.fileno()])
time.sleep(100)
"""
# What each long command runs.
STAND_INS = {
    "book": ".venv/jupyter_book/cli/main.py",
    "site": ".venv/jupyter_book/cli/main.py",
    "test": ".venv/pytest.py",
    "test-browser": ".venv/pytest.py",
    "lab": ".venv/jupyterlab.py",
    "refresh": "tools/refresh.py",
    "bench": "tools/bench.py",
}


@pytest.fixture
def staying(filled):
    """Return a function that puts a program that stays in the place of what a command runs."""
    made = []

    def stand_in(name, text=None):
        inside, _, rest = STAND_INS[name].partition("/")
        path = (filled.site if inside == ".venv" else filled.root / inside) / rest
        ready, lives = filled.root / "ready", filled.root / "lives"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            text or STAYING.format(lives=str(lives), staying=str(path), ready=str(ready))
        )
        made.extend([path, ready])
        return ready, lives

    yield stand_in
    for path in made:
        path.unlink(missing_ok=True)


def wait_until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_free(path):
    """Whether nobody who held the lock of a file lives."""
    import fcntl

    with open(path) as file, contextlib.suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


@on_posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("name", STAND_INS)
def test_a_stopped_command_leaves_no_orphan(filled, staying, name, number):
    """Its last word is one line, even if the signal reaches that one program alone."""
    ready, lives = staying(name)
    built = Path(filled.book.BUILT)
    built.parent.mkdir(exist_ok=True)
    built.write_text(filled.book.navigation())
    # The tests themselves may have been started with the signal ignored.
    started = command(filled.root, name, preexec_fn=lambda: signal.signal(2, signal.SIG_DFL))
    wait_until(ready.exists)
    started.send_signal(number)
    said, _ = started.communicate(timeout=60)
    assert started.returncode == 128 + number
    assert said.splitlines()[-1] == "Stopped."
    assert "Traceback" not in said
    wait_until(lambda: is_free(lives))
    # What a build has begun to change is not complete.
    assert built.exists() == (name not in ("book", "site"))


@on_posix
@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("name", STAND_INS)
def test_the_keys_that_stop_a_command_stop_make_in_one_line(filled, staying, name):
    ready, lives = staying(name)
    terminal = [sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])"]
    started = subprocess.Popen(
        [*terminal, "make", "-C", filled.root, "--no-print-directory", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    wait_until(ready.exists)
    said, _ = started.communicate(b"\x03", timeout=60)
    after = said.decode().split("^C")[1]
    # What is under way clears its own line first.
    lines = [line.split("\r")[-1] for line in after.replace("\r\n", "\n").splitlines()]
    assert [line for line in lines if line.strip()][-1:] == ["Stopped."]
    assert after.count("\n") == 1
    wait_until(lambda: is_free(lives))


BUILDING = """
import os, time
def main():
    with open({log!r}, "a") as log:
        for word in ("begin", "end"):
            log.write(word + "\\n")
            log.flush()
            time.sleep(0.5)
    os.makedirs("_build/html", exist_ok=True)
    open("_build/html/index.html", "w").close()
"""


def test_two_builds_at_once_take_turns(filled, staying, tmp_path):
    """A terminal that cannot write the folder's name is no trouble for them, either."""
    log = tmp_path / "log"
    staying("book", BUILDING.format(log=str(log)))
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    both = [command(filled.root, "book", env=environment) for _ in range(2)]
    said = [one.communicate(timeout=60)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert log.read_text().split() == ["begin", "end"] * 2
    assert Path(filled.book.BUILT).exists()


def test_slides_and_handouts_build_the_pages_only_if_something_changed(filled, staying, tmp_path):
    staying("book", BUILDING.format(log=str(tmp_path / "log")))
    new = filled.root / "chapters" / "new.bib"
    seen = []
    for change in (
        lambda: Path(filled.book.BUILT).unlink(missing_ok=True),
        lambda: command(filled.root, "book").communicate(timeout=60),
        new.touch,
        new.unlink,
        lambda: Path(filled.book.BUILT).write_text("of other settings"),
    ):
        change()
        seen.append(filled.book.up_to_date())
    assert seen == [False, True, False, True, False]


def test_without_a_browser_one_line_says_so(tmp_path):
    """Each test in the browser is skipped, and the summary has one line for all of them."""
    nowhere = {**os.environ, "PATH": str(tmp_path), "CHROMIUM": ""}
    nowhere.pop("CI", None)
    tests = [sys.executable, "-m", "pytest", "-n0", "-rs", "tests/browser"]
    done = subprocess.run(tests, cwd=ROOT, env=nowhere, capture_output=True, encoding="utf-8")
    if " passed" in done.stdout:
        pytest.skip("this system has its browser in a place of its own")
    lines = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    assert len(lines) == 1, done.stdout
    assert "no Chromium" in lines[0]
