"""Interactive explorers of a nucleus, of the chart of nuclides and of the ensembles.

A static page has no kernel.  There an explorer chooses among pictures made beforehand, or draws from data shipped with it
(:mod:`lib.embedded`); in Jupyter those of a nucleus and of the ensembles are ipywidgets and compute live.  The chart
explorer carries its data with it and needs no kernel anywhere.
"""

from __future__ import annotations

import base64
import io
import os
from dataclasses import replace
from html import escape

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from IPython.display import HTML
from matplotlib.figure import Figure

from lib.chart import select
from lib.dataset import SHELL_FM, shared_dataset
from lib.embedded import embed, nucleus_label
from lib.ensemble import load_ensemble, member_densities
from lib.figures import PART_COLOURS, PARTICLE_COLOURS
from lib.functionals import FUNCTIONALS, Functional, get_functional
from lib.known_region import element
from lib.networks import get_network
from lib.rmf import NoConvergenceError, solve

LETTERS = "spdfghijklmnoqrtuvwxyz"


def level_name(n: int, kappa: int) -> str:
    """Spectroscopic name, e.g. 1s1/2; radial quantum number counted from 1."""
    l = -kappa - 1 if kappa < 0 else kappa
    return f"{n + 1}{LETTERS[l]}{2 * abs(kappa) - 1}/2"


def nucleus_figure(nucleus: xr.Dataset) -> Figure:
    """Four panels of one nucleus of :func:`lib.rmf.solve`: densities, potentials, energy densities, levels."""
    figure, axes = plt.subplots(2, 2, figsize=(9.5, 7))
    r = nucleus.r
    ax = axes[0, 0]
    ax.plot(r, nucleus.neutron_density, color=PARTICLE_COLOURS["n"], label=r"$\rho_n$")
    ax.plot(r, nucleus.proton_density, color=PARTICLE_COLOURS["p"], ls="--", label=r"$\rho_p$")
    ax.plot(r, nucleus.scalar_density, color="0.4", ls=":", label=r"$\rho_S$")
    ax.set(ylabel=r"Density (fm$^{-3}$)", title="(a) densities")
    ax = axes[0, 1]
    ax.plot(
        r,
        nucleus.neutron_vector_potential + nucleus.scalar_potential,
        color=PARTICLE_COLOURS["n"],
        label="$V+S$, neutrons",
    )
    ax.plot(
        r,
        nucleus.proton_vector_potential + nucleus.scalar_potential,
        color=PARTICLE_COLOURS["p"],
        ls="--",
        label="$V+S$, protons",
    )
    ax.set(ylabel="Potential (MeV)", title="(b) central potentials")
    ax = axes[1, 0]
    for part, style in (("kinetic", "-."), ("interaction", "--"), ("coulomb", ":")):
        ax.plot(r, r**2 * nucleus[f"{part}_energy_density"], color=PART_COLOURS[part], ls=style, label=part)
    ax.plot(r, r**2 * nucleus.energy_density, color=PART_COLOURS["total"], label="sum")
    ax.set(ylabel=r"$r^2\mathcal{E}$ (MeV fm$^{-1}$)", title="(c) energy density and its parts")
    for ax in (axes[0, 0], axes[0, 1], axes[1, 0]):
        ax.set(xlabel="Radius $r$ (fm)", xlim=(0, 12))
        ax.legend()
    _draw_levels(axes[1, 1], nucleus)
    name = f"$^{{{int(nucleus.Z) + int(nucleus.N)}}}${element(int(nucleus.Z)) if 8 <= int(nucleus.Z) <= 100 else ''}"
    figure.suptitle(
        f"{name} ($Z={int(nucleus.Z)}$, $N={int(nucleus.N)}$), {nucleus.functional}"
        f"{' with pairing' if nucleus.pairing else ''}: "
        f"total energy {float(nucleus.total_energy):.2f} MeV, charge radius {float(nucleus.charge_radius):.3f} fm"
    )
    return figure


