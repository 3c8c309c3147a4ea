"""Print the chapters to PDF: each as a handout, the unit of 270 minutes in one file, and the book.

    make handouts                 without solutions, and a short sheet for each chapter of the unit
    make handouts SOLUTIONS=1     what has solutions, with them, into a folder of its own

A Chromium prints the built pages. In a file of many a link to another page leads to it; in a handout,
which stands alone, it is words.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

import book
import browser
import feedback
import kit

FOOTER = """<style>{faces}</style>
<div style="width: 100%; margin: 0 20mm 0 32mm; font: 9pt 'Slopes Serif', serif; color: #4d4e53;
display: flex; justify-content: space-between"><span class="title"></span>
<span class="pageNumber"></span></div>"""
SCRIPT = Path(__file__).with_suffix(".js")


def change(page: Page, name: str, **options):
    """Call a function of the script beside this one in a page, and return what it returns."""
    script = SCRIPT.read_text(encoding="utf-8")
    return page.evaluate(f"options => {{ {script}\nreturn {name}(options); }}", options)


def pdf(page: Page, path: Path) -> None:
    """Print what the page shows, and say so."""
    page.evaluate("document.fonts.ready")
    page.evaluate("Promise.all([...document.images].map(image => image.decode().catch(() => 0)))")
    page.pdf(
        path=path,
        prefer_css_page_size=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=FOOTER.format(faces=feedback.faces()),
        print_background=True,
        outline=True,
        tagged=True,
    )
    print(path.name, flush=True)


def alone(page: Page, address: str, path: Path, solutions: bool, sheet: bool) -> None:
    """Print one page as a handout, and as a sheet, too; with solutions only if it has some."""
    page.goto(address)
    found = change(page, "prepare", slugs=[], solutions=solutions)
    if solutions and not found:
        return
    pdf(page, path)
    if sheet and not solutions:
        change(page, "sheet")
        pdf(page, path.with_stem(f"{path.stem}-sheet"))


def together(page: Page, addresses: dict[str, str], path: Path, solutions: bool) -> None:
    """Print many pages, which are given by their names and addresses, in one file."""
    page.goto(next(iter(addresses.values())))
    slugs = list(addresses)
    change(page, "join", slugs=slugs, addresses=list(addresses.values()))
    change(page, "prepare", slugs=slugs, solutions=solutions)
    pdf(page, path)


def main() -> None:
    """Print every chapter, the unit and the book."""
    parser = argparse.ArgumentParser(prog="make handouts", description=__doc__.splitlines()[0])
    parser.add_argument(
        "slugs", nargs="*", help="pages; all, the unit and the book, if none is named"
    )
    parser.add_argument("--pages", type=Path, default=Path(book.PAGES), help="where the book is")
    parser.add_argument("--out", type=Path, help="where they go")
    parser.add_argument("--solutions", action="store_true", help="print the solutions, too")
    options = parser.parse_args()
    if not (options.pages / "index.html").is_file():
        raise book.Trouble("There are no pages to print: run `make book` first.")
    program = browser.find()
    if program is None:
        raise book.Trouble("Printing needs a Chromium: install one, or name it in CHROMIUM.")
    suffix = "-with-solutions" if options.solutions else ""
    out = options.out or kit.KIT / f"handouts{suffix}"
    if not (options.out or options.slugs):
        kit.fresh(out)  # of what an earlier run printed
    slugs = {name.rsplit("/", 1)[-1]: name for name in kit.pages()}
    del slugs[kit.TEACHERS]
    unknown = sorted(set(options.slugs) - set(slugs))
    if unknown:
        raise book.Trouble(f"There is no page {unknown[0]} to hand out.")
    unit = [slug for meeting in kit.unit() for slug in meeting.slugs]
    out.mkdir(parents=True, exist_ok=True)
    with browser.serve(options.pages) as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=browser.ARGUMENTS)
        page = chromium.new_page()
        addresses = {slug: f"{address}{name}.html" for slug, name in slugs.items()}
        for slug in options.slugs or slugs:
            path = out / f"{slug}{suffix}.pdf"
            alone(page, addresses[slug], path, options.solutions, sheet=slug in unit[1:])
        if not options.slugs:
            of_unit = {slug: addresses[slug] for slug in unit}
            for name, pages in (("unit", of_unit), ("book", addresses)):
                together(page, pages, out / f"{name}{suffix}.pdf", options.solutions)
        chromium.close()
    print(f"The handouts are in {kit.shown(out)}.")


if __name__ == "__main__":
    kit.start(main)
