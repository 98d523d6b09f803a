"""The JavaScript the pages need: fetched once from npm, served from the book itself.

``python -m lib.vendor`` puts MathJax, RequireJS and the Jupyter widget manager into ``book/_static/vendor`` (git-ignored,
about 4 MB).  As a Sphinx extension the module points the pages to these files; where they are missing (no npm), the pages
keep their usual network sources.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "book" / "_static" / "vendor"
PACKAGES = {
    "mathjax@3.2.2": {
        "package/es5/tex-chtml-full.js": "mathjax/tex-chtml-full.js",
        "package/es5/output/chtml/fonts": "mathjax/output/chtml/fonts",
    },
    "requirejs@2.3.8": {"package/require.js": "require.js"},
    "@jupyter-widgets/html-manager@1.0.15": {
        "package/dist/embed-amd.js": "embed-amd.js",
        "package/dist/1551f4f60c37af51121f.woff2": "1551f4f60c37af51121f.woff2",
        "package/dist/7a3337626410ca2f4071.woff2": "7a3337626410ca2f4071.woff2",
        "package/dist/d878b0a6a1144760244f.woff2": "d878b0a6a1144760244f.woff2",
    },
}
"""npm package -> {path in the package: path under book/_static/vendor}."""

MATHJAX = "mathjax/tex-chtml-full.js"

# the widget manager still speaks to MathJax 2
MATHJAX_2_CALL = 'MathJax.Hub.Queue(["Typeset",MathJax.Hub,e])'
MATHJAX_3_CALL = "MathJax.typesetPromise&&MathJax.typesetPromise([e])"

# the widget manager looks for its fonts where it thinks it came from; they lie in one place for all pages
FONTS_PATH = re.compile(r"\.p=`\$\{(\w+)\.origin\}\$\{\1\.pathname\}`")
VENDOR_PATH = '.p=document.documentElement.dataset.content_root+"_static/vendor/"'


def is_vendored() -> bool:
    """Whether every file is there."""
    targets = [target for files in PACKAGES.values() for target in files.values()]
    return all((VENDOR / target).exists() for target in targets)


def fetch() -> bool:
    """Fetch what is missing with ``npm pack``.  Returns False, with one line of warning, where npm fails or is missing."""
    if is_vendored():
        return True
    npm = shutil.which("npm")
    if npm is None:
        print(
            "warning: npm is not installed, so the pages will load MathJax and widgets from the network",
            file=sys.stderr,
        )
        return False
    with tempfile.TemporaryDirectory() as folder:
        for package, files in PACKAGES.items():
            run = subprocess.run(
                [npm, "pack", "--silent", package], cwd=folder, capture_output=True, text=True, check=False
            )
            if run.returncode:
                reason = (run.stderr.strip().splitlines() or ["no output"])[-1]
                print(
                    f"warning: npm could not fetch {package} ({reason}); the pages will load it from the network",
                    file=sys.stderr,
                )
                return False
            archive = Path(folder) / run.stdout.strip().splitlines()[-1]
            unpacked = Path(folder) / archive.stem
            with tarfile.open(archive) as tar:
                tar.extractall(unpacked, filter="data")
            for source, target in files.items():
                destination = VENDOR / target
                destination.parent.mkdir(parents=True, exist_ok=True)
                if destination.is_dir():
                    shutil.rmtree(destination)
                shutil.move(unpacked / source, destination)
    manager = VENDOR / "embed-amd.js"
    manager.write_text(FONTS_PATH.sub(VENDOR_PATH, manager.read_text().replace(MATHJAX_2_CALL, MATHJAX_3_CALL)))
    return True


def setup(app):
    """Sphinx extension: use the vendored files where they are."""

    def use_vendored(app, config):
        if is_vendored():
            config.mathjax_path = f"vendor/{MATHJAX}"
            config.nb_ipywidgets_js = {"vendor/require.js": {}, "vendor/embed-amd.js": {}}

    def without_thebe(app, page, template, context, doctree):
        # Jupyter Book always adds thebe, which would take its code from the network; it declares its constants twice too
        context["script_files"] = [
            script
            for script in context["script_files"]
            if "thebe" not in str(getattr(script, "filename", script)).lower()
            and "THEBE_JS_URL" not in str(getattr(script, "attributes", {}).get("body", ""))
        ]

    app.connect("config-inited", use_vendored, priority=1)
    app.connect("html-page-context", without_thebe, priority=900)
    return {"version": "1", "parallel_read_safe": True}


if __name__ == "__main__":
    fetch()
