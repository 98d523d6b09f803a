"""Figures and tables of the chapters about the networks: what they are, how they learn, and how their ensembles err."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, SymLogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from lib.learning.table_one import DENSITIES, NN2, NUMBERS, TABLE_I, NetworkSpec
from publish.show.figures import chart_map
from publish.show.style import LOOK

DENSITY_NAMES = ("S", "V", "TV")
DENSITY_COLOURS = ("#0072B2", "#D55E00", "#009E73")
CHOSEN_COLOUR = "#D55E00"
D_LABEL = "Distance $d$ to the known isotopes"
RMS_LABEL = r"$\sigma_{\rm rms}(E)$ (MeV)"
SYMBOLS = dict(zip(NUMBERS, NUMBERS, strict=True)) | dict(
    zip(DENSITIES, [f"{sign}ρ<sub>{name}</sub>" for sign in ("", "Δ") for name in DENSITY_NAMES], strict=True)
)
"""Inputs of the networks by name."""
_CHOICES = {
    "hidden": "hidden<br>layers", "activation": "activation", "components": "directions", "whitening": "p",
    "weight_decay": "α", "energy_weight": "w", "steps": "steps",
}  # fmt: skip
_ERRORS = {
    "validation_rms": "E,<br>validation", "outermost_rms": "E, outermost<br>third", "density_rms": "r²ℰ,<br>validation",
}  # fmt: skip
_IN_BRIEF = {"validation_rms": "E,<br>val.", "outermost_rms": "E,<br>third", "density_rms": "r²ℰ,<br>val."}
"""The errors again, where there is no room for more."""
SEARCH_HEADS = _CHOICES | _ERRORS
"""Columns of the search for recipes in the words of its chapter."""


# what the networks are


def table_of_networks(ids: Iterable[str]) -> pd.DataFrame:
    """Rows of Table I of the paper, over ``network``."""
    rows = {}
    for spec in map(TABLE_I.get, ids):
        density = spec.output == "energy_density"
        rows[spec.label] = {
            "inputs": ", ".join(SYMBOLS[name] for name in spec.inputs),
            "numbers in": f"{len(spec.inputs)}×{151 if spec.family == NN2 else 1}",
            "output": ("δ" if spec.target == "dE" else "") + ("ℰ" if density else "E"),
            "numbers out": f"1×{151 if spec.family == NN2 and density else 1}",
            "loss": "L<sub>total</sub>" if density else "L<sub>E</sub>",
        }
    return pd.DataFrame(rows).T.rename_axis("network")


def draw_spectra(spreads: Mapping[str, np.ndarray], kept: int) -> Figure:
    """Relative spread of the inputs along their principal directions: of an NN3 and of an NN2, which is given ``kept``."""
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.4))
    titles = ("(a) six fields at one point", "(b) six fields at 151 points")
    for ax, (id, spread), style, title in zip(axes, spreads.items(), ("o-", "-"), titles, strict=True):
        ax.semilogy(np.arange(1, len(spread) + 1), spread, style, color=LOOK[id].colour)
        ax.set(xlabel="Principal direction", ylabel="Relative spread", title=title)
    axes[1].axvline(kept, color="0.5", lw=0.8, ls="--")
    return figure


def draw_derivatives(r: np.ndarray, partial: np.ndarray, functional: np.ndarray) -> Figure:
    """Derivatives by the three densities, each (member, r, density) in MeV, against ``r`` in fm; the first member is thick."""
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.8), sharex=True)
    titles = (r"(a) $\partial\mathcal{E}/\partial\rho$ at fixed Laplacian", r"(b) $\delta E/\delta\rho$")
    for ax, curves, title in zip(axes, (partial, functional), titles, strict=True):
        for k, (name, colour) in enumerate(zip(DENSITY_NAMES, DENSITY_COLOURS, strict=True)):
            ax.plot(r, curves[1:, :, k].T, color=colour, lw=0.7, alpha=0.5)
            ax.plot(r, curves[0, :, k], color=colour, lw=2, label=rf"by $\rho_{{{name}}}$")
        ax.axhline(0, color="0.6", lw=0.7, zorder=0)
        ax.set(xlabel="Radius $r$ (fm)", title=title)
    axes[0].set_ylabel("Derivative (MeV)")
    axes[0].legend(fontsize=10)
    return figure


# how they learn


def draw_side_by_side(curves: xr.Dataset) -> Figure:
    """Learning curves of :func:`studies.adam_beside.load_reference`, a panel for each network."""
    figure, axes = plt.subplots(4, 3, figsize=(7.2, 8.4), sharex=True)
    for ax, (id, spec) in itertools.zip_longest(axes.ravel(), TABLE_I.items(), fillvalue=(None, None)):
        if id is None:
            ax.set_visible(False)
            continue
        for optimiser, style in (("Adam", ":"), ("Levenberg-Marquardt", "-")):
            line = curves.sel(network=id, optimiser=optimiser)
            line = line.isel(step=np.flatnonzero(line.seconds.values > 0))
            ax.loglog(line.seconds, line.learning_rms, color=LOOK[id].colour, ls=style)
        ax.set_title(spec.label)
    for ax in axes[:, 0]:
        ax.set_ylabel("rms error (MeV)", fontsize=9)
    for ax in (*axes[3, :2], axes[2, 2]):
        ax.set_xlabel("seconds", fontsize=9)
        ax.tick_params(labelbottom=True)
    for style, label in ((":", "Adam"), ("-", "ours")):
        axes[0, 0].plot([], [], color="0.4", ls=style, label=label)
    axes[0, 0].legend()
    return figure


def draw_candidates(table: pd.DataFrame) -> Figure:
    """The candidates of one network: error on the random validation set against error on the outermost third."""
    figure, ax = plt.subplots(figsize=(7, 4.6))
    shade = np.log10(table.learning_rms)
    points = ax.scatter(table.validation_rms, table.outermost_rms, c=shade, cmap="viridis", s=60, edgecolor="0.3")
    ax.set(xlabel="rms error, random validation set (MeV)", ylabel="rms error, outermost third (MeV)")
    _mark_chosen(ax, table, "validation_rms", "outermost_rms")
    figure.colorbar(points, ax=ax, label=r"$\log_{10}$ rms error in the learning set (MeV)")
    return figure


def draw_energy_against_density(table: pd.DataFrame) -> Figure:
    """The candidates of one network: error of the energy density against error of the energy, by weight and steps."""
    figure, ax = plt.subplots(figsize=(7, 4.4))
    norm = LogNorm(table.energy_weight.min(), table.energy_weight.max())
    for (steps, rows), marker in zip(table.groupby("steps"), itertools.cycle("ovsD^"), strict=False):
        points = ax.scatter(
            rows.density_rms, rows.validation_rms, c=rows.energy_weight, norm=norm, cmap="cividis", marker=marker,
            s=60, edgecolor="0.3", label=f"{steps} steps",
        )  # fmt: skip
    ax.set(
        xlabel=r"rms error of $r^2\mathcal{E}$ (MeV/fm), random validation set", ylabel="rms error of the energy (MeV)"
    )
    _mark_chosen(ax, table, "density_rms", "validation_rms")
    legend = ax.legend(loc="upper right")
    for handle in legend.legend_handles:  # a shape says the steps; its colour would say a weight
        handle.set_array(None)
        handle.set_facecolor("white")
    figure.colorbar(points, ax=ax, label="weight $w$ of the energy")
    return figure


def _mark_chosen(ax: Axes, table: pd.DataFrame, x: str, y: str) -> None:
    """A circle around the chosen candidate; both axes, which span little more than a decade, logarithmic with plain ticks."""
    chosen = table[table.chosen]
    ax.scatter(chosen[x], chosen[y], s=220, facecolor="none", edgecolor=CHOSEN_COLOUR, lw=2)
    ax.set(xscale="log", yscale="log")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.set_minor_formatter(NullFormatter())


def table_of_candidates(rows: pd.DataFrame) -> pd.DataFrame:
    """Candidates of one network (:func:`studies.trials.overview`) in the words of the chapter; nothing that does not apply to it."""
    [spec] = [TABLE_I[id] for id in rows.network.unique()]
    idle = {
        "components": spec.family != NN2,
        "whitening": spec.family != NN2 and rows.whitening.nunique() == 1,
        "energy_weight": spec.output == "energy",
        "density_rms": spec.output == "energy",
    }
    settings = zip(rows.width, rows.layers, rows.activation, strict=True)
    hidden = ["×".join([str(width)] * layers) + f" {activation}" for width, layers, activation in settings]
    heads = {name: head for name, head in _CHOICES.items() if name != "activation"} | _IN_BRIEF
    names = [name for name in heads if not idle.get(name)]
    table = rows.assign(hidden=hidden)[names].rename(columns=heads)
    return table.assign(behind=behind_in_words(rows)).rename_axis("no.")


def behind_in_words(rows: pd.DataFrame) -> list[str]:
    """By how many per cent the errors of candidates are larger than those of the best, "–" for the best itself.

    A star marks those that are tied with it, "astray" one of which a training has ended in what is no number.
    """
    ratio = np.exp(rows.behind)
    words = [
        f"{100 * (mean - 1):.0f} ± {100 * mean * error:.0f} %{' *' if tied else ''}" if np.isfinite(mean) else "astray"
        for mean, error, tied in zip(ratio, rows.error, rows.tied, strict=True)
    ]
    return ["–" if chosen else word for chosen, word in zip(rows.chosen, words, strict=True)]


def draw_learning_curve(spec: NetworkSpec, curve: xr.Dataset) -> Figure:
    """Errors of one network while it is trained, against the step."""
    figure, ax = plt.subplots(figsize=(7, 4.2))
    ax.semilogy(curve.learning_rms, color=LOOK[spec.id].colour, label="learning")
    ax.semilogy(curve.validation_rms, color=LOOK[spec.id].colour, ls="--", label="validation")
    if spec.loss == "L_total":
        label = r"$L_{\mathcal{E}}^{1/2}$ (MeV/fm), learning"
        ax.semilogy(np.sqrt(curve.density_loss), color="0.5", ls=":", label=label)
    ax.set(xlabel="Step", ylabel="rms error of the energy (MeV)")
    ax.legend(fontsize=10)
    return figure


def draw_parity(spec: NetworkSpec, table: pd.DataFrame) -> Figure:
    """Predicted against target energy of known nuclei, and the error below; ``table`` has both in MeV, and who is learnt."""
    figure, axes = plt.subplots(2, 1, figsize=(6.4, 6.4), sharex=True, height_ratios=(2.2, 1))
    for learnt, colour, label, marker in (
        (True, "0.6", "learning", "o"),
        (False, LOOK[spec.id].colour, "validation", LOOK[spec.id].marker),
    ):
        rows = table[table.known & (table.learnt == learnt)]
        look = {"ms": 3.5, "color": colour, "ls": "", "marker": marker}
        axes[0].plot(rows.target_MeV, rows.predicted_MeV, label=label, **look)
        axes[1].plot(rows.target_MeV, rows.predicted_MeV - rows.target_MeV, **look)
    ends = [table.target_MeV[table.known].min(), table.target_MeV[table.known].max()]
    axes[0].plot(ends, ends, color="black", lw=0.7)
    axes[0].set(ylabel="Predicted (MeV)")
    axes[0].legend()
    axes[1].axhline(0, color="black", lw=0.7)
    axes[1].set(xlabel="Target energy (MeV)", ylabel="Prediction − target (MeV)")
    return figure


# how their ensembles err


def draw_error_map(Z: np.ndarray, N: np.ndarray, error: np.ndarray, end: float) -> Figure:
    """Error of the mean, MeV, over the chart: linear around zero, logarithmic beyond, up to ``end``."""
    figure, ax = plt.subplots(figsize=(7.2, 4.2))
    colours = plt.get_cmap("RdBu_r").copy()
    colours.colorbar_extend = "both"
    norm = SymLogNorm(end / 20, vmin=-end, vmax=end)
    chart_map(ax, Z, N, error, "Mean of the ensemble − target (MeV)", cmap=colours, norm=norm)
    return figure


def draw_against_distance(spec: NetworkSpec, curves: pd.DataFrame, bare: pd.Series) -> Figure:
    """Rms error of an ensemble's mean and of its single members; ``bare``, of PC-PK1 alone, for those that correct it."""
    figure, ax = plt.subplots(figsize=(7, 4.2))
    colour = LOOK[spec.id].colour
    ax.semilogy(curves["mean_of_100_MeV"], LOOK[spec.id].marker + "-", color=colour, label="mean of 100")
    ax.semilogy(curves["single_members_MeV"], color=colour, lw=0.9, ls=":", label="single members")
    if spec.target == "dE":
        ax.semilogy(bare, color="black", lw=1, label="PC-PK1 itself")
    ax.set(xlabel=D_LABEL, ylabel=RMS_LABEL)
    ax.legend()
    return figure