def _draw_levels(ax, nucleus: xr.Dataset, window: float = 28.0) -> None:
    """Levels of both species with their occupation as the length of the filled line; labels kept from overlapping."""
    top = 4.0
    for column, q in enumerate("np"):
        own = nucleus.particle.values == q
        energy, occupation = nucleus.level_energy.values[own], nucleus.occupation.values[own]
        names = [
            level_name(int(n), int(k)) for n, k in zip(nucleus.n.values[own], nucleus.kappa.values[own], strict=True)
        ]
        shown = (energy < top) & (energy > top - window)
        last = -np.inf
        for e, v2, name in sorted(zip(energy[shown], occupation[shown], np.array(names)[shown], strict=True)):
            ax.hlines(e, column, column + 0.6, color="0.75", lw=1.2)
            ax.hlines(e, column, column + 0.6 * v2, color=PARTICLE_COLOURS[q], lw=2.2)
            place = max(e, last + window / 24)
            last = place
            ax.annotate(name, (column + 0.6, e), (column + 0.64, place), fontsize=7, va="center")
    ax.axhline(0, color="0.5", lw=0.6, ls="--")
    ax.set(xlim=(-0.1, 2.05), ylim=(top - window, top + 1), ylabel="Single-particle energy (MeV)", title="(d) levels")
    ax.set_xticks([0.3, 1.3], ["neutrons", "protons"])
    ax.tick_params(axis="x", which="both", length=0)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80)
    plt.close(figure)
    return buffer.getvalue()


def in_static_page() -> bool:
    """Whether the book is being built: then no kernel will stand behind the widgets."""
    return "BOOK_BUILD" in os.environ


COUPLINGS = ("alpha_S", "beta_S", "gamma_S", "delta_S", "alpha_V", "gamma_V", "delta_V", "alpha_TV", "delta_TV")
"""The couplings of the mean field, each with a slider in the live explorer of a nucleus."""
CHANGE_PERCENT = 10.0
"""How far the sliders go to either side.  Scalar and vector field nearly cancel, so that even this unbinds nuclei."""


def nucleus_explorer(
    nuclei: list[tuple[int, int]], functionals: list[str] = tuple(FUNCTIONALS)
) -> HTML | widgets.Widget:
    """Choose a nucleus and a functional, see densities, potentials, energy density and levels.

    In the static page: the ``nuclei`` (Z, N) given, from pictures made now.  In Jupyter: any even-even nucleus, computed
    live, also with couplings changed by up to ``CHANGE_PERCENT`` per cent.
    """
    return _pictures(nuclei, functionals) if in_static_page() else LiveNucleus(nuclei[0], functionals).view


def nucleus_text(nucleus: xr.Dataset) -> str:
    """A nucleus of :func:`lib.rmf.solve` in words: energies in MeV, radii in fm."""
    return (
        f"Z={int(nucleus.Z)}, N={int(nucleus.N)}, {nucleus.functional}{' with pairing' if nucleus.pairing else ''}: "
        f"E_CDFT = {float(nucleus.energy):.2f} MeV, total energy {float(nucleus.total_energy):.2f} MeV, "
        f"charge radius {float(nucleus.charge_radius):.3f} fm, "
        f"neutron skin {float(nucleus.neutron_radius - nucleus.proton_radius):.3f} fm."
    )


def _pictures(nuclei, functionals) -> HTML:
    def picture(Z, N, functional, pairing):
        nucleus = solve(Z, N, functional, pairing)
        return {
            "png": base64.b64encode(_png(nucleus_figure(nucleus))).decode(),
            "text": nucleus_text(nucleus).replace("E_CDFT", "E<sub>CDFT</sub>"),
        }

    data = {
        "nuclei": [nucleus_label(Z, N) for Z, N in nuclei],
        "functionals": list(functionals),
        "pictures": [
            [[picture(Z, N, f, pairing) for pairing in (False, True)] for f in functionals] for Z, N in nuclei
        ],
    }
    return embed("nucleus_explorer", data)


class Live:
    """Controls above a picture that is made anew whenever one of them changes; ``view`` is the whole.

    ``words`` says what is shown, or in one line why a wish cannot be met; then there is no picture.
    """

    def __init__(self, controls: list[widgets.Widget], draw, above: list[widgets.Widget] | None = None):
        self._draw, self.words, self.picture = draw, widgets.HTML(), widgets.HTML()
        for control in controls:
            control.observe(self.show, "value")
        self.view = widgets.VBox([*(above or [widgets.HBox(controls)]), self.words, self.picture])
        self.show()

    def show(self, _=None) -> None:
        """Draw what the controls say."""
        try:
            figure, words = self._draw()
        except (ValueError, NoConvergenceError) as error:
            words, picture = str(error), ""
        else:
            # not widgets.Image, which has no text for those who do not see it
            png = base64.b64encode(_png(figure)).decode()
            picture = f'<img alt="{escape(words)}" src="data:image/png;base64,{png}">'
        self.words.value, self.picture.value = escape(words), picture


