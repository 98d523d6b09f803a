"""Claims 7 to 9 on made-up ensembles."""

import numpy as np
import pytest
from made_up import evidence, flat, growing, outcome, states

from claims.condition import AFTER, FAILS, HOLDS, MET, MISSED, PARTLY
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
    assert outcome(8, dict(zip(paper, (0.5, 0.51, 0.52, 0.4), strict=True))) == FAILS
    assert outcome(8, {id: 0.999 * value for id, value in paper.items()} | {"NN3-I6dD": 0.4}) == PARTLY


def test_claim_8_wants_the_order_too():
    """All four better than the paper's, and in another order."""
    verdict = CLAIMS[7](evidence(dict(zip(CORRECTING, (0.09, 0.04, 0.05, 0.08), strict=True))))
    assert states(verdict) == [MET] * 4 + [MISSED]
    assert [condition.bettered for condition in verdict.conditions] == [True] * 4 + [False]
    assert verdict.conditions[-1].written == AFTER
    assert verdict.conditions[-1].found == "NN2-I6δE < NN2-I6δℰ < NN3-I6δℰ < NN1-I4δE"


def test_claim_9():
    bare = {id: np.where(load_dataset("dE").distance.values > 15, 9.0, 3.0) for id in CORRECTING}
    drifting = {"NN1-I4dE": growing(0.1, 0.3)}
    steady = dict.fromkeys(CORRECTING[1:], 4.9)
    assert outcome(9, drifting | steady, energies=bare) == HOLDS
    assert outcome(9, drifting | steady | {"NN2-I6dE": 5.1}, energies=bare) == PARTLY
    halfway = CLAIMS[8](evidence({"NN1-I4dE": growing(0.1, 0.18)} | dict.fromkeys(CORRECTING[1:], 4.0), energies=bare))
    assert states(halfway) == [MET] * 4 + [MISSED] + [MET] * 3, "nearer is not near"
    assert outcome(9, {"NN1-I4dE": 3.0} | dict.fromkeys(CORRECTING[1:], 5.5), energies=bare) == FAILS


def test_claim_9_compares_with_the_network_of_numbers():
    """Within 5 MeV, and no better than NN1-I4δE; what is so beyond 30 is said and does not count."""
    bare = {id: np.where(load_dataset("dE").distance.values > 15, 5.0, 3.0) for id in CORRECTING}
    worse = dict.fromkeys(CORRECTING[1:], lambda Z, N, d, known: np.where(d > 30, 1.0, 4.9))
    verdict = CLAIMS[8](evidence({"NN1-I4dE": growing(0.1, 0.17)} | worse, energies=bare))
    assert states(verdict)[5:] == [MISSED] * 3
    assert all(one.otherwise.startswith("beyond 30: yes, 1.000") for one in verdict.conditions[5:])
    assert {one.written for one in verdict.conditions[4:]} == {AFTER}
