"""What pages say of themselves: the sentence of their description, version, commit and time of execution at their foot."""

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version

import pytest
import yaml
from docutils.core import publish_doctree

from lib.provenance import ROOT, Commit
from publish.pages import colophon
from publish.pages.colophon import executed, of_the_book, opening

LONG = "A functional maps the densities of a nucleus to its energy, and who has one is happy."


@pytest.mark.parametrize(
    ("text", "description"),
    [
        (f"{LONG} No more.", LONG),
        ("Magic numbers.\nThese are a test.  Is a third sentence needed?  Not if the first ones suffice.",
         "Magic numbers. These are a test. Is a third sentence needed? Not if the first ones suffice."),
        (f"With :math:`Z` in it. No more.\n\n{LONG} And others.", LONG),
        ("Short, 3.5 MeV.\n\n* a list", "Short, 3.5 MeV. Last."),
    ],
)  # fmt: skip
def test_a_page_is_described_by_its_opening(text, description):
    # a lone title is taken for that of the document unless another section follows
    assert opening(publish_doctree(f"Title\n=====\n\n{text}\n\nNext\n====\n\nLast.\n")) == description


def test_a_page_without_text_has_no_opening():
    assert opening(publish_doctree("* a list\n* alone")) == ""


@pytest.mark.parametrize(
    ("commit", "words"),
    [
        (Commit("0123abc", "2026-11-05", False), "commit <code>0123abc</code> of 5 November 2026."),
        (
            Commit("0123abc", "2026-11-25", True),
            "commit <code>0123abc</code> of 25 November 2026, with changes that are not committed.",
        ),
        (
            Commit("0123abc", "2026-11-25", None),
            "commit <code>0123abc</code> of 25 November 2026, in a copy without git, where changes go unseen.",
        ),
        (None, "commit not known."),
    ],
)
def test_the_foot_names_version_commit_and_packages(monkeypatch, commit, words):
    monkeypatch.setattr(colophon, "last_commit", lambda names: commit)
    of_the_book.cache_clear()
    text = of_the_book()
    of_the_book.cache_clear()
    number = yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"]
    assert text.startswith(f"Version {number}, {words} Python {platform.python_version()}, ")
    assert text.endswith(f"torch {version('torch')}, numpy {version('numpy')}.")


def test_when_a_page_was_executed(tmp_path):
    none = tmp_path / "none.ipynb"
    moment = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    assert executed({"exec_data": {"mtime": moment.timestamp(), "runtime": 12.4}}, none) == (
        " This page was executed on 25 November 2026, in 12 s."
    )
    notebook = tmp_path / "network.ipynb"
    run = {"end_time": "2026-11-24T10:59:10.424539+00:00", "duration": 32.089728}
    notebook.write_text(json.dumps({"metadata": {"papermill": run}}))
    assert executed({}, notebook) == " This page was executed on 24 November 2026, in 32 s."
    notebook.write_text(json.dumps({"metadata": {}}))
    assert executed({}, notebook) == executed({}, none) == ""
