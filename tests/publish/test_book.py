"""The book as a whole: layout, table of contents, parameters of the chapters, re-execution, refusals."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
import yaml
from jupyter_cache.cache.main import CacheBundleIn
from jupytext.config import load_jupytext_config

from lib.learning.table_one import TABLE_I
from lib.provenance import Commit
from publish import manuscript
from publish.press import book

ROOT = Path(__file__).resolve().parents[2]


def toc_files() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    chapters = [entry for part in toc["parts"] for entry in part["chapters"]]
    return [toc["root"], *(each["file"] for entry in chapters for each in (entry, *entry.get("sections", [])))]


def test_layout_of_the_card():
    for name in ("book", "_config.yml", "_toc.yml", "lib", "tests", "environment.yml", "README.md"):
        assert (ROOT / name).exists(), name
    assert not (ROOT / "_static").exists(), "static files belong to book/_static"


def test_every_page_is_in_the_table_of_contents_and_the_other_way_round():
    listed = toc_files()
    assert len(listed) == len(set(listed))
    sources = {f"book/{path.stem}" for path in (ROOT / "book").glob("[!.]*.md")}
    # one chapter is not a page itself, but is executed for each network of Table I
    assert set(listed) == sources - {"book/network"} | {f"book/networks/{id}" for id in TABLE_I}
    assert [name for name in listed if "networks/" in name] == [f"book/networks/{id}" for id in TABLE_I]


def test_only_what_the_table_of_contents_names_is_a_text(tmp_path, monkeypatch):
    """No lock or backup file of an editor, no AppleDouble file, no folder, and no other text, whatever its name ends in."""
    assert {f"book/{name}" for name in manuscript.texts()} - {"book/network"} == {
        name for name in toc_files() if "networks/" not in name
    }
    assert manuscript.texts()[0] == "preface"
    assert "network" in manuscript.texts()
    before, folder = manuscript.chapters(), tmp_path / "book"
    shutil.copytree(ROOT / "book", folder, ignore=shutil.ignore_patterns("networks", "_static"))
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    for name in ("._fig1.md", "fig1 copy.md"):
        (folder / name).write_bytes(b"\x00\x05\x16\x07\xb0:tags: [parameters]\n")
    (folder / ".#fig1.md").symlink_to("someone@somewhere.123")
    (folder / "notes.md").mkdir()
    monkeypatch.setattr(manuscript, "ROOT", tmp_path)
    monkeypatch.setattr(manuscript, "BOOK", folder)
    monkeypatch.setattr(book, "ROOT", tmp_path)
    assert manuscript.chapters() == before
    assert manuscript.cell("fig1", "parameters")
    with pytest.raises(ValueError, match=r"no page '\._fig1': choose one of api, "):
        book.build_page("._fig1")


def test_a_chapter_in_another_encoding_is_named(tmp_path, monkeypatch):
    (tmp_path / "book").mkdir()
    (tmp_path / "_toc.yml").write_text("root: book/umlaut\n")
    (tmp_path / "book" / "umlaut.md").write_bytes("ein Maß".encode("latin-1"))
    monkeypatch.setattr(manuscript, "ROOT", tmp_path)
    monkeypatch.setattr(manuscript, "BOOK", tmp_path / "book")
    with pytest.raises(ValueError, match=r"umlaut\.md is no text in UTF-8 \(.*0xdf.*\): save it as one"):
        manuscript.chapters()


def test_the_readme_names_the_two_commands_and_each_is_a_target():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    named = set(re.findall(r"\bmake ([a-z-]+)", (ROOT / "README.md").read_text()))
    assert {"book", "test", "chapter", "help"} <= named <= targets


@pytest.mark.parametrize("path", sorted((ROOT / "book").glob("[!.]*.md")), ids=lambda path: path.stem)
def test_sources_are_myst_notebooks_that_survive_a_round_trip(path):
    """Each stands as JupyterLab would save it, so that looking into a chapter does not change it."""
    text = path.read_text()
    if not text.startswith("---\njupytext:"):
        assert "{code-cell}" not in text, "a chapter without the head of a notebook"
        return
    config = load_jupytext_config(path)
    assert jupytext.writes(jupytext.reads(text, "md:myst", config=config), "md:myst", config=config) == text, (
        f"write it by: jupytext --to md:myst book/{path.name} -o book/{path.name}"
    )


@pytest.mark.parametrize("name", manuscript.chapters())
def test_cells_are_sound_python(name, tmp_path):
    """Ruff finds syntax errors, names that nothing defines, and imports that nothing uses, in the cells of a chapter."""
    notebook = tmp_path / f"{name}.ipynb"
    jupytext.write(jupytext.read(manuscript.source(name)), notebook)
    ruff = Path(sys.executable).with_name("ruff")
    command = [ruff, "check", "--isolated", "--no-cache", "--select=F,E9", notebook]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("path", sorted((ROOT / "book").glob("[!.]*.md")), ids=lambda path: path.stem)
def test_every_figure_has_a_name_and_words_for_those_who_do_not_see_it(path):
    for figure in re.findall(r"```\{glue:figure\} \S+\n((?::.*\n)*)", path.read_text()):
        # the chapter of the networks makes eleven pages, and a name belongs to one place
        assert re.search(r"^:name: \S+$", figure, flags=re.M) or path.stem == "network", figure
        # tables are glued in the same way, and are read as they are
        assert re.search(r"^:alt: (\S+ ){5,}|^:name: tab-", figure, flags=re.M), figure


def test_cache_is_dropped_when_library_or_data_change(tmp_path, monkeypatch):
    """Jupyter Book's execution cache does not see ``lib``: the digest must."""
    for name in ("lib", "data", "book"):
        (tmp_path / name).mkdir()
    for name in ("lib/rmf.py", "data/ame2020.csv", "book/chart.md", "_toc.yml"):
        (tmp_path / name).write_text("before")
    monkeypatch.setattr(manuscript, "ROOT", tmp_path)
    before = manuscript.digest(manuscript.CODE), manuscript.digest(manuscript.TEXT)
    (tmp_path / "lib/README.md").write_text("what the folder holds")
    assert manuscript.digest(manuscript.CODE) == before[0]
    (tmp_path / "book/chart.md").write_text("after")
    assert manuscript.digest(manuscript.CODE) == before[0]
    assert manuscript.digest(manuscript.TEXT) != before[1]
    (tmp_path / "lib/rmf.py").write_text("after")
    changed = manuscript.digest(manuscript.CODE)
    assert changed != before[0]
    (tmp_path / "data/ame2020.csv").write_text("after")
    assert manuscript.digest(manuscript.CODE) != changed


