"""Put JupyterLite beside the built pages, so that every chapter runs in the browser.

`make site` calls it. The Python runtime for the browser (Pyodide) is served from the same place as the
pages. Its files come from the folder that PYODIDE_DIR names, or from a copy beside this repository, or
else from the address in `pyodide.json`; that file also holds the hash of each.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import book

ROOT = Path(book.ROOT)
VENV = ROOT / ".venv-lite"
LOCK = ROOT / "requirements-lite.txt"
RUNTIME = json.loads((ROOT / "tools" / "pyodide.json").read_text())
NEARBY = ROOT.parent / "shared" / f"pyodide-{RUNTIME['version']}"
DOWNLOADS = ROOT / ".venv-lite" / "pyodide"
HASHES = ("sha256", "sha256_of_index_build")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# The environment that builds JupyterLite. It is one of its own, since the kernel's extension would
# show up in the JupyterLab of `make lab`.


def set_up() -> Path:
    """Make .venv-lite unless it is there, and return its Python."""
    scripts, program = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    python, stamp = VENV / scripts / program, VENV / "set-up.sha256"
    if stamp.exists() and python.exists() and stamp.read_text() == sha256(LOCK):
        return python
    with book.Progress("Installing JupyterLite") as progress:
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        arguments = ["--no-deps", "--no-compile", "--require-hashes", "-r", str(LOCK)]
        book.install(arguments, progress, str(python), str(LOCK))
        progress.note = ""
    stamp.write_text(sha256(LOCK))
    return python


# The runtime


def runtime_files() -> dict[str, set[str]]:
    """Return the hashes that each file of the runtime may have."""
    files = {name: {digest} for name, digest in RUNTIME["core"].items()}
    for package in RUNTIME["packages"].values():
        files[package["file_name"]] = {package[key] for key in HASHES if key in package}
    return files


def check(path: Path, allowed: set[str]) -> None:
    if sha256(path) not in allowed:
        raise book.Trouble(
            f"{path} is not the file that tools/pyodide.json names: get Pyodide"
            f" {RUNTIME['version']} again, or delete that folder."
        )


def find_runtime() -> Path | None:
    """Return a folder with every file of the runtime, or None if it cannot be had."""
    named = os.environ.get("PYODIDE_DIR")
    if named and not Path(named).is_dir():
        raise book.Trouble(f"PYODIDE_DIR names {named}, which is no folder.")
    for folder in (Path(named) if named else NEARBY, DOWNLOADS):
        if not folder.is_dir():
            continue
        missing = [name for name in runtime_files() if not (folder / name).exists()]
        if not missing:
            return folder
        if named:
            raise book.Trouble(
                f"PYODIDE_DIR lacks {missing[0]} and {len(missing) - 1} other files."
            )
    return download()


def download() -> Path | None:
    """Get the runtime once, file by file; say so and return None where that fails."""
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    files = runtime_files()
    try:
        with book.Progress("Getting the Python runtime for the browser") as progress:
            for count, (name, allowed) in enumerate(files.items(), 1):
                progress.note = f"{count} of {len(files)}: {name}"
                if not (DOWNLOADS / name).exists():
                    fetch(name, allowed)
            progress.note = ""
    except OSError as error:
        print(
            f"The Python runtime cannot be had ({error}), so chapters will load it from"
            " its makers' server when they run; set PYODIDE_DIR to a copy to serve it yourself."
        )
        return None
    return DOWNLOADS


def by_file() -> dict[str, dict]:
    """Return the runtime's packages by the names of their files."""
    return {package["file_name"]: package for package in RUNTIME["packages"].values()}


def comes_from_index(name: str) -> bool:
    """Whether the makers' server lacks a file."""
    return name in by_file() and "sha256" not in by_file()[name]


def fetch(name: str, allowed: set[str]) -> None:
    """Download one file of the runtime; what only the package index has comes through pip."""
    part = DOWNLOADS / f"{name}.part"
    if comes_from_index(name):
        package = by_file()[name]
        wanted = DOWNLOADS / "wanted.txt"
        digest = package["sha256_of_index_build"]
        wanted.write_text(f"{package['name']}=={package['version']} --hash=sha256:{digest}\n")
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--require-hashes",
        ]
        if subprocess.call([*command, "--dest", DOWNLOADS, "--requirement", wanted]) != 0:
            raise OSError(f"pip could not download {name}")
        return
    with urllib.request.urlopen(RUNTIME["address"] + name, timeout=60) as reply:
        part.write_bytes(reply.read())
    check(part, allowed)
    part.rename(DOWNLOADS / name)


