"""What is known without a network, in the evidence."""

import numpy as np
import pytest

from claims.evidence import Evidence
from claims.exact import FIRST_ORDER, ON_SHELL, prediction
from lib.learning.table_one import CORRECTING, DIRECT
from lib.rmf.chart import load_chart


def test_an_unknown_prediction_names_the_known():
    with pytest.raises(ValueError, match=r"unknown prediction 'second-order': choose one of on-shell, first-order"):
        prediction("second-order")


def test_identity_is_of_the_energy_that_networks_learn():
    """Up to 15 fm; and of nuclei that are well bound to a few keV."""
    found = Evidence.load(networks=DIRECT[:1], beside=[ON_SHELL])
    errors = found.errors[ON_SHELL]
    assert errors.d.tolist() == found.errors[DIRECT[0]].d.tolist()
    assert np.abs(errors.error[errors.known]).max() < 0.02
    assert found.rms(ON_SHELL).value == pytest.approx(np.sqrt(np.mean(errors.error[errors.known] ** 2)))
    assert found.curve(ON_SHELL).index[0] == 0


def test_first_order_is_of_nuclei_that_both_bind():
    found = Evidence.load(networks=CORRECTING[:1], beside=[FIRST_ORDER])
    errors = found.errors[FIRST_ORDER]
    whole = load_chart("PC-PK1").sizes["nucleus"]
    assert len(prediction(FIRST_ORDER)) == whole > len(errors.d)
    bare = found.errors["PC-PK1"]
    assert (np.abs(errors.error) < np.abs(bare.error)).mean() > 0.8
