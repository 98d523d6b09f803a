"""Where a file of data comes from: the code that decided its numbers, and the commit."""

from __future__ import annotations

import ast
import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class _WithoutTexts(ast.NodeTransformer):
    """Drops statements that are nothing but a text: docstrings, of functions as well as of constants."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node


def source_hash(paths: Iterable[Path]) -> str:
    """Hash of what Python files do, 16 hexadecimal digits: comments, docstrings and formatting leave it as it is.

    Raises
    ------
    FileNotFoundError
        if a file is not there.
    SyntaxError
        if a file is no Python.
    """
    digest = hashlib.sha256()
    for path in paths:
        tree = ast.parse(path.read_bytes(), filename=str(path))
        digest.update(ast.dump(_WithoutTexts().visit(tree)).encode())
    return digest.hexdigest()[:16]


def code_version() -> str:
    """The git commit of the working tree, with ``+`` if it has changes; ``unknown`` outside a checkout.

    Files in ``data`` do not count as changes: a run that writes several of them would mark all but the first.
    """

    commit = _git("describe", "--always")
    changes = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!data")
    return f"{commit}{'+' if changes else ''}" if commit else "unknown"


class Commit(NamedTuple):
    """A commit, its day (ISO 8601), and whether the files have been changed since."""

    name: str
    day: str
    changed: bool


def last_commit(names: Iterable[str]) -> Commit | None:
    """The last commit that touched files or folders, given by their paths from the root; None outside a checkout."""
    names = list(names)
    found = _git("log", "-1", "--format=%h %cs", "--", *names)
    if not found:
        return None
    return Commit(*found.split(), bool(_git("status", "--porcelain", "--", *names)))


def _git(*arguments: str) -> str:
    run = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout.strip()
