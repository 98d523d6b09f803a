"""Explorers of Figs. 1 to 3: choose networks and a distance, or a nucleus.

On the static page they are drawings that carry their data with them; in Jupyter they are ipywidgets and compute live
(:mod:`lib.live`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ipywidgets as widgets
import numpy as np
import pandas as pd
from IPython.display import HTML

from lib.embedded import embed, in_static_page, nucleus_label
from lib.known_region import distance
from lib.live import LiveDistanceCurves, LiveProfiles
from lib.networks import get_network
from lib.profiles import Profile, profiles
from lib.verdict import Evidence

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
    curves : by network id, or ``"PC-PK1"``: tables of :func:`lib.uncertainty.distance_curve`.
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
            look = {"label": spec.label, "colour": spec.colour, "marker": spec.marker, "dash": spec.linestyle == "--"}
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
        in the static page, if there is no network or no nucleus, or as :func:`lib.profiles.profiles`.
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
    found : by network id, :func:`lib.profiles.profiles` of the same nuclei.
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
        "networks": [{"label": get_network(id).label, "colour": get_network(id).colour} for id in found],
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
