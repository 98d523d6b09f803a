"""Interactive explorers of a nucleus, of the chart of nuclides and of the ensembles.

A static page has no kernel.  There an explorer draws from data shipped with it (:mod:`publish.show.embedded`); in Jupyter all of them are ipywidgets and compute live (:mod:`publish.show.widgets`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import ipywidgets as widgets
import numpy as np
import pandas as pd
import xarray as xr
from IPython.display import HTML

from claims.evidence import Evidence
from claims.exact import BESIDE
from claims.profiles import Profile, profiles
from claims.words import ELEMENTS, nucleus_label
from lib.learning.dataset import load_dataset
from lib.learning.ensemble import load_ensemble, member_densities
from lib.learning.known_region import distance, element
from lib.learning.table_one import get_network
from lib.mass_table import COLUMNS, as_frame
from lib.rmf.dirac import level_name
from lib.rmf.functionals import PAPER_FUNCTIONALS
from lib.rmf.mesh import NETWORK_STEP_FM
from lib.rmf.observables import levels
from lib.rmf.solver import solve
from lib.store import select
from publish.show.embedded import embed, in_static_page
from publish.show.figures import nucleus_text
from publish.show.style import BINDING, LOOK, curve_look, shades
from publish.show.widgets import (
    Live,
    LiveChart,
    LiveDensities,
    LiveDistanceCurves,
    LiveMasses,
    LiveNucleus,
    LiveProfiles,
    subscripted,
)

END_POINT = 121
"""Mesh points that the explorers of a nucleus and of the chart carry – up to 12 fm."""
SHOWN_MEMBERS = range(0, 100, 12)
"""Members that the density explorer draws one by one."""
EXPLORER_STRIDE = 2
"""Mesh points between those the density explorer carries."""


def _explorer(name: str, data: Callable[[], dict], live: Callable[[], Live]) -> HTML | widgets.Widget:
    """An explorer with its data in the static page, with its controls in Jupyter."""
    return embed(name, data()) if in_static_page() else live().view


def _rounded(values, digits: int) -> list:
    """Numbers for JSON."""
    return np.round(np.asarray(values), digits).tolist()


def nucleus_explorer(
    nuclei: list[tuple[int, int]], functionals: Sequence[str] = PAPER_FUNCTIONALS
) -> HTML | widgets.Widget:
    """Choose a nucleus and a functional, see densities, potentials, energy density and levels.

    In the static page: the ``nuclei`` (Z, N) and ``functionals`` given, solved now.  In Jupyter: any even-even nucleus
    and any functional, computed live, also with couplings changed by up to
    :data:`publish.show.widgets.CHANGE_PERCENT` per cent.
    """

    def data():
        return {
            "nuclei": [nucleus_label(Z, N) for Z, N in nuclei],
            "functionals": list(functionals),
            "solved": [
                [[_solved(solve(Z, N, f, pairing)) for pairing in (False, True)] for f in functionals]
                for Z, N in nuclei
            ],
            "step": NETWORK_STEP_FM,
        }

    return _explorer("nucleus_explorer", data, lambda: LiveNucleus(nuclei[0]))


def _solved(nucleus: xr.Dataset) -> dict:
    """What the panels of a nucleus show: densities in fm^-3, potentials in MeV, r^2 energy densities in MeV/fm."""

    def profile(values, digits):
        return _rounded(values[:END_POINT], digits)

    wells = (nucleus[f"{q}_vector_potential"] + nucleus.scalar_potential for q in ("neutron", "proton"))
    parts = (nucleus.r**2 * nucleus[f"{part}_energy_density"] for part in ("kinetic", "interaction", "coulomb"))
    return {
        "neutrons": profile(nucleus.neutron_density, 4),
        "protons": profile(nucleus.proton_density, 4),
        "scalar": profile(nucleus.scalar_density, 4),
        "wells": [profile(well, 1) for well in wells],
        "parts": [profile(part, 2) for part in parts],
        "levels": _drawn_levels(nucleus),
        "text": subscripted(nucleus_text(nucleus)),
    }


def _short(share: float) -> float:
    """Two decimals, or none: in a chart of many thousand levels nearly all are 0 or 1."""
    rounded = round(float(share), 2)
    return int(rounded) if rounded.is_integer() else rounded


def _drawn_levels(nucleus: xr.Dataset) -> list[list]:
    """Species, name, energy (MeV) and occupation of each level that is bound or holds particles, down to the drawings' end."""
    drawn = levels(nucleus)
    drawn = drawn[(drawn.level_energy > -26) & ((drawn.level_energy < 0) | (drawn.occupation > 0.005))]
    return [
        [level.particle, level_name(level.n, level.kappa), round(level.level_energy, 2), _short(level.occupation)]
        for level in drawn.itertuples()
    ]


