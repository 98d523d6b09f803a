"""Re-execute one chapter under other parameters, straight from its MyST source.

    make chapter NAME=one_nucleus PARAMS="Z=50 N=70 functional=PC-F1 pairing=true"
    python -m publish.press.chapter one_nucleus --params "Z=50 N=70 functional=PC-F1 pairing=true"

leaves the executed notebook in ``_build/executed`` and, where the book is built, the chapter as a page in a copy of the book
(:mod:`publish.press.book`); ``OUTPUT=folder`` or ``-o folder`` leaves both elsewhere.  Values are read as YAML; a parameter the chapter does not have (on which papermill itself would only
warn), or a value that its ranges cell refuses, is refused before any work.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path

import yaml

from lib.learning.table_one import TABLE_I
from lib.tasks import alone, atomic_write, errors_in_one_line
from publish.manuscript import BOOK, EXECUTED, cell, chapters, defaults, source
from publish.show.parameters import known

# what executes and builds is loaded where it is needed, after the check: a refusal shall not wait for it


def checked(name: str, parameters: dict[str, object]) -> dict[str, object]:
    """The parameters, after a check of their names, and of their values by the chapter's own ranges cell.

    Raises
    ------
    ValueError
        naming the parameter, its value and what is possible.
    """
    known(name, parameters)
    exec(cell(name, "ranges"), defaults(name) | parameters)  # the cell of the repository that any kernel would run next
    return parameters


def execute(name: str, parameters: dict[str, object], output: Path) -> Path:
    """Execute a chapter under the given parameters; the notebook goes to ``output``, the files of its figures beside it.

    It gets there when all its cells have run, or one has failed: what is interrupted leaves what was there before.  The chapter ``network`` is headed by the label of its network.

    Raises
    ------
    ValueError
        for an unknown chapter or parameter, or a value of the wrong type or out of range.
    papermill.PapermillExecutionError
        if a cell fails; the notebook up to it is kept.
    """
    parameters = checked(name, parameters)
    import jupytext
    import papermill

    from publish.press.environment import taken_on

    if parameters:
        parameters = defaults(name) | parameters
    output.parent.mkdir(parents=True, exist_ok=True)
    notebook = jupytext.read(source(name))
    if name == "network":
        title = TABLE_I[parameters.get("network", defaults(name)["network"])].label
        notebook.cells[0].source = re.sub(r"^# .*$", f"# {title}", notebook.cells[0].source, count=1, flags=re.M)
    # kernels leave their files there, and explorers that need no kernel (publish.show.embedded.in_static_page)
    with tempfile.TemporaryDirectory() as folder, taken_on(CHAPTER_FOLDER=str(output.resolve().parent)):
        half = Path(folder) / output.name
        try:
            papermill.execute_notebook(
                notebook,
                str(half),
                parameters=parameters,
                cwd=str(BOOK),
                kernel_name="python3",
                progress_bar=sys.stderr.isatty(),
                shutdown_kernel="immediate",  # a kernel that is asked to stop is interrupted first, and complains of it
            )
        except papermill.PapermillExecutionError as error:
            if error.ename != "KeyboardInterrupt":  # a kernel hears of Ctrl-C, too
                atomic_write(output, lambda temporary: shutil.copy(half, temporary))
            raise
        _hide_parameters(half)
        atomic_write(output, lambda temporary: shutil.copy(half, temporary))
    return output


def _hide_parameters(path: Path) -> None:
    """The values that papermill puts into an executed notebook stand in the table at the page's end, not at its head."""
    import nbformat

    notebook = _read(path)
    for each in notebook.cells:
        if "injected-parameters" in each.metadata.get("tags", []):
            each.metadata.tags.append("remove-input")
    nbformat.write(notebook, path)


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
    from publish.press import book

    pages = book.build_copy(notebook.parent, {_page(path): path for path in executed})
    page = pages / f"{_page(notebook)}.html"
    if (notebook.parent / "figures").exists():
        shutil.copytree(notebook.parent / "figures", page.parent / "figures", dirs_exist_ok=True)
    return page


def _page(notebook: Path) -> str:
    """The page that an executed notebook replaces; that of ``network`` is the page of its network."""
    if notebook.stem != "network":
        return f"book/{notebook.stem}"
    given = _read(notebook).metadata.papermill.parameters
    return f"book/networks/{(defaults('network') | given)['network']}"


