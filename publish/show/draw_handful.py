"""Figures of the chapter on functionals from a handful of nuclei: data in, figure out."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from publish.show.figures import WIDTH_IN

_KNOWN, _FAR = ("#0072B2", "o"), ("#D55E00", "s")


def reach_figure(table: pd.DataFrame, learnt: list[tuple[int, int]], unit_mev: float = 1e-3) -> Figure:
    """The error of every nucleus of a chart: ``Z``, ``N``, ``known``, and ``error_MeV`` in absolute value, the worst of some seeds.

    Nuclei that were ``learnt`` (Z, N) are marked; colours are in keV.
    """
    figure, ax = plt.subplots(figsize=(WIDTH_IN, 4.8))
    values = np.maximum(table.error_MeV / unit_mev, 1e-3)
    drawn = ax.scatter(
        table.N, table.Z, c=values, s=9, marker="s", cmap="viridis", norm=LogNorm(values.min(), values.max())
    )
    known = table[table.known]
    ax.scatter(
        known.N, known.Z, s=14, marker="s", facecolors="none", edgecolors="0.35", linewidths=0.35, label="measured"
    )
    Z, N = np.array(learnt).T
    ax.scatter(
        N, Z, s=90, marker="*", color="#D55E00", edgecolors="black", linewidths=0.6, label="learnt from", zorder=3
    )
    ax.set(xlabel="Neutron number $N$", ylabel="Proton number $Z$")
    ax.legend(loc="upper left")
    figure.colorbar(drawn, ax=ax, label="largest error of the energy (keV)")
    return figure


def few_figure(table: pd.DataFrame) -> Figure:
    """Errors over the number of nuclei that are learnt from: ``nuclei``, ``rule``, ``known`` and ``far`` in MeV, a point for each run."""
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH_IN, 3.9), sharey=True)
    titles = {"farthest": "(a) farthest first", "random": "(b) at random"}
    for ax, (rule, title) in zip(axes, titles.items(), strict=True):
        own = table[table.rule == rule]
        for column, (colour, marker), text in (("known", _KNOWN, "known region"), ("far", _FAR, "outside")):
            ax.plot(own.nuclei, 1e3 * own[column], color=colour, marker=marker, ms=5, ls="", alpha=0.7)
            means = np.exp(np.log(own[column]).groupby(own.nuclei).mean())
            ax.plot(means.index, 1e3 * means, color=colour, marker=marker, ms=0, label=text)
        ax.set(xscale="log", yscale="log", xlabel="Nuclei learnt from", title=title)
        counts = sorted(own.nuclei.unique())
        ax.set_xticks(counts, [str(count) for count in counts])
        ax.minorticks_off()
    axes[0].set_ylabel(r"$\sigma_{\rm rms}(E)$ (keV)")
    axes[0].legend()
    return figure


def matter_figure(
    energies: pd.DataFrame, slopes: pd.DataFrame, tested: tuple[float, float], learnt: float, truth: str
) -> Figure:
    """Nuclear matter over the density: ``energies`` per nucleon and what the functionals differ by, both in MeV.

    ``energies`` has columns ``truth`` and ``learnt`` for symmetric matter, ``truth_n`` and ``learnt_n`` for neutrons;
    ``slopes`` the differences of S and V in symmetric matter, ``S`` and ``V``; ``tested`` densities (fm^-3) are shaded, and the
    largest that was ``learnt`` is dotted.
    """
    figure, (above, below) = plt.subplots(1, 2, figsize=(WIDTH_IN, 4.0))
    for name, colour, text in (("", "#0072B2", "symmetric"), ("_n", "#D55E00", "neutrons")):
        above.plot(energies.index, energies[f"truth{name}"], color=colour, label=f"{truth}, {text}")
        above.plot(energies.index, energies[f"learnt{name}"], color="black", ls=":", label="learnt" if name else None)
    above.set(ylabel="$E/A$ (MeV)", title="(a) energy")
    for column, colour, style in (("S", "#009E73", "-"), ("V", "#CC79A7", "--")):
        below.plot(slopes.index, slopes[column].abs(), color=colour, ls=style, label=f"${column}$")
    below.set(ylabel="Learnt less truth, absolute (MeV)", yscale="log", title="(b) potentials")
    for ax in (above, below):
        ax.axvline(learnt, color="0.4", ls=":", lw=1)
        ax.axvspan(*tested, color="0.92", zorder=0)
        ax.set(xlabel=r"Density $\rho_V$ (fm$^{-3}$)", xlim=(energies.index.min(), energies.index.max()))
        ax.legend(fontsize=9)
    return figure


def levels_figure(found: Mapping[str, pd.DataFrame], name: str) -> Figure:
    """Levels of neutrons and protons of a nucleus of this ``name``: ``truth_MeV`` against ``error_keV``, by species."""
    figure, ax = plt.subplots(figsize=(WIDTH_IN, 3.4))
    looks = {"n": ("#0072B2", "o", "neutrons"), "p": ("#D55E00", "s", "protons")}
    for q, (colour, marker, text) in looks.items():
        table = found[q]
        for filled, face in ((True, colour), (False, "none")):
            own = table[(table.occupation > 0) == filled]
            label = f"{text}{'' if filled else ', empty'}"
            ax.plot(own.truth_MeV, own.error_keV, marker, ms=5, mfc=face, mec=colour, ls="", label=label)
    ax.axhline(0, color="0.7", lw=0.7)
    ax.set(xlabel="Energy of the level (MeV)", ylabel="Learnt less truth (keV)", title=name)
    ax.legend(fontsize=9, ncols=2)
    return figure
