"""Functionals by their names: those that were published, and those that were learnt and are kept in ``data/functionals``."""

from __future__ import annotations

import math
from pathlib import Path

from lib.checks import is_real
from lib.provenance import DATA
from lib.rmf.functionals import FUNCTIONALS, Functional

FOLDER = DATA / "functionals"
"""Where learned functionals are kept, each in ``<name>.json``."""


def learned_functionals() -> list[str]:
    """The names of the learned functionals that are kept."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def known_functionals() -> list[str]:
    """The names of all that :func:`get_functional` knows by name."""
    return [*FUNCTIONALS, *learned_functionals()]


def get_functional(functional: str | Functional) -> Functional:
    """The functional of a name; a :class:`lib.rmf.functionals.Functional` (say, with couplings of the reader's own) passes through.

    A name that ends in ``.json`` is a file of one's own.

    Raises
    ------
    FileNotFoundError
        if there is no such file.
    ValueError
        if the name is unknown, the file is damaged, or a coupling or the mass of the reader's own is no finite number.
    """
    if isinstance(functional, Functional):
        for name in ("nucleon_mass", *getattr(functional, "couplings", ())):
            value = getattr(functional, name)
            if not (is_real(value) and math.isfinite(value)):
                raise ValueError(f"{name} = {value!r} of {functional.name} is no finite number: give one")
        return functional
    if isinstance(functional, str):
        if functional in FUNCTIONALS:
            return FUNCTIONALS[functional]
        from lib.rmf.fitted import read_functional  # takes a second that the names alone need not wait for

        if functional.endswith(".json"):
            return read_functional(Path(functional))
        if functional in learned_functionals():
            return read_functional(FOLDER / f"{functional}.json")
    raise ValueError(f"unknown functional {functional!r}: choose one of {', '.join(known_functionals())}")