def chart_explorer(
    chart: xr.Dataset, other: xr.Dataset, measured: Mapping[tuple[int, int], float]
) -> HTML | widgets.Widget:
    """The chart of nuclides with densities and levels of any nucleus in it.

    In the static page: to click in, every bound nucleus.  In Jupyter: in the colours of several quantities, and any
    even-even nucleus computed live, by either functional, with or without pairing.

    Parameters
    ----------
    chart
        is shown, or shown first.
    other
        of the second functional, to compare the energy with.
    measured
        binding energies in MeV by (Z, N).
    """

    def data():
        compared = dict(zip(_places(other), other.energy.values.tolist(), strict=True))
        nuclei = [
            _carried_nucleus(chart.isel(nucleus=i), compared.get(place), measured.get(place))
            for i, place in enumerate(_places(chart))
        ]
        return {
            "functional": chart.functional,
            "other": other.functional,
            "box": f", in a box of {chart.box_fm:g} fm" if chart.wall else "",
            "shades": shades(**BINDING),
            "points": len(range(0, END_POINT, 3)),
            "densest": 1.05e-4 * max(max(nucleus["n"] + nucleus["p"]) for nucleus in nuclei),
            "elements": {int(Z): element(int(Z)) for Z in np.unique(chart.Z.values)},
            "nuclei": nuclei,
        }

    return _explorer("chart_explorer", data, lambda: LiveChart(chart, other, measured))


def _places(data: xr.Dataset) -> Iterable[tuple[int, int]]:
    """(Z, N) of the nuclei of a chart or a data set, in its order."""
    return zip(data.Z.values.tolist(), data.N.values.tolist(), strict=True)


def _carried_nucleus(row: xr.Dataset, compared: float | None, measured: float | None) -> dict:
    """A nucleus of the chart in few letters: energies in MeV, radii in fm, densities on every third mesh point in 1e-4 fm^-3,
    as far as they are not zero."""
    densities = {name[0]: row[f"{name}_density"].values[:END_POINT:3] for name in ("neutron", "proton")}
    drawn = _drawn_levels(row)
    return {
        "Z": int(row.Z),
        "N": int(row.N),
        "E": round(float(row.energy), 2),
        "T": round(float(row.total_energy), 2),
        "F": None if compared is None else round(compared, 2),
        "B": None if measured is None else round(measured, 2),
        "c": round(float(row.charge_radius), 3),
        "s": round(float(row.neutron_radius - row.proton_radius), 3),
        **{name: np.trim_zeros(np.round(1e4 * each).astype(int), "b").tolist() for name, each in densities.items()},
        "l": {q: [rest for species, *rest in drawn if species == q] for q in ("n", "p")},
    }


