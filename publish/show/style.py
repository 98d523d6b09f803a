"""The look of the book's figures: one style, and one colour per thing through the whole book."""

from __future__ import annotations

import os
from typing import NamedTuple

import matplotlib as mpl
from IPython import get_ipython
from matplotlib.colors import Normalize, to_hex

from claims.exact import BESIDE, FIRST_ORDER, ON_SHELL
from lib.learning.local_rows import LABELS, ROWS
from lib.learning.table_one import TABLE_I, get_network


class Look(NamedTuple):
    """How a thing is drawn, and what it is called beside its curve."""

    colour: str
    marker: str = ""
    linestyle: str = "-"
    label: str = ""


_NETWORKS = {
    "NN1-I4E": ("#E69F00", "o"), "NN2-I3E": ("#56B4E9", "v"), "NN2-I6E": ("#0072B2", "^"), "NN2-I3D": ("#CC79A7", "<"),
    "NN2-I6D": ("#882255", ">"), "NN3-I3D": ("#009E73", "s"), "NN3-I6D": ("#D55E00", "D"),
}  # fmt: skip
_ROWS = {
    "LF-weighted": ("#56B4E9", "v"), "LF-local": ("#0072B2", "^"), "LF-lower": ("#CC79A7", "<"),
    "LF-interaction": ("#E69F00", "o"), "LF-kinetic": ("#882255", ">"), "LF-potentials": ("#999933", "P"),
    "LF-potentials-firm": ("#999933", "*"), "LF-potentials-strong": ("#999933", "x"), "LF-fields": ("#009E73", "s"), "LF-correction": ("#0072B2", "^"), "LF-first-order": ("#009E73", "s"),
    "LF-first-order-weak": ("#009E73", "x"),
}  # fmt: skip
LOOK = (
    {
        "PC-PK1": Look("#0072B2", label="PC-PK1"),
        "PC-F1": Look("#D55E00", label="PC-F1"),
        "DD-PC1": Look("#009E73", label="DD-PC1"),
        "n": Look("#0072B2", label="neutrons"),
        "p": Look("#D55E00", linestyle="--", label="protons"),
        "kinetic": Look("#009E73", linestyle="-.", label="kinetic"),
        "interaction": Look("#CC79A7", linestyle="--", label="interaction"),
        "coulomb": Look("#E69F00", linestyle=":", label="electromagnetic"),
        "total": Look("#000000", label="sum"),
        "target": Look("#000000", label="target"),
        ON_SHELL: Look("#000000", linestyle=":", label="identity, no network"),
        FIRST_ORDER: Look("#666666", linestyle=":", label="first order, no network"),
    }
    | {
        id: Look(*_NETWORKS[id.replace("d", "")], "--" if spec.target == "dE" else "-", spec.label)
        for id, spec in TABLE_I.items()
    }
    | {
        id: Look(colour, marker, "-" if ROWS[id].target == "E" else "--", LABELS[id])
        for id, (colour, marker) in _ROWS.items()
    }
)
"""The look of functionals, of neutrons and protons, of the parts of the energy, of what is learnt, and of the networks.

Colours are Okabe and Ito's, safe for colour-blind readers.  Networks that correct PC-PK1 are dashed, and otherwise look like the
network with the same inputs and output.
"""


BINDING = {"cmap": "viridis", "norm": Normalize(5, 8.8)}
"""The colours of the binding energy per nucleon, MeV, in figures and explorers alike."""


def shades(cmap: str, norm: Normalize) -> dict:
    """Colours for a page, from one end of a quantity to the other."""
    colours = mpl.colormaps[cmap].resampled(64)
    return {"ends": [norm.vmin, norm.vmax], "colours": [to_hex(colours(i)) for i in range(64)]}


def curve_look(id: str) -> Look:
    """The look of a network in Figs. 1 and 3, of a row beside Table I, or of what needs no network (:data:`claims.exact.BESIDE`).

    ``"PC-PK1"`` is there the target without a network, and black.

    Raises
    ------
    ValueError
        for what is neither.
    """
    if id in BESIDE or id in ROWS:
        return LOOK[id]
    return LOOK["target"]._replace(label=id) if id == "PC-PK1" else LOOK[get_network(id).id]


def use_style() -> None:
    """Set matplotlib to the book's style: white ground (also in dark mode), ticks inside, legible at page width.

    A figure of several panels is drawn 7.2 inches wide: on the page that is nearly its own size, and 8 points stay legible.

    Settings of the user, as in a ``matplotlibrc``, have no say.  While the book is built, a notebook keeps each figure as PDF
    beside the PNG, for the PDF of the book.
    """
    mpl.rcdefaults()
    shell, in_build = get_ipython(), "BOOK_BUILD" in os.environ
    if shell is not None and (in_build or mpl.get_backend().lower() == "agg"):  # asked for by the user: shows no figure
        shell.run_line_magic("matplotlib", "inline")
    if shell is not None and in_build:
        shell.run_line_magic("config", "InlineBackend.figure_formats = {'png', 'pdf'}")
    mpl.rcParams.update(
        {
            "figure.facecolor": "white",
            "axes.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.dpi": 110,
            "savefig.dpi": 200,
            "figure.constrained_layout.use": True,
            "font.size": 10,
            "axes.labelsize": 10,
            "axes.titlesize": 10,
            "legend.fontsize": 8.5,
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
