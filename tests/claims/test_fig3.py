"""Claims 7 to 9 on made-up ensembles."""

import numpy as np
import pytest
from made_up import evidence, flat, growing, outcome

from claims.condition import FAILS, HOLDS, PARTLY
from claims.trial import CLAIMS
from lib.learning.dataset import load_dataset
from lib.learning.table_one import CORRECTING, TABLE_I


@pytest.mark.parametrize(("size", "words"), [(3.1, HOLDS), (2.9, FAILS)])
def test_claim_7(size, words):
    assert outcome(7, dict.fromkeys(CORRECTING, 0.1), energies=dict.fromkeys(CORRECTING, flat(size))) == words


def test_claim_8():
    paper = {"NN1-I4dE": 0.198, "NN2-I6dE": 0.118, "NN2-I6dD": 0.086, "NN3-I6dD": 0.353}
    assert {id: TABLE_I[id].paper_rms for id in CORRECTING} == paper
    assert outcome(8, {id: 0.999 * value for id, value in paper.items()}) == HOLDS
    assert outcome(8, {id: 1.1 * value for id, value in paper.items()}) == FAILS
    assert outcome(8, {id: 0.999 * value for id, value in paper.items()} | {"NN3-I6dD": 0.4}) == PARTLY


def test_claim_9():
    bare = {id: np.where(load_dataset("dE").distance.values > 15, 9.0, 3.0) for id in CORRECTING}
    drifting = {"NN1-I4dE": growing(0.1, 0.3)}
    steady = dict.fromkeys(CORRECTING[1:], 4.9)
    assert outcome(9, drifting | steady, energies=bare) == HOLDS
    assert outcome(9, drifting | steady | {"NN2-I6dE": 5.1}, energies=bare) == PARTLY
    halfway = CLAIMS[8](evidence({"NN1-I4dE": growing(0.1, 0.15)} | steady, energies=bare))
    assert [condition.met for condition in halfway.conditions] == [True] * 4 + [False], "nearer is not near"
    assert outcome(9, {"NN1-I4dE": 3.0} | dict.fromkeys(CORRECTING[1:], 5.5), energies=bare) == FAILS
