"""The rule by which claims are judged, and the demands that several of them make."""

import numpy as np
import pandas as pd
import pytest
from made_up import evidence, growing

from claims.condition import (
    ABOUT,
    AFTER,
    BEFORE,
    FAILS,
    HOLDS,
    PARTLY,
    Condition,
    Verdict,
    about,
    claim,
    errs_less,
    exceeds,
    falls_below,
    growth,
    is_lowest,
    more_than_half,
    reaches,
    share_at_least,
    within_factor,
)
from claims.trial import CLAIMS
from claims.uncertainty import Estimate
from lib.learning.dataset import load_dataset
from lib.learning.table_one import CORRECTING


@pytest.mark.parametrize(
    ("met", "words"), [((True, True), HOLDS), ((True, False), PARTLY), ((False, False), FAILS), ((True,), HOLDS)]
)
def test_all_some_or_none(met, words):
    verdict = Verdict(1, "", "", "", "", tuple(Condition("", "", one) for one in met))
    assert verdict.outcome == words
    assert verdict.met == sum(met)


def test_a_number_is_reached_within_its_own_error():
    assert reaches("it", Estimate(0.65, 0.01), 0.644).met
    assert not reaches("it", Estimate(0.66, 0.01), 0.644).met
    assert reaches("it", Estimate(0.1, 0.001), 0.644).met


def test_approximately_is_within_a_factor_either_way():
    words = [about(Estimate(value, 0.1), 6) for value in (3.9, 4.1, 8.9, 9.1)]
    assert [text.endswith("yes") for text in words] == [False, True, True, False]
    assert f"{ABOUT:g}" in words[0]


def test_a_condition_under_the_other_reading_does_not_count():
    steady = {"NN1-I4dE": growing(0.1, 0.3)} | dict.fromkeys(CORRECTING[1:], 5.5)
    bare = {id: np.where(load_dataset("dE").distance.values > 15, 9.0, 3.0) for id in CORRECTING}
    verdict = CLAIMS[8](evidence(steady, energies=bare))
    assert [condition.met for condition in verdict.conditions] == [True, False, False, False, True]
    assert [condition.otherwise[-3:] for condition in verdict.conditions] == ["", "yes", "yes", "yes", ""]


def test_a_claim_says_its_first_paragraph():
    @claim(7, "Fig. 3", "3 MeV")
    def differs(evidence):
        """It differs,
        and by much.

        Claim 7: "...".
        """
        return f"{evidence} MeV", [Condition("above", "4", True)]

    assert differs(4) == Verdict(
        7, "Fig. 3", "It differs, and by much", "3 MeV", "4 MeV", (Condition("above", "4", True),)
    )


@pytest.mark.parametrize(
    ("condition", "demand", "found", "met"),
    [
        (reaches("it", Estimate(5.3, 0.4), 5, at="far out"), "it reaches 5 MeV far out", "5.30 ± 0.40 MeV", True),
        (reaches("it", Estimate(0.6, 0.05), 0.5, ""), "it reaches 0.5", "0.600 ± 0.050", False),
        (exceeds("", Estimate(3.1, 0.2), 3), "above 3 MeV", "3.10 ± 0.20 MeV", True),
        (exceeds("it", -3.0, 3, "; so"), "it above 3 MeV", "−3.0 MeV; so", False),
        (falls_below("it", -4.2, -4), "it below −4 MeV", "−4.2 MeV", True),
        (falls_below("it", -3.8, -4), "it below −4 MeV", "−3.8 MeV", False),
        (errs_less("less", Estimate(1, 0.1), Estimate(2, 0.2)), "less", "1.00 ± 0.10 against 2.00 ± 0.20 MeV", True),
        (errs_less("less", Estimate(2, 0.1), Estimate(2, 0.2)), "less", "2.00 ± 0.10 against 2.00 ± 0.20 MeV", False),
        (is_lowest("best", {"NN3-I6D": 1.0, "NN1-I4E": 2.0}, "so"), "best", "so", True),
        (is_lowest("best", {"NN3-I6D": 2.0, "NN1-I4E": 1.0}, "so"), "best", "so", False),
        (more_than_half("often", 3, 5), "often", "at 3 of 5", True),
        (more_than_half("often", 2, 4), "often", "at 2 of 4", False),
        (share_at_least(0.9, "of all", 0.9), "90 % of all", "90.0 %", True),
        (share_at_least(0.9, "of all", 0.89), "90 % of all", "89.0 %", False),
        (
            within_factor("all", {"light": 1.0, "heavy": 2.0}),
            "all within a factor 2",
            "light 1.00, heavy 2.00 MeV",
            True,
        ),
        (
            within_factor("all", {"light": Estimate(1, 0.1), "heavy": Estimate(2.1, 0.1)}),
            "all within a factor 2",
            "light 1.00 ± 0.10, heavy 2.10 ± 0.10 MeV",
            False,
        ),
    ],
)
def test_demands(condition, demand, found, met):
    assert condition == Condition(demand, found, met)


def test_growth_asks_each_curve_and_all_of_them_outside():
    rising, falling = (
        pd.Series(values, index=range(0, 20, 2), dtype=float) for values in (range(10), range(9, -1, -1))
    )
    step = pd.Series([0.0, *range(9, 0, -1)], index=rising.index)
    ours, conditions = growth("error", {"NN1-I4E": rising, "NN3-I6D": rising + 1})
    assert [condition.met for condition in conditions] == [True] * 3
    assert [condition.written for condition in conditions] == [BEFORE, BEFORE, AFTER]
    assert ours == "2 of 2; lowest rank correlation 1.00 with d = 0, 1.00 without"
    ours, conditions = growth("error", {"NN1-I4E": rising, "NN3-I6D": falling, "NN2-I3E": step})
    assert [condition.met for condition in conditions] == [True, False, False, False]
    assert conditions[-1].found == "lowest −1.00 (NN3-I6ℰ)"
    assert ours.startswith("1 of 3; ")