def test_pages_are_stale_when_the_commit_they_name_is(tmp_path, monkeypatch):
    """As after a commit of what was built before it: the pages would still speak of changes that are not committed."""
    monkeypatch.setattr(book, "BUILD", tmp_path)
    monkeypatch.setattr(book, "PAGES", tmp_path)
    monkeypatch.setattr(book, "digest", lambda patterns: "0123")
    monkeypatch.setattr(book, "last_commit", lambda names: Commit("abc", "2026-11-25", True))
    (tmp_path / "index.html").touch()
    assert not book.is_current()
    (tmp_path / ".built").write_text(book.state())
    assert book.is_current()
    monkeypatch.setattr(book, "last_commit", lambda names: Commit("def", "2026-11-25", False))
    assert not book.is_current()
    assert {"lib", "data", "book", "_toc.yml", "CITATION.cff", "CHANGELOG.md", "LICENSE"} <= set(manuscript.SOURCES)


@pytest.fixture
def build_of_two(tmp_path, monkeypatch):
    """A build of two network pages and no other, which are made by a function that the test gives; returns its stamps."""
    for name, value in {
        "BUILD": tmp_path / "_build",
        "NETWORKS": tmp_path / "networks",
        "TABLE_I": {"A": None, "B": None},
    }.items():
        monkeypatch.setattr(book, name, value)
    monkeypatch.setattr(book, "digest", lambda patterns: "0123")
    monkeypatch.setattr(book, "is_current", lambda: False)
    monkeypatch.setattr(book, "stale_chapters", lambda: [])
    monkeypatch.setattr(book, "state", lambda: "0123")
    monkeypatch.setattr(book, "jupyter_book", lambda *options: subprocess.CompletedProcess(options, 0))

    def run(make, **settings):
        monkeypatch.setattr(book, "make_network_page", make)
        return book.build(**settings)

    return run


