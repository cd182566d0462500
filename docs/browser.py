"""Opens reports and the site in a browser, without a network, and looks for what a reader would trip over.

    python docs/browser.py KRING               # with the command, such as target/debug/kring
    python docs/browser.py KRING --self-test   # first, that faults of each kind are found
    python docs/browser.py KRING --install     # first, chromium from Debian's packages where there is none

It needs `pip install --group browser` and chromium. Looked for: errors in the console, requests to other
hosts, what axe finds against accessibility, a page wider than its window at 360 and 1200 px and on paper.
"""

from __future__ import annotations

import argparse
import http.server
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
REPORTS = {
    "a replication": "replicate deroos-2011",
    "a replication in Dutch": "replicate deroos-2011 --report-language nl --report-methods",
    "counts over time": "replicate epilepsy",
    "printed figures": "replicate rotterdam-2019",
    "a power curve": "power two_means --sd 4 --effect 1.2 --curve n=20,40,80",
}
SITE = ["index.html", "docs/choosing.html", "docs/gallery.html", "reference/python.html", "notebooks/04-over-time.html"]
FAULTS = {
    "a request to another host": '<img alt="" src="http://example.invalid/a.png">',
    "an error in the console": "<script>console.error('planted')</script>",
    "a picture without words": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    "a page wider than its window": '<div style="width: 3000px">wide</div>',
}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/favicon.ico":  # What browsers ask of every server.
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_: Any) -> None:
        pass


def faults(browser: Browser, address: str, home: str) -> Iterator[str]:
    """What is wrong with a page, in words."""
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("request", lambda request: said.append(f"asks {request.url}") if not request.url.startswith((home, "data:", "blob:")) else None)
    for width in (360, 1200):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        yield from too_wide(page, f"at {width} px")
    # The menu and the search are the theme's.
    found = Axe().run(page, context={"exclude": [[".md-search"], [".md-nav"], [".md-code__nav"]]}).response["violations"]
    for one in (one for one in found if one["impact"] != "minor"):
        where = ", ".join(" ".join(node["target"]) for node in one["nodes"][:3])
        yield f"axe, {one['impact']}: {one['help']} ({where})"
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})
    yield from too_wide(page, "on paper")
    if not page.pdf(format="A4").startswith(b"%PDF"):
        yield "it cannot be printed"
    page.close()
    yield from dict.fromkeys(said)


def too_wide(page: Any, where: str) -> Iterator[str]:
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if over > 1:
        yield f"{over} px wider than the window {where}"


def self_test(browser: Browser, folder: Path, home: str) -> list[str]:
    """The kinds of faults that are not found."""
    whole = '<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>{}</main></html>'
    missed = []
    for place, (what, fault) in enumerate({"nothing": "", **FAULTS}.items()):
        (folder / f"{place}.html").write_text(whole.format(fault))
        found = list(faults(browser, f"{home}/{place}.html", home))
        if bool(found) != bool(fault):
            missed.append(f"planted: {what}; found: {found}")
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kring", type=Path)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--install", action="store_true")
    options = parser.parse_args()
    if shutil.which("chromium") is None and options.install:
        for words in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", "--quiet", *words], check=True)
    chromium = shutil.which("chromium")
    if chromium is None:
        print("there is no chromium: `apt-get install chromium`, or --install as root", file=sys.stderr)
        return 2
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=name))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = f"http://127.0.0.1:{server.server_port}"
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        if options.self_test:
            wrong += self_test(browser, folder, home)
        pages: dict[str, str] = {}
        for place, (title, command) in enumerate(REPORTS.items()):
            words = [options.kring.resolve(), *command.split(), "--out", folder / f"report-{place}"]
            subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
            pages[title] = f"{home}/report-{place}/report.html"
        site = ROOT / "target" / "site"
        if site.is_dir():
            shutil.copytree(site, folder / "site")
            pages |= {f"the site, {page}": f"{home}/site/{page}" for page in SITE}
        for title, address in pages.items():
            found = list(faults(browser, address, home))
            wrong += [f"{title}: {fault}" for fault in found]
        browser.close()
        server.shutdown()
    print("\n".join([*wrong, f"{len(pages)} pages, {len(wrong)} faults"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
