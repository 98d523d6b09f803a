"""Explorers of Figs. 1 to 3: choose networks and a distance, or a nucleus, on the page itself, without a kernel.

Like the chart explorer they are drawings that carry their data with them, the same in Jupyter and on the static page.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from IPython.display import HTML

from lib.embedded import embed, nucleus_label
from lib.known_region import distance
from lib.networks import get_network
from lib.profiles import Profile

BARE = {"label": "PC-PK1", "colour": "#000000", "marker": "", "dash": False}
"""How the bare difference of the functionals is drawn in Fig. 3."""


def rms_explorer(curves: Mapping[str, pd.DataFrame], first: int = 10) -> HTML:
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
            | {name: _rounded(columns[column], 4) for name, column in (("rms", "rms"), ("error", "bootstrap_error"))}
        )
    return embed("rms_explorer", data)


def _rounded(values, digits: int) -> list:
    """Numbers for JSON, which knows no NaN."""
    return [round(float(value), digits) if np.isfinite(value) else None for value in values]


def profile_explorer(
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
