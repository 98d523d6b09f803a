"""Where a file of data comes from: the code that decided its numbers, and the commit."""

from __future__ import annotations

import ast
import dataclasses
import functools
import hashlib
import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
import textwrap
import types
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
HASHED_PACKAGE = "lib"
"""What functions name outside of it is another package's, and has a version of its own."""


def code_hash(*entries: Callable) -> str:
    """Hash of what some functions and classes compute, 16 hexadecimal digits.

    It covers their syntax, that of every function and class of :mod:`lib` that they name, directly or through others, and
    the values of the constants among these names.  Where a definition stands, its docstring, comments, annotations,
    imports and the words of its errors leave the hash as it is, and so does the version of Python.

    Raises
    ------
    TypeError
        for a constant that has no value of its own to be hashed.
    """
    return hashlib.sha256(repr(sorted(_closure(entries).items())).encode()).hexdigest()[:16]


def _closure(entries: Iterable[Callable]) -> dict[str, Any]:
    """Syntax or value of all that the entries depend on, by name; of all of them where several have one name."""
    seen: dict[str, list] = {}
    queue = [inspect.unwrap(entry) for entry in entries]
    done = set()
    while queue:
        thing = queue.pop()
        if thing in done:
            continue
        done.add(thing)
        syntax, nodes = _definition(thing)
        seen.setdefault(thing.__qualname__, []).append(syntax)
        for name, value in _named(nodes, vars(sys.modules[thing.__module__])):
            plain = inspect.unwrap(value) if callable(value) else value
            if _is_own(plain):
                queue.append(plain)
            elif _has_value(plain):
                known, new = seen.setdefault(name, []), _value(name, plain, queue)
                if new not in known:
                    known.append(new)
    return {name: meanings[0] if len(meanings) == 1 else sorted(meanings, key=repr) for name, meanings in seen.items()}


@functools.cache
def _definition(thing: Callable) -> tuple[Any, list[ast.AST]]:
    """Syntax of a function or class and all its nodes, but for the words of errors; read once, since what is loaded stays."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]
    words = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Raise) for part in _words(node)}
    kinds = (ast.ImportFrom, ast.Name, ast.Attribute)
    return _syntax(tree), [node for node in ast.walk(tree) if isinstance(node, kinds) and id(node) not in words]


def _named(nodes: Iterable[ast.AST], space: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Names in a piece of syntax that its module knows, and attributes of the book's modules, with what they stand for.

    A name may be imported within the piece.
    """
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and _in_package(node.module):
            module = importlib.import_module(node.module)
            space = {**space, **{each.asname or each.name: getattr(module, each.name) for each in node.names}}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in space:
            yield node.id, space[node.id]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = space.get(node.value.id)
            if isinstance(module, types.ModuleType) and _in_package(module.__name__):
                yield node.attr, getattr(module, node.attr)


def _words(node: ast.Raise) -> Iterable[ast.AST]:
    """All of a raised error but its type."""
    for part in [node.cause, *(node.exc.args + node.exc.keywords if isinstance(node.exc, ast.Call) else [])]:
        if part is not None:
            yield from ast.walk(part)


def _in_package(module: str | None) -> bool:
    return (module or "").split(".")[0] == HASHED_PACKAGE


def _is_own(thing: Any) -> bool:
    return (inspect.isfunction(thing) or inspect.isclass(thing)) and _in_package(getattr(thing, "__module__", None))


def _has_value(thing: Any) -> bool:
    """Whether it is a constant, and neither a module nor what another package computes."""
    if callable(thing):
        return isinstance(thing, functools.partial) or _is_own(type(thing))
    return not isinstance(thing, types.ModuleType)


def _value(name: str, value: Any, queue: list) -> Any:
    """A constant as something whose ``repr`` says what it is; functions inside it are queued or named."""
    if _is_own(type(value)):
        queue.append(type(value))
    if isinstance(value, Mapping):
        return [(_value(name, key, queue), _value(name, entry, queue)) for key, entry in value.items()]
    if isinstance(value, (list, tuple)):
        return [_value(name, entry, queue) for entry in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_value(name, entry, queue) for entry in value), key=repr)
    if isinstance(value, functools.partial):
        return [_value(name, part, queue) for part in (value.func, value.args, value.keywords)]
    if hasattr(value, "__array__") and not isinstance(value, type):
        array = np.asarray(value)
        return str(array.dtype), array.shape, array.tobytes()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return type(value).__qualname__, [(f.name, _value(name, getattr(value, f.name), queue)) for f in fields]
    if callable(value) and not _is_own(type(value)):
        plain = inspect.unwrap(value)
        if _is_own(plain):
            queue.append(plain)
        return getattr(plain, "__qualname__", None) or _value(name, str(plain), queue)
    if isinstance(value, Path) and value.is_relative_to(ROOT):
        return repr(value.relative_to(ROOT).as_posix())  # wherever the checkout stands
    if isinstance(value, Path) or " at 0x" in repr(value):
        raise TypeError(
            f"{name} = {value!r} has no value to be hashed: make it a number, a text, or a collection of them"
        )
    return repr(value)


