"""Lay out what runs the cells of a page in the browser: Python, the packages, and the page's part of it.

`make site` calls it. Python for the browser is Pyodide, served from the same place as the pages. Its
files come from the folder that PYODIDE_DIR names, or from a copy beside this repository, or else from
the address in `pyodide.json`; that file also holds the hash of each. What is pure Python comes from
`.venv`.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import book
from katex import node

ROOT = Path(book.ROOT)
LIVE = ROOT / "web" / "live"
RUNTIME = json.loads((ROOT / "tools" / "pyodide.json").read_text())
NEARBY = ROOT.parent / "shared" / f"pyodide-{RUNTIME['version']}"
KEPT = Path(book.VENV) / "live"  # downloads and archives, between two builds
DOWNLOADS = KEPT / "pyodide"

# What the runner itself imports: it shows Markdown as the pages do.
RUNNER = ["markdown-it-py", "mdit-py-plugins"]
# What Matplotlib names among its requirements and the drawing of a figure never imports.
UNUSED = {"fonttools", "tzdata"}
DRAWING = "matplotlib"
NUMBERS = "numpy"
# Left out of packages: tests, sources for compilers, notes, other back ends, fonts of other languages.
DROP = (
    r"(^|/)tests?/|\.(pyi|h|a|lib|pxd|c|pyx|npz|csv|afm|in|jpg|png|svg|md|txt)$|py\.typed$|\.data/"
    r"|\.dist-info/|numpy/(f2py|distutils|core/include|_pyinstaller|testing/_private/extbuild)"
    r"|matplotlib/(sphinxext|tests|_ttconv|mpl-data/(sample_data|images|stylelib/(?!classic)|plot_directive))"
    r"|matplotlib/backends/(web_backend|qt_editor|_tkagg|_backend_(tk|gtk)|backend_(tk|gtk|qt|wx|nb|web|mac|ps|pgf))"
    r"|mpl_toolkits|(^|/)PIL/_?(imagingft|webp|avif|imagingtk|imagingmorph|imagingcms|imagingmath)"
    r"|dateutil/zoneinfo/.*gz|mpl-data/fonts/(afm|pdfcorefonts)|mpl-data/fonts/ttf/(STIX(?!NonUni)|DejaVuSerif|cmss|cmtt|cmb)"
)
DROP_STANDARD = (
    r"^(ensurepip|idlelib|turtle|tkinter|test/|lib2to3|venv|turtledemo|sqlite3|dbm|curses|wsgiref|xmlrpc"
    r"|mailbox|imaplib|smtplib|poplib|ftplib|nntplib|telnetlib|pydoc_data/topics|__phello__|unittest/test)"
)
# Runs once while the archives are made: the part of Python's library that it imports is loaded at the
# start, and the rest when somebody asks for it.
EXERCISE = """
import kernel.run
kernel.run.start(lambda kind, content: None, {})
IMPORTS
import matplotlib.pyplot as plt
plt.plot([0, 1], label=r"$x^2$ and $\\frac{1}{2}$")
plt.legend()
kernel.run.run({0: "from IPython.display import Markdown\\nprint('x')\\nMarkdown('a $x$')",
    1: "plt.show()", 2: "1 +", 3: "1 / 0", 4: "from slopes import *\\nsigmoid"}, 0, True)
