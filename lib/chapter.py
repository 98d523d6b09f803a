"""Re-execute one chapter under other parameters, straight from its MyST source.

    python -m lib.chapter one_nucleus -p Z 50 -p N 70 -p functional PC-F1 -p pairing true
    python -m lib.chapter one_nucleus -p Z=50 -p N=70

leaves the executed notebook in ``_build/executed`` and, where the book is built, the chapter as a page beside those of the
book (:mod:`lib.book`).  Values are read as YAML; a parameter the chapter does not have (on which papermill itself would only
warn), or a value that its ranges cell refuses, is refused before any work.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jupytext
import nbformat
import papermill
import yaml

from lib import book
from lib.networks import TABLE_I

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
EXECUTED = ROOT / "_build" / "executed"


def chapters() -> list[str]:
    """Names of all chapters that have a parameters cell, alphabetically; pages without code are no chapters."""
    return sorted(path.stem for path in BOOK.glob("*.md") if ":tags: [parameters]" in path.read_text().splitlines())


def source(name: str) -> Path:
    """Path of a chapter's source.

    Raises
    ------
    ValueError
        if there is no such chapter.
    """
    if name not in chapters():
        raise ValueError(f"unknown chapter {name!r}: choose one of {', '.join(chapters())}")
    return BOOK / f"{name}.md"


def _cell(name: str, tag: str) -> str:
    """Source of the one cell of a chapter that has a tag."""
    [cell] = [cell for cell in jupytext.read(source(name)).cells if tag in cell.metadata.get("tags", [])]
    return cell.source


def defaults(name: str) -> dict[str, object]:
    """The chapter's parameters and their default values, as they stand in its parameters cell."""
    return {
        target.id: ast.literal_eval(statement.value)
        for statement in ast.parse(_cell(name, "parameters")).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
    }


def checked(name: str, parameters: dict[str, object]) -> dict[str, object]:
    """The parameters, after a check of their names, and of their values by the chapter's own ranges cell.

    Raises
    ------
    ValueError
        naming the parameter, its value and what is possible.
    """
    known = defaults(name)
    for key in parameters:
        if key not in known:
            raise ValueError(f"chapter {name!r} has no parameter {key!r}: it has {', '.join(known)}")
    exec(_cell(name, "ranges"), known | parameters)  # the cell of the repository that any kernel would run next
    return parameters


def execute(name: str, parameters: dict[str, object] | None = None, output: Path | None = None) -> Path:
    """Execute a chapter under the given parameters; returns the path of the executed notebook.

    The chapter ``network`` is headed by the label of its network.

    Raises
    ------
    ValueError
        for an unknown chapter or parameter, or a value of the wrong type or out of range.
    papermill.PapermillExecutionError
        if a cell fails; the notebook up to it is kept.
    """
    parameters = checked(name, parameters or {})
    output = Path(output) if output else EXECUTED / f"{name}.ipynb"
    output.parent.mkdir(parents=True, exist_ok=True)
    notebook = jupytext.read(source(name))
    if name == "network":
        title = TABLE_I[parameters.get("network", defaults(name)["network"])].label
        notebook.cells[0].source = re.sub(r"^# .*$", f"# {title}", notebook.cells[0].source, count=1, flags=re.M)
    with _folder_of_outputs(output.resolve().parent):
        papermill.execute_notebook(
            notebook,
            str(output.resolve()),
            parameters=parameters,
            cwd=str(BOOK),
            kernel_name="python3",
            progress_bar=sys.stderr.isatty(),
        )
    return output


@contextmanager
def _folder_of_outputs(folder: Path) -> Iterator[None]:
    """Kernels started meanwhile leave their files there, and explorers that need no kernel (:func:`lib.embedded.in_static_page`)."""
    os.environ["CHAPTER_FOLDER"] = str(folder)
    try:
        yield
    finally:
        del os.environ["CHAPTER_FOLDER"]


def make_page(notebook: Path) -> Path:
    """The page of a notebook that :func:`execute` has made, in a copy of the book beside it; returns its path.

    All chapters that are executed there are under their last parameters, the others as they are in the book.

    Raises
    ------
    FileNotFoundError
        if the book is not built.
    RuntimeError
        if the page cannot be made.
    """
    executed = [
        path for name in chapters() if (path := notebook.parent / f"{name}.ipynb").exists() and not _stopped(path)
    ]
    pages = book.build_copy(notebook.parent, {_page(path): path for path in executed})
    page = pages / f"{_page(notebook)}.html"
    if (notebook.parent / "figures").exists():
        shutil.copytree(notebook.parent / "figures", page.parent / "figures", dirs_exist_ok=True)
    return page


def _page(notebook: Path) -> str:
    """The page that an executed notebook replaces; that of ``network`` is the page of its network."""
    if notebook.stem != "network":
        return f"book/{notebook.stem}"
    given = nbformat.read(notebook, as_version=4).metadata.papermill.parameters
    return f"book/networks/{(defaults('network') | given)['network']}"


def _stopped(notebook: Path) -> bool:
    """Whether a cell failed."""
    return bool(nbformat.read(notebook, as_version=4).metadata.papermill.get("exception"))


class _Values(yaml.SafeLoader):
    """YAML that takes ``1e-5`` for a number, as Python and YAML 1.2 do; PyYAML wants ``1.0e-5``."""


_Values.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


class _Pair(argparse.Action):
    """``-p name value`` or ``-p name=value``, the value as YAML."""

    def __call__(self, parser, namespace, values, option_string=None):
        if len(values) == 1 and "=" in values[0]:
            values = values[0].split("=", 1)
        if len(values) != 2:
            parser.error(f"-p {' '.join(values)}: give -p name value or -p name=value")
        namespace.parameters[values[0]] = yaml.load(values[1], _Values)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Re-execute one chapter of the book under other parameters.")
    parser.add_argument("name", help="chapter, e.g. one_nucleus")
    parser.add_argument("-p", dest="parameters", action=_Pair, nargs="+", default={}, metavar=("NAME", "VALUE"))
    parser.add_argument(
        "-o", "--output", type=Path, help="executed notebook alone; default _build/executed/<name>.ipynb"
    )
    options = parser.parse_args(arguments)
    try:
        notebook = execute(options.name, options.parameters, options.output)
    except ValueError as error:
        parser.error(str(error))
    except papermill.PapermillExecutionError as error:
        # the last line of what the cell raised; all of it is in the notebook
        sys.exit(f"{parser.prog}: the chapter stopped with {error.ename}: {error.evalue}")
    print(notebook)
    if options.output is None:
        try:
            print(make_page(notebook))
        except (FileNotFoundError, RuntimeError) as error:
            sys.exit(f"{parser.prog}: the notebook is there, but no page: {error}")


if __name__ == "__main__":
    main()
