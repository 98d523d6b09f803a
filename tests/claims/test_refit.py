"""Demands on the refit: what they make of made-up deviations."""

import numpy as np
import pandas as pd
import pytest

from claims.condition import MET, MISSED
from claims.refit import AIM_MEET_MEV, demands, drawn_rms

CHAINS = pd.Series([f"Z = {k // 5}" for k in range(50)])


def table(energy, radius, predicted=1.3):
    rng = np.random.default_rng(2)
    return pd.DataFrame({
        "chain": CHAINS,
        "energy_off": energy * rng.standard_normal(50),
        "radius_off": radius * rng.standard_normal(50),
        "energy_predicted": predicted,
    })  # fmt: skip


def test_chains_are_drawn_as_a_whole():
    """Values that are alike within a chain have the error of ten numbers, not of fifty."""
    values = np.sqrt(1 + np.arange(10) % 2).repeat(5)
    found = drawn_rms(values, CHAINS)
    assert found.value == pytest.approx(np.sqrt(1.5))
    assert found.error == pytest.approx(0.5 / np.sqrt(10) / (2 * np.sqrt(1.5)), rel=0.1)


def test_what_is_missing_does_not_count():
    values = np.where(np.arange(50) % 2, np.nan, 2.0)
    assert drawn_rms(values, CHAINS).value == pytest.approx(2.0)


def test_better_and_calibrated():
    unseen, published = table(1.3, 0.02), table(2.6, 0.02)
    conditions = demands(unseen, unseen.iloc[::5], published, AIM_MEET_MEV / 2)
    assert [each.state for each in conditions] == [MET] * 5


def test_worse_and_too_sure():
    unseen, published = table(2.6, 0.04, predicted=0.5), table(1.3, 0.02)
    conditions = demands(unseen, unseen.iloc[::5], published, 2 * AIM_MEET_MEV)
    assert [each.state for each in conditions] == [MISSED] * 5