def test_an_interrupted_build_goes_on_with_what_is_finished(build_of_two):
    """Pages that were executed are kept, whatever stops the others; a change of the code takes all of them away."""
    made = []

    def breaking(id, target):
        if id == "B" and not made.count("A") > 1:
            raise KeyboardInterrupt
        made.append(id)
        target.parent.mkdir(exist_ok=True)
        target.write_text(id)

    def working(id, target):
        made.append(id)
        target.write_text(id)

    with pytest.raises(KeyboardInterrupt):
        build_of_two(breaking)
    assert (made, book.says(book.BUILD / ".built", "0123")) == (["A"], False)
    assert build_of_two(working) == 0
    assert (made, book.says(book.BUILD / ".built", "0123")) == (["A", "B"], True)
    (book.BUILD / ".code").write_text("other code")
    (book.NETWORKS / "A.ipynb").write_text("of other code")
    build_of_two(lambda id, target: (target.parent.mkdir(exist_ok=True), working(id, target)))
    assert sorted(made[2:]) == ["A", "B"]
    assert (book.NETWORKS / "A.ipynb").read_text() == "A"


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text('{"cells": [')])
def test_a_record_without_its_notebook_is_forgotten(tmp_path, monkeypatch, damage):
    """Jupyter's cache writes the record first; what is whole stays."""
    monkeypatch.setattr(book, "BUILD", tmp_path)
    book.mend_cache()
    assert list(tmp_path.iterdir()) == []
    cache = book.jupyter_cache.get_cache(tmp_path / ".jupyter_cache")
    for text in ("1 + 1", "2 + 2"):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text, execution_count=1)])
        bundle = CacheBundleIn(notebook, f"{text}.md")
        cache.cache_notebook_bundle(bundle, check_validity=False)
    damage(sorted((tmp_path / ".jupyter_cache" / "executed").glob("*/base.ipynb"))[0])
    before = {record.uri for record in cache.list_cache_records()}
    book.mend_cache()
    [left] = cache.list_cache_records()
    assert left.uri in before
    assert cache.get_cache_bundle(left.pk).nb.cells[0].source + ".md" == left.uri
    assert len(list((tmp_path / ".jupyter_cache" / "executed").iterdir())) == 1


def test_a_network_page_that_failed_is_not_kept(tmp_path, monkeypatch):
    """The next build would take it for current."""
    (tmp_path / "NN9.ipynb").write_text("half")
    with pytest.raises(RuntimeError, match="the page of NN9 failed"):
        book.make_network_page("NN9", tmp_path / "NN9.ipynb")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "ValueError"])
def test_a_half_executed_chapter_takes_no_place(tmp_path, monkeypatch, raised):
    """One that was interrupted leaves what was there; one in which a cell failed is kept, to be looked into."""
    import papermill

    from publish.press import chapter

    def stopped(notebook, path, **settings):
        Path(path).write_text("half")
        raise papermill.PapermillExecutionError(1, 1, "", raised, "in the middle", [])

    monkeypatch.setattr(papermill, "execute_notebook", stopped)
    output = tmp_path / "exact.ipynb"
    output.write_text("whole")
    with pytest.raises(papermill.PapermillExecutionError):
        chapter.execute("exact", {}, output)
    assert output.read_text() == ("whole" if raised == "KeyboardInterrupt" else "half")
    assert [path.name for path in tmp_path.iterdir()] == ["exact.ipynb"]


def test_one_page_of_no_chapter_is_refused_before_any_work(monkeypatch):
    monkeypatch.setattr(book.subprocess, "run", lambda *a, **k: pytest.fail("work was started"))
    with pytest.raises(SystemExit) as error:
        book.main(["--page", "fig5"])
    assert error.value.code.startswith("error: no page 'fig5': choose one of api, ")


def test_every_target_of_make_is_in_its_help():
    makefile = (ROOT / "Makefile").read_text()
    phony = set(re.findall(r"^\.PHONY: (.*)$", makefile, flags=re.M)[0].split())
    assert phony == set(re.findall(r"^([a-z-]+):.*##", makefile, flags=re.M))
