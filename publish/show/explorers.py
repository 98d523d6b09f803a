"""Interactive explorers of a nucleus, of the chart of nuclides and of the ensembles.

A static page has no kernel.  There an explorer draws from data shipped with it (:mod:`publish.show.embedded`); in Jupyter all of them are ipywidgets and compute live (:mod:`publish.show.widgets`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ipywidgets as widgets
import numpy as np
import pandas as pd
import xarray as xr
from IPython.display import HTML

from claims.evidence import Evidence
from claims.profiles import Profile, profiles
from claims.words import nucleus_label
from lib.learning.dataset import load_dataset
from lib.learning.ensemble import load_ensemble, member_densities
from lib.learning.known_region import distance, element
from lib.learning.table_one import get_network
from lib.rmf.dirac import level_name
from lib.rmf.functionals import FUNCTIONALS
from lib.rmf.mesh import NETWORK_STEP_FM
from lib.rmf.solver import solve
from lib.rmf.spectrum import levels
from lib.store import select
from publish.show.embedded import embed, in_static_page
from publish.show.figures import nucleus_text
from publish.show.style import LOOK
from publish.show.widgets import LiveChart, LiveDensities, LiveDistanceCurves, LiveNucleus, LiveProfiles


def nucleus_explorer(
    nuclei: list[tuple[int, int]], functionals: list[str] = tuple(FUNCTIONALS)
) -> HTML | widgets.Widget:
    """Choose a nucleus and a functional, see densities, potentials, energy density and levels.

    In the static page: the ``nuclei`` (Z, N) given, solved now.  In Jupyter: any even-even nucleus, computed
    live, also with couplings changed by up to :data:`publish.show.widgets.CHANGE_PERCENT` per cent.
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
        dataset, ensemble = load_dataset(get_network(id).target), load_ensemble(id)
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
    distances = load_dataset("E")
    data = {
        "first": "NN3-I6D" if "NN3-I6D" in networks else networks[0],
        "step": EXPLORER_STRIDE * float(distances.r[1] - distances.r[0]),
        "networks": [
            {"id": id, "label": get_network(id).label, "colour": LOOK[id].colour,
             "symbol": "r²ℰ" if get_network(id).target == "E" else "r²δℰ"}
            for id in networks
        ],
        "nuclei": [
            {"Z": Z, "N": N, "label": nucleus_label(Z, N), "d": int(select(distances, Z, N).distance)} for Z, N in nuclei
        ],
        "results": results,
    }  # fmt: skip
    return embed("density_explorer", data)


BARE = {"label": "PC-PK1", "colour": "#000000", "marker": "", "dash": False}
"""How the bare difference of the functionals is drawn in Fig. 3."""


def rms_explorer(evidence: Evidence, networks: Sequence[str], first: int = 10) -> HTML | widgets.Widget:
    """Figs. 1 and 3: errors against the distance, values with error bars in words.

    In the static page: networks by tick boxes, a distance by a slider.  In Jupyter also the number of members, those that
    have not learnt the nucleus alone, and the least number of nuclei at a distance, computed live.

    Parameters
    ----------
    evidence : the ensembles.
    networks : ids, all of one target; ``"PC-PK1"`` is the bare difference of the functionals.
    first : distance at which the slider starts.

    Raises
    ------
    ValueError
        in the static page, if there is no network.
    """
    if in_static_page():
        return drawn_curves({id: evidence.curve(id) for id in networks}, first)
    return LiveDistanceCurves(evidence, networks, first).view


