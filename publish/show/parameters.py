"""What a chapter may be asked: its parameters with meaning, unit and range, said once and checked before any work.

The cell after a chapter's parameters cell calls :func:`check`.  It refuses a value that cannot be, wherever the notebook
runs, and returns the table that the page shows at its end.  ``publish.press.chapter`` runs the same cell before it starts a kernel.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from IPython import get_ipython
from IPython.display import Markdown

from lib.checks import altered
from lib.provenance import DATA
from lib.rmf.functionals import FUNCTIONALS, PAPER_FUNCTIONALS
from publish.manuscript import defaults

AUTO = "auto"
"""For a functional – the first of the paper's two that is another one than that beside it."""


class Kind(NamedTuple):
    """A range: in words that complete "give …", and as a test of a value."""

    text: str
    accepts: Callable[[Any], bool]


class Parameter(NamedTuple):
    """The value a parameter has, what it means (Markdown), what it may be, and its unit."""

    value: Any
    meaning: str
    kind: Kind
    unit: str = ""


def whole(low: int, high: int, even: bool = False) -> Kind:
    """Whole numbers from ``low`` to ``high``; true and false are none."""
    return Kind(
        f"{'an even' if even else 'a whole'} number, {low} to {high}",
        lambda value: type(value) is int and low <= value <= high and not (even and value % 2),
    )


def real(low: float, high: float) -> Kind:
    """Numbers from ``low`` to ``high``, whole ones too."""
    return Kind(
        f"a number, {_written(low, '-')} to {_written(high, '-')}",
        lambda value: type(value) in (int, float) and low <= value <= high,
    )


def flag() -> Kind:
    """True or false."""
    return Kind("true or false", lambda value: type(value) is bool)


def one_of(choices: Iterable) -> Kind:
    """One of a few values."""
    choices = list(choices)
    return Kind(f"one of {', '.join(map(str, choices))}", lambda value: type(value) is not bool and value in choices)


def several(kind: Kind, most: int | None = None) -> Kind:
    """A list of at least one and, if said, at ``most`` so many different values of a kind."""
    count = "one or more" if most is None else f"one to {most}"
    return Kind(
        f"a list of {count} different values, each {kind.text}",
        lambda values: (
            isinstance(values, list)
            and 1 <= len(values) <= (most or len(values))
            and all(kind.accepts(value) for value in values)
            and all(value not in values[:i] for i, value in enumerate(values))
        ),
    )


def rising(low: float, high: float) -> Kind:
    """A list of numbers that rise from ``low`` to ``high``, both among them."""
    number = real(low, high)
    return Kind(
        f"a list of numbers that rise from {low:g} to {high:g}",
        lambda values: (
            isinstance(values, list)
            and len(values) > 1
            and all(number.accepts(value) for value in values)
            and all(a < b for a, b in pairwise(values))
            and (values[0], values[-1]) == (low, high)
        ),
    )


@cache
def _bound(functional: str) -> frozenset[tuple[int, int]]:
    """The nuclei (Z, N) in the chart of a functional, and nothing else of it: a refusal does not wait for all the rest."""
    import h5py

    path = DATA / f"{functional}.nc"
    if not path.is_file() or altered(path):
        from lib.rmf.chart import load_chart

        load_chart(functional)  # says what to do
    with h5py.File(path) as file:
        return frozenset(zip(file["Z"][:].tolist(), file["N"][:].tolist(), strict=True))


def nucleus(functional: str = "PC-PK1", neutrons: Iterable[int] | None = None) -> Kind:
    """``[Z, N]`` of a nucleus in the chart of a functional, if said with one of some neutron numbers."""
    there = _bound(functional) if isinstance(functional, str) else ()  # what is no name is refused as a functional
    bound = {(z, n) for z, n in there if neutrons is None or n in neutrons}
    number = whole(8, 156)
    among = f" with N = {', '.join(map(str, neutrons))}" if neutrons else ""
    return Kind(
        f"[Z, N] of one of the {len(bound)} even-even nuclei{among} bound by {functional}",
        lambda value: (
            isinstance(value, list) and len(value) == 2 and all(map(number.accepts, value)) and tuple(value) in bound
        ),
    )


