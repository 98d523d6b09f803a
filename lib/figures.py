"""The look of the book's figures: one style, one colour per thing, chart maps."""

from __future__ import annotations

import os

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from lib.known_region import measured_masses
from lib.networks import NN3, NetworkSpec, Recipe

FUNCTIONAL_COLOURS = {"PC-PK1": "#0072B2", "PC-F1": "#D55E00"}
PARTICLE_COLOURS = {"n": "#0072B2", "p": "#D55E00"}
"""Neutrons blue, protons vermilion (Okabe-Ito, safe for colour-blind readers)."""
PART_COLOURS = {"kinetic": "#009E73", "interaction": "#CC79A7", "coulomb": "#E69F00", "total": "#000000"}
MAGIC_NUMBERS = {"proton": (8, 20, 28, 50, 82), "neutron": (8, 20, 28, 50, 82, 126, 184)}


def use_style() -> None:
    """Set matplotlib to the book's style: white ground (also in dark mode), ticks inside, legible at page width.

    While the book is built, a notebook keeps each figure as PDF beside the PNG, for the PDF of the book.
    """
    shell = get_ipython()
    if shell is not None and "BOOK_BUILD" in os.environ:
        shell.run_line_magic("matplotlib", "inline")
        shell.run_line_magic("config", "InlineBackend.figure_formats = {'png', 'pdf'}")
    mpl.rcParams.update(
        {
            "figure.facecolor": "white",
            "axes.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.dpi": 110,
            "savefig.dpi": 200,
            "figure.constrained_layout.use": True,
            "font.size": 11,
            "axes.labelsize": 11,
            "axes.titlesize": 11,
            "legend.fontsize": 9,
            "legend.frameon": False,
            "lines.linewidth": 1.6,
            "xtick.direction": "in",
            "ytick.direction": "in",
            "xtick.top": True,
            "ytick.right": True,
            "xtick.minor.visible": True,
            "ytick.minor.visible": True,
            "mathtext.fontset": "dejavusans",
            "svg.hashsalt": "neural-covariant-functional",
        }
    )


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
    for number in MAGIC_NUMBERS["proton"]:
        ax.axhline(number, color="0.6", lw=0.6, ls="--", zorder=0)
    for number in MAGIC_NUMBERS["neutron"]:
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
        *((f"{recipe.activation}\n{recipe.width}", spec.colour, 0.75) for _ in range(recipe.layers)),
        (f"linear\n{raw}", spec.colour, 0.6),
        (f"fixed layer\n{raw} → {1 if energy or spec.family == NN3 else 151}", "0.85", 0.8),
        (f"${name}$", "white", 1.0),
    ]
    figure, ax = plt.subplots(figsize=(1.45 * len(boxes), 1.9 if spec.family == NN3 else 1.5))
    for i, (text, colour, height) in enumerate(boxes):
        alpha = 0.45 if colour == spec.colour else 1.0
        ax.add_patch(FancyBboxPatch(
            (1.45 * i, 0.5 - height / 2), 1.05, height, boxstyle="round,pad=0.03", facecolor=colour, alpha=alpha, edgecolor="none"
        ))  # fmt: skip
        ax.add_patch(FancyBboxPatch(
            (1.45 * i, 0.5 - height / 2), 1.05, height, boxstyle="round,pad=0.03", facecolor="none", edgecolor="0.3", lw=0.9
        ))  # fmt: skip
        ax.text(1.45 * i + 0.525, 0.5, text, ha="center", va="center", fontsize=9)
        if i:
            ax.annotate(
                "", (1.45 * i - 0.05, 0.5), (1.45 * i - 0.36, 0.5), arrowprops={"arrowstyle": "->", "color": "0.3"}
            )
    if spec.family == NN3:
        ax.text(
            0.725 * len(boxes) - 0.2, -0.35, "the same at each of the 151 mesh points, minus its value for the vacuum; $E$ is the sum over the mesh",
            ha="center", fontsize=9,
        )  # fmt: skip
    elif not energy:
        ax.text(0.725 * len(boxes) - 0.2, -0.18, "$E$ is the sum over the mesh", ha="center", fontsize=9)
    ax.set(xlim=(-0.1, 1.45 * len(boxes) - 0.3), ylim=(-0.5 if spec.family == NN3 else -0.25, 1.1))
    ax.axis("off")
    return figure