def mass_explorer(tables: Sequence[xr.Dataset], first: tuple[int, int]) -> HTML | widgets.Widget:
    """Search the mass tables for one nucleus: every quantity, by each functional, beside what is measured; its neighbours.

    In the static page: by name or numbers, as in Sn-132, 132Sn, tin 132 or 50 82.  In Jupyter: by numbers.

    Parameters
    ----------
    tables
        of :func:`lib.mass_table.mass_table`, in the order in which they stand beside each other.
    first
        (Z, N) of the nucleus that is shown first.
    """
    return _explorer("mass_explorer", lambda: carried_masses(tables, first), lambda: LiveMasses(tables, first))


_DIGITS = {"MeV": 3, "fm": 4, "1": 3}
"""Decimals that the explorer of masses carries, by unit."""


def carried_masses(tables: Sequence[xr.Dataset], first: tuple[int, int]) -> dict:
    """What the page of :func:`mass_explorer` carries: columns of numbers, one place for each nucleus that is in any table.

    Raises
    ------
    ValueError
        if there is no table, or the first nucleus is in none.
    """
    if not tables:
        raise ValueError("nothing to search: give at least one mass table")
    frames = [as_frame(table).set_index(["Z", "N"]) for table in tables]
    facts = pd.concat(frames)
    facts = facts[~facts.index.duplicated()].sort_index()
    if tuple(first) not in facts.index:
        raise ValueError(f"Z = {first[0]}, N = {first[1]} is in none of the mass tables: take a nucleus that is bound")
    computed = ("solver", "table", "AME2020, solver")
    shown = [name for name, column in COLUMNS.items() if name in facts and column.source in computed]
    shown.insert(shown.index("mass_excess") + 1, "measured_mass_excess_uncertainty")
    measured = {
        "total_energy": -facts.measured_binding_energy,
        "binding_energy_per_nucleon": facts.measured_binding_energy / facts.A,
        **{name.replace("measured", "total", 1): facts[name] for name in facts if name.startswith("measured_two_")},
        "mass_excess": facts.measured_mass_excess,
        "measured_mass_excess_uncertainty": facts.measured_mass_excess_uncertainty,
        "alpha_decay_energy": facts.measured_alpha_decay_energy,
    }
    return {
        "first": list(first),
        "elements": {int(Z): element(int(Z)) for Z in facts.index.unique("Z")},
        "names": {int(Z): ELEMENTS[int(Z)] for Z in facts.index.unique("Z")},
        "Z": facts.index.get_level_values("Z").tolist(),
        "N": facts.index.get_level_values("N").tolist(),
        "rows": [
            {
                "name": name,
                "label": COLUMNS[name].text.split(",")[0],
                "unit": COLUMNS[name].unit.replace("1", ""),
                "digits": _DIGITS[COLUMNS[name].unit],
                "flag": bool(COLUMNS[name].flags),
                "error": name.endswith("_uncertainty"),
            }
            for name in shown
        ],
        "tables": [
            {
                "functional": table.functional,
                "pairing": bool(table.pairing),
                "colour": LOOK[table.functional].colour,
                "values": {
                    name: _column(frame[name].reindex(facts.index), name)
                    for name in shown
                    if name in frame and COLUMNS[name].source in computed
                },
            }
            for table, frame in zip(tables, frames, strict=True)
        ],
        "measured": {name: _column(values, name) for name, values in measured.items()},
        "distance": facts.distance.tolist(),
        "ratio": _column(facts.level_ratio, "level_ratio"),
        "deformed": _column(facts.deformed, "deformed"),
    }


def _column(values: pd.Series, name: str) -> list:
    """Numbers of a column for JSON, None where there is none: an uncertainty to two digits, a flag as 0 or 1."""
    values = values.astype(float)
    if COLUMNS[name].flags:
        return [None if np.isnan(value) else int(value) for value in values]
    if name.endswith("_uncertainty"):
        return [None if np.isnan(value) else float(f"{value:.2g}") for value in values]
    return [value if np.isfinite(value) else None for value in _rounded(values, _DIGITS[COLUMNS[name].unit])]


