"""Shell effects: two-neutron separation energies behind a magic number, and errors near it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from claims.evidence import Evidence
from claims.uncertainty import Estimate, weighted_rms
from lib.learning.dataset import load_dataset
from lib.learning.errors import Errors
from lib.learning.known_region import MAGIC_WITHIN
from lib.learning.table_one import CORRECTING, DIRECT, TABLE_I

NEAR = 2
"""Neutron numbers this close to a magic one count as near it."""


def separation_energies(
    Z: np.ndarray,
    N: np.ndarray,
    energy: np.ndarray,
) -> pd.Series:
    """S_2n = E(Z, N - 2) - E(Z, N) in MeV over (Z, N), where both nuclei are there; all arguments (nucleus,)."""
    nuclei = pd.MultiIndex.from_arrays([Z, N], names=["Z", "N"])
    energies = pd.Series(np.asarray(energy, dtype=float), index=nuclei)
    before = energies.rename(index=lambda n: n + 2, level="N")
    return (before - energies).dropna().sort_index()


def shell_drops(
    Z: np.ndarray,
    N: np.ndarray,
    energy: np.ndarray,
    magic=MAGIC_WITHIN,
) -> pd.Series:
    """S_2n(Z, N_magic) - S_2n(Z, N_magic + 2) in MeV over (Z, N_magic): how far S_2n falls behind a closed shell.

    Needs the three nuclei N_magic - 2, N_magic and N_magic + 2; all arguments (nucleus,).
    """
    separation = separation_energies(Z, N, energy)
    behind = separation.rename(index=lambda n: n - 2, level="N")
    drops = (separation - behind).dropna()
    return drops[drops.index.get_level_values("N").isin(magic)]


def near_magic(N: np.ndarray, magic=MAGIC_WITHIN, width: int = NEAR) -> np.ndarray:
    """Whether a neutron number is within ``width`` of a magic one, (nucleus,)."""
    return from_magic(N, magic) <= width


def from_magic(N: np.ndarray, magic=MAGIC_WITHIN) -> np.ndarray:
    """Distance to the nearest magic number, (nucleus,)."""
    return np.abs(np.asarray(N)[..., None] - np.array(magic)).min(axis=-1)


def matched_ratio(
    errors: np.ndarray,
    distance: np.ndarray,
    chosen: np.ndarray,
    times: np.ndarray | float = 1.0,
) -> np.ndarray:
    """rms error of the chosen nuclei over what the others have at the same distances.

    The mean square of the others is taken at each distance and weighted with the number of chosen nuclei there, so that
    near and far do not mix; distances that only one of the two has are left out.  ``distance`` and ``chosen`` are
    (nucleus,); ``errors`` and how many ``times`` each counts may be (draw, nucleus), and the result (draw,).
    """
    here = (distance[:, None] == np.unique(distance)).astype(float)
    times = times * np.ones_like(errors)
    squares = times * errors**2
    sides = (chosen, ~chosen)
    near, others = (squares[..., side] @ here[side] for side in sides)
    n_near, n_others = (times[..., side] @ here[side] for side in sides)
    both = (n_near > 0) & (n_others > 0)
    expected = n_near * others / np.where(both, n_others, np.inf)
    with np.errstate(invalid="ignore"):
        ratio = (both * near).sum(axis=-1) / expected.sum(axis=-1)
    return np.sqrt(ratio)


def ratio_near(evidence: Evidence, id: str, near: np.ndarray) -> Estimate:
    """:func:`matched_ratio` of the unknown nuclei that are ``near``, boolean (nucleus,)."""
    errors, redrawn = evidence.errors[id], evidence.redrawn(id)
    at = np.flatnonzero(~errors.known)
    return Estimate.of(matched_ratio(redrawn.values(at), errors.d[at], near[at], redrawn.times(at)))


def near_magic_table(evidence: Evidence, width: int = NEAR) -> pd.DataFrame:
    """Errors outside the known region near magic neutron numbers and elsewhere, over prediction by id: Estimates.

    ``near`` and ``elsewhere`` in MeV, and their ``ratio`` at the same distances.
    """
    rows = {}
    for id in ("PC-PK1", *CORRECTING, *DIRECT):
        errors = evidence.errors[id]
        near = near_magic(errors.N, width=width)
        rows[id] = {
            "near": evidence.rms(id, ~errors.known & near),
            "elsewhere": evidence.rms(id, ~errors.known & ~near),
            "ratio": ratio_near(evidence, id, near),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def magic_curve(evidence, id, offsets=range(-14, 15, 2)) -> pd.DataFrame:
    """rms error outside the known region over N - N_magic where three nuclei or more are: ``nuclei``, MeV, error."""
    errors, points = evidence.errors[id], []
    for offset in offsets:
        chosen = ~errors.known & np.isin(errors.N - offset, MAGIC_WITHIN)
        if chosen.sum() >= 3:
            estimate = evidence.rms(id, chosen)
            number = int(chosen.sum())
            points.append((offset, number, estimate.value, estimate.error))
    columns = ["N_minus_magic", "nuclei", "rms_MeV", "bootstrap_error_MeV"]
    return pd.DataFrame(points, columns=columns).set_index("N_minus_magic")


def energies(evidence: Evidence, ids: Sequence[str]) -> dict[str, np.ndarray]:
    """Total energies in MeV, (nucleus,), by what predicts them: ``"target"``, bare ``"PC-PK1"``, and some networks.

    For correcting networks the target is PC-F1; for the others it is PC-PK1 itself, and bare PC-PK1 is left out.
    """
    errors = evidence.errors[ids[0]]
    if TABLE_I[ids[0]].target == "E":
        found = {"target": errors.target}
    else:
        bare = shared_baseline(errors.Z, errors.N)
        found = {"target": bare + errors.target, "PC-PK1": bare}
    target = found["target"]
    return found | {id: target + evidence.errors[id].error for id in ids}


def separation_table(evidence: Evidence, ids: Sequence[str]) -> pd.DataFrame:
    """S_2n in MeV over (Z, N), one column for each of :func:`energies`."""
    errors, columns = evidence.errors[ids[0]], {}
    for name, energy in energies(evidence, ids).items():
        columns[name] = separation_energies(errors.Z, errors.N, energy)
    return pd.DataFrame(columns)


def drop_table(evidence: Evidence, ids=CORRECTING) -> pd.DataFrame:
    """The drop of S_2n behind N = 50, 82 and 126 in MeV, over (Z, N), one column for each of :func:`energies`.

    Column ``distance`` is d of the nucleus behind the shell.
    """
    errors, columns = evidence.errors[ids[0]], {}
    for name, energy in energies(evidence, ids).items():
        columns[name] = shell_drops(errors.Z, errors.N, energy)
    table = pd.DataFrame(columns)
    nuclei = pd.MultiIndex.from_arrays([errors.Z, errors.N])
    distance = pd.Series(errors.d, index=nuclei)
    behind = [int(distance[z, n + 2]) for z, n in table.index]
    return table.assign(distance=behind)


def drop_rms(evidence: Evidence, drops: pd.DataFrame, id: str) -> Estimate:
    """rms error of the drops of a :func:`drop_table`, MeV."""
    errors, redrawn = evidence.errors[id], evidence.redrawn(id)
    place = pd.Series(range(len(errors.Z)), index=pd.MultiIndex.from_arrays([errors.Z, errors.N]))
    three = [place.loc[[(z, n + step) for z, n in drops.index]].to_numpy() for step in (-2, 0, 2)]
    before, at, behind = (redrawn.values(nuclei) for nuclei in three)
    return weighted_rms(before - 2 * at + behind, redrawn.times(three[1]))


def drop_summary(evidence: Evidence) -> pd.DataFrame:
    """How well all predictions get the drops behind whose shell no mass is known, over prediction by id.

    ``of`` the functional that is the target; ``chains``; mean drop of ``target`` and ``predicted``, MeV; ``rms``, the
    error as an Estimate in MeV.
    """
    rows = {}
    for ids, functional in ((CORRECTING, "PC-F1"), (DIRECT, "PC-PK1")):
        drops = drop_table(evidence, ids).query("distance > 0")
        for id in drops.columns.drop(["target", "distance"]):
            rows[id] = {
                "of": functional,
                "chains": len(drops),
                "target": drops.target.mean(),
                "predicted": drops[id].mean(),
                "rms": drop_rms(evidence, drops, id),
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def wholly_unknown(errors: Errors, drops: pd.DataFrame) -> int:
    """In how many chains of a :func:`drop_table` none of the three nuclei is known."""
    known = errors.known
    measured = set(zip(errors.Z[known], errors.N[known], strict=True))
    three = ([(z, n + step) for step in (-2, 0, 2)] for z, n in drops.index)
    return sum(measured.isdisjoint(nuclei) for nuclei in three)


def shared_baseline(Z: np.ndarray, N: np.ndarray) -> np.ndarray:
    """E(PC-PK1) in MeV of nuclei of the correcting networks' data set, (nucleus,)."""
    dataset = load_dataset("dE")
    nuclei = pd.MultiIndex.from_arrays([dataset.Z.values, dataset.N.values])
    energies = pd.Series(dataset.baseline_energy.values, index=nuclei)
    return energies.loc[pd.MultiIndex.from_arrays([Z, N])].to_numpy()
