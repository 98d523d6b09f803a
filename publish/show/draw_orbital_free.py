"""Figures of the chapter on nuclei without orbitals: data in, figure out."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.learning.known_region import NEUTRON_MAGIC
from publish.show.figures import WIDTH_IN
from publish.show.style import LOOK

_BESIDE = {
    "exact": ("#000000", "-", "exact"),
    "flat": ("#D55E00", "--", "solutions alone"),
    "energies": ("#CC79A7", "-.", "ten, energies only"),
    "ten": ("#56B4E9", "-", "ten"),
    "constants": ("#0072B2", "-", "ten, constants"),
}


def beside_figure(table: pd.DataFrame, name: str) -> Figure:
    """Energies beside a solution, MeV from that of the solution, over the height of a bump of V in MeV.

    Columns: ``exact``; ``flat``, of a functional that has seen solutions alone; ``energies``, ``ten`` and ``constants``, rungs.
    """
    figure, ax = plt.subplots(figsize=(WIDTH_IN, 4.0))
    for column, (colour, style, text) in _BESIDE.items():
        ax.plot(table.index, table[column], color=colour, ls=style, label=text)
    ax.axvline(0, color="0.7", lw=0.7)
    ax.set(
        xlabel="Height of the bump of $V$ (MeV)", ylabel="Energy beside the solution (MeV)", title=name,
        xlim=(table.index.min(), table.index.max()),
    )  # fmt: skip
    ax.legend(fontsize=9)
    return figure


def _over_number(ax: Axes, table: pd.DataFrame, column: str) -> None:
    for q, marker in (("n", "o"), ("p", "s")):
        own, look = table[table.particle == q], LOOK[q]
        ax.plot(own.nucleons, own[column], marker, color=look.colour, ms=2.5, alpha=0.35, ls="", label=look.label)
    mean = table.groupby("nucleons")[column].mean()
    ax.plot(mean.index, mean, color="black", lw=1.2, label="mean")
    for number in NEUTRON_MAGIC:
        ax.axvline(number, color="0.6", ls=":", lw=0.8)
    ax.axhline(0, color="0.7", lw=0.7)
    ax.set(xlabel="Nucleons of the species")


def shell_figure(table: pd.DataFrame) -> Figure:
    """The error of f over the number of nucleons: ``particle``, ``nucleons``, ``smooth_MeV`` and ``constants_MeV`` of each species of
    each nucleus."""
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH_IN, 4.2), sharey=True)
    titles = {"smooth_MeV": "(a) ten parameters", "constants_MeV": "(b) and a constant for each number"}
    for ax, (column, title) in zip(axes, titles.items(), strict=True):
        _over_number(ax, table, column)
        ax.set_title(title)
    axes[0].set_ylabel("Error of $f$ (MeV)")
    handles = axes[0].get_legend_handles_labels()
    legend = axes[0].legend(*handles, fontsize=9)
    for handle in legend.legend_handles:
        handle.set_alpha(1)
    return figure


def minimum_figure(steps: pd.Series, profiles: pd.DataFrame, name: str) -> Figure:
    """A minimisation: energy less that of the solver in MeV over the ``steps``, and ``profiles`` (fm^-3) over r in fm.

    Columns of those: ``n`` and ``p`` with orbitals, ``n_without`` and ``p_without``.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH_IN, 4.0))
    left.plot(steps.index, steps, color="black", marker="o", ms=3)
    left.axhline(0, color="0.7", lw=0.7)
    left.set_yscale("symlog", linthresh=10)
    left.set(xlabel="Newton steps", ylabel="Energy less that of the solver (MeV)", title=f"(a) {name}")
    for q in "np":
        look = LOOK[q]
        right.plot(profiles.index, profiles[q], color=look.colour, lw=1.0, label=look.label)
        right.plot(
            profiles.index,
            profiles[f"{q}_without"],
            color=look.colour,
            ls="--",
            label="no orbitals",
        )
    right.set(xlabel="$r$ (fm)", ylabel=r"Density (fm$^{-3}$)", title="(b) densities", xlim=(0, 12), ylim=(0, None))
    right.legend(fontsize=8)
    return figure