class LiveNucleus(Live):
    """Any even-even nucleus, either functional, pairing, and a slider for the change of each coupling, with a reset."""

    def __init__(self, first: tuple[int, int], functionals: list[str] = tuple(FUNCTIONALS)):
        self.Z = widgets.BoundedIntText(first[0], min=2, max=300, step=2, description="Z")
        self.N = widgets.BoundedIntText(first[1], min=2, max=300, step=2, description="N")
        self.functional = widgets.Dropdown(options=list(functionals), description="functional")
        self.pairing = widgets.Checkbox(False, description="pairing")
        self.couplings = {
            name: widgets.FloatSlider(
                0.0, min=-CHANGE_PERCENT, max=CHANGE_PERCENT, step=0.1, description=name, readout_format="+.1f",
                continuous_update=False,
            )
            for name in COUPLINGS
        }  # fmt: skip
        self.reset = widgets.Button(description="reset couplings", tooltip="all changes back to 0 %")
        self.reset.on_click(self._reset)
        self._resetting = False
        choice = [self.Z, self.N, self.functional, self.pairing]
        sliders = widgets.VBox(
            [
                widgets.HBox([widgets.Label("couplings, changed by per cent"), self.reset]),
                widgets.GridBox(
                    list(self.couplings.values()), layout=widgets.Layout(grid_template_columns="repeat(3, 310px)")
                ),
            ]
        )
        super().__init__([*choice, *self.couplings.values()], self._solve, [widgets.HBox(choice), sliders])

    def chosen(self) -> Functional:
        """The functional with the couplings of the sliders."""
        functional = get_functional(self.functional.value)
        changes = {name: slider.value for name, slider in self.couplings.items() if slider.value}
        if not changes:
            return functional
        changed = {name: getattr(functional, name) * (1 + change / 100) for name, change in changes.items()}
        return replace(functional, name=f"{functional.name} changed", **changed)

    def _solve(self):
        nucleus = solve(self.Z.value, self.N.value, self.chosen(), self.pairing.value)
        return nucleus_figure(nucleus), nucleus_text(nucleus)

    def _reset(self, _) -> None:
        # nine sliders go back, one picture is made
        self._resetting = True
        for slider in self.couplings.values():
            slider.value = 0.0
        self._resetting = False
        self.show()

    def show(self, _=None) -> None:
        if not self._resetting:
            super().show()


def chart_explorer(chart: xr.Dataset, other: xr.Dataset, measured: dict[tuple[int, int], float]) -> HTML:
    """The chart of nuclides to click in: densities and levels of every bound nucleus, without a kernel.

    ``chart`` is shown, ``other`` the second functional to compare the energy with, ``measured`` binding energies (MeV) by
    (Z, N).  Densities are carried on every second mesh point with four digits.
    """
    compared = dict(
        zip(zip(other.Z.values.tolist(), other.N.values.tolist(), strict=True), other.energy.values, strict=True)
    )
    nuclei = []
    for i in range(chart.sizes["nucleus"]):
        row = chart.isel(nucleus=i)
        Z, N = int(row.Z), int(row.N)
        occupied = np.nan_to_num(row.occupation.values) > 1e-6
        nuclei.append(
            {
                "Z": Z,
                "N": N,
                "E": round(float(row.energy), 2),
                "T": round(float(row.total_energy), 2),
                "F": round(float(compared[Z, N]), 2) if (Z, N) in compared else None,
                "B": round(measured[Z, N], 2) if (Z, N) in measured else None,
                "c": round(float(row.charge_radius), 3),
                "s": round(float(row.neutron_radius - row.proton_radius), 3),
                "n": np.round(1e4 * row.neutron_density.values[:121:3]).astype(int).tolist(),
                "p": np.round(1e4 * row.proton_density.values[:121:3]).astype(int).tolist(),
                "l": [
                    [q, level_name(int(n), int(kappa)), round(float(e), 1), round(float(v2), 2)]
                    for q, n, kappa, e, v2 in zip(
                        row.particle.values[occupied],
                        row.n.values[occupied],
                        row.kappa.values[occupied],
                        row.level_energy.values[occupied],
                        row.occupation.values[occupied],
                        strict=True,
                    )
                    if e > -26
                ],
            }
        )
    elements = {int(Z): element(int(Z)) for Z in np.unique(chart.Z.values)}
    data = {"functional": chart.functional, "other": other.functional, "elements": elements, "nuclei": nuclei}
    return embed("chart_explorer", data)


SHOWN_MEMBERS = range(0, 100, 12)
"""Members that the density explorer draws one by one."""
EXPLORER_STRIDE = 2
"""Mesh points between those the density explorer carries."""


