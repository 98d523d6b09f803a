"""Evidence of made-up ensembles, which must pass a claim or must not."""

import numpy as np
import xarray as xr

from claims.evidence import Evidence
from claims.trial import CLAIMS
from claims.uncertainty import Estimate
from lib.learning.dataset import load_dataset, random_learning
from lib.learning.table_one import TABLE_I


def ensemble(id, error, spread=1.0, energy=None):
    """Two splits by two initialisations on the real nuclei of a network's data set: the mean of each split errs by ``error``.

    Its two members differ by twice the ``spread``, so that drawing splits changes nothing.
    """
    dataset = load_dataset(TABLE_I[id].target)
    target = dataset.energy.values if energy is None else energy
    signs = np.array([1, -1, 1, -1])[:, None]
    return xr.Dataset(
        {
            "predicted_energy": (("member", "nucleus"), target + error + signs * spread * np.ones(len(target))),
            "energy": ("nucleus", target),
            "known": ("nucleus", dataset.known.values),
            "distance": ("nucleus", dataset.distance.values),
            "is_learning": (
                ("fold", "nucleus"),
                np.stack([random_learning(dataset.known.values, s) for s in range(2)]),
            ),
        },
        coords={
            "Z": ("nucleus", dataset.Z.values),
            "N": ("nucleus", dataset.N.values),
            "split": ("member", [0, 0, 1, 1]),
            "init": ("member", [0, 1, 0, 1]),
            "fold": [0, 1],
        },
        attrs={"network": id},
    )


def estimate(value, error=0.0):
    """A number with such an error, by two draws."""
    return Estimate.of(value + error * np.array([0, 1, -1]) / np.sqrt(2))


def states(verdict):
    """What has become of each condition."""
    return [condition.state for condition in verdict.conditions]


def alternating(count):
    """Plus and minus one, so that an error has its rms and no mean."""
    return np.where(np.arange(count) % 2, 1.0, -1.0)


def evidence(sizes, spreads=None, energies=None, ids=None):
    """Evidence whose ensembles err by ``sizes[id]``: a number, or a function of Z, N, d and known."""
    made = {}
    for id in ids or sizes:
        dataset = load_dataset(TABLE_I[id].target)
        where = dataset.Z.values, dataset.N.values, dataset.distance.values, dataset.known.values
        size = sizes[id](*where) if callable(sizes[id]) else sizes[id]
        spread = (spreads or {}).get(id, 1.0)
        spread = spread(*where) if callable(spread) else spread
        made[id] = ensemble(id, size * alternating(len(where[0])), spread, (energies or {}).get(id))
    return Evidence(made)


def outcome(number, *arguments, **named):
    return CLAIMS[number - 1](evidence(*arguments, **named)).outcome


def growing(start, slope):
    """An error that is ``start`` in the known region and grows with d."""
    return lambda Z, N, d, known: start + slope * d


def flat(value):
    """Energies of the correcting networks' data set that alternate around zero."""
    return value * alternating(load_dataset("dE").sizes["nucleus"])
