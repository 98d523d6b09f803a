"""The code that a chapter speaks of, out of the source itself and as the kernel runs it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path

from IPython.display import Markdown

from lib.provenance import ROOT

WIDTH, LENGTH = 80, 25
"""Columns and lines that a page, and a sheet of paper, have room for."""


def source(*definitions: Callable) -> Markdown:
    """Functions, methods and classes as they stand in their files, without docstrings; a comment says where that is.

    Raises
    ------
    ValueError
        for a definition that has more than :data:`LENGTH` lines, or longer ones than :data:`WIDTH` columns.
    """
    return listing("\n\n".join(map(_text, definitions)))


def listing(code: str) -> Markdown:
    """Lines of Python for the reader, shown and not run."""
    return Markdown("\n".join(["```python", code.strip("\n"), "```"]))


def _text(definition: Callable) -> str:
    plain = inspect.unwrap(getattr(definition, "fget", definition))
    text = textwrap.dedent(inspect.getsource(plain))
    lines: list[str | None] = list(text.rstrip().split("\n"))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            documentation = node.body[0]
            end = documentation.end_lineno
            while node is not documentation and end < len(lines) and not (lines[end] or "").strip():
                end += 1  # the empty line behind it goes too
            lines[documentation.lineno - 1 : end] = [None] * (end - documentation.lineno + 1)
    shown = [line for line in lines if line is not None]
    if len(shown) > LENGTH or max(map(len, shown)) > WIDTH:
        raise ValueError(
            f"{plain.__qualname__} has {len(shown)} lines of up to {max(map(len, shown))} columns, a page has room for "
            f"{LENGTH} of {WIDTH}: show a part of it that is a function of its own"
        )
    place = Path(inspect.getsourcefile(plain)).resolve().relative_to(ROOT).as_posix()
    return "\n".join([f"# {place}", *shown])
