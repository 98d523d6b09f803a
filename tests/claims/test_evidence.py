"""What the claims are judged by: errors with and without a correction, the two ends of the chains."""

import numpy as np
import pytest
from made_up import evidence

from claims.evidence import THIRDS, in_third, near_drip_line, neutron_deficient
from lib.learning.known_region import measured_masses
from lib.learning.table_one import CORRECTING


def test_neutron_deficient_is_near_the_lightest_measured_isotope():
    lightest = int(measured_masses().groupby("Z").N.min().loc[60])
    N = lightest + np.array([-4, 0, 4, 6])
    assert neutron_deficient(np.full(4, 60), N).tolist() == [True, True, True, False]


def test_the_drip_line_is_not_the_edge_of_the_window():
    found = evidence(dict.fromkeys(CORRECTING, 0.1))
    errors = found.errors["NN3-I6dD"]
    near = near_drip_line(errors)
    Z, N, d = errors.Z, errors.N, errors.d
    assert 20 < near.sum() < 200
    assert (d[near] > 0).all()
    assert not near[N == 156].any()
    for z in np.unique(Z[near]):
        assert near[(Z == z) & (N == N[Z == z].max())].all()
        assert N[near & (Z == z)].min() > N[Z == z].max() - 8


def test_bare_functional_is_a_prediction_without_correction():
    found = evidence(dict.fromkeys(CORRECTING, 0.1))
    bare, network = found.errors["PC-PK1"], found.errors["NN3-I6dD"]
    assert (bare.error == -network.target).all()
    assert (bare.held_out == bare.error).all()
    assert (bare.d == network.d).all()
    assert found.rms("PC-PK1").value == pytest.approx(np.sqrt(np.mean(network.target[network.known] ** 2)))
    assert "PC-PK1" not in evidence({"NN1-I4E": 1.0}).errors


def test_rms_is_of_the_known_region_unless_told():
    found = evidence({"NN1-I4E": lambda Z, N, d, known: np.where(known, 1.0, 3.0)})
    errors = found.errors["NN1-I4E"]
    assert found.rms("NN1-I4E").value == pytest.approx(1)
    assert found.rms("NN1-I4E", errors.between(2, 30)).value == pytest.approx(3)
    assert found.curve("NN1-I4E").rms[0] == pytest.approx(1)


def test_thirds_hold_every_element_once():
    Z = np.arange(8, 101, 2)
    assert (sum(in_third(Z, name).astype(int) for name in THIRDS) == 1).all()
