"""Print the chapters to PDF: each as a handout, and the whole unit in one file.

    make handouts                 without solutions
    make handouts SOLUTIONS=1     with them

A Chromium prints the built pages. In the file of the unit a link to another page leads to it; in a
handout, which stands alone, it is words.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

import book
import browser
import kit

FOOTER = """<div style="width: 100%; margin: 0 16mm; font: 8pt Georgia, serif; color: #444;
display: flex; justify-content: space-between"><span class="title"></span>
<span class="pageNumber"></span></div>"""
SCRIPT = Path(__file__).with_suffix(".js")


def change(page: Page, name: str, options: dict) -> None:
    """Call a function of the script beside this one in a page."""
    script = SCRIPT.read_text(encoding="utf-8")
    page.evaluate(f"options => {{ {script}\nreturn {name}(options); }}", options)


def pdf(page: Page, path: Path) -> None:
    """Print what the page shows."""
    page.evaluate("document.fonts.ready")
    page.evaluate("Promise.all([...document.images].map(image => image.decode().catch(() => 0)))")
    page.pdf(
        path=path,
        prefer_css_page_size=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=FOOTER,
        print_background=True,
        outline=True,
        tagged=True,
    )


def main() -> None:
    """Print every chapter, and the unit."""
    parser = argparse.ArgumentParser(prog="make handouts", description=__doc__.splitlines()[0])
    parser.add_argument("slugs", nargs="*", help="chapters; all, and the unit, if none is named")
    parser.add_argument("--pages", type=Path, default=Path(book.PAGES), help="where the book is")
    parser.add_argument("--out", type=Path, default=kit.KIT / "handouts", help="where they go")
    parser.add_argument("--solutions", action="store_true", help="print the solutions, too")
    options = parser.parse_args()
    if not (options.pages / "index.html").is_file():
        raise book.Trouble("There are no pages to print: run `make book` first.")
    program = browser.find()
    if program is None:
        raise book.Trouble("Printing needs a Chromium: install one, or name it in CHROMIUM.")
    suffix = "-with-solutions" if options.solutions else ""
    names = kit.pages()
    slugs = {name.rsplit("/", 1)[-1]: name for name in names}
    unknown = sorted(set(options.slugs) - set(slugs))
    if unknown:
        raise book.Trouble(f"There is no page {unknown[0]}.")
    options.out.mkdir(parents=True, exist_ok=True)
    with browser.serve(options.pages) as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=browser.ARGUMENTS)
        page = chromium.new_page()
        for slug in options.slugs or slugs:
            page.goto(f"{address}{slugs[slug]}.html")
            change(page, "prepare", {"slugs": [], "solutions": options.solutions})
            pdf(page, options.out / f"{slug}{suffix}.pdf")
            print(f"{slug}{suffix}.pdf", flush=True)
        if not options.slugs:
            page.goto(f"{address}{names[0]}.html")
            addresses = [f"{address}{name}.html" for name in names]
            change(page, "join", {"slugs": list(slugs), "addresses": addresses})
            change(page, "prepare", {"slugs": list(slugs), "solutions": options.solutions})
            pdf(page, options.out / f"unit{suffix}.pdf")
            print(f"unit{suffix}.pdf", flush=True)
        chromium.close()
    print(f"The handouts are in {kit.shown(options.out)}.")


if __name__ == "__main__":
    kit.start(main)