def density_explorer(networks: list[str], nuclei: list[tuple[int, int]]) -> HTML | widgets.Widget:
    """Choose a network and a nucleus, see r^2 energy density of the members, of their mean and of the target.

    In the static page: the ``nuclei`` (Z, N) given.  In Jupyter: any nucleus of the data set, computed live.

    Raises
    ------
    ValueError
        for a network that gives energies only.
    """
    specs = [get_network(id) for id in networks]
    for spec in specs:
        if spec.output != "energy_density":
            raise ValueError(f"{spec.id} gives energies only: take networks with the output ℰ")

    def data():
        distances = load_dataset("E")
        return {
            "first": "NN3-I6D" if "NN3-I6D" in networks else networks[0],
            "step": EXPLORER_STRIDE * float(distances.r[1] - distances.r[0]),
            "networks": [
                {
                    "id": spec.id,
                    "label": spec.label,
                    "colour": LOOK[spec.id].colour,
                    "symbol": "r²ℰ" if spec.target == "E" else "r²δℰ",
                }
                for spec in specs
            ],
            "nuclei": [
                {"Z": Z, "N": N, "label": nucleus_label(Z, N), "d": int(select(distances, Z, N).distance)}
                for Z, N in nuclei
            ],
            "results": [_carried_densities(id, nuclei) for id in networks],
        }

    return _explorer("density_explorer", data, lambda: LiveDensities(networks, nuclei[0]))


def _carried_densities(id: str, nuclei: list[tuple[int, int]]) -> list[dict | None]:
    """Target, mean, members and errors of the energy (MeV) by nucleus; None for one that is not in the data set."""
    dataset, ensemble = load_dataset(get_network(id).target), load_ensemble(id)
    at = {place: i for i, place in enumerate(_places(dataset))}
    known = [at[nucleus] for nucleus in nuclei if nucleus in at]
    densities = member_densities(ensemble, dataset.isel(nucleus=known))[:, :, ::EXPLORER_STRIDE]
    carried = {}
    for k, i in enumerate(known):
        members, target = densities[:, k], dataset.energy_density.values[i, ::EXPLORER_STRIDE]
        low, high = np.percentile(members, [5, 95], axis=0)
        digits = max(0, 4 - int(np.floor(np.log10(np.abs(target).max()))))
        carried[i] = {
            "target": _rounded(target, digits),
            "mean": _rounded(members.mean(axis=0, dtype=float), digits),
            "low": _rounded(low, digits),
            "high": _rounded(high, digits),
            "members": [_rounded(members[m].astype(float), digits) for m in SHOWN_MEMBERS],
            "errors": _rounded(ensemble.predicted_energy.values[:, i].astype(float) - dataset.energy.values[i], 4),
            "energy": round(float(dataset.energy[i]), 4),
        }
    return [carried.get(at.get(nucleus)) for nucleus in nuclei]


def rms_explorer(evidence: Evidence, networks: Sequence[str], first: int = 10) -> HTML | widgets.Widget:
    """Figs. 1 and 3: errors against the distance, values with error bars in words.

    In the static page: networks by tick boxes, a distance by a slider.  In Jupyter also the number of members, those that
    have not learnt the nucleus alone, and the least number of nuclei at a distance, computed live.

    Parameters
    ----------
    evidence
        the ensembles.
    networks
        ids, all of one target; ``"PC-PK1"`` is the bare difference of the functionals.  What the evidence has beside them
        can be ticked, too.
    first
        distance at which the slider starts.

    Raises
    ------
    ValueError
        in the static page, if there is no network.
    """
    return _explorer(
        "rms_explorer",
        lambda: carried_curves({id: evidence.curve(id) for id in (*networks, *evidence.beside)}, first),
        lambda: LiveDistanceCurves(evidence, networks, first),
    )


