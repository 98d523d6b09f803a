"""Interactive explorers of a nucleus, of the chart of nuclides and of the ensembles.

A static page has no kernel.  There an explorer draws from data shipped with it (:mod:`lib.embedded`); in Jupyter all of them are ipywidgets and compute live (:mod:`lib.live`).
"""

from __future__ import annotations

import ipywidgets as widgets
import numpy as np
import xarray as xr
from IPython.display import HTML

from lib.chart import select
from lib.dataset import shared_dataset
from lib.embedded import embed, in_static_page, nucleus_label
from lib.ensemble import member_densities, shared_ensemble
from lib.figures import level_name, nucleus_text
from lib.functionals import FUNCTIONALS
from lib.known_region import element
from lib.live import LiveChart, LiveDensities, LiveNucleus
from lib.mesh import NETWORK_STEP_FM
from lib.networks import get_network
from lib.rmf import solve
from lib.shells import levels


def nucleus_explorer(
    nuclei: list[tuple[int, int]], functionals: list[str] = tuple(FUNCTIONALS)
) -> HTML | widgets.Widget:
    """Choose a nucleus and a functional, see densities, potentials, energy density and levels.

    In the static page: the ``nuclei`` (Z, N) given, solved now.  In Jupyter: any even-even nucleus, computed
    live, also with couplings changed by up to :data:`lib.live.CHANGE_PERCENT` per cent.
    """
    return _drawn_nuclei(nuclei, functionals) if in_static_page() else LiveNucleus(nuclei[0], functionals).view


END_POINT = 121
"""Mesh points that the explorers of a nucleus and of the chart carry: up to 12 fm."""


def _drawn_nuclei(nuclei, functionals) -> HTML:
    data = {
        "nuclei": [nucleus_label(Z, N) for Z, N in nuclei],
        "functionals": list(functionals),
        "solved": [
            [[_solved(solve(Z, N, f, pairing)) for pairing in (False, True)] for f in functionals] for Z, N in nuclei
        ],
        "step": NETWORK_STEP_FM,
    }
    return embed("nucleus_explorer", data)


def _solved(nucleus: xr.Dataset) -> dict:
    """What the panels of a nucleus show: densities in fm^-3, potentials in MeV, r^2 energy densities in MeV/fm."""
    r2 = nucleus.r.values**2

    def profile(values, digits):
        return np.round(np.asarray(values)[:END_POINT], digits).tolist()

    return {
        "neutrons": profile(nucleus.neutron_density, 4),
        "protons": profile(nucleus.proton_density, 4),
        "scalar": profile(nucleus.scalar_density, 4),
        "wells": [
            profile(nucleus[f"{q}_vector_potential"] + nucleus.scalar_potential, 1) for q in ("neutron", "proton")
        ],
        "parts": [profile(r2 * nucleus[f"{part}_energy_density"], 2) for part in ("kinetic", "interaction", "coulomb")],
        "levels": _drawn_levels(nucleus),
        "text": nucleus_text(nucleus).replace("E_CDFT", "E<sub>CDFT</sub>"),
    }


def _drawn_levels(nucleus: xr.Dataset) -> list[list]:
    """Species, name, energy (MeV) and occupation of each level that is bound or holds particles, down to the drawings' end."""
    drawn = levels(nucleus)
    drawn = drawn[(drawn.level_energy > -26) & ((drawn.level_energy < 0) | (drawn.occupation > 0.005))]
    return [
        [level.particle, level_name(level.n, level.kappa), round(level.level_energy, 2), round(level.occupation, 2)]
        for level in drawn.itertuples()
    ]


def chart_explorer(
    chart: xr.Dataset, other: xr.Dataset, measured: dict[tuple[int, int], float]
) -> HTML | widgets.Widget:
    """The chart of nuclides with densities and levels of any nucleus in it.

    In the static page: to click in, every bound nucleus.  In Jupyter: in the colours of several quantities, and any
    even-even nucleus computed live, by either functional, with or without pairing.

    Parameters
    ----------
    chart : is shown, or shown first.
    other : of the second functional, to compare the energy with.
    measured : binding energies in MeV by (Z, N).
    """
    return _drawn_chart(chart, other, measured) if in_static_page() else LiveChart(chart, other, measured).view


def _drawn_chart(chart, other, measured) -> HTML:
    # densities on every third mesh point with four digits
    compared = dict(
        zip(zip(other.Z.values.tolist(), other.N.values.tolist(), strict=True), other.energy.values, strict=True)
    )
    nuclei = []
    for i in range(chart.sizes["nucleus"]):
        row = chart.isel(nucleus=i)
        Z, N = int(row.Z), int(row.N)
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
                "n": np.round(1e4 * row.neutron_density.values[:END_POINT:3]).astype(int).tolist(),
                "p": np.round(1e4 * row.proton_density.values[:END_POINT:3]).astype(int).tolist(),
                "l": _drawn_levels(row),
            }
        )
    elements = {int(Z): element(int(Z)) for Z in np.unique(chart.Z.values)}
    data = {
        "functional": chart.functional,
        "other": other.functional,
        "box": f"{chart.box_fm:g}",
        "densest": 1.05e-4 * max(max(nucleus["n"] + nucleus["p"]) for nucleus in nuclei),
        "elements": elements,
        "nuclei": nuclei,
    }
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
    return _drawn_densities(networks, nuclei) if in_static_page() else LiveDensities(networks, nuclei[0]).view


def _drawn_densities(networks, nuclei) -> HTML:
    results = []
    for id in networks:
        dataset, ensemble = shared_dataset(get_network(id).target), shared_ensemble(id)
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
