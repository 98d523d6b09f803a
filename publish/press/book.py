"""Build the book: ``python -m publish.press.book``.

Jupyter Book caches executed chapters by their text alone.  A chapter's numbers also depend on ``lib``, the data and the
versions of the packages, so the cache is dropped when any of these has changed; and where nothing at all has changed
since the last good build, nothing is done.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import joblib
import jupyter_cache
import nbformat
import yaml
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from myst_nb.core.read import myst_nb_reader_plugin
from sqlalchemy.exc import SQLAlchemyError
from tqdm import tqdm

from lib.learning.table_one import TABLE_I
from lib.provenance import ROOT, last_commit
from lib.tasks import alone, errors_in_one_line
from publish.manuscript import BUILD, CODE, PAGES, SOURCES, TEXT, digest, texts
from publish.press.environment import environment

NETWORKS = ROOT / "book" / "networks"
"""The pages of the networks, executed by the build itself."""
STRICT = ("-W", "--keep-going", "-n")
"""Options of the build – every warning is an error, a reference to nowhere is one, and all of them are said."""


def state() -> str:
    """What the pages are made of: the digest of all files, and the commit that the pages name at their foot."""
    return f"{digest(CODE + TEXT)} {last_commit(SOURCES)}"


def execute_all() -> None:
    """Execute, on all cores, the chapters that Jupyter's cache does not hold, and ``network`` for each network of Table I.

    The build then takes the chapters from the cache, the pages of the networks from ``book/networks``.  Such a page is kept if
    the chapter has not changed since; where library or data have, :func:`build` has taken all of them away.
    """
    source = ROOT / "book" / "network.md"
    pages = {id: NETWORKS / f"{id}.ipynb" for id in TABLE_I}
    jobs = [joblib.delayed(execute_chapter)(name) for name in stale_chapters()] + [
        joblib.delayed(make_network_page)(id, page)
        for id, page in pages.items()
        if not page.exists() or page.stat().st_mtime < source.stat().st_mtime
    ]
    with joblib.parallel_config(backend="threading", n_jobs=os.cpu_count()):
        finished = joblib.Parallel(return_as="generator_unordered")(jobs)
        for _ in tqdm(finished, total=len(jobs), desc="chapters", unit="chapter", disable=None):
            pass


def stale_chapters() -> list[str]:
    """Texts with code of which Jupyter's cache holds no execution."""
    cache, stale = jupyter_cache.get_cache(BUILD / ".jupyter_cache"), []
    for name in texts():
        path = ROOT / "book" / f"{name}.md"
        if name != "network" and "{code-cell}" in path.read_text(encoding="utf-8"):
            try:
                cache.match_cache_notebook(myst_nb_reader_plugin(str(path)))
            except KeyError:
                stale.append(name)
    return stale


def execute_chapter(name: str) -> None:
    """Execute a chapter in a process of its own, into Jupyter's cache."""
    given = str(ROOT / "book" / f"{name}.md"), str(BUILD / ".jupyter_cache"), str(ROOT / "_config.yml")
    code = f"from pathlib import Path; from publish.press.book import into_cache; into_cache(*map(Path, {given!r}))"
    in_process(code, name, BOOK_BUILD="..")


def into_cache(path: Path, folder: Path, config: Path) -> None:
    """Execute a chapter, as the build itself would by its ``config``, and keep it in Jupyter's cache in a folder."""
    seconds = yaml.safe_load(config.read_text(encoding="utf-8"))["execute"].get("timeout", 30)  # Jupyter Book's own
    notebook = myst_nb_reader_plugin(str(path))
    result = single_nb_execution(notebook, cwd=str(path.parent), timeout=seconds, allow_errors=False)
    if result.err:
        raise result.err
    made = CacheBundleIn(notebook, str(path), data={"execution_seconds": result.time})
    jupyter_cache.get_cache(folder).cache_notebook_bundle(made, check_validity=False, overwrite=True)


def make_network_page(id: str, target: Path) -> None:
    """One network's page: the chapter, executed with the id of the network in a process of its own."""
    code = f"from pathlib import Path; from publish.press.chapter import execute; execute('network', {{'network': {id!r}}}, Path({str(target)!r}))"
    try:
        in_process(code, id, BOOK_BUILD="../..")
    except RuntimeError:
        target.unlink(missing_ok=True)  # the next build makes it again
        raise


def in_process(code: str, name: str, **settings: str) -> None:
    """Run Python code that makes a page.

    ``BOOK_BUILD`` says that the pages are being built, and how to come from the page to the top of the book.

    Raises
    ------
    RuntimeError
        if it fails, with what it said.
    """
    with environment(**settings) as variables:
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=variables, capture_output=True, encoding="utf-8", errors="replace", check=False
        )  # fmt: skip
    if run.returncode:
        raise RuntimeError(f"the page of {name} failed:\n{run.stderr}")


def says(stamp: Path, made_of: str) -> bool:
    """Whether a file that says what something was made of is there, and says this."""
    return stamp.exists() and stamp.read_text(encoding="utf-8") == made_of


def is_current() -> bool:
    """Whether the pages are there, built from the present library, data, text and commit."""
    return (PAGES / "index.html").exists() and says(BUILD / ".built", state())


def jupyter_book(source: Path, *options: str, **settings) -> subprocess.CompletedProcess:
    """Run ``jupyter-book build`` on a folder; ``settings`` are those of :func:`subprocess.run`.

    ``BOOK_BUILD`` says that the pages are being built, and how to come from a chapter's page to the top of the book.
    """
    command = [Path(sys.executable).with_name("jupyter-book"), "build", source, *options]
    with environment(BOOK_BUILD="..") as variables:
        return subprocess.run(command, cwd=ROOT, env=variables, check=False, **settings)


