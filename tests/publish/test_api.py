"""The appendix on the library: every module, in the order of the preface; docstrings as autodoc needs them."""

import ast
import inspect
import re
from itertools import pairwise
from pathlib import Path

import pytest

from publish.pages.api import SECTIONS, as_fields

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("lib", "claims", "studies", "publish")
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for room in ROOMS
    for path in (ROOT / room).rglob("*.py")
    if not path.name.startswith("__")
)


def test_every_module_is_on_the_page_once():
    text = (ROOT / "book/api.md").read_text()
    assert (
        sorted(re.findall(r"^### `([\w.]+)`\n\n```{eval-rst}\n\.\. automodule:: \1\n```$", text, flags=re.M)) == MODULES
    )


def test_sections_become_fields():
    docstring = """Solve it.

    As often as needed.

    Parameters
    ----------
    plus, minus : (3, n) V + S and V - S: at the Gauss points, MeV.
    guess : energies of an earlier iteration;
        NaN where unknown.
    paired

    Returns
    -------
    ``Dataset`` along ``r``: everything.

    Raises
    ------
    ValueError
        for an odd number,
        or none.
    """
    assert as_fields(inspect.cleandoc(docstring).split("\n")) == [
        "Solve it.",
        "",
        "As often as needed.",
        "",
        ":Parameters:",
        "    * **plus, minus** – (3, n) V + S and V - S: at the Gauss points, MeV.",
        "    * **guess** – energies of an earlier iteration;",
        "      NaN where unknown.",
        "    * **paired** –",
        "",
        ":Returns:",
        "      ``Dataset`` along ``r``: everything.",
        "",
        ":Raises:",
        "    * **ValueError** –",
        "      for an odd number,",
        "      or none.",
    ]


def test_text_without_sections_stays_as_it_is():
    for text in ("One line.", "A list:\n\n* one : two\n  and more\n\nThe end.", ""):
        assert as_fields(text.split("\n")) == text.split("\n")


def test_other_sections_are_refused():
    with pytest.raises(
        ValueError, match=r"'Notes' is no section of a docstring: choose among Parameters, Returns, Raises"
    ):
        as_fields(["What it does.", "", "Notes", "-----", "Slowly."])


@pytest.mark.parametrize("name", MODULES)
def test_sections_of_every_docstring_can_be_read(name):
    """Sections are known, and each entry of a list of errors or parameters says something."""
    tree = ast.parse((ROOT / f"{name.replace('.', '/')}.py").read_text())
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and (text := ast.get_docstring(node)):
            fields = [*as_fields(text.split("\n")), ""]
            assert not set(fields) & set(SECTIONS), node.name
            for line, below in pairwise(fields):
                if re.fullmatch(r"    \* \*\*[^*]+\*\* –", line):
                    assert below.startswith("      "), (node.name, line)