_IGNORED = {"annotation", "returns", "type_comment", "ctx", "kind"}


def _syntax(node: Any) -> Any:
    """Syntax as nested tuples, without what computes nothing: the same on every Python, whose own dump is not."""
    if isinstance(node, list):
        kept = [entry for entry in node if not (isinstance(entry, ast.Expr) and isinstance(entry.value, ast.Constant))]
        return tuple(_syntax(entry) for entry in kept if not isinstance(entry, (ast.Import, ast.ImportFrom)))
    if isinstance(node, ast.Raise):
        error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return ("Raise", _syntax(error))
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = [(field, value) for field, value in ast.iter_fields(node) if field not in _IGNORED]
    return (
        type(node).__name__,
        *((field, _syntax(value)) for field, value in parts if value is not None and value != []),
    )


def code_version() -> str:
    """The git commit of the working tree; ``unknown`` where neither git nor :data:`UNPACKED` names one.

    ``+`` behind it: the files are not known to be those of the commit.  They have changes, or, without git, nothing tells.
    Files in ``data`` do not count as changes: a run that writes several of them would mark all but the first.
    """
    if not is_checkout():
        commit = unpacked_commit()
        return f"{commit.name}+" if commit else "unknown"
    commit = git("describe", "--always")
    changes = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!data")
    return f"{commit}{'+' if changes else ''}" if commit else "unknown"


class Commit(NamedTuple):
    """A commit, its day (ISO 8601), and whether the files have been changed since; None where nothing can tell."""

    name: str
    day: str
    changed: bool | None


def last_commit(names: Iterable[str]) -> Commit | None:
    """The last commit that touched files or folders, given by their paths from the root.

    Without git it is the commit that was packed (:data:`UNPACKED`); None where that is not known either.
    """
    if not is_checkout():
        return unpacked_commit()
    names = list(names)
    found = git("log", "-1", "--format=%h %cs", "--", *names)
    if not found:
        return None
    return Commit(*found.split(), bool(git("status", "--porcelain", "--", *names)))


UNPACKED = ".git_archival.txt"
"""File in the root in which ``git archive``, and with it GitHub's zip, names the commit it packs; in a checkout it holds
the placeholders.  :func:`publish.press.archive.make_archive` fills it in, too."""


def unpacked_commit() -> Commit | None:
    """The commit that a copy without git was packed from; None if the copy was made in a way that does not say so."""
    path = ROOT / UNPACKED
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.fullmatch(r"node: ([0-9a-f]{40,64})\nnode-date: (\d{4}-\d\d-\d\d)\S*\n", text)
    return Commit(found[1][:7], found[2], None) if found else None


def is_checkout() -> bool:
    """Whether git is on this machine and keeps the book's own folder, not only one above it."""
    return shutil.which("git") is not None and (ROOT / ".git").exists()


def git(*arguments: str) -> str:
    """What git says of this checkout, without the last line break; empty outside of one, or where git refuses."""
    try:
        return git_output(*arguments).decode().removesuffix("\n")
    except ValueError:
        return ""


def commit_of(name: str) -> str:
    """The full name of a commit that this checkout has, by any name that git knows it by.

    Raises
    ------
    ValueError
        outside a checkout, without git, or if there is no such commit.
    """
    git_output("rev-parse", "HEAD")  # what is wrong with git itself, it says
    try:
        return git_output("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").decode().strip()
    except ValueError:
        raise ValueError(
            f"{ROOT} has no commit {name!r}: give one that `git log` lists, as {git('rev-parse', '--short', 'HEAD')}"
        ) from None


def git_output(*arguments: str) -> bytes:
    """What git says of this checkout, as it is; no repository around it and no setting of the user has a say.

    Raises
    ------
    ValueError
        outside a checkout, without git, or where git refuses.
    """
    # variables of git may name another repository, as in a hook; settings of the user change what is printed
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
        "GIT_CEILING_DIRECTORIES": str(ROOT.parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
    }
    # a checkout of another user may be read; a signature may be asked for by the checkout's own settings, too
    settings = ("-c", f"safe.directory={ROOT}", "-c", "log.showSignature=false")
    try:
        run = subprocess.run(
            ["git", *settings, *arguments], cwd=ROOT, env=surroundings, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise ValueError(f"git {' '.join(arguments)} cannot run: git is not on the PATH, install it") from None
    if run.returncode:
        raise ValueError(
            f"git {' '.join(arguments)} failed in {ROOT} ({run.stderr.decode(errors='replace').strip()}): "
            "it takes a git checkout, and a commit and files that this one has"
        )
    return run.stdout