def _read(notebook: Path):
    import nbformat

    return nbformat.read(notebook, as_version=4)


def _stopped(notebook: Path) -> bool:
    """Whether a cell failed."""
    return bool(_read(notebook).metadata.papermill.get("exception"))


class MystChapters:
    """Chapters for papermill itself, ``papermill book/one_nucleus.md out.ipynb -p N 70``, which reads no MyST on its own.

    Papermill finds it by the entry point ``book/`` in ``pyproject.toml``.
    """

    @staticmethod
    def read(path: str) -> str:
        """A chapter, or another notebook in that folder, as JSON."""
        import jupytext

        return jupytext.writes(jupytext.read(path), "ipynb")

    @staticmethod
    def write(text: str, path: str) -> None:
        """Keep an executed notebook; a chapter's source is none.

        Raises
        ------
        ValueError
            for a path that is no notebook's.
        """
        if not path.endswith(".ipynb"):
            raise ValueError(f"{path} is no place for an executed notebook: give a name that ends with .ipynb")
        Path(path).write_text(text, encoding="utf-8")

    @staticmethod
    def pretty_path(path: str) -> str:
        """As papermill is to name it."""
        return path


class _Values(yaml.SafeLoader):
    """YAML with the numbers of Python: ``1e-5`` is one, and 070, 1_000 and 1:30, which PyYAML reads as 56, 1000 and 90, are none."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - so PyYAML has it


for _tag, _form in (
    ("bool", r"true|True|false|False"),
    ("int", r"[-+]?(0|[1-9]\d*)"),
    ("float", r"[-+]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?"),
):
    _Values.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^({_form})$"), None)


def parse(text: str) -> dict[str, object]:
    """Parameters from one line, as in ``N=70 bounds=[0, 5, 15]``: names, ``=``, and values as YAML.

    Raises
    ------
    ValueError
        if it is no such line, or a name stands in it twice.
    """
    parameters: dict[str, object] = {}
    for item in re.split(r"\s+(?=\w+\s*=)", text.strip()) if text.strip() else []:
        name, equals, value = map(str.strip, item.partition("="))
        if value.endswith((",", ";")) or re.search(r"[,;]\s*\w+\s*=", value):
            raise ValueError(f"{item!r}: set parameters apart by blanks, without commas, as in Z=50 N=70")
        if not equals or not name.isidentifier() or not value:
            raise ValueError(f"{item!r} is no parameter: give name=value, as in N=70")
        if name in parameters:
            raise ValueError(f"{name} is given twice, as {parameters[name]} and as {value}: give it once")
        try:
            parameters[name] = yaml.load(value, _Values)
        except (
            yaml.YAMLError,
            ValueError,
            TypeError,
            AttributeError,
            RecursionError,
        ) as error:  # of its tags, all of these
            words = (getattr(error, each, None) for each in ("problem", "context", "reason"))
            reason = next(filter(None, words), None) or str(error).partition("\n")[0]
            raise ValueError(
                f"{name}={value[:80]} cannot be read ({reason}): give a number, a word, "
                "true or false, or a list of them in brackets, as in [0, 5, 15]"
            ) from None
    return parameters


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Re-execute one chapter of the book under other parameters.")
    parser.add_argument("name", help="chapter, e.g. one_nucleus")
    parser.add_argument("--params", default="", help='as in "Z=50 N=70 functional=PC-F1 pairing=true"')
    parser.add_argument("-o", "--output", type=Path, default=EXECUTED, help="folder of notebook, figures and pages")
    options = parser.parse_args(arguments)
    with errors_in_one_line():
        asked = checked(options.name, parse(options.params))
        from papermill import PapermillExecutionError

        with alone(options.output):
            try:
                notebook = execute(options.name, asked, options.output / f"{options.name}.ipynb")
            except PapermillExecutionError as error:
                # the last line of what the cell raised; all of it is in the notebook
                sys.exit(f"error: the chapter stopped with {error.ename}: {error.evalue}")
            print(notebook)
            try:
                print(make_page(notebook))
            except (FileNotFoundError, RuntimeError) as error:
                sys.exit(f"error: the notebook is there, but no page: {error}")


if __name__ == "__main__":
    main()