def density_explorer(networks: list[str], nuclei: list[tuple[int, int]]) -> HTML | widgets.Widget:
    """Choose a network and a nucleus, see r^2 energy density of the members, of their mean and of the target.

    In the static page: the ``nuclei`` (Z, N) given.  In Jupyter: any nucleus of the data set, computed live.

    Raises
    ------
    ValueError
        for a network that gives energies only.
    """
    for id in networks:
        if get_network(id).output != "energy_density":
            raise ValueError(f"{id} gives energies only: take networks with the output ℰ")
    return _drawn_densities(networks, nuclei) if in_static_page() else _live_densities(networks, nuclei[0])


def _drawn_densities(networks, nuclei) -> HTML:
    results = []
    for id in networks:
        dataset, ensemble = shared_dataset(get_network(id).target), load_ensemble(id)
        place = {nucleus: i for i, nucleus in enumerate(zip(dataset.Z.values, dataset.N.values, strict=True))}
        found = [place[nucleus] for nucleus in nuclei if nucleus in place]
        chosen = dataset.isel(nucleus=found)
        densities = iter(member_densities(ensemble, chosen).transpose(1, 0, 2))
        row = []
        for nucleus in nuclei:
            if nucleus not in place:
                row.append(None)
                continue
            i, members = place[nucleus], next(densities)[:, ::EXPLORER_STRIDE]
            target = dataset.energy_density.values[i, ::EXPLORER_STRIDE]
            low, high = np.percentile(members, [5, 95], axis=0)
            digits = max(0, 4 - int(np.floor(np.log10(np.abs(target).max()))))
            row.append(
                {
                    "target": np.round(target, digits).tolist(),
                    "mean": np.round(members.mean(axis=0, dtype=float), digits).tolist(),
                    "low": np.round(low, digits).tolist(),
                    "high": np.round(high, digits).tolist(),
                    "members": [np.round(members[m].astype(float), digits).tolist() for m in SHOWN_MEMBERS],
                    "errors": np.round(
                        ensemble.predicted_energy.values[:, i].astype(float) - dataset.energy.values[i], 4
                    ).tolist(),
                    "energy": round(float(dataset.energy[i]), 4),
                }
            )
        results.append(row)
    distances = shared_dataset("E")
    data = {
        "first": "NN3-I6D" if "NN3-I6D" in networks else networks[0],
        "step": EXPLORER_STRIDE * float(distances.r[1] - distances.r[0]),
        "networks": [
            {"id": id, "label": get_network(id).label, "colour": get_network(id).colour,
             "symbol": "r²ℰ" if get_network(id).target == "E" else "r²δℰ"}
            for id in networks
        ],
        "nuclei": [
            {"Z": Z, "N": N, "label": nucleus_label(Z, N), "d": int(select(distances, Z, N).distance)} for Z, N in nuclei
        ],
        "results": results,
    }  # fmt: skip
    return embed("density_explorer", data)


def density_figure(id: str, Z: int, N: int) -> Figure:
    """All members of an ensemble for one nucleus: r^2 energy density above, its error below.

    Raises
    ------
    ValueError
        if the nucleus is not in the data set of the network.
    """
    spec = get_network(id)
    dataset, ensemble = shared_dataset(spec.target), load_ensemble(id)
    nucleus = select(dataset, Z, N).expand_dims("nucleus")
    members = member_densities(ensemble, nucleus)[:, 0].astype(float)
    target = nucleus.energy_density.values[0]
    figure, axes = plt.subplots(2, 1, figsize=(8, 6), sharex=True, height_ratios=(3, 2))
    for ax, base in ((axes[0], 0.0), (axes[1], target)):
        ax.plot(dataset.r, (members - base).T, color=spec.colour, lw=0.4, alpha=0.4)
        ax.plot(dataset.r, target - base, color="black", label="target")
        ax.plot(dataset.r, members.mean(axis=0) - base, color=spec.colour, ls="--", label="mean of the members")
    error = SHELL_FM * (members - target).sum(axis=1)
    axes[0].set(
        ylabel=r"$r^2\mathcal{E}$ (MeV/fm)",
        title=f"{spec.label}, {nucleus_label(Z, N)}: error {error.mean():+.3f} ± {error.std():.3f} MeV",
    )
    axes[1].set(xlabel="Radius $r$ (fm)", ylabel="difference (MeV/fm)")
    axes[0].legend()
    return figure


def _live_densities(networks, first: tuple[int, int]) -> widgets.Widget:
    network = widgets.Dropdown(options=[(get_network(id).label, id) for id in networks], description="network")
    Z = widgets.BoundedIntText(first[0], min=8, max=100, step=2, description="Z")
    N = widgets.BoundedIntText(first[1], min=8, max=156, step=2, description="N")

    def draw():
        figure = density_figure(network.value, Z.value, N.value)
        return figure, f"Energy density by the members of the ensemble: {figure.axes[0].get_title()}."

    return Live([network, Z, N], draw).view