def carried_curves(curves: Mapping[str, pd.DataFrame], first: int = 10) -> dict:
    """What the page of :func:`rms_explorer` carries, from tables of :func:`claims.uncertainty.curve_table` by network id."""
    if not curves:
        raise ValueError("curves is empty: give at least one network")
    distances = sorted(set().union(*(curve.index for curve in curves.values())))

    def with_gaps(column):  # JSON knows no NaN
        return [value if np.isfinite(value) else None for value in _rounded(column.reindex(distances), 6)]

    nuclei = pd.concat([curve.nuclei for curve in curves.values()], axis=1).max(axis=1)
    return {
        "distances": [int(d) for d in distances],
        "nuclei": [int(nuclei[d]) for d in distances],
        "first": first,
        "curves": [
            {
                "label": curve_look(id).label,
                "colour": curve_look(id).colour,
                "marker": curve_look(id).marker,
                "dash": {"-": "", "--": "7 4", ":": "2 4"}[curve_look(id).linestyle],
                "ticked": id not in BESIDE,
                "rms": with_gaps(curve.rms),
                "error": with_gaps(curve.bootstrap_error),
            }
            for id, curve in curves.items()
        ],
    }


def profile_explorer(
    evidence: Evidence, networks: Sequence[str], nuclei: Sequence[tuple[int, int]], first: tuple[int, int] | None = None
) -> HTML | widgets.Widget:
    """Fig. 2 for any nucleus: energy density, its error, the cumulative integral and the subsections.

    In the static page: the ``nuclei`` (Z, N) given.  In Jupyter: any nucleus of the data set, any bounds, any number of
    members, computed live.

    Parameters
    ----------
    evidence
        the ensembles, and the bounds of the subsections.
    networks
        ids of networks with the output ℰ.
    nuclei
        (Z, N) to choose from.
    first
        nucleus that is shown first; the first of all by default.

    Raises
    ------
    ValueError
        in the static page, if there is no network or no nucleus, or as :func:`claims.profiles.profiles`.
    """

    def data():
        shown = {id: profiles(id, list(nuclei), evidence.ensembles[id]) for id in networks}
        return carried_profiles(shown, evidence.bounds, first)

    return _explorer("fig2_explorer", data, lambda: LiveProfiles(networks, first or nuclei[0], evidence.bounds))


def carried_profiles(
    shown: Mapping[str, Mapping[tuple[int, int], Profile]],
    bounds: Sequence[float],
    first: tuple[int, int] | None = None,
) -> dict:
    """What the page of :func:`profile_explorer` carries, from :func:`claims.profiles.profiles` of the same nuclei by network id.

    ``bounds`` of the subsections in fm; ``first`` is the nucleus that is shown first, of all by default.
    """
    lists = [list(by_nucleus) for by_nucleus in shown.values()]
    if not lists or not lists[0]:
        raise ValueError("nothing to explore: give at least one network with one nucleus")
    if any(nuclei != lists[0] for nuclei in lists):
        raise ValueError("the networks have different nuclei: take the same nuclei for all of them")
    targets = next(iter(shown.values()))
    r = targets[lists[0][0]].r
    return {
        "first": list(first or lists[0][0]),
        "step": float(r[1] - r[0]),
        "bounds": [float(bound) for bound in bounds],
        "networks": [{"label": LOOK[id].label, "colour": LOOK[id].colour} for id in shown],
        "nuclei": [
            {
                "Z": Z,
                "N": N,
                "d": int(distance(Z, N)),
                "label": nucleus_label(Z, N),
                "target": _rounded(targets[Z, N].target, 3),
                "results": [
                    {
                        "difference": _rounded(by_nucleus[Z, N].difference, 4),
                        "cumulative": _rounded(by_nucleus[Z, N].cumulative, 3),
                        "pieces": _rounded(by_nucleus[Z, N].subsections(bounds), 3),
                    }
                    for by_nucleus in shown.values()
                ],
            }
            for Z, N in lists[0]
        ],
    }
