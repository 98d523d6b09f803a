"""Demands on networks that are told what is known, written down before their ensembles existed.

What had been seen then: trials on known nuclei (:mod:`studies.knowing`), and :data:`SEEN_FAR_MEV`.  The aim, 0.1 MeV in the
known region *and* 0.3 MeV at d = 22 to 30, was set before either.  A threshold is the aim, or what is to be beaten; none is fitted to an ensemble.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import xarray as xr

from claims.condition import Condition, errs_less, falls_below
from claims.evidence import FAR, Evidence
from claims.exact import FIRST_ORDER, ON_SHELL
from claims.uncertainty import Estimate
from claims.words import label
from lib.learning.errors import rms
from lib.learning.local_ensemble import load_local
from lib.learning.local_rows import LABELS, ROWS
from lib.learning.table_one import CORRECTING

DIRECT_ROWS = tuple(id for id in LABELS if ROWS[id].target == "E")
CORRECTING_ROWS = tuple(id for id in LABELS if ROWS[id].target == "dE")
LADDER = ("LF-weighted", "LF-local", "LF-lower", "LF-interaction", "LF-kinetic", "LF-potentials")
"""Rows of which each is told one thing more than the one before."""
PRIORS = ("LF-potentials-firm", "LF-potentials-strong")
"""The last of them under stronger priors; the first of these was added when the far side of LF-fields had been seen."""
SEEN_FAR_MEV = 0.28, 0.33
"""What single networks of an earlier prototype, like LF-fields and LF-first-order, did at d = 22 to 30."""
AIM_KNOWN_MEV, AIM_FAR_MEV, AIM_SINGLE_MEV = 0.1, 0.3, 1.0
"""Errors in the known region, at d = 22 to 30, and of single members there."""


def knowing_evidence(rows: Mapping[str, xr.Dataset] | None = None) -> Evidence:
    """The rows, by default those of ``data/local``, with NN3-I6ℰ, the correcting networks and what needs no network."""
    beside = Evidence.load(networks=("NN3-I6D", *CORRECTING), beside=[ON_SHELL, FIRST_ORDER])
    rows = {id: load_local(id) for id in ROWS} if rows is None else rows
    return replace(beside, ensembles={**beside.ensembles, **rows})


def far(evidence: Evidence, id: str) -> Estimate:
    """rms error at d = 22 to 30, MeV."""
    return evidence.rms(id, evidence.errors[id].between(*FAR))


def named(id: str) -> str:
    """A row as it is printed; of a network its label, and in words what needs none."""
    return {ON_SHELL: "identity, no network", FIRST_ORDER: "first order alone", **LABELS}.get(id, label(id))


def demands(evidence: Evidence) -> list[Condition]:
    """The aim; each step of the ladder; the corrections against first order and against the paper's networks."""
    single = evidence.errors["LF-fields"]
    alone = Estimate.of(rms(single.single[:, single.between(*FAR)]))
    told, best, here, there = named("LF-first-order"), named("LF-fields"), "known region", "d = 22–30"
    inside = {id: evidence.rms(id) for id in ("LF-fields", "LF-first-order", FIRST_ORDER)}
    outside = {id: far(evidence, id) for id in (*LADDER, "LF-fields", "LF-first-order", FIRST_ORDER, *CORRECTING)}
    return [
        falls_below(f"{best}: {here}", inside["LF-fields"], AIM_KNOWN_MEV),
        falls_below(f"{best}: {there}", outside["LF-fields"], AIM_FAR_MEV),
        falls_below(f"{best}: single members, {there}", alone, AIM_SINGLE_MEV),
        *(
            errs_less(f"{named(row)}: less than {named(before)}, {there}", outside[row], outside[before])
            for row, before in zip(LADDER[1:], LADDER[:-1], strict=True)
        ),
        errs_less(f"{told}: less than {named(FIRST_ORDER)}, {here}", inside["LF-first-order"], inside[FIRST_ORDER]),
        *(
            errs_less(f"{told}: less than {named(id)}, {there}", outside["LF-first-order"], outside[id])
            for id in (FIRST_ORDER, *CORRECTING)
        ),
    ]


def table(evidence: Evidence, ids: tuple[str, ...]) -> pd.DataFrame:
    """rms errors in MeV, over row: in the ``known`` region, in bins of the distance, and of ``single`` members at d = 22 to 30."""
    rows = {}
    for id in ids:
        errors = evidence.errors[id]
        row = {name: errors.rms(mask) for name, mask in errors.regions.items()}
        rows[id] = row | {"single": rms(errors.single[:, errors.between(*FAR)])}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("row")