plt.show()
kernel.run.run({3: "1 / 0"}, 3, True)
kernel.run.run({3: "1 +"}, 3, True)
kernel.run.run({3: "import slopes\\nslopes.check_derivation('2 = 1 + 1')"}, 3, True)
"""


# The official files


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def runtime_files() -> dict[str, str]:
    """Return the hash of each file of the runtime."""
    wheels = {p["file_name"]: p["sha256"] for p in RUNTIME["packages"].values()}
    return RUNTIME["core"] | wheels


def check(path: Path, digest: str) -> None:
    if sha256(path) != digest:
        raise book.Trouble(
            f"{path} is not the file that tools/pyodide.json names: get Pyodide"
            f" {RUNTIME['version']} again, or delete that folder."
        )


def find_runtime() -> Path:
    """Return a folder with every file of the runtime, each checked; get them if there is none."""
    named = os.environ.get("PYODIDE_DIR")
    if named and not Path(named).is_dir():
        raise book.Trouble(f"PYODIDE_DIR names {named}, which is no folder.")
    for folder in (Path(named) if named else NEARBY, DOWNLOADS):
        if not folder.is_dir():
            continue
        missing = [name for name in runtime_files() if not (folder / name).exists()]
        if not missing:
            for name, digest in runtime_files().items():
                check(folder / name, digest)
            return folder
        if named:
            raise book.Trouble(f"PYODIDE_DIR lacks {', '.join(missing)}.")
    return download()


def download() -> Path:
    """Get the runtime once, file by file."""
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    files = runtime_files()
    with book.Progress("Getting Python for the browser") as progress:
        for count, (name, digest) in enumerate(files.items(), 1):
            progress.note = f"{count} of {len(files)}: {name}"
            if (DOWNLOADS / name).exists():
                continue
            part = DOWNLOADS / f"{name}.part"
            try:
                with urllib.request.urlopen(RUNTIME["address"] + name, timeout=60) as reply:
                    part.write_bytes(reply.read())
            except OSError as error:
                raise book.Trouble(
                    f"Python for the browser cannot be had ({error}): connect to the network, or name a"
                    f" copy of Pyodide {RUNTIME['version']} in PYODIDE_DIR. `make book` needs none."
                ) from error
            check(part, digest)
            part.rename(DOWNLOADS / name)
        progress.note = ""
    return DOWNLOADS


# Which packages, and in which layer


def closure(name: str, found: list[str] | None = None) -> list[str]:
    """Return the names of the packages that an installed package declares, and theirs."""
    found = [] if found is None else found
    for text in importlib.metadata.requires(name) or []:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(requirement.name)
        if name not in found and name not in UNUSED:
            found.append(name)
            closure(name, found)
    return found


def source(name: str, runtime: Path) -> dict:
    """Return where a package comes from: a wheel of the runtime, or `.venv`, if it is pure Python."""
    package = RUNTIME["packages"].get(name)
    if package:
        wheel = runtime / package["file_name"]
        return {"wheel": str(wheel)} | (fonts(wheel) if name == DRAWING else {})
    files = importlib.metadata.files(name) or []
    places = [(path.as_posix(), str(path.locate())) for path in files]
    places = [
        (path, place) for path, place in places if "__pycache__" not in path and path[0] != "."
    ]
    modules = {path for path, _ in places}
    compiled = {path for path in modules if path.endswith((".so", ".pyd", ".dylib"))}
    # Where a compiled module stands beside its source, that does as well.
    if not places or any(path.split(".")[0] + ".py" not in modules for path in compiled):
        raise book.Trouble(f"{name} is not pure Python, and the runtime has no build of it.")
    return {"files": [(path, place) for path, place in places if path not in compiled]}


def fonts(wheel: Path) -> dict:
    """Return Matplotlib's list of fonts, cut down to those that are laid out.

    Each font that is left out is a name for the one that is used for nearly all text: Matplotlib looks
    for all of them when it sets a formula, and warns of each that is missing.
    """
    with zipfile.ZipFile(wheel) as content:
        files = set(content.namelist())
        version = re.search(rb"__version__ = (\d+)", content.read("matplotlib/font_manager.py"))
        found = json.loads(content.read("matplotlib/fontlist.json"))
    found["_version"], found["afmlist"], kept = int(version[1]), [], []
    for font in found["ttflist"]:
        name = f"matplotlib/mpl-data/{font['fname']}"
        if name not in files:
            continue
        if re.search(DROP, name):
            font["fname"] = "fonts/ttf/DejaVuSans.ttf"
        kept.append(font)
    found["ttflist"] = kept
    return {"replace": {"matplotlib/fontlist.json": json.dumps(found)}}


def folder(path: Path, root: Path) -> dict:
    """Return the files of a package in this repository."""
    files = [p for p in sorted(path.rglob("*")) if p.is_file() and "__pycache__" not in p.parts]
    return {"files": [(p.relative_to(root).as_posix(), str(p)) for p in files]}


def layers(runtime: Path) -> dict[str, list[dict]]:
    """Return for each archive its sources: numbers, the book's own package, drawing."""
    drawing = [DRAWING, *(n for n in closure(DRAWING) if n != NUMBERS)]
    plain = closure("slopes")
    for name in RUNNER:
        plain += [name, *closure(name)]
    plain = [n for n in dict.fromkeys(plain) if n not in drawing and n != NUMBERS]
    return {
        "numbers": [source(NUMBERS, runtime)],
        "book": [
            folder(ROOT / "code" / "slopes", ROOT / "code"),
            folder(LIVE / "kernel", LIVE),
            *(source(name, runtime) for name in plain),
        ],
        "drawing": [source(name, runtime) for name in drawing],
    }


def imports() -> str:
    """Return every import of every chapter, once."""
    found = {}
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                for line in re.findall(r"^(?:import|from) [^(\n]+$", "".join(cell["source"]), re.M):
                    found[line] = None
    return "\n".join(found)


# Archives


def inside(place: str) -> str:
    """Return the path that a file of this machine has in the Python that packs."""
    return "/disk/" + Path(place).resolve().relative_to(Path(place).resolve().anchor).as_posix()


