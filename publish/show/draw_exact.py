"""Figures of the chapters of the second part: data in, figure out."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from lib.learning.known_region import element
from publish.show.figures import WIDTH_IN, draw_distance_curves


def beside_figure(panels: Mapping[str, Mapping[str, pd.DataFrame]]) -> Figure:
    """Networks beside what needs none: tables of :func:`claims.uncertainty.curve_table` by title of the panel and by id."""
    figure, axes = plt.subplots(1, len(panels), figsize=(WIDTH_IN, 4.6), squeeze=False)
    for ax, (title, curves) in zip(axes[0], panels.items(), strict=True):
        draw_distance_curves(ax, curves)
        ax.set_title(title)
        ax.legend(fontsize=8)
    for ax in axes[0, 1:]:
        ax.set_ylabel("")
    return figure


def wall_figure(table: pd.DataFrame, Z: int, box: float) -> Figure:
    """Errors of the on-shell energy in a box, MeV over N: ``without_MeV`` the surface term, ``density_MeV`` by the density at the
    wall, ``whole_MeV`` with all of it."""
    figure, ax = plt.subplots(figsize=(WIDTH_IN, 3.6))
    looks = {
        "without_MeV": ("#D55E00", "o", "without the surface term"),
        "density_MeV": ("#0072B2", "s", r"with $4\pi R^3\cdot 2M\rho_V(R)$"),
        "whole_MeV": ("#000000", "^", "with all of $R\\,w(R)$"),
    }
    for column, (colour, marker, text) in looks.items():
        ax.plot(table.index, 1e3 * table[column].abs(), color=colour, marker=marker, ms=4, label=text)
    ax.set(
        xlabel="Neutron number $N$", ylabel="Error (keV)", yscale="log",
        title=f"{element(Z)} ($Z={Z}$) in a box of {box:g} fm",
    )  # fmt: skip
    ax.legend()
    return figure


def scaling_figure(table: pd.DataFrame) -> Figure:
    """``energy_MeV`` and ``formula_MeV`` over the scale of the wave functions, from what they are where the scale is one."""
    figure, ax = plt.subplots(figsize=(WIDTH_IN, 3.6))
    middle = table.iloc[(table.index - 1).to_series().abs().argmin()]
    for column, colour, style, text in (
        ("energy_MeV", "#000000", "-", "energy"),
        ("formula_MeV", "#D55E00", "--", "on-shell formula"),
    ):
        ax.plot(table.index, table[column] - middle[column], color=colour, ls=style, label=text)
    ax.axvline(1, color="0.7", lw=0.7)
    ax.set(xlabel=r"Scale $\lambda$", ylabel=r"$E(\lambda)-E(1)$ (MeV)", xlim=(table.index.min(), table.index.max()))
    ax.legend()
    return figure