def drawn_curves(curves: Mapping[str, pd.DataFrame], first: int = 10) -> HTML:
    """Errors against the distance: networks by tick boxes, a distance by a slider, values with error bars in words.

    Parameters
    ----------
    curves : by network id, or ``"PC-PK1"``: tables of :func:`claims.uncertainty.distance_curve`.
    first : distance at which the slider starts.

    Raises
    ------
    ValueError
        if there is no curve.
    """
    if not curves:
        raise ValueError("curves is empty: give at least one network")
    together = sorted(set().union(*(curve.index for curve in curves.values())))
    counts = pd.concat([curve.nuclei for curve in curves.values()], axis=1).max(axis=1)
    data = {
        "distances": [int(d) for d in together],
        "nuclei": [int(counts[d]) for d in together],
        "first": first,
        "curves": [],
    }
    for id, curve in curves.items():
        if id == "PC-PK1":
            look = BARE
        else:
            spec = get_network(id)
            look = {
                "label": spec.label,
                "colour": LOOK[spec.id].colour,
                "marker": LOOK[spec.id].marker,
                "dash": LOOK[spec.id].linestyle == "--",
            }
        columns = curve.reindex(together)
        data["curves"].append(
            look
            | {name: _rounded(columns[column], 6) for name, column in (("rms", "rms"), ("error", "bootstrap_error"))}
        )
    return embed("rms_explorer", data)


def _rounded(values, digits: int) -> list:
    """Numbers for JSON, which knows no NaN."""
    return [round(float(value), digits) if np.isfinite(value) else None for value in values]


def profile_explorer(
    evidence: Evidence, networks: Sequence[str], nuclei: Sequence[tuple[int, int]], first: tuple[int, int] | None = None
) -> HTML | widgets.Widget:
    """Fig. 2 for any nucleus: energy density, its error, the cumulative integral and the subsections.

    In the static page: the ``nuclei`` (Z, N) given.  In Jupyter: any nucleus of the data set, any bounds, any number of
    members, computed live.

    Parameters
    ----------
    evidence : the ensembles, and the bounds of the subsections.
    networks : ids of networks with the output ℰ.
    nuclei : (Z, N) to choose from.
    first : nucleus that is shown first; the first of all by default.

    Raises
    ------
    ValueError
        in the static page, if there is no network or no nucleus, or as :func:`claims.profiles.profiles`.
    """
    if in_static_page():
        found = {id: profiles(id, list(nuclei), evidence.ensembles[id]) for id in networks}
        return drawn_profiles(found, evidence.bounds, first)
    return LiveProfiles(networks, first or nuclei[0], evidence.bounds).view


def drawn_profiles(
    found: Mapping[str, Mapping[tuple[int, int], Profile]], bounds, first: tuple[int, int] | None = None
) -> HTML:
    """Fig. 2 for any of some nuclei: energy density, its error, the cumulative integral and the subsections.

    Parameters
    ----------
    found : by network id, :func:`claims.profiles.profiles` of the same nuclei.
    bounds : of the subsections, fm.
    first : nucleus (Z, N) that is shown first; the first of all by default.

    Raises
    ------
    ValueError
        if there is no network or no nucleus, or if the networks have different nuclei.
    """
    lists = [list(own) for own in found.values()]
    if not lists or not lists[0]:
        raise ValueError("nothing to explore: give at least one network with one nucleus")
    if any(own != lists[0] for own in lists):
        raise ValueError("the networks have different nuclei: take the same nuclei for all of them")
    nuclei = lists[0]
    any_profile = found[next(iter(found))][nuclei[0]]
    data = {
        "first": list(first or nuclei[0]),
        "step": float(any_profile.r[1] - any_profile.r[0]),
        "bounds": [float(bound) for bound in bounds],
        "networks": [{"label": get_network(id).label, "colour": LOOK[id].colour} for id in found],
        "nuclei": [],
    }
    for Z, N in nuclei:
        results = []
        for own in found.values():
            profile = own[Z, N]
            results.append(
                {
                    "difference": np.round(profile.difference, 4).tolist(),
                    "cumulative": np.round(profile.cumulative, 3).tolist(),
                    "pieces": np.round(profile.subsections(bounds), 3).tolist(),
                }
            )
        target = np.round(found[next(iter(found))][Z, N].target, 3).tolist()
        data["nuclei"].append(
            {
                "Z": Z,
                "N": N,
                "d": int(distance(Z, N)),
                "label": nucleus_label(Z, N),
                "target": target,
                "results": results,
            }
        )
    return embed("fig2_explorer", data)
