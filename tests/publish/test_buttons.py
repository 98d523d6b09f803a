"""Launch and download buttons, in a book of one chapter built with the theme and our extension: with an address and without."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys

import jupytext
import pytest
import yaml

from lib.provenance import ROOT

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())


@pytest.fixture
def built(tmp_path):
    """Builds the small book with ``repository_url``; returns its page."""

    def build(url: str) -> str:
        (tmp_path / "book").mkdir(exist_ok=True)
        notebook = jupytext.reads("# A chapter\n\n```{code-cell}\n1 + 1\n```\n", fmt="md:myst")
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        jupytext.write(notebook, tmp_path / "book" / "chapter.md", fmt="md:myst")
        (tmp_path / "conf.py").write_text(
            f"""
from publish.pages import buttons

extensions = ["myst_nb"]
html_theme = "sphinx_book_theme"
setup = buttons.connect
root_doc = "book/chapter"
nb_execution_mode = "cache"
html_theme_options = {{"repository_url": {url!r}, "repository_branch": "main", "launch_buttons": {CONFIG["launch_buttons"]!r}}}
"""
        )
        command = [
            sys.executable,
            "-m",
            "sphinx",
            "-q",
            "-E",
            "-b",
            "html",
            str(tmp_path),
            str(tmp_path / "_build" / "html"),
        ]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        return (tmp_path / "_build" / "html" / "book" / "chapter.html").read_text()

    return build


@pytest.mark.parametrize("times", [1, 2])
def test_without_an_address_nothing_is_launched_but_the_notebook_is_there(built, tmp_path, times):
    for _ in range(times):  # the second time its outputs come from the cache
        page = built("")
    assert not re.search(r"binder|colab", page, flags=re.I)
    assert 'href="../_sources/book/chapter.ipynb"' in page
    notebook = jupytext.read(tmp_path / "_build" / "html" / "_sources" / "book" / "chapter.ipynb")
    assert any(output["data"]["text/plain"] == "2" for cell in notebook.cells for output in cell.get("outputs", []))


def test_with_an_address_binder_and_colab_open_notebooks(built):
    page = built("https://github.com/someone/some-book")
    assert "https://mybinder.org/v2/gh/someone/some-book/main?urlpath=lab/tree/_build/lab/book/chapter.ipynb" in page
    assert (
        "https://colab.research.google.com/github/someone/some-book/blob/gh-pages/_sources/book/chapter.ipynb" in page
    )


def test_the_address_stands_in_one_place():
    """And is a repository, or empty."""
    url = CONFIG["repository"]["url"]
    assert url == "" or re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", url)
    for name in ("README.md", "CONTRIBUTING.md", "CITATION.cff", "pyproject.toml"):
        text = (ROOT / name).read_text()
        assert not re.search(r"(mybinder|colab\.research)\.\S+/(gh|github)/", text), name


def test_binder_makes_the_notebooks_that_the_button_opens(tmp_path):
    """It runs ``postBuild``: this package, the charts, then the build, which leaves them in ``_build/lab``."""
    shutil.copy(ROOT / "postBuild", tmp_path)
    (tmp_path / "python").write_text("#!/bin/sh\necho $@\n")
    (tmp_path / "python").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    run = subprocess.run(["./postBuild"], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert run.stdout.splitlines() == ["-m pip install --no-deps -e .", "-m lib charts", "-m publish.press.book"]
    for line in run.stdout.splitlines():
        assert importlib.util.find_spec(line.split()[1])
