"""The look of the book's figures: one style, one colour per thing, chart maps."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from lib.known_region import measured_masses

FUNCTIONAL_COLOURS = {"PC-PK1": "#0072B2", "PC-F1": "#D55E00"}
PARTICLE_COLOURS = {"n": "#0072B2", "p": "#D55E00"}
"""Neutrons blue, protons vermilion (Okabe-Ito, safe for colour-blind readers)."""
PART_COLOURS = {"kinetic": "#009E73", "interaction": "#CC79A7", "coulomb": "#E69F00", "total": "#000000"}
MAGIC_NUMBERS = {"proton": (8, 20, 28, 50, 82), "neutron": (8, 20, 28, 50, 82, 126, 184)}


def use_style() -> None:
    """Set matplotlib to the book's style: white ground (also in dark mode), ticks inside, legible at page width."""
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
