"""Figures of the chapter on fits through self-consistency: data in, figure out."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from publish.show.figures import WIDTH_IN

_COLOURS = ("#0072B2", "#D55E00", "#009E73")
_MARKERS = ("o", "s", "^")


def path_figure(path: pd.DataFrame) -> Figure:
    """How a fit goes: ``step``, rms errors ``energy_MeV`` and ``radius_fm``, the largest relative error of a ``coupling``, and ``search``.

    ``search`` counts the searches for other states that came before a step; each begins a line of its own.
    """
    figure, axes = plt.subplots(1, 3, figsize=(WIDTH_IN, 3.2))
    labels = {
        "energy_MeV": r"$\sigma_{\rm rms}(E)$ (MeV)",
        "radius_fm": r"$\sigma_{\rm rms}(r_{\rm ch})$ (fm)",
        "coupling": "Largest relative error of a coupling",
    }
    for ax, (column, label), letter in zip(axes, labels.items(), "abc", strict=True):
        for search, part in path.groupby("search"):
            ax.plot(part.step, part[column], color=_COLOURS[search % 3], marker=_MARKERS[search % 3], ms=4)
        ax.set(yscale="log", xlabel="Step", ylabel=label, title=f"({letter})")
        ax.xaxis.get_major_locator().set_params(integer=True)
    return figure


def noise_figure(directions: pd.DataFrame, found: Mapping[float, pd.Series]) -> Figure:
    """What noise takes away, direction by direction: ``apart`` of two functionals, and what fits with noise are off by.

    ``directions`` has ``singular`` (MeV) and ``apart``, by the number of the direction; ``found`` maps the noise in MeV to the
    relative deviations of one fit along the directions.  Lines are the standard deviations that follow from the linear theory.
    """
    figure, ax = plt.subplots(figsize=(WIDTH_IN, 4.0))
    numbers = directions.index
    ax.plot(numbers, directions.apart.abs(), color="black", marker="D", ms=6, ls="", label="the two functionals")
    for (noise, deviation), colour, marker in zip(sorted(found.items()), _COLOURS, _MARKERS, strict=False):
        ax.plot(numbers, noise / directions.singular, color=colour, lw=1.2, label=f"{noise:g} MeV, linear theory")
        ax.plot(numbers, deviation.abs(), color=colour, marker=marker, ms=5, ls="", label=f"{noise:g} MeV, one fit")
    ax.set(yscale="log", xlabel="Combination of couplings, the strongest first", ylabel="Relative change")
    ax.set_xticks(numbers)
    ax.minorticks_off()
    ax.legend(fontsize=9)
    return figure


def residual_figure(published: pd.DataFrame, unseen: pd.DataFrame, name: str = "PC-PK1") -> Figure:
    """Calculated less measured energies over N: of a published functional of this ``name``, and of fits that did not know the nuclei.

    Both have ``N``, ``chain`` and ``energy_off`` (MeV), the second ``energy_predicted``, a standard deviation (MeV).
    """
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH_IN, 3.8), sharey=True)
    for ax, table, title in zip(axes, (published, unseen), (f"(a) {name}", "(b) fit, chains left out"), strict=True):
        for name, part in table.groupby("chain"):
            own = part.sort_values("N")
            along_N = name.startswith("N")
            colour = _COLOURS[1] if along_N else _COLOURS[0]
            ax.plot(own.N, own.energy_off, color=colour, marker="s" if along_N else "o", ms=3, lw=0, alpha=0.8)
        ax.axhline(0, color="0.6", lw=0.8)
        ax.set(xlabel="Neutron number $N$", title=title)
    bars = unseen.sort_values("N")
    axes[1].errorbar(
        bars.N, bars.energy_off, bars.energy_predicted, fmt="none", ecolor="0.75", elinewidth=0.7, zorder=0
    )
    axes[0].set_ylabel("Calculated less measured energy (MeV)")
    for label, colour, marker in (("around magic $Z$", _COLOURS[0], "o"), ("around magic $N$", _COLOURS[1], "s")):
        axes[0].plot([], [], color=colour, marker=marker, ms=4, lw=0, label=label)
    axes[0].legend(fontsize=9)
    return figure


def component_label(vector: np.ndarray, names: tuple[str, ...], least: float = 0.3) -> str:
    """The components of a direction that count, in HTML: those above ``least`` in absolute value, the largest first."""
    order = np.argsort(-np.abs(vector))
    sign = 1 if vector[order[0]] > 0 else -1
    parts = []
    for i in order:
        if abs(vector[i]) < least and parts:
            break
        value = sign * vector[i]
        mark = ("" if value > 0 else "−") if not parts else (" + " if value > 0 else " − ")
        parts.append(f"{mark}{abs(value):.2f} {coupling_label(names[i])}")
    return "".join(parts)


def coupling_label(name: str) -> str:
    """The symbol of a coupling, in HTML."""
    if name.startswith("pairing_strength"):
        return f"V<sub>{name[-1]}</sub>"
    letter, channel = name.split("_", 1)
    greek = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ"}
    return f"{greek.get(letter, letter)}<sub>{channel}</sub>"
