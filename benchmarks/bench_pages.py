"""What the built pages weigh and how long they take to open, each with an empty cache, in headless Chromium.

    python benchmarks/bench_pages.py                 # every page
    python benchmarks/bench_pages.py chart fig2      # these
    python benchmarks/bench_pages.py --repeat 1      # a quick look

Bytes are all that the page asks for, as a plain server sends them, and as one that compresses text would.  Times are of
this machine and its loopback, medians: until the load event, and until all formulas are set.  Nothing here fails on them.
"""

import argparse
import functools
import gzip
import http.server
import shutil
import threading
from collections import defaultdict
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright
from tqdm import tqdm

PAGES = Path(__file__).resolve().parent.parent / "_build" / "html"
TEXT = ("text/", "application/javascript", "application/json", "image/svg+xml")
LARGEST = 2


class Server(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass


def measure(browser, address):
    """Resources of one page as (name, bytes, compressed bytes), and its seconds until load and until typeset."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    responses = []
    page.on("response", lambda response: responses.append(response))
    page.goto(address, wait_until="load")
    load = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1e3
    typeset = page.evaluate(
        "(async () => { if (window.MathJax?.startup) await MathJax.startup.promise; return performance.now() })()"
    )
    page.wait_for_load_state("networkidle")
    resources = []
    for response in responses:
        body = response.body()
        text = response.headers.get("content-type", "").startswith(TEXT)
        name = response.url.rsplit("/", 1)[-1].split("?")[0] or "index.html"
        resources.append((name, len(body), len(gzip.compress(body, 6)) if text else len(body)))
    context.close()
    return resources, load, typeset / 1e3


def main():
    parser = argparse.ArgumentParser(description="Sizes and load times of the built pages.")
    parser.add_argument("names", nargs="*", help="pages, e.g. chart or networks/NN1-I4E; default: all")
    parser.add_argument("--repeat", type=int, default=3, help="loads of each page")
    options = parser.parse_args()
    built = {
        path.relative_to(PAGES / "book").with_suffix("").as_posix(): path for path in (PAGES / "book").rglob("*.html")
    }
    if not built:
        raise SystemExit(f"{PAGES} holds no book: run `make book` first")
    unknown = [name for name in options.names if name not in built]
    if unknown or options.repeat < 1:
        parser.error(
            f"{unknown[0]}: choose of {', '.join(sorted(built))}"
            if unknown
            else f"--repeat {options.repeat}: give at least 1"
        )
    program = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
    if program is None:
        raise SystemExit("no Chromium on this machine: install it (Debian: apt-get install chromium)")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Server, directory=PAGES))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rows, shared = [], defaultdict(lambda: [0, 0, 0])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for name in tqdm(options.names or sorted(built), unit="page", disable=None):
            address = f"http://127.0.0.1:{server.server_port}/book/{name}.html"
            runs = [measure(browser, address) for _ in range(options.repeat)]
            resources = runs[0][0]
            rows.append((name, resources, median(run[1] for run in runs), median(run[2] for run in runs)))
            for resource, size, small in set(resources):
                shared[resource] = [shared[resource][0] + 1, size, small]
        browser.close()
    server.shutdown()
    print(f"{'page':<24}{'files':>6}{'kB':>8}{'gzip kB':>9}{'load s':>8}{'math s':>8}  largest (kB)")
    for name, resources, load, typeset in sorted(rows, key=lambda row: -sum(size for _, size, _ in row[1])):
        largest = sorted(resources, key=lambda each: -each[1])[:LARGEST]
        print(
            f"{name:<24}{len(resources):>6}{sum(size for _, size, _ in resources) / 1e3:>8.0f}"
            f"{sum(small for *_, small in resources) / 1e3:>9.0f}{load:>8.2f}{typeset:>8.2f}  "
            + ", ".join(f"{each} {size / 1e3:.0f}" for each, size, _ in largest)
        )
    print("\nshared by several pages: the 10 heaviest, of which a reader loads each once")
    print(f"{'file':<44}{'pages':>6}{'kB':>8}{'gzip kB':>9}")
    several = {name: own for name, own in shared.items() if own[0] > 1}
    for name, (count, size, small) in sorted(several.items(), key=lambda item: -item[1][1])[:10]:
        print(f"{name:<44}{count:>6}{size / 1e3:>8.0f}{small / 1e3:>9.0f}")


if __name__ == "__main__":
    main()
