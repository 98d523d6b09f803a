"""Figures and panels that more than one place draws.

A figure is drawn :data:`WIDTH_IN` wide; at the width of the page's column its smallest letters, indices too, are nine pixels high.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from claims.profiles import Profile
from claims.words import minus, nucleus_label, symbol
from lib.learning.dataset import load_dataset
from lib.learning.ensemble import load_ensemble, member_densities
from lib.learning.known_region import NEUTRON_MAGIC, PROTON_MAGIC, measured_masses
from lib.learning.recipes import Recipe
from lib.learning.table_one import NN3, TARGETS, NetworkSpec, get_network
from lib.rmf.dirac import level_name
from lib.rmf.mesh import SHELL_FM
from lib.rmf.observables import levels
from lib.store import select
from publish.show.style import LOOK, curve_look

WIDTH_IN = 7.2
"""Width of a figure, inches – on the page that is nearly its own size."""


def chart_map(ax: Axes, Z, N, values, label: str, cmap: str = "viridis", norm=None, boundary: bool = True):
    """Draw ``values`` as squares on the (N, Z) plane, one per even-even nucleus.

    ``label`` (with unit) goes to the colour bar; ``boundary`` draws the outline of the measured masses.  Returns the image.
    """
    Z, N, values = np.asarray(Z), np.asarray(N), np.asarray(values, dtype=float)
    grid = np.full((int(Z.max()) // 2 + 2, int(N.max()) // 2 + 2), np.nan)
    grid[Z // 2, N // 2] = values
    edges_N, edges_Z = 2 * np.arange(grid.shape[1] + 1) - 1, 2 * np.arange(grid.shape[0] + 1) - 1
    image = ax.pcolormesh(edges_N, edges_Z, grid, cmap=cmap, norm=norm, rasterized=True)
    ax.figure.colorbar(image, ax=ax, label=label, pad=0.01, fraction=0.05)
    magic_lines(ax)
    if boundary:
        table = measured_masses()
        outline(ax, table.Z.to_numpy(), table.N.to_numpy())
    ax.set(xlabel="Neutron number $N$", ylabel="Proton number $Z$", xlim=(4, 160), ylim=(4, 104))
    return image


def magic_lines(ax: Axes) -> None:
    """Dashed lines at the magic numbers."""
    for number in PROTON_MAGIC:
        ax.axhline(number, color="0.6", lw=0.6, ls="--", zorder=0)
    for number in NEUTRON_MAGIC:
        ax.axvline(number, color="0.6", lw=0.6, ls="--", zorder=0)


def outline(ax: Axes, Z: np.ndarray, N: np.ndarray, colour: str = "black") -> None:
    """Boundary of a set of even-even nuclei, as the edges of their squares that have no neighbour in the set."""
    members = set(zip(Z.tolist(), N.tolist(), strict=True))
    edges = []
    for z, n in members:
        if (z + 2, n) not in members:
            edges.append([(n - 1, z + 1), (n + 1, z + 1)])
        if (z - 2, n) not in members:
            edges.append([(n - 1, z - 1), (n + 1, z - 1)])
        if (z, n + 2) not in members:
            edges.append([(n + 1, z - 1), (n + 1, z + 1)])
        if (z, n - 2) not in members:
            edges.append([(n - 1, z - 1), (n - 1, z + 1)])
    ax.add_collection(LineCollection(edges, colors=colour, linewidths=0.9))


def architecture(spec: NetworkSpec, recipe: Recipe, components: int, raw: int) -> Figure:
    """Drawing of a network: fixed layers grey, trained ones in the network's colour, with their sizes.

    ``components`` is the number of inputs after the fixed first layer, ``raw`` that of the outputs before the last.
    """
    points = 151 if spec.family == "NN2" else 1
    given = len(spec.inputs) * points
    energy = spec.output == "energy"
    name = (
        ("E" if energy else r"r^2\mathcal{E}")
        if spec.target == "E"
        else (r"\delta E" if energy else r"r^2\delta\mathcal{E}")
    )
    boxes = [
        (f"inputs\n{given}", "white", 1.0),
        (f"fixed layer\n{given} → {components}", "0.85", 0.8),
        *((f"{recipe.activation}\n{recipe.width}", LOOK[spec.id].colour, 0.75) for _ in range(recipe.layers)),
        (f"linear\n{raw}", LOOK[spec.id].colour, 0.6),
        (f"fixed layer\n{raw} → {1 if energy or spec.family == NN3 else 151}", "0.85", 0.8),
        (f"${name}$", "white", 1.0),
    ]
    figure, ax = plt.subplots(figsize=(WIDTH_IN, 1.5 if spec.family == NN3 else 1.25))
    for i, (text, colour, height) in enumerate(boxes):
        alpha = 0.45 if colour == LOOK[spec.id].colour else 1.0
        for face, edge, opacity in ((colour, "none", alpha), ("none", "0.3", 1.0)):
            ax.add_patch(FancyBboxPatch(
                (i + 0.02, 0.5 - height / 2), 0.76, height, boxstyle="round,pad=0.02", facecolor=face, alpha=opacity, edgecolor=edge, lw=0.9
            ))  # fmt: skip
        ax.text(i + 0.4, 0.5, text, ha="center", va="center", fontsize=10 if "$" in text else 8)
        if i:
            ax.annotate("", (i, 0.5), (i - 0.2, 0.5), arrowprops={"arrowstyle": "->", "color": "0.3"})
    middle = (len(boxes) - 0.2) / 2
    if spec.family == NN3:
        ax.text(
            middle, -0.4, "the same at each of the 151 mesh points, minus its value for the vacuum; $E$ is the sum over the mesh",
            ha="center", fontsize=8,
        )  # fmt: skip
    elif not energy:
        ax.text(middle, -0.22, "$E$ is the sum over the mesh", ha="center", fontsize=8)
    ax.set(xlim=(-0.05, len(boxes) - 0.15), ylim=(-0.5 if spec.family == NN3 else -0.25, 1.1))
    ax.axis("off")
    return figure


def nucleus_figure(nucleus: xr.Dataset) -> Figure:
    """Four panels of one nucleus of :func:`lib.rmf.solver.solve`: densities, potentials, energy densities, levels."""
    figure, axes = plt.subplots(2, 2, figsize=(WIDTH_IN, 7.2), height_ratios=(1, 1.45))
    r = nucleus.r
    draw_densities(axes[0, 0], nucleus, sums=True)
    axes[0, 0].set_title("(a) densities")
    ax = axes[0, 1]
    for q, species in (("n", "neutron"), ("p", "proton")):
        well = nucleus[f"{species}_vector_potential"] + nucleus.scalar_potential
        ax.plot(r, well, color=LOOK[q].colour, ls=LOOK[q].linestyle, label=f"$V+S$, {LOOK[q].label}")
    ax.set(ylabel="Potential (MeV)", title="(b) central potentials")
    ax = axes[1, 0]
    parts = {part: nucleus[f"{part}_energy_density"] for part in ("kinetic", "interaction", "coulomb")}
    for part, density in (parts | {"total": nucleus.energy_density}).items():
        ax.plot(r, r**2 * density, color=LOOK[part].colour, ls=LOOK[part].linestyle, label=LOOK[part].label)
    ax.set(ylabel=r"$r^2\mathcal{E}$ (MeV fm$^{-1}$)", title="(c) energy density and its parts")
    for ax in (axes[0, 1], axes[1, 0]):
        ax.set(xlabel="Radius $r$ (fm)", xlim=(0, 12))
        ax.legend()
    draw_levels(axes[1, 1], nucleus)
    name = f"$^{{{int(nucleus.Z) + int(nucleus.N)}}}${symbol(int(nucleus.Z))}"
    figure.suptitle(
        f"{name} ($Z={int(nucleus.Z)}$, $N={int(nucleus.N)}$), {nucleus.functional}{' with pairing' if nucleus.pairing else ''}\n"
        f"total energy {minus(f'{nucleus.total_energy:.2f}')} MeV, charge radius {float(nucleus.charge_radius):.3f} fm",
        fontsize=11,
    )
    return figure


def draw_densities(ax: Axes, nucleus: xr.Dataset, sums: bool = False) -> None:
    """Densities of neutrons and protons against the radius, with ``sums`` also the vector and the scalar density."""
    for q, density in (("n", nucleus.neutron_density), ("p", nucleus.proton_density)):
        ax.plot(nucleus.r, density, color=LOOK[q].colour, ls=LOOK[q].linestyle, label=rf"$\rho_{q}$")
    if sums:
        ax.plot(nucleus.r, nucleus.vector_density, color="black", label=r"$\rho_V$")
        ax.plot(nucleus.r, nucleus.scalar_density, color="0.4", ls=":", label=r"$\rho_S$")
    ax.set(xlabel="Radius $r$ (fm)", ylabel=r"Density (fm$^{-3}$)", xlim=(0, 12), ylim=(0, None))
    ax.legend(fontsize=10)


def draw_levels(ax: Axes, nucleus: xr.Dataset, window: float = 28.0, title: str = "(d) levels") -> None:
    """Levels of both species with their occupation as the length of the filled line; names beside them, led to by lines.

    Grey are also the bound levels that are empty (:func:`lib.rmf.observables.levels`), so that the gap at the Fermi energy is seen.

    ``window`` is the range of energies that is shown, MeV.
    """
    top, shown = 4.0, levels(nucleus)
    shown = shown[(shown.level_energy < top) & (shown.level_energy > top - window)]
    for column, q in enumerate("np"):
        column_levels = shown[shown.particle == q]
        places = names_apart(column_levels.level_energy.to_numpy(), window / 24, top - window + 0.6, top + 0.4)
        for level, place in zip(column_levels.itertuples(), places, strict=True):
            e, v2, name = level.level_energy, level.occupation, level_name(level.n, level.kappa)
            ax.hlines(e, column, column + 0.6, color="0.75", lw=1.2)
            ax.hlines(e, column, column + 0.6 * v2, color=LOOK[q].colour, lw=2.2)
            ax.plot([column + 0.61, column + 0.68], [e, place], color="0.75", lw=0.6)
            ax.text(column + 0.69, place, name, fontsize=7, va="center")
    ax.axhline(0, color="0.5", lw=0.6, ls="--")
    ax.set(xlim=(-0.1, 2.05), ylim=(top - window, top + 1), ylabel="Single-particle energy (MeV)", title=title)
    ax.set_xticks([0.3, 1.3], [LOOK[q].label for q in "np"])
    ax.tick_params(axis="x", which="both", length=0)


def names_apart(wished: Sequence[float], gap: float, low: float, high: float) -> np.ndarray:
    """Places of names beside things at rising ``wished`` places: in their order, none on another, each crowd around its middle.

    Parameters
    ----------
    wished
        where the things are, rising.
    gap
        between two names at least, as far as there is room.
    low, high
        the ends of the room.
    """
    gap = min(gap, (high - low) / max(1, len(wished) - 1))
    crowds: list[tuple[float, int]] = []

    def middle(total, count):
        half = (count - 1) * gap / 2
        return max(low + half, min(high - half, total / count))

    for place in wished:
        total, count = float(place), 1
        while crowds and middle(*crowds[-1]) + (crowds[-1][1] + count) * gap / 2 > middle(total, count) + 1e-9:
            total, count = total + crowds[-1][0], count + crowds[-1][1]
            crowds.pop()
        crowds.append((total, count))
    parts = [middle(*crowd) + (np.arange(crowd[1]) - (crowd[1] - 1) / 2) * gap for crowd in crowds]
    return np.concatenate(parts) if parts else np.empty(0)


def nucleus_text(nucleus: xr.Dataset) -> str:
    """A nucleus of :func:`lib.rmf.solver.solve` in words: energies in MeV, radii in fm."""
    return (
        f"Z={int(nucleus.Z)}, N={int(nucleus.N)}, {nucleus.functional}{' with pairing' if nucleus.pairing else ''}"
        f"{f', in a box of {nucleus.box:g} fm' if nucleus.wall else ''}: E_CDFT = {minus(f'{nucleus.energy:.2f}')} MeV, total energy {minus(f'{nucleus.total_energy:.2f}')} MeV, "
        f"charge radius {float(nucleus.charge_radius):.3f} fm, "
        f"neutron skin {minus(f'{nucleus.neutron_radius - nucleus.proton_radius:.3f}')} fm."
    )


def draw_distance_curves(ax: Axes, curves: Mapping[str, pd.DataFrame]) -> None:
    """Figs. 1 and 3: the rms error against the distance, logarithmic, with error bars.

    Parameters
    ----------
    ax
        the panel.
    curves
        by network id, or ``"PC-PK1"``: tables of :func:`claims.uncertainty.curve_table`.
    """
    for id, curve in curves.items():
        look = curve_look(id)
        ax.errorbar(
            curve.index, curve.rms, curve.bootstrap_error, color=look.colour, ls=look.linestyle, marker=look.marker,
            label=look.label, ms=5, lw=1.4 if look.marker else 1.8, elinewidth=0.8,
        )  # fmt: skip
    ax.set(
        xlabel="Distance $d$ to the known isotopes",
        ylabel=r"$\sigma_{\rm rms}(E)$ (MeV)",
        yscale="log",
        xlim=(-1, None),
    )


def draw_profiles(axes: Sequence[Axes], found: Mapping[str, Profile], bounds: Sequence[float], end: float) -> None:
    """Fig. 2 for one nucleus: energy density, its error, the cumulative integral and the subsections, against the radius.

    Parameters
    ----------
    axes
        the four panels.
    found
        by network id, profiles of the nucleus (:func:`claims.profiles.profiles`).
    bounds
        of the subsections, fm; the bars of one that reaches beyond ``end`` are drawn to there, but integrate all of it.
    end
        where the panels end, fm.

    Raises
    ------
    ValueError
        as :meth:`claims.profiles.Profile.subsections`.
    """
    targets = {get_network(id).target: profile for id, profile in found.items()}
    for target, profile in targets.items():
        colour = "black" if target == "E" else "0.55"
        axes[0].plot(profile.r, profile.target, color=colour, lw=3, label=TARGETS[target].replace(" - ", " − "))
    left, right = np.array(bounds[:-1]), np.minimum(bounds[1:], end)
    for k, (id, profile) in enumerate(found.items()):
        spec = get_network(id)
        look = {"color": LOOK[spec.id].colour, "ls": LOOK[spec.id].linestyle}
        axes[0].plot(profile.r, profile.predicted, lw=1.2, label=spec.label, **look)
        axes[1].plot(profile.r, profile.difference, lw=1.4, **look)
        axes[2].plot(profile.r, profile.cumulative, lw=1.4, **look)
        width = 0.84 * (right - left) / len(found)
        axes[3].bar(
            (left + 0.08 * (right - left) + k * width)[left < end], profile.subsections(bounds)[left < end],
            width[left < end], align="edge", color=LOOK[spec.id].colour, hatch="//" if spec.target == "dE" else None,
        )  # fmt: skip
    for bound in bounds[1:-1]:
        axes[3].axvline(bound, color="0.85", lw=0.6, zorder=0)
    for ax in axes[1:]:
        ax.axhline(0, color="0.6", lw=0.7, zorder=0)
    labels = (
        r"$r^2\mathcal{E}$ (MeV fm$^{-1}$)", r"$r^2\delta\mathcal{E}$ (MeV fm$^{-1}$)", r"$E(r)$ (MeV)",
        r"$E(r_2) - E(r_1)$ (MeV)",
    )  # fmt: skip
    for ax, label in zip(axes, labels, strict=True):
        ax.set(ylabel=label, xlim=(0, end))


def density_figure(id: str, Z: int, N: int) -> Figure:
    """All members of an ensemble for one nucleus: r^2 energy density above, its error below.

    Raises
    ------
    ValueError
        if the nucleus is not in the data set of the network.
    """
    spec = get_network(id)
    dataset, ensemble = load_dataset(spec.target), load_ensemble(id)
    nucleus = select(dataset, Z, N).expand_dims("nucleus")
    members = member_densities(ensemble, nucleus)[:, 0].astype(float)
    target = nucleus.energy_density.values[0]
    figure, axes = plt.subplots(2, 1, figsize=(WIDTH_IN, 5.6), sharex=True, height_ratios=(3, 2))
    for ax, base in ((axes[0], 0.0), (axes[1], target)):
        ax.plot(dataset.r, (members - base).T, color=LOOK[spec.id].colour, lw=0.4, alpha=0.4)
        ax.plot(dataset.r, target - base, color="black", label="target")
        mean = members.mean(axis=0) - base
        ax.plot(dataset.r, mean, color="white", lw=3.2)  # so that the mean is seen before its members
        ax.plot(dataset.r, mean, color=LOOK[spec.id].colour, ls="--", label="mean of the members")
    error = SHELL_FM * (members - target).sum(axis=1)
    axes[0].set(
        ylabel=r"$r^2\mathcal{E}$ (MeV/fm)",
        title=f"{spec.label}, {nucleus_label(Z, N)}: prediction − target {minus(f'{error.mean():+.3f}')} MeV, "
        f"deviation {error.std():.3f} MeV",
    )
    axes[1].set(xlabel="Radius $r$ (fm)", ylabel="prediction − target (MeV/fm)")
    axes[0].legend()
    return figure
