"""The JavaScript the pages need: fetched once from npm, served from the book itself.

``python -m publish.pages.scripts`` puts MathJax into ``book/_static/vendor`` (git-ignored, about 2 MB).  As a Sphinx extension the
module points the pages to it; where it is missing (no npm), the pages keep their usual network source.  The browser tests
fetch axe-core in the same way, which checks the pages for accessibility and is no part of them.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from lib.provenance import ROOT

VENDOR = ROOT / "book" / "_static" / "vendor"
PACKAGES = {
    "mathjax@3.2.2": {
        "package/es5/tex-chtml-full.js": "mathjax/tex-chtml-full.js",
        "package/es5/output/chtml/fonts": "mathjax/output/chtml/fonts",
    },
}
"""By npm package – where its files go, under ``book/_static/vendor``, by their paths in the package."""
MATHJAX = "mathjax/tex-chtml-full.js"
ICON_SCRIPT = re.compile(r"<script[^>]*/fontawesome\.js[^>]*></script>\s*")
AXE = {"axe-core@4.10.3": {"package/axe.min.js": "axe.min.js"}}
"""What the browser tests check accessibility with, in the same form."""
AXE_FOLDER = ROOT / "_build" / "vendor"


def is_vendored(packages: dict[str, dict[str, str]] = PACKAGES, folder: Path = VENDOR) -> bool:
    """Whether every file is there."""
    targets = [target for files in packages.values() for target in files.values()]
    return all((folder / target).exists() for target in targets)


def fetch(packages: dict[str, dict[str, str]] = PACKAGES, folder: Path = VENDOR) -> bool:
    """Fetch what is missing with ``npm pack``.  Returns False, with one line of warning, where npm fails or is missing."""
    if is_vendored(packages, folder):
        return True
    npm = shutil.which("npm")
    if npm is None:
        print(
            f"warning: npm is not installed, so {', '.join(packages)} cannot be fetched; pages load MathJax from the network",
            file=sys.stderr,
        )
        return False
    with tempfile.TemporaryDirectory() as place:
        for package, files in packages.items():
            run = subprocess.run(
                [npm, "pack", "--silent", package], cwd=place, capture_output=True, encoding="utf-8", check=False
            )
            if run.returncode:
                reason = (run.stderr.strip().splitlines() or ["no output"])[-1]
                print(
                    f"warning: npm could not fetch {package} ({reason}); pages load MathJax from the network",
                    file=sys.stderr,
                )
                return False
            archive = Path(place) / run.stdout.strip().splitlines()[-1]
            unpacked = Path(place) / archive.stem
            with tarfile.open(archive) as tar:
                tar.extractall(unpacked, filter="data")
            for source, target in files.items():
                destination = folder / target
                destination.parent.mkdir(parents=True, exist_ok=True)
                if destination.is_dir():
                    shutil.rmtree(destination)
                shutil.move(unpacked / source, destination)
    return True


def connect(app) -> None:
    """Connect to Sphinx: use the vendored files where they are."""

    def use_vendored(app, config):
        if is_vendored():
            config.mathjax_path = f"vendor/{MATHJAX}"

    def without_thebe(app, page, template, context, doctree):
        # Jupyter Book always adds thebe, which would take its code from the network; it declares its constants twice too
        context["script_files"] = [
            script
            for script in context["script_files"]
            if "thebe" not in str(getattr(script, "filename", script)).lower()
            and "THEBE_JS_URL" not in str(getattr(script, "attributes", {}).get("body", ""))
        ]

    def without_icon_script(app, error):
        # the theme brings its icons twice, as fonts and as a script of 1.5 MB on every page; the fonts suffice
        if error is None and app.builder.format == "html":
            for page in Path(app.outdir).rglob("*.html"):
                text = page.read_text(encoding="utf-8")
                if "/fontawesome.js" in text:
                    page.write_text(ICON_SCRIPT.sub("", text), encoding="utf-8")
            for script in Path(app.outdir).glob("_static/scripts/fontawesome.js*"):
                script.unlink()

    app.connect("config-inited", use_vendored, priority=1)
    app.connect("html-page-context", without_thebe, priority=900)
    app.connect("build-finished", without_icon_script)


def main(arguments: list[str] | None = None) -> None:
    argparse.ArgumentParser(prog="python -m publish.pages.scripts", description=__doc__).parse_args(arguments)
    fetch()


if __name__ == "__main__":
    main()