def draw_all_distances(curves: pd.DataFrame) -> Figure:
    """Rms error against the distance, a column of ``curves`` by label of each network: those of PC-PK1, those that correct."""
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 4.6), sharey=True)
    for spec in TABLE_I.values():
        ax, look = axes[int(spec.target == "dE")], LOOK[spec.id]
        style = {"color": look.colour, "ls": look.linestyle, "marker": look.marker}
        ax.semilogy(curves[spec.label], ms=4, label=spec.label, **style)
    for ax, title in zip(axes, ("(a) PC-PK1 itself", "(b) PC-F1 from PC-PK1"), strict=True):
        ax.set(xlabel=D_LABEL, title=title)
    axes[0].set_ylabel(RMS_LABEL)
    figure.legend(loc="outside lower center", ncols=4)
    return figure


def draw_membership(spec: NetworkSpec, times: np.ndarray, splits: int) -> Figure:
    """Histogram of nuclei by the number of learning sets that hold them."""
    figure, ax = plt.subplots(figsize=(7, 3.6))
    ax.hist(times, bins=np.arange(splits + 2) - 0.5, color=LOOK[spec.id].colour, alpha=0.6, edgecolor="white")
    ax.set(xlabel=f"Learning sets (of {splits}) that hold the nucleus", ylabel="Known nuclei")
    return figure