def plan(runtime: Path, out: Path) -> dict:
    """Return what pack.py is to do."""
    found = layers(runtime)
    for sources in found.values():
        for item in sources:
            if "wheel" in item:
                item["wheel"] = inside(item["wheel"])
            item["files"] = [(path, inside(place)) for path, place in item.get("files", [])]
    return {
        "info": RUNTIME["info"],
        "out": inside(str(out)),
        "layers": found,
        "standard": inside(str(runtime / "python_stdlib.zip")),
        "drop": DROP,
        "drop_standard": DROP_STANDARD,
        "exercise": EXERCISE.replace("IMPORTS", imports()),
    }


def fingerprint(task: dict) -> str:
    """Hash everything that the archives depend on."""
    digest = hashlib.sha256(json.dumps(task, sort_keys=True).encode())
    for path in (
        Path(__file__),
        ROOT / "tools" / "pyodide.json",
        *sorted((LIVE / "pack").iterdir()),
    ):
        digest.update(path.read_bytes())
    for sources in task["layers"].values():
        for item in sources:
            for _, place in item["files"]:
                digest.update(Path("/" + place.removeprefix("/disk/")).read_bytes())
    return digest.hexdigest()


def pack(runtime: Path) -> Path:
    """Make the archives, unless those of the last time will do; return their folder."""
    out = KEPT / "archives"
    out.mkdir(parents=True, exist_ok=True)
    task, stamp = plan(runtime, out), out / "made-from.sha256"
    wanted = fingerprint(task)
    if book.content(str(stamp)) == wanted:
        return out
    stamp.unlink(missing_ok=True)
    (KEPT / "plan.json").write_text(json.dumps(task))
    with book.Progress("Compiling the packages for the browser") as progress:
        command = [node(), LIVE / "pack" / "pack.js", runtime, KEPT / "plan.json"]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
        if done.returncode != 0:
            raise book.Trouble(
                f"{(done.stdout + done.stderr)[-3000:]}\nThe archives were not made."
            )
        progress.note = "and compressing"
        for name in ("pyodide.asm.js", "pyodide.asm.wasm"):
            shutil.copyfile(runtime / name, out / name)
        for path in [p for p in out.iterdir() if p.suffix not in (".gz", ".json", ".sha256")]:
            content = gzip.compress(path.read_bytes(), 9, mtime=0)
            path.with_name(path.name + ".gz").write_bytes(content)
            path.unlink()
        progress.note = ""
    stamp.write_text(wanted)
    return out


# The folder beside the pages


class Folder:
    """A folder whose files have the hash of their content in their names."""

    def __init__(self, path: Path) -> None:
        self.path = path
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)

    def add(self, path: Path) -> str:
        """Copy a file; return its name."""
        # A server may unpack what ends in .gz, or say that it did.
        stem, dot, rest = path.name.replace(".gz", ".bin").partition(".")
        name = f"{stem}.{sha256(path)[:8]}{dot}{rest}"
        shutil.copyfile(path, self.path / name)
        return name


def lay_out(site: Path) -> None:
    """Write the folder `live` and the service worker beside the pages."""
    runtime = find_runtime()
    archives = pack(runtime)
    target = Folder(site / "live")
    with book.Progress("Laying out Python for the browser") as progress:
        files = {}
        for path in sorted(archives.glob("*.gz")):
            key = path.name.removesuffix(".gz")
            files[key] = {"name": target.add(path), "bytes": path.stat().st_size}
        for key, path in {
            "pyodide.js": runtime / "pyodide.js",
            "worker.js": LIVE / "page" / "worker.js",
            "live.css": LIVE / "page" / "live.css",
        }.items():
            files[key] = {"name": target.add(path), "bytes": path.stat().st_size}
        # The modules name each other, so they share the hash of all.
        scripts = sorted((LIVE / "page").glob("*.mjs"))
        together = hashlib.sha256(b"".join(p.read_bytes() for p in scripts)).hexdigest()[:8]
        (target.path / f"page.{together}").mkdir()
        for path in scripts:
            shutil.copyfile(path, target.path / f"page.{together}" / path.name)
        modules = json.loads((archives / "modules.json").read_text())
        late = {m: layer for layer in ("drawing", "rest") for m in modules[layer]}
        index = {
            "files": files,
            "main": f"page.{together}/main.mjs",
            "info": RUNTIME["info"],
            "late": late,
            "sources": sorted(p.name for p in (site / "_sources" / "chapters").glob("*")),
        }
        text = json.dumps(index)
        (target.path / "index.json").write_text(text)
        version = hashlib.sha256(text.encode()).hexdigest()[:8]
        worker = (LIVE / "offline.js").read_text(encoding="utf-8")
        (site / "offline.js").write_text(worker.replace('VERSION = ""', f'VERSION = "{version}"'))
        progress.note = ""


if __name__ == "__main__":
    try:
        lay_out(Path(sys.argv[1] if len(sys.argv) > 1 else book.PAGES).resolve())
    except book.Trouble as trouble:
        sys.exit(str(trouble))
