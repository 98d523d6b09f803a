"""Whether a value can be what it is given as, in one line that names it, its range and the remedy; whether a file is as written."""

from __future__ import annotations

import hashlib
import math
import operator
import re
from pathlib import Path
from typing import Any

import numpy as np

CHECKSUM = b"\n# sha256 of bytes 48 to here: "
"""What stands, with 64 digits and a line break, behind the end of a file, where no reader of HDF5 looks – on bytes that are
not as they were written the library may give other numbers, or search without an end."""
SUPERBLOCK = 48
"""Bytes at the head of a file which HDF5 checks itself, and in which it notes who has the file open."""


def check_whole(name: str, value: Any, low: int, high: float = math.inf) -> int:
    """A whole number, at least ``low`` and at most ``high``, as an int; True and False are none.

    Raises
    ------
    ValueError
        naming the value, by ``name``, and what may be given.
    """
    try:
        number = None if isinstance(value, (bool, np.bool_)) else operator.index(value)
    except TypeError:
        number = None
    if number is None or not low <= number <= high:
        wanted = f"at least {low:g}" if high == math.inf else f"{low:g} to {high:g}"
        whole = "" if number is not None else ", whole numbers"
        raise ValueError(f"{name} = {value!r} is out of range: give {wanted}{whole}")
    return number


def check_flag(name: str, value: Any) -> bool:
    """True or False; 1 and "true" are neither.

    Raises
    ------
    ValueError
        naming the value, by ``name``.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} = {value!r} is neither True nor False: give one of them")
    return bool(value)


def is_real(value: Any) -> bool:
    """Whether it is a real number; True and False, texts and arrays are none."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def checksum(content: bytes) -> bytes:
    """What stands behind :data:`CHECKSUM` in a file of this content."""
    return hashlib.sha256(content[SUPERBLOCK:]).hexdigest().encode() + b"\n"


def altered(path: Path) -> bool:
    """Whether a file is not, byte by byte, what :func:`lib.store.write` has written; one without a checksum is taken as it is."""
    content = path.read_bytes()
    kept, mark, found = content[: -len(CHECKSUM) - 65], content[-len(CHECKSUM) - 65 : -65], content[-65:]
    there = CHECKSUM[:8] in mark + found or re.fullmatch(rb"[0-9a-f]{64}\n", found)  # if only what is left of it
    return bool(there) and (mark, found) != (CHECKSUM, checksum(kept))
