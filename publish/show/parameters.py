"""What a chapter may be asked: its parameters with meaning, unit and range, said once and checked before any work.

The cell after a chapter's parameters cell calls :func:`check`.  It refuses a value that cannot be, wherever the notebook
runs, and returns the table that the page shows at its end.  ``publish.press.chapter`` runs the same cell before it starts a kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from IPython.display import Markdown

from publish.manuscript import defaults


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


def pair(first: Kind, second: Kind, names: str) -> Kind:
    """A list of two, such as a proton number and a magic neutron number."""
    return Kind(
        f"{names} with {first.text}, and {second.text}",
        lambda value: (
            isinstance(value, list) and len(value) == 2 and first.accepts(value[0]) and second.accepts(value[1])
        ),
    )


def nucleus(functional: str = "PC-PK1") -> Kind:
    """``[Z, N]`` of a nucleus in the chart of a functional."""
    from lib.rmf.chart import load_chart  # few chapters need it, and it loads compiled code

    chart = load_chart(functional)
    bound = set(zip(chart.Z.values.tolist(), chart.N.values.tolist(), strict=True))
    number = whole(8, 156)
    return Kind(
        f"[Z, N] of one of the {len(bound)} even-even nuclei bound by {functional}",
        lambda value: (
            isinstance(value, list) and len(value) == 2 and all(map(number.accepts, value)) and tuple(value) in bound
        ),
    )


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
