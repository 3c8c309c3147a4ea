"""The command line: ``slopes verify PATH…``."""

import argparse
import json
import sys
from pathlib import Path

from .equations.markdown import read_file
from .equations.page import check_items
from .equations.report import IN_ORDER, KINDS, as_data, count, place, sentence
from .notebooks import Unreadable

SUFFIXES = (".ipynb", ".md")


def main(arguments=None):
    """Run the command; returns the exit status.

    0: everything defined, verified or exempt. 1: something refuted. 2: nothing refuted, but something
    conditional, undecided or unread, or a file that cannot be read.
    """
    parser = argparse.ArgumentParser(prog="slopes", description="The tools of the book.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("verify", help="check the displayed equations of pages")
    command.add_argument(
        "paths", nargs="+", metavar="PATH", help="notebooks, Markdown files, or folders"
    )
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.add_argument(
        "--all", action="store_true", help="list every equality, not only those not in order"
    )
    return verify(parser.parse_args(arguments))


def verify(options):
    """``slopes verify``."""
    files, unreadable = collect(options.paths)
    reports = []
    for number, path in enumerate(files, 1):
        progress(f"[{number}/{len(files)}] {path}")
        try:
            reports.append(check_items(read_file(path), path=str(path)))
        except Unreadable as error:
            unreadable.append((str(path), str(error)))
        except Exception as error:  # a fault of the checker: say so, and go on with the other files
            fault = f"the checker failed ({type(error).__name__}: {error}): please report it"
            unreadable.append((str(path), fault))
    progress("")
    if options.json:
        print(json.dumps(as_json(reports, unreadable), ensure_ascii=False, indent=1))
    else:
        print_table(reports, unreadable, options.all)
    return status(reports, unreadable)


def collect(paths):
    """The files to read, and what cannot be read."""
    files, unreadable = [], []
    for name in paths:
        path = Path(name)
        if "\0" in name:
            unreadable.append((repr(name), "no such file or folder"))
        elif path.is_dir():
            found = [
                p for p in sorted(path.rglob("*")) if p.suffix in SUFFIXES and visible(p, path)
            ]
            if not found:
                unreadable.append((name, "no notebook and no Markdown file in this folder"))
            files += found
        elif path.is_file():
            files.append(path)
        else:
            unreadable.append((name, "no such file or folder"))
    return list(dict.fromkeys(files)), unreadable


def visible(path, folder):
    """Whether no part of a path below a folder is hidden or generated."""
    return not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)


def progress(text):
    """One line of progress, overwritten, where a person watches."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text[:100]}", end="", file=sys.stderr, flush=True)


def as_json(reports, unreadable):
    """The object of ``slopes verify --json``: displays in `equations`, Lets in `assumptions`."""
    files = [
        {
            "path": report.path,
            "equations": [{**placed(e), **as_data(e)} for e in report.equations],
            "assumptions": [{"kind": a.kind, **placed(a)} for a in report.assumptions],
            "notes": report.remarks,
        }
        for report in reports
    ]
    files += [{"path": path, "equations": [], "error": reason} for path, reason in unreadable]
    return {"files": files, "counts": count([pair for report in reports for pair in report.links])}


def placed(item):
    """What is written, and where."""
    where = {"line": item.line} if item.cell is None else {"line": item.line, "cell": item.cell}
    return {"latex": item.text, **where}


def print_table(reports, unreadable, everything):
    """What is not in order, then a table of counts."""
    for report in reports:
        for equation, link in report.links:
            if everything or link.verdict.kind not in ("defined", "verified"):
                print(f"{report.path}: {place(equation)}: {sentence(link)}")
        for note in report.remarks:
            print(f"{report.path}: note: {note}")
    for path, reason in unreadable:
        print(f"{path}: cannot be read: {reason}")
    width = max([len(report.path) for report in reports], default=4)
    print(f"{'file':{width}}  " + "  ".join(f"{name:>11}" for name in KINDS))
    for report in reports:
        numbers = count(report.links)
        print(f"{report.path:{width}}  " + "  ".join(f"{numbers[name]:11d}" for name in KINDS))
    total = count([pair for report in reports for pair in report.links])
    print(f"{'all':{width}}  " + "  ".join(f"{total[name]:11d}" for name in KINDS))


def status(reports, unreadable):
    """The exit status."""
    kinds = {link.verdict.kind for report in reports for _, link in report.links}
    if "refuted" in kinds:
        return 1
    return 2 if kinds - set(IN_ORDER) or unreadable else 0


if __name__ == "__main__":
    sys.exit(main())
