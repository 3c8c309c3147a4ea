"""Make the archives that a page loads: bytecode and data, no source. Runs in Pyodide, under Node.

An archive begins with the length of a table of contents (four bytes, little-endian), then the table in
JSON, [[path, size], …], then the files, one behind the other.
"""

import importlib.util
import io
import json
import marshal
import re
import sys
import zipfile
from pathlib import Path

SITE = "/lib/python3.12/site-packages/"


def bytecode(source, name):
    """Compile a module; the result is taken as it is, whatever happens to the source."""
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    return (
        importlib.util.MAGIC_NUMBER + (0b01).to_bytes(4, "little") + bytes(8) + marshal.dumps(code)
    )


def read(source):
    """Yield (path, content) of a wheel, or of a list of files of an installed package."""
    if source.get("wheel"):
        with zipfile.ZipFile(source["wheel"]) as wheel:
            for item in wheel.infolist():
                if not item.is_dir():
                    yield item.filename, wheel.read(item)
    for path, place in source.get("files", []):
        yield path, Path(place).read_bytes()


def contents(sources, drop):
    """Collect the files of a layer, modules compiled."""
    files, replaced = {}, {}
    for source in sources:
        replaced |= source.get("replace", {})
        for path, content in read(source):
            if drop.search(path):
                continue
            if path.endswith(".py"):
                files[path + "c"] = bytecode(content, SITE + path)
            else:
                files[path] = content
    return files | {path: text.encode() for path, text in replaced.items()}


def archive(files):
    table = json.dumps([[path, len(content)] for path, content in files.items()]).encode()
    return len(table).to_bytes(4, "little") + table + b"".join(files.values())


def unpack(files):
    for path, content in files.items():
        target = Path(SITE + path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    importlib.invalidate_caches()


def modules(files):
    """Return the names of the modules and packages among files."""
    found = set()
    for path in files:
        match = re.fullmatch(r"(.+?)(?:/__init__)?(?:\.pyc|(?:\.cpython-\S+|\.abi3)?\.so)", path)
        if match and ".dist-info" not in path:
            found.add(match[1].replace("/", "."))
    return found


def standard(archive_file, drop, used):
    """Split the standard library: what is used at once, and what waits until somebody imports it."""
    base, rest = io.BytesIO(), {}
    with (
        zipfile.ZipFile(archive_file) as library,
        # Python reads it where it is, so it is stored as it is; the whole is compressed for the way.
        zipfile.ZipFile(base, "w", zipfile.ZIP_STORED) as kept,
    ):
        for item in sorted(library.infolist(), key=lambda item: item.filename):
            path = item.filename
            if item.is_dir() or drop.search(path):
                continue
            content = library.read(item)
            if not path.endswith(".py"):
                rest[path] = content
                continue
            code = bytecode(content, "/lib/python312.zip/" + path)
            name = path[:-3].removesuffix("/__init__").replace("/", ".")
            if name in used or "pyodide" in name:
                kept.writestr(zipfile.ZipInfo(path + "c"), code)
            else:
                rest[path + "c"] = code
    return base.getvalue(), rest


def main():
    plan = json.loads(Path(PLAN).read_text())  # noqa: F821
    out = Path(plan["out"])
    layers = {}
    for name, sources in plan["layers"].items():
        layers[name] = contents(sources, re.compile(plan["drop"]))
        unpack(layers[name])
    # What the chapters need of the standard library is what they load.
    exec(plan["exercise"], {"__name__": "__main__"})
    used = set(sys.modules)
    base, rest = standard(plan["standard"], re.compile(plan["drop_standard"]), used)
    layers["rest"] = rest
    (out / "base").write_bytes(base)
    table = {}
    for name, files in layers.items():
        (out / name).write_bytes(archive(files))
        table[name] = sorted(modules(files))
    (out / "modules.json").write_text(json.dumps(table))


main()