def mend_cache() -> None:
    """Forget executed chapters of which Jupyter's cache has a record but no whole notebook.

    It writes the record first: a build that was killed between the two would make every later one fail.
    """
    folder = BUILD / ".jupyter_cache"
    if not folder.exists():
        return
    cache = jupyter_cache.get_cache(folder)
    try:
        for record in cache.list_cache_records():
            try:
                cache.get_cache_bundle(record.pk)
            except (KeyError, ValueError, nbformat.ValidationError):
                type(record).remove_records([record.pk], cache.db)
                shutil.rmtree(folder / "executed" / record.hashkey, ignore_errors=True)
    except SQLAlchemyError:
        shutil.rmtree(folder)


def build(fresh: bool = False) -> int:
    """Execute the chapters and build the HTML pages, warnings as errors.  Returns the exit code."""
    code, everything = digest(CODE), state()
    code_stamp, build_stamp = BUILD / ".code", BUILD / ".built"
    if not fresh and is_current():
        print(f"nothing has changed: the book is at {PAGES / 'index.html'}")
        return 0
    build_stamp.unlink(missing_ok=True)
    changed = not says(code_stamp, code)
    if fresh or changed:
        for made in (*(BUILD / name for name in (".jupyter_cache", ".doctrees", "html", "jupyter_execute")), NETWORKS):
            shutil.rmtree(made, ignore_errors=True)
    BUILD.mkdir(exist_ok=True)
    # of what will be executed from here on; a build that is interrupted goes on with what it has finished
    code_stamp.write_text(code, encoding="utf-8")
    mend_cache()
    execute_all()
    run = jupyter_book(ROOT, *STRICT, "--all")
    if run.returncode == 0:
        build_stamp.write_text(everything, encoding="utf-8")
        print(f"open {PAGES / 'index.html'}")
    else:
        print("the build failed: the first error above says why", file=sys.stderr)
    return run.returncode


def build_page(name: str) -> int:
    """See one chapter quickly: only what changed is read and written again, and warnings are no errors.

    The chapter is executed if its cells, or since the last whole build ``lib`` or the data, have changed.  Other chapters
    keep what they show until the next whole build, which this one does not count as.  Returns the exit code.

    Raises
    ------
    ValueError
        if there is no such page.
    """
    source = ROOT / "book" / f"{name}.md"
    if name not in texts():
        raise ValueError(f"no page {name!r}: choose one of {', '.join(sorted(texts()))}")
    (BUILD / ".built").unlink(missing_ok=True)
    target = name
    if name == "network":  # no page itself, but the pattern of eleven; one of them shows what it looks like
        target = "networks/NN3-I6D"
        make_network_page("NN3-I6D", ROOT / "book" / f"{target}.ipynb")
    elif not says(BUILD / ".code", digest(CODE)):
        cache = jupyter_cache.get_cache(BUILD / ".jupyter_cache")
        for record in cache.list_cache_records():
            if Path(record.uri) == source:
                cache.remove_cache(record.pk)
        source.touch()  # Sphinx reads only what is newer than its last reading
    mend_cache()
    run = jupyter_book(ROOT, "-q")
    if run.returncode == 0:
        print(f"open {PAGES / 'book' / target}.html")
    else:
        print("the page could not be made: the first error above says why", file=sys.stderr)
    return run.returncode


def build_copy(folder: Path, own: Mapping[str, Path]) -> Path:
    """A copy of the built book in which some pages are made of other notebooks; nothing is executed.

    Only what has changed since the last time is read again.

    Parameters
    ----------
    folder
        of the copy.
    own
        executed notebooks by page, as in ``{"book/fig1": Path("fig1.ipynb")}``.

    Returns
    -------
    Path
        The folder of its pages.

    Raises
    ------
    FileNotFoundError
        if the book is not built.
    RuntimeError
        if Sphinx fails.
    """
    executed = PAGES / "_sources"
    if not executed.exists():
        raise FileNotFoundError(f"{PAGES} holds no book: run `make book` first")
    source = folder / "source"
    origins = {
        path.relative_to(executed).with_suffix("").as_posix(): path
        for path in sorted(executed.rglob("*"), key=lambda path: path.suffix, reverse=True)  # notebooks behind texts
        if path.suffix in (".md", ".ipynb")
    } | dict(own)
    for page, origin in origins.items():
        target = source / f"{page}{origin.suffix}"
        if not target.exists() or target.stat().st_mtime != origin.stat().st_mtime:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, target)
    for name in ("_toc.yml", "CITATION.cff", "CHANGELOG.md", "LICENSE", "book/references.bib", "book/_static"):
        if not (source / name).exists():
            (source / name).symlink_to(ROOT / name)
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["execute"] = {"execute_notebooks": "off"}
    (source / "_config.yml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    run = jupyter_book(
        source, "--path-output", str(folder), "-q", capture_output=True, encoding="utf-8", errors="replace"
    )
    if run.returncode:
        raise RuntimeError(f"the pages could not be made:\n{run.stderr}")
    return folder / "_build" / "html"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the book as static HTML.")
    parser.add_argument("--fresh", action="store_true", help="forget all cached executions first")
    parser.add_argument("--page", metavar="NAME", help="one chapter only, quickly, to look at while editing")
    options = parser.parse_args(arguments)
    with errors_in_one_line(), alone(BUILD):
        return build(options.fresh) if options.page is None else build_page(options.page)


if __name__ == "__main__":
    sys.exit(main())
