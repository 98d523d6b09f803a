"""Where compiled functions come from, and where what numba compiles is kept: in a folder of its own for each state of the code.

Numba freezes constants of all modules into compiled code, but takes code that it has kept for current as long as the file
of the function is the same.  So the folder bears a hash of all of :mod:`lib.rmf`, and of the packages that constants are
computed with: what was compiled from other files is never found.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numba
from numba import njit as njit  # numba's own, to be imported from here

VARIABLE = "NUMBA_CACHE_DIR"
"""In this environment variable a user may name the place of the folders; processes that this one starts find theirs by it."""
PREFIX = "neural-covariant-functional-"
STATES = 4
"""Folders that are kept in one place; those that were not used for longest are deleted."""


def state() -> str:
    """Hash of all sources of :mod:`lib.rmf` and of the versions of numpy and scipy, 16 hexadecimal digits."""
    digest = hashlib.sha256(f"numpy {version('numpy')}, scipy {version('scipy')}".encode())
    for path in sorted(Path(__file__).parent.glob("[!.]*.py")):
        digest.update(b"\0" + path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def places() -> Iterable[Path]:
    """Where the folder may be, in order: as the user wishes, beside the code, in the user's own cache, until this process ends."""
    if os.environ.get(VARIABLE):
        named = Path(os.environ[VARIABLE])
        yield named.parent if named.name.startswith(PREFIX) else named  # as set by the process that started this one
    yield Path(__file__).parent / "__pycache__"
    yield Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    temporary = Path(tempfile.mkdtemp(prefix=PREFIX))
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    yield temporary


def folder() -> Path:
    """The folder for the code of now, made in the first place that can be written; older ones beside it are deleted."""
    for place in places():
        path = place / f"{PREFIX}{state()}"
        try:
            path.mkdir(parents=True, exist_ok=True)
            os.utime(path)  # the time of its last use
            with tempfile.TemporaryFile(dir=path):
                break
        except OSError:  # read-only, or no folder at all: the next place
            continue
    for old in sorted(place.glob(f"{PREFIX}*"), key=_last_use)[:-STATES]:
        shutil.rmtree(old, ignore_errors=True)  # another process may delete it, too
    return path


def _last_use(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process has just deleted it
        return 0.0


os.environ[VARIABLE] = str(folder())
numba.config.reload_config()
