"""Claims 13 to 15 on made-up ensembles and on an untrained network."""

import numpy as np
import pytest
import xarray as xr
from made_up import evidence, growing, outcome, states

from claims.condition import FAILS, HOLDS, MET, MISSED, PARTLY
from claims.evidence import Evidence
from claims.trial import CLAIMS
from lib.learning.dataset import load_dataset
from lib.learning.derivative import Stationarity
from lib.learning.ensemble import FIXED
from lib.learning.networks import Network, fixed_layers
from lib.learning.recipes import Recipe
from lib.learning.table_one import TABLE_I


def test_claim_13():
    sizes = dict.fromkeys(TABLE_I, 1.0)
    growing_spread = dict.fromkeys(TABLE_I, lambda Z, N, d, known: 0.1 + 0.1 * d)
    assert outcome(13, sizes, spreads=growing_spread) == HOLDS
    assert outcome(13, sizes, spreads=growing_spread | {"NN1-I4E": growing(10, -0.1)}) == PARTLY
    assert outcome(13, sizes, spreads=dict.fromkeys(TABLE_I, growing(10, -0.1))) == FAILS


@pytest.fixture(scope="module")
def functional():
    """One untrained member of NN3-I6ℰ in the form of an ensemble."""
    id, recipe = "NN3-I6D", Recipe(width=5, layers=2)
    dataset = load_dataset("E")
    fixed = fixed_layers(
        TABLE_I[id], recipe, dataset, dataset.known.values & (np.arange(dataset.sizes["nucleus"]) % 9 == 0)
    )
    network = Network(TABLE_I[id], recipe, fixed, seed=3)
    dims = {
        "shift": ("fold", "input"),
        "matrix": ("fold", "input", "component"),
        "offset": ("fold", "output"),
        "basis": ("fold", "raw", "output"),
    }
    return xr.Dataset(
        {"parameters": (("member", "parameter"), network.parameter_vector().numpy()[None])}
        | {name: (dims[name], getattr(network, name).numpy()[None]) for name in FIXED},
        coords={"split": ("member", [0]), "fold": [0]},
        attrs={"network": id, "recipe": '{"width": 5, "layers": 2}'},
    )


def test_claim_14(functional, monkeypatch):
    whole = Evidence({"NN3-I6D": functional})
    assert states(CLAIMS[13](whole))[:2] == [MET, MET]
    # whether it is a potential: zero, and constant, to 40 MeV
    for found, judged in (
        (Stationarity(39, -9, 39, 0, 99), [MET, MET]),
        (Stationarity(41, -9, 39, 0, 0), [MISSED, MET]),
        (Stationarity(39, -99, 41, 0, 0), [MET, MISSED]),
    ):
        monkeypatch.setattr("claims.text.stationarity", lambda *_, found=found: found)
        assert states(CLAIMS[13](whole))[2:] == judged
    # a derivative that lost a part is noticed
    monkeypatch.setattr(
        Network,
        "perceptron",
        lambda self, x, original=Network.perceptron: (
            original(self, x.detach()) + 0.5 * (original(self, x) - original(self, x).detach())
        ),
    )
    assert states(CLAIMS[13](whole))[:2] == [MISSED, MISSED]


def test_claim_15():
    sizes = {"NN3-I6D": 0.6, "NN2-I6dD": 0.08, "NN3-I6dD": 0.3, "NN2-I6D": 0.2}
    assert outcome(15, sizes) == HOLDS
    assert outcome(15, sizes | {"NN2-I6dD": 0.1}) == PARTLY
    assert outcome(15, sizes | {"NN3-I6D": 0.7, "NN2-I6dD": 0.8, "NN3-I6dD": 0.9}) == FAILS
    unlike = CLAIMS[14](evidence(sizes | {"NN2-I6D": 0.07}))
    assert states(unlike) == [MET] * 4 + [MISSED], "better than NN3, not than its like"
