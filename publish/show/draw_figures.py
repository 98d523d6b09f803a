"""Figures of the chapters on the paper's Figs. 1 to 4, on shells, uncertainty and the verdict: data in, figure out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_lowercase

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import SymLogNorm
from matplotlib.figure import Figure

from claims.profiles import Profile
from claims.words import label, nuclide
from lib.learning.known_region import MAGIC_WITHIN, NEUTRON_MAGIC, PROTON_MAGIC, element, measured_masses
from lib.learning.table_one import CORRECTING, DIRECT, TABLE_I, get_network
from publish.show.figures import WIDTH_IN, chart_map, draw_distance_curves, draw_profiles
from publish.show.style import LOOK

DISTANCE = "Distance $d$ to the known isotopes"
SIGMA = r"$\sigma_{\rm rms}(E)$ (MeV)"


def distance_figure(curves: Mapping[str, pd.DataFrame]) -> Figure:
    """Figs. 1 and 3: tables of :func:`claims.uncertainty.curve_table` by network id or ``"PC-PK1"``."""
    figure, ax = plt.subplots(figsize=(WIDTH_IN, 5.0))
    draw_distance_curves(ax, curves)
    figure.legend(loc="outside upper center", ncols=4)
    return figure


# --- Fig. 2 -----------------------------------------------------------------------------------------------------------


def profile_figure(
    profiles: Mapping[tuple[int, int], Mapping[str, Profile]], bounds: Sequence[float], end: float
) -> Figure:
    """Fig. 2: one column for each nucleus (Z, N), with the profiles of its networks by id.

    ``bounds`` of the subsections and the ``end`` of the panels in fm.
    """
    figure, axes = plt.subplots(4, len(profiles), figsize=(WIDTH_IN, 9.6), sharex=True, sharey="row", squeeze=False)
    for column, (nucleus, by_network) in enumerate(profiles.items()):
        draw_profiles(axes[:, column], by_network, bounds, end)
        axes[3, column].set_xlabel("Radius $r$ (fm)")
        for row, ax in enumerate(axes[:, column]):
            letter = ascii_lowercase[row * len(profiles) + column]
            ax.set_title(f"({letter}) $^{{{sum(nucleus)}}}${element(nucleus[0])}", loc="left")
            if column:
                ax.set_ylabel("")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
    return figure


def profile_table(profiles: Mapping[tuple[int, int], Mapping[str, Profile]]) -> pd.DataFrame:
    """The curves of :func:`profile_figure`, over nucleus, network and radius."""
    curves = {
        (nuclide(nucleus), label(id)): pd.DataFrame(
            {
                "r_fm": profile.r,
                "target_MeV_per_fm": profile.target,
                "predicted_MeV_per_fm": profile.predicted,
                "cumulative_MeV": profile.cumulative,
            }
        ).set_index("r_fm")
        for nucleus, by_network in profiles.items()
        for id, profile in by_network.items()
    }
    return pd.concat(curves, names=["nucleus", "network"])


def subsection_table(
    profiles: Mapping[tuple[int, int], Mapping[str, Profile]], bounds: Sequence[float]
) -> pd.DataFrame:
    """The bars of :func:`profile_figure`, over nucleus, network and lower bound."""
    pieces = {
        (nuclide(nucleus), label(id)): pd.DataFrame(
            {"r1_fm": bounds[:-1], "r2_fm": bounds[1:], "integral_MeV": profile.subsections(bounds)}
        ).set_index("r1_fm")
        for nucleus, by_network in profiles.items()
        for id, profile in by_network.items()
    }
    return pd.concat(pieces, names=["nucleus", "network"])


# --- Fig. 4 -----------------------------------------------------------------------------------------------------------


def correction_figure(
    maps: pd.DataFrame, curves: Mapping[tuple[str, str, str], pd.DataFrame], id: str, colours: SymLogNorm
) -> Figure:
    """Fig. 4: two charts, and the rms by neutron and by proton number.

    Parameters
    ----------
    maps
        two columns, MeV, over Z and N: what PC-PK1 misses, and what the network leaves of it.
    curves
        by axis ("N", "Z"), prediction and region ("all", "known"): tables of :func:`claims.uncertainty.curve_table`.
    id
        the network.
    colours
        from MeV to colours, the same for both charts.
    """
    figure, axes = plt.subplots(4, 1, figsize=(WIDTH_IN, 14), height_ratios=(5, 5, 3, 3))
    Z, N = (maps.index.get_level_values(name).to_numpy() for name in ("Z", "N"))
    for ax, column, name, letter in zip(axes, maps, ("PC-PK1", label(id)), "ab", strict=False):
        chart_map(ax, Z, N, maps[column], f"$E$(PC-F1) − $E$({name}) (MeV)", cmap="RdBu_r", norm=colours)
        ax.set_title(f"({letter}) {name}", loc="left")
    panels = (("N", "Neutron", NEUTRON_MAGIC), ("Z", "Proton", PROTON_MAGIC))
    for ax, (axis, kind, magic), letter in zip(axes[2:], panels, "cd", strict=True):
        for (of_axis, name, region), curve in curves.items():
            if of_axis == axis:
                _draw_by_number(ax, curve, name, region, id)
        for number in magic:
            if number <= maps.index.get_level_values(axis).max():
                ax.axvline(number, color="0.6", lw=0.6, ls="--", zorder=0)
        ax.set(xlabel=f"{kind} number ${axis}$", ylabel=SIGMA, yscale="log")
        ax.set_title(f"({letter})", loc="left")
    above = {"loc": "lower right", "bbox_to_anchor": (1, 1), "borderaxespad": 0.2}
    axes[2].legend(ncols=4, fontsize=8, handlelength=1.5, columnspacing=1.2, **above)
    return figure


def _draw_by_number(ax: Axes, curve: pd.DataFrame, name: str, region: str, id: str) -> None:
    whole, network = region == "all", name != "PC-PK1"
    ax.errorbar(
        curve.index, curve.rms, curve.bootstrap_error if whole else None, elinewidth=0.7, ms=3.5,
        color=LOOK[id].colour if network else "black", ls="-" if whole else ":", lw=1.6 if whole else 0.9,
        marker=LOOK[id].marker if whole and network else None, label=name if whole else f"{name}, known nuclei",
    )  # fmt: skip


# --- shells -----------------------------------------------------------------------------------------------------------


def separation_figure(table: pd.DataFrame, chains: Sequence[tuple[int, int]], target: str) -> Figure:
    """S_2n along isotopic chains [Z, magic N], one panel each.

    Parameters
    ----------
    table
        of :func:`claims.shells.separation_table`: MeV over Z and N, one column for ``"target"`` and each prediction.
    target
        the functional that is the target.
    """
    columns = {magic: [z for z, m in chains if m == magic] for magic in MAGIC_WITHIN}
    columns = {magic: protons for magic, protons in columns.items() if protons}
    rows = max(map(len, columns.values()))
    figure, axes = plt.subplots(rows, len(columns), figsize=(WIDTH_IN, 0.5 + 2.1 * rows), squeeze=False)
    last_known = measured_masses().groupby("Z").N.max()
    for column, (magic, protons) in enumerate(columns.items()):
        for ax in axes[len(protons) :, column]:
            ax.axis("off")
        for z, ax in zip(protons, axes[:, column], strict=False):
            _draw_chain(ax, table.xs(z, level="Z").loc[magic - 14 : magic + 14], target)
            ax.axvline(magic, color="0.6", lw=0.7, ls="--", zorder=0)
            ax.axvspan(last_known[z] + 1, magic + 15, color="0.94", zorder=-1)
            ax.set(xlim=(magic - 15, magic + 15))
            ax.set_title(f"{element(z)} ($Z={z}$)", loc="left")
        axes[len(protons) - 1, column].set_xlabel("Neutron number $N$")
    for ax in axes[:, 0]:
        ax.set_ylabel("$S_{2n}$ (MeV)")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
    return figure


def _draw_chain(ax: Axes, lines: pd.DataFrame, target: str) -> None:
    plain = {"target": {"color": "black", "lw": 2.6, "label": target}, "PC-PK1": {"color": "0.55", "lw": 1.2}}
    for id, line in lines.items():
        look = plain[id] if id in plain else {"ms": 3, "lw": 1.1} | _look(id)
        ax.plot(line.dropna(), **({"label": label(id)} | look))


def drop_figure(drops: Mapping[str, pd.DataFrame]) -> tuple[Figure, int]:
    """Predicted against target drop of S_2n, one panel for each table of :func:`claims.shells.drop_table` by title.

    Returns the figure, and how many predictions lie beyond its edges, where arrows stand for them.
    """
    figure, axes = plt.subplots(1, len(drops), figsize=(WIDTH_IN, 4.8))
    beyond = 0
    for ax, (title, table) in zip(axes, drops.items(), strict=True):
        low, high = table.target.min() - 2, table.target.max() + 2
        ids = [id for id in table if id in TABLE_I]
        ax.plot([low, high], [low, high], color="0.6", lw=0.8)
        if "PC-PK1" in table:
            ax.plot(table.target, table["PC-PK1"], "x", color="black", label="PC-PK1")
        for id in ids:
            look = {"color": LOOK[id].colour, "ms": 5, "alpha": 0.8, "label": label(id)}
            ax.plot(table.target, table[id], LOOK[id].marker, **look)
        # the axis holds all predictions that are not farther from the range of the target than it is wide; others are arrows
        lowest, highest, span = table[ids].min().min(), table[ids].max().max(), high - low
        bottom, top = max(low - span, min(low, lowest - 1)), min(high + span, max(high, highest + 1))
        for id in ids:
            inset = 0.02 * (top - bottom)  # arrows stand inside, not on the numbers of the axis
            for edge, out, arrow in ((top - inset, table[id] > top, "^"), (bottom + inset, table[id] < bottom, "v")):
                look = {"color": LOOK[id].colour, "ms": 8, "mec": "black", "mew": 0.6, "zorder": 3}
                ax.plot(table.target[out], np.full(out.sum(), edge), arrow, **look)
                beyond += int(out.sum())
        ax.set(xlim=(low, high), ylim=(bottom, top), title=title)
        ax.set(xlabel="Target $\\Delta$ (MeV)", ylabel="Predicted $\\Delta$ (MeV)")
        ax.legend(fontsize=8, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.16))
    return figure, beyond


def near_magic_figure(curves: Mapping[str, pd.DataFrame], width: int) -> Figure:
    """rms error over N - N_magic: tables of :func:`claims.shells.magic_curve` by prediction; shaded is ``width``."""
    figure, ax = plt.subplots(figsize=(WIDTH_IN, 3.9))
    for id, curve in curves.items():
        look = {"color": "black", "marker": "x"}
        if id in TABLE_I:
            look = {"color": LOOK[id].colour, "marker": LOOK[id].marker}
        ax.errorbar(curve.index, curve.rms_MeV, curve.bootstrap_error_MeV, label=label(id), **look)
    ax.axvspan(-width - 0.5, width + 0.5, color="0.94", zorder=-1)
    ax.set(xlabel="Neutrons from the magic number, $N-N_{\\rm m}$", ylabel=SIGMA, ylim=(0, None))
    figure.legend(loc="outside upper center", ncols=len(curves))
    return figure


# --- uncertainty ------------------------------------------------------------------------------------------------------


def deviation_figure(curves: Mapping[str, pd.DataFrame]) -> Figure:
    """Standard deviation of the members over the distance: curves by network id, those that correct in a panel of their own."""
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH_IN, 4.6))
    panels = ((DIRECT, "(a) PC-PK1 itself"), (CORRECTING, "(b) PC-F1 from PC-PK1"))
    for ax, (ids, title) in zip(axes, panels, strict=True):
        for id in ids:
            curve = curves[id]
            look = _look(id) | {"ms": 4, "lw": 1.2, "elinewidth": 0.7, "label": label(id)}
            ax.errorbar(curve.index, curve.rms, curve.bootstrap_error, **look)
        ax.set(xlabel=DISTANCE, yscale="log", title=title)
    figure.legend(loc="outside lower center", ncols=4)
    axes[0].set_ylabel("Standard deviation of the members, rms (MeV)")
    return figure


def parts_figure(curves: Mapping[str, pd.DataFrame], parts: Mapping[str, pd.DataFrame]) -> Figure:
    """Standard deviation of two networks over the distance, and its parts by split and initialisation, MeV, by id."""
    figure, axes = plt.subplots(1, len(parts), figsize=(WIDTH_IN, 3.6), squeeze=False)
    for ax, (id, part), letter in zip(axes[0], parts.items(), ascii_lowercase, strict=False):
        ax.plot(curves[id].index, curves[id].rms, color="black", label="all members")
        ax.plot(part.initialisation_MeV, color="#0072B2", marker="o", ms=4, label="initialisation")
        ax.plot(part.split_MeV, color="#D55E00", marker="s", ms=4, ls="--", label="split")
        ax.set(xlabel=DISTANCE, yscale="log", title=f"({letter}) {label(id)}")
    axes[0, 0].set_ylabel("Standard deviation (MeV)")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def reliability_figure(curves: pd.DataFrame) -> Figure:
    """Share of nuclei found within an interval against the share promised, over network, region, deviation and width."""
    networks = curves.index.unique("network")
    figure, axes = plt.subplots(1, len(networks), figsize=(WIDTH_IN, 4.2), sharey=True, squeeze=False)
    colours = dict(zip(curves.index.unique("region"), ("black", "#0072B2", "#D55E00"), strict=True))
    for ax, network, letter in zip(axes[0], networks, ascii_lowercase, strict=False):
        ax.plot([0, 1], [0, 1], color="0.6", lw=0.8)
        for (region, kind), curve in curves.loc[network].groupby(level=["region", "deviation"], sort=False):
            plain = kind == "as it is"
            ax.plot(curve.expected, curve.observed, color=colours[region], ls="-" if plain else ":",
                    label=region.replace("d ", "$d$ ") if plain else None)  # fmt: skip
            if plain:
                low, high = curve.observed - curve.bootstrap_error, curve.observed + curve.bootstrap_error
                ax.fill_between(curve.expected, low, high, color=colours[region], alpha=0.12, lw=0)
        ax.plot([], [], color="0.4", ls=":", label="recalibrated")
        ax.set(xlabel="Share promised", xlim=(0, 1), ylim=(0, 1), title=f"({letter}) {network}", aspect="equal")
    axes[0, 0].set_ylabel("Share found")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


# --- verdict ----------------------------------------------------------------------------------------------------------


def recipe_figure(recipes: pd.DataFrame, id: str) -> Figure:
    """The error at d = 22 to 30 against that in the known region, MeV, of the recipes by name."""
    figure, ax = plt.subplots(figsize=(6.6, 4.6))
    far = recipes["d = 22–30"]
    ax.plot(recipes.known, far, LOOK[id].marker, color=LOOK[id].colour, ms=8)
    for name, *place in zip(recipes.index, recipes.known, far, strict=True):
        behind = {"fc": "white", "ec": "none", "pad": 0.6}  # the dashed lines do not run through the names
        ax.annotate(name, place, (6, 5), textcoords="offset points", fontsize=8, bbox=behind, zorder=1)
    ax.axhline(5, color="0.6", lw=0.8, ls="--", zorder=0)
    ax.axvline(get_network(id).paper_rms, color="0.6", lw=0.8, ls="--", zorder=0)
    ax.set(xlabel=r"$\sigma_{\rm rms}(E)$, known region (MeV)", ylabel=r"$\sigma_{\rm rms}(E)$, $d$ = 22 to 30 (MeV)")
    ax.set(ylim=(0, 1.15 * far.max()))
    ax.margins(x=0.3)
    return figure


def _look(id: str) -> dict:
    """Line and marker of a network."""
    return {"color": LOOK[id].colour, "ls": LOOK[id].linestyle, "marker": LOOK[id].marker}
