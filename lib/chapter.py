"""Re-execute one chapter under other parameters, straight from its MyST source.

    python -m lib.chapter one_nucleus -p Z 50 -p N 70 -p functional PC-F1 -p pairing true
    python -m lib.chapter one_nucleus -p Z=50 -p N=70

leaves the executed notebook in ``_build/executed``.  Values are read as YAML; a parameter the chapter does not have (on
which papermill itself would only warn), or a value that its ranges cell refuses, is refused before any work.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from pathlib import Path

import jupytext
import papermill
import yaml

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


def execute(
    name: str, parameters: dict[str, object] | None = None, output: Path | None = None, title: str | None = None
) -> Path:
    """Execute a chapter under the given parameters; returns the path of the executed notebook.

    ``title`` replaces the chapter's own heading.

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
    if title is not None:
        notebook.cells[0].source = re.sub(r"^# .*$", f"# {title}", notebook.cells[0].source, count=1, flags=re.M)
    papermill.execute_notebook(
        notebook,
        str(output.resolve()),
        parameters=parameters,
        cwd=str(BOOK),
        kernel_name="python3",
        progress_bar=sys.stderr.isatty(),
    )
    return output


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
    parser.add_argument("-o", "--output", type=Path, help="executed notebook; default _build/executed/<name>.ipynb")
    parser.add_argument("--title", help="heading instead of the chapter's own")
    options = parser.parse_args(arguments)
    try:
        print(execute(options.name, options.parameters, options.output, options.title))
    except ValueError as error:
        parser.error(str(error))
    except papermill.PapermillExecutionError as error:
        # the last line of what the cell raised; all of it is in the notebook
        sys.exit(f"{parser.prog}: the chapter stopped with {error.ename}: {error.evalue}")


if __name__ == "__main__":
    main()
