"""Whether a value can be what it is given as: one line that names it, its range and the remedy where it cannot."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np


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
