"""The appendix on the library: every module, every public definition, and lists of parameters that its signature has."""

import importlib
import inspect
import shutil
import subprocess
import sys

import pytest
import yaml
from bs4 import BeautifulSoup

from lib.provenance import ROOT
from publish.pages import library

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]["config"]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for room in ("lib", "claims", "studies", "publish")
    for path in (ROOT / room).rglob("[!.]*.py")
    if not path.name.startswith("__")
)

PAGES = ("api", "api_networks", "api_orbital_free", "api_rooms", "api_publish")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """All pages of it as they are built, in a small book; warnings are errors, and so are references to nowhere."""
    source = tmp_path_factory.mktemp("source")
    (source / "book").mkdir()
    for name in PAGES:
        (source / "book" / f"{name}.md").write_text((ROOT / "book" / f"{name}.md").read_text())
    (source / "index.md").write_text(
        "\n".join(
            [
                "# A book\n\n```{toctree}",
                *(f"book/{name}" for name in PAGES),
                "```\n",
            ]
        )
    )
    settings = {
        name: value for name, value in CONFIG.items() if name.startswith(("autodoc", "napoleon", "nitpick", "num"))
    }
    lines = [f"{name} = {value!r}" for name, value in settings.items()]
    extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
    (source / "conf.py").write_text(
        "\n".join([f"from publish.pages import library\nextensions = {extensions}\nsetup = library.connect", *lines])
    )
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", source, source / "_build"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    whole = "".join((source / "_build" / "book" / f"{name}.html").read_text() for name in PAGES)
    return BeautifulSoup(whole, "html.parser")


def definitions(name):
    """The functions and classes that a module defines for others, with a docstring; methods by their class."""
    module = importlib.import_module(name)
    for key, thing in vars(module).items():
        thing = inspect.unwrap(thing) if callable(thing) else thing
        if not key.startswith("_") and getattr(thing, "__module__", None) == name and getattr(thing, "__doc__", None):
            if inspect.isfunction(thing) or inspect.isclass(thing):
                yield f"{name}.{key}", thing


def lists(entry):
    """Kind and items of the lists of parameters, returned values and errors; those of methods belong to these."""
    text = entry.find_next_sibling("dd")
    for term in text.select("dl.field-list > dt"):
        if term.find_parent("dd") is text:
            body = term.find_next_sibling("dd")
            yield term.text.rstrip(":"), body.select("li") or [body]


def test_the_appendix_explains_all_that_modules_offer(page):
    headings = [heading.code.text for heading in page.select("h3") if heading.code]
    assert sorted(headings) == MODULES
    reading = [f"lib.rmf.{name}" for name in ("constants", "dirac", "iteration", "solver", "chart")]
    assert [name for name in headings if name in reading] == reading, (
        "not in the order in which they build on each other"
    )
    for address, thing in (each for name in MODULES for each in definitions(name)):
        entry = page.find(id=address)
        assert entry is not None, f"{address} is not on the page"
        for kind, items in lists(entry):
            assert kind in ("Parameters", "Returns", "Raises", "Warns"), f"{address}: {kind}"
            for item in items:
                label, dash, meaning = item.text.strip().partition(" – ")
                assert dash, f"{address}: {item.text!r} is no name or type with its meaning below it"
                assert meaning.strip(), f"{address}: {label!r} says nothing"
                if kind == "Parameters":
                    names = {name.strip().lstrip("*") for name in label.split(",")}
                    assert names <= set(inspect.signature(thing).parameters), f"{address} has no parameter {label}"


def test_a_file_of_the_system_beside_a_module_is_none(tmp_path, monkeypatch):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "wells").mkdir()
    for name in ("deep.py", "._deep.py", "_private.py"):
        (tmp_path / "wells" / name).touch()
    monkeypatch.setattr(library, "ROOT", tmp_path)
    assert library.modules("wells") == ["wells.deep"]