def draw_members(spec: NetworkSpec, curves: pd.DataFrame, titles: Sequence[str]) -> Figure:
    """Rms error against the number of members, a panel for each column of ``curves``."""
    figure, axes = plt.subplots(1, len(titles), figsize=(7.2, 3.4))
    for ax, (_, curve), title in zip(axes, curves.items(), titles, strict=True):
        style = LOOK[spec.id].marker + "-"
        ax.semilogx(curve, style, color=LOOK[spec.id].colour, label="mean of so many members")
        alone = curve.iloc[0] / np.sqrt(curve.index)
        ax.semilogx(curve.index, alone, color="0.5", ls=":", label="if they erred independently")
        ax.set(xlabel="Members", ylabel=RMS_LABEL, title=title, ylim=(0, None))
        ax.legend()
    return figure


def draw_samples(table: pd.DataFrame) -> Figure:
    """Errors in sample, of the mean of 100 and out of sample, a row for each network."""
    figure, ax = plt.subplots(figsize=(7.2, 4.4))
    for k, spec in enumerate(TABLE_I.values()):
        look, row = LOOK[spec.id], table.loc[spec.label]
        for value, marker, face in zip(row, "vo^", ("white", look.colour, "white"), strict=True):
            ax.semilogx(value, k, marker, color=look.colour, mfc=face, ms=8)
        ax.hlines(k, row["in_sample_MeV"], row["out_of_sample_MeV"], color=look.colour, lw=1, ls=look.linestyle)
    ax.set_yticks(range(len(TABLE_I)), [spec.label for spec in TABLE_I.values()])
    ax.yaxis.set_tick_params(which="minor", length=0)
    ax.invert_yaxis()
    for marker, face, text in (
        ("v", "white", "in sample"),
        ("o", "0.4", "mean of 100"),
        ("^", "white", "out of sample"),
    ):
        ax.plot([], [], marker, color="0.4", mfc=face, label=text)
    ax.legend()
    ax.set(xlabel=r"$\sigma_{\rm rms}(E)$ in the known region (MeV)")
    return figure
