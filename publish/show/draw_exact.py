"""Figures of the chapters of the second part: data in, figure out."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from lib.learning.known_region import element
from publish.show.figures import WIDTH_IN, draw_distance_curves
from publish.show.style import LOOK, curve_look


def beside_figure(panels: Mapping[str, Mapping[str, pd.DataFrame]], below: bool = False) -> Figure:
    """Networks beside what needs none: tables of :func:`claims.uncertainty.curve_table` by title of the panel and by id.

    The legends are in the panels, or ``below`` them where there are many curves.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(WIDTH_IN, 5.6 if below else 4.6), squeeze=False)
    for ax, (title, curves) in zip(axes[0], panels.items(), strict=True):
        draw_distance_curves(ax, curves)
        ax.set_title(title)
        ax.legend(fontsize=8, **({"loc": "upper center", "bbox_to_anchor": (0.5, -0.12)} if below else {}))
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
    ax.legend(fontsize=10)
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


_SPECIES = {"scalar": (r"\rho_S", "S"), "neutron": (r"\rho_n", "V_n"), "proton": (r"\rho_p", "V_p")}


def stationarity_figure(table: pd.DataFrame) -> Figure:
    """Derivatives by the scalar, neutron and proton density, MeV over r, columns over these three.

    Each has some members, what is ``wanted``, the ``potential`` and the derivative of the on-shell ``formula``.
    """
    figure, axes = plt.subplots(1, 3, figsize=(WIDTH_IN, 4.2), sharey=True)
    for ax, (name, (density, potential)), letter in zip(axes, _SPECIES.items(), "abc", strict=True):
        shown = table[name]
        members = [column for column in shown if column.startswith("member")]
        ax.plot(table.index, shown[members], color=LOOK["NN3-I6D"].colour, lw=0.9, alpha=0.8)
        ax.plot([], [], color=LOOK["NN3-I6D"].colour, lw=0.9, label="members")
        ax.plot(table.index, shown.wanted, color="black", lw=1.8, label="wanted")
        ax.plot(table.index, shown.potential, color="#0072B2", ls="--", lw=1.3, label="potential")
        ax.plot(table.index, shown.formula, color="#009E73", ls=":", lw=1.6, label="on-shell formula")
        ax.set(xlabel="Radius $r$ (fm)", title=rf"({letter}) $\delta E/\delta {density}$; dashed ${potential}$")
    axes[0].set_ylabel("Derivative (MeV)")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def fall_figure(falls: pd.DataFrame) -> Figure:
    """By how much the energy can be lowered, MeV, over the share by which densities may change; a column for each member.

    Dashed: with the square of the share, from their mean at the last.
    """
    figure, ax = plt.subplots(figsize=(WIDTH_IN, 3.6))
    ax.plot(falls.index, falls, color=LOOK["NN3-I6D"].colour, marker="o", ms=4, lw=1.1)
    end = falls.index[-1]
    ax.plot(falls.index, falls.loc[end].mean() * (falls.index / end) ** 2, color="black", ls="--", lw=1)
    ax.set(
        xlabel="Share of the central density", ylabel="Energy lowered by (MeV)", xscale="log", yscale="log",
    )  # fmt: skip
    return figure


def ladder_figure(table: pd.DataFrame) -> Figure:
    """Errors in MeV over row, ``known``, ``d = 22–30`` and of ``single`` members there: one line for each row, the first on top."""
    figure, ax = plt.subplots(figsize=(WIDTH_IN, 0.42 * len(table) + 1.2))
    looks = {
        "known": ("#0072B2", "o", "known region"),
        "d = 22–30": ("#D55E00", "s", "$d=22$ to 30"),
        "single": ("#D55E00", "x", "$d=22$ to 30, single members"),
    }
    heights = range(len(table), 0, -1)
    for column, (colour, marker, text) in looks.items():
        ax.plot(table[column], heights, color=colour, marker=marker, ls="", ms=6, label=text)
    ax.set_yticks(heights, [curve_look(id).label for id in table.index])
    ax.set(xscale="log", xlabel=r"$\sigma_{\rm rms}(E)$ (MeV)", ylim=(0.4, len(table) + 0.6))
    ax.grid(axis="y", color="0.9")
    ax.tick_params(axis="y", which="minor", left=False, right=False)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def multiplier_figure(table: pd.DataFrame, name: str) -> Figure:
    """What networks multiply the density of the lower components by in a nucleus of this ``name``, MeV over r.

    A column for each member, and the mean energy of the ``levels`` at that point.
    """
    figure, ax = plt.subplots(figsize=(WIDTH_IN, 3.6))
    members = table.drop(columns="levels")
    ax.plot(table.index, members, color=LOOK["LF-fields"].colour, lw=0.9, alpha=0.8)
    ax.plot([], [], color=LOOK["LF-fields"].colour, lw=0.9, label="members")
    ax.plot(table.index, table.levels, color="black", lw=1.8, label="mean energy of the levels")
    ax.set(xlabel="Radius $r$ (fm)", ylabel=r"Multiplier of $\rho_V-\rho_S$ (MeV)", title=name)
    ax.legend()
    return figure