def neutrons_of(Z: int, functional: str = "PC-PK1") -> Kind:
    """A neutron number with which the chart of a functional has an element."""
    numbers = {n for z, n in _bound(functional) if z == Z}
    among = f", {min(numbers)} to {max(numbers)}," if numbers else ""
    return Kind(
        f"one of the {len(numbers)} even numbers{among} with which Z = {Z} is bound by {functional}",
        lambda value: type(value) is int and value in numbers,
    )


def charted(but: str | None = None) -> Kind:
    """A functional whose charts are there; with ``but``, another one than this, or :data:`AUTO`."""
    made, rest = ([name for name in names if name != but] for names in (PAPER_FUNCTIONALS, FUNCTIONALS))
    rest = [name for name in rest if name not in made]
    more = [f"{name} once `python -m lib charts {name}`, also with `--pairing`, has made its charts" for name in rest]
    words = [*([AUTO] if but else []), *made]
    return Kind(
        f"one of {', '.join(words + more)}",
        lambda value: (
            value in words
            or (value in rest and all((DATA / f"{value}{paired}.nc").is_file() for paired in ("", "-paired")))
        ),
    )


def beside(functional: str, other: str) -> str:
    """The functional beside another one, as it is named or, for :data:`AUTO`, as it follows."""
    return next(name for name in PAPER_FUNCTIONALS if name != functional) if other == AUTO else other


def known(chapter: str, names: Iterable[str]) -> None:
    """Check that a chapter has parameters of these names.

    Raises
    ------
    ValueError
        naming the first it does not have, and those it has.
    """
    usual = defaults(chapter)
    for name in names:
        if name not in usual:
            raise ValueError(f"chapter {chapter!r} has no parameter {name!r}: it has {', '.join(usual)}")


def _injected() -> list[str]:
    """The names that papermill has put into the running notebook, by the cell it makes of them."""
    cells = getattr(get_ipython(), "user_ns", {}).get("In", [])
    made = [cell for cell in cells if cell.startswith("# Parameters\n")]
    return [target.id for cell in made for line in ast.parse(cell).body for target in getattr(line, "targets", [])]


def check(chapter: str, **parameters: Parameter) -> Markdown:
    """Check the parameters of a chapter; returns their table, and the command that re-executes it with these values.

    The table holds meaning, unit, default and range.  Where a value is not the default of the chapter's source, a last
    column shows it.

    Raises
    ------
    ValueError
        for a value out of range, naming it and what may be given; or if the parameters are not those of the chapter.
    """
    usual = defaults(chapter)
    known(chapter, _injected())
    if list(parameters) != list(usual):
        raise ValueError(f"chapter {chapter!r} describes {', '.join(parameters)}, but has {', '.join(usual)}")
    for name, parameter in parameters.items():
        if not parameter.kind.accepts(parameter.value):
            unit = f" {parameter.unit}" if parameter.unit else ""
            raise ValueError(
                f"parameter {name} = {parameter.value!r}{unit} of chapter {chapter!r} cannot be: "
                f"give {parameter.kind.text}"
            )
    changed = any(parameter.value != usual[name] for name, parameter in parameters.items())
    head = ["parameter", "meaning", "unit", "default", "range", *(["here"] if changed else [])]
    rows = [
        [
            f"`{name}`",
            p.meaning,
            p.unit,
            f"`{_written(usual[name])}`",
            p.kind.text,
            *([f"`{_written(p.value)}`"] if changed else []),
        ]
        for name, p in parameters.items()
    ]
    lines = [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
    return Markdown("\n".join([*lines, "", "```bash", command(chapter, parameters), "```"]))


def command(chapter: str, parameters: dict[str, Parameter]) -> str:
    """The shell command that executes a chapter with the values of these parameters."""
    values = " ".join(f"{name}={_as_yaml(parameter.value)}" for name, parameter in parameters.items())
    return f'make chapter NAME={chapter} PARAMS="{values}"'


def _as_yaml(value) -> str:
    """A value as one word of YAML, which neither make nor the shell takes apart."""
    if isinstance(value, list):
        return f"[{','.join(map(_as_yaml, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(_written(value))


def _written(value, trim: str = "0"):
    """A value as it is typed: a small number with its zeros, 0.00001, in place of Python's 1e-05."""
    return np.format_float_positional(value, trim=trim) if isinstance(value, float) else value