def wheel(work: Path) -> Path:
    """Build the package of this repository as a wheel, without a network."""
    folder = work / "wheel"
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    # A copy, since building in place would leave a folder in the repository.
    source = work / "source"
    shutil.copytree(ROOT / "code", source / "code", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    subprocess.run([*command, "--wheel-dir", folder, source], check=True)
    return next(folder.glob("slopes-*.whl"))


def list_fonts(folder: Path) -> Path:
    """Write the list of Matplotlib's fonts as a package that is unpacked over the official one.

    In that one the list is of another version and of its maker's machine. Matplotlib would not take
    it, and would begin every session by making its own, which it announces in red.
    """
    wheel = folder / RUNTIME["packages"]["matplotlib"]["file_name"]
    with zipfile.ZipFile(wheel) as content:
        files = set(content.namelist())
        version = re.search(rb"__version__ = (\d+)", content.read("matplotlib/font_manager.py"))
        fonts = json.loads(content.read("matplotlib/fontlist.json"))
    fonts["_version"] = int(version[1])
    for kind in ("afmlist", "ttflist"):
        fonts[kind] = [
            font for font in fonts[kind] if f"matplotlib/mpl-data/{font['fname']}" in files
        ]
    package = folder / "fonts.zip"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as content:
        content.writestr("matplotlib/fontlist.json", json.dumps(fonts))
    return package


def packages(served: Path, own: Path) -> dict[str, dict]:
    """Return the lock's entries: with them a plain import finds every package, ours included.

    What is not in the folder comes from the makers' server, or, if that has it not, from the package
    index when a chapter runs.
    """
    entries = {}
    for name, package in RUNTIME["packages"].items():
        entry = {key: value for key, value in package.items() if key not in HASHES}
        if (served / entry["file_name"]).exists():
            entry["sha256"] = sha256(served / entry["file_name"])
        elif "sha256" in package:
            entry["sha256"] = package["sha256"]
            entry["file_name"] = RUNTIME["address"] + entry["file_name"]
        else:
            continue
        entries[name] = entry
    drawing = "matplotlib"
    if (served / entries[drawing]["file_name"]).exists():
        # Whoever imports Matplotlib gets both, in this order.
        drawing = "fonts"
        fonts = entry_of(list_fonts(served), drawing, "1", ["matplotlib"])
        entries[drawing] = fonts | {"imports": entries["matplotlib"]["imports"]}
        entries["matplotlib"]["imports"] = []
    slopes = entry_of(own, "slopes", own.name.split("-")[1], [drawing, "mpmath", "numpy"])
    entries["slopes"] = slopes | {"imports": ["slopes"]}
    return entries


def entry_of(file: Path, name: str, version: str, depends: list[str]) -> dict:
    """Return the lock's entry for a package of ours."""
    return {
        "name": name,
        "version": version,
        "file_name": file.name,
        "install_dir": "site",
        "package_type": "package",
        "sha256": sha256(file),
        "depends": depends,
        "unvendored_tests": False,
    }


def lay_out(work: Path, runtime: Path | None) -> None:
    """Write what JupyterLite is built from: settings, chapters and the runtime."""
    shutil.rmtree(work, ignore_errors=True)
    served, files = work / "static" / "pyodide", work / "files"
    served.mkdir(parents=True)
    files.mkdir()
    chapters = ROOT / "chapters"
    for file in [*sorted(chapters.glob("*.ipynb")), chapters / "references.bib"]:
        shutil.copy(file, files)
    own = wheel(work)
    shutil.copy(own, served)
    if runtime:
        for name, allowed in runtime_files().items():
            check(runtime / name, allowed)
            shutil.copyfile(runtime / name, served / name)
    else:
        for name in filter(comes_from_index, runtime_files()):
            with contextlib.suppress(OSError):
                fetch(name, runtime_files()[name])
                shutil.copyfile(DOWNLOADS / name, served / name)
        (served / "pyodide.js").write_text(name_makers("elsewhere.js", 'elsewhere = ""'))
    lock = {"info": RUNTIME["info"], "packages": packages(served, own)}
    (served / "pyodide-lock.json").write_text(json.dumps(lock))
    kernel = {"disablePyPIFallback": runtime is not None}
    settings = {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "Slopes",
            "exposeAppInBrowser": True,  # to the tests, which read the outputs
            "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": kernel},
        },
    }
    (work / "jupyter-lite.json").write_text(json.dumps(settings))


def name_makers(file: str, empty: str) -> str:
    """Return a file of ours with the address of the makers' server in its empty place."""
    text = (ROOT / "tools" / file).read_text(encoding="utf-8")
    return text.replace(empty, f'{empty[:-1]}{RUNTIME["address"]}"')


def list_downloads(site: Path) -> None:
    """Write for run.html which files a first visit needs, with their sizes, largest first."""
    served = site / "static" / "pyodide"
    names = [path for path in served.glob("*") if path.suffix in (".wasm", ".js", ".zip", ".whl")]
    # What a chapter imports; the rest of the runtime stays on the server until somebody asks for it.
    unused = {"sympy", "pytz", "micropip", "matplotlib-pyodide"}
    skipped = {RUNTIME["packages"][name]["file_name"] for name in unused}
    sizes = {path.name: path.stat().st_size for path in names if path.name not in skipped}
    sizes.pop("pyodide.js", None)
    ordered = dict(sorted(sizes.items(), key=lambda item: -item[1]))
    (site / "downloads.json").write_text(json.dumps(ordered))


def main(pages: Path) -> None:
    """Build JupyterLite into the folder of the built pages."""
    work, site = pages.parent / "lite", pages / "lite"
    python = set_up()
    runtime = find_runtime()
    with book.Progress("Building JupyterLite") as progress:
        lay_out(work, runtime)
        shutil.rmtree(site, ignore_errors=True)
        command = [python, "-m", "jupyterlite_core", "build", "--apps", "notebooks"]
        command += ["--no-sourcemaps", "--contents", "files", "--output-dir", site]
        # In its own folder: JupyterLite keeps notes of what it has built where it is started.
        built = subprocess.run(command, cwd=work, capture_output=True, text=True)
        progress.note = ""
        if built.returncode != 0:
            raise book.Trouble(
                built.stdout[-2000:] + built.stderr[-2000:] + "\nJupyterLite was not built."
            )
        if runtime:
            list_downloads(site)
            shutil.copy(ROOT / "tools" / "run.html", pages)
        else:
            page = name_makers("run.html", 'data-elsewhere=""')
            (pages / "run.html").write_text(page, encoding="utf-8")
    print(f"Chapters run in the browser from {pages / 'run.html'} (through `make serve`).")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else book.PAGES).resolve())
    except book.Trouble as trouble:
        sys.exit(str(trouble))
