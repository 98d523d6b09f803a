"""The rule by which claims are judged, and the demands that several of them make."""

import numpy as np
import pandas as pd
import pytest
from made_up import estimate, evidence, growing

from claims.condition import (
    ABOUT,
    AFTER,
    BEFORE,
    CONVENTION,
    FAILS,
    HOLDS,
    MET,
    MISSED,
    PARTLY,
    UNDECIDED,
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
    of_recipe,
    reaches,
    share_at_least,
    within_factor,
)
from claims.trial import CLAIMS, judge
from lib.learning.dataset import load_dataset
from lib.learning.table_one import CORRECTING, DIRECT, TABLE_I

MARGINS = {MET: 1.0, MISSED: -1.0, UNDECIDED: 0.0}


def verdict(*found):
    return Verdict(1, "", "", "", "", tuple(Condition("", "", estimate(MARGINS[state], 0.5)) for state in found))


@pytest.mark.parametrize(
    ("margin", "state"), [(0.6, MET), (0.4, UNDECIDED), (0.0, UNDECIDED), (-0.4, UNDECIDED), (-0.6, MISSED)]
)
def test_a_condition_within_its_error_is_undecided(margin, state):
    assert Condition("", "", estimate(margin, 0.5)).state == state


def test_without_an_error_every_margin_decides():
    assert [Condition("", "", estimate(margin)).state for margin in (1e-9, -1e-9)] == [MET, MISSED]
    assert Condition("", "", estimate(float("nan"))).state == UNDECIDED, "where there is nothing to say"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ((MET, MET), HOLDS),
        ((MET,), HOLDS),
        ((MET, MISSED), PARTLY),
        ((MISSED, MISSED), FAILS),
        ((MET, UNDECIDED), UNDECIDED),
        ((MISSED, UNDECIDED), UNDECIDED),
        ((UNDECIDED,), UNDECIDED),
        ((MET, MISSED, UNDECIDED), PARTLY),
    ],
)
def test_all_some_none_or_undecided(found, words):
    assert verdict(*found).outcome == words
    assert verdict(*found).count(MET) == found.count(MET)


@pytest.mark.parametrize(
    "found", [(MET, MISSED, UNDECIDED), (MET, UNDECIDED, UNDECIDED), (MISSED, UNDECIDED), (MET, MET)]
)
def test_an_outcome_is_what_it_is_whichever_way_the_undecided_turn_out(found):
    """A claim is undecided where the undecided conditions matter, and only there."""
    ways = [found]
    while any(UNDECIDED in way for way in ways):
        ways = [
            (*way[:place], state, *way[place + 1 :])
            for way in ways
            for place in [way.index(UNDECIDED)]
            for state in (MET, MISSED)
        ]
    outcomes = {verdict(*way).outcome for way in ways}
    assert verdict(*found).outcome == (outcomes.pop() if len(outcomes) == 1 else UNDECIDED)


def test_a_number_is_reached_or_not_or_not_decided():
    assert reaches("it", estimate(0.62, 0.01), 0.644).state == MET
    assert reaches("it", estimate(0.65, 0.01), 0.644).state == UNDECIDED
    assert reaches("it", estimate(0.66, 0.01), 0.644).state == MISSED


def test_far_below_the_paper_is_bettered_and_not_reproduced():
    """By more than a quarter, and by more than the error."""
    found = [reaches("it", estimate(*value), 0.4) for value in ((0.35, 0.01), (0.29, 0.01), (0.25, 0.2), (0.6, 0.01))]
    assert [condition.bettered for condition in found] == [False, True, False, False]
    assert [condition.state for condition in found] == [MET, MET, UNDECIDED, MISSED]
    assert Verdict(1, "", "", "", "", tuple(found)).tally == "2 of 4; 1 bettered; 1 undecided"


def test_what_had_a_part_in_a_choice_says_so():
    """The paper's numbers in the known region chose recipes, its words about the two functionals the convention."""
    sizes = dict.fromkeys(TABLE_I, 0.01)
    found = judge(evidence(sizes), (1, 7, 8, 9, 10, 15))
    marks = {number: [condition.chosen for condition in one.conditions] for number, one in found.items()}
    assert marks[1] == [of_recipe("NN3-I6D"), "", ""]
    assert marks[7] == [CONVENTION]
    assert marks[8] == [*map(of_recipe, CORRECTING), ""]
    assert not any(marks[9])
    assert marks[10] == [CONVENTION, CONVENTION, ""]
    assert marks[15] == [of_recipe("NN3-I6D"), of_recipe("NN2-I6dD"), "", "", ""]
    assert "1 had a part in a choice" in found[1].tally
    quoted = [id for id in DIRECT + CORRECTING if TABLE_I[id].paper_rms]
    assert len(quoted) == 5, "the recipes of the networks whose accuracy the paper quotes"


def test_approximately_is_within_a_factor_either_way():
    words = [about(estimate(value, 0.1), 6) for value in (3.9, 4.1, 8.9, 9.1)]
    assert [text.endswith("yes") for text in words] == [False, True, True, False]
    assert f"{ABOUT:g}" in words[0]


def test_a_condition_under_the_other_reading_does_not_count():
    steady = {"NN1-I4dE": growing(0.1, 0.3)} | dict.fromkeys(CORRECTING[1:], 5.5)
    bare = {id: np.where(load_dataset("dE").distance.values > 15, 9.0, 3.0) for id in CORRECTING}
    found = CLAIMS[8](evidence(steady, energies=bare)).conditions
    assert [condition.state for condition in found[:5]] == [MET, MISSED, MISSED, MISSED, MET]
    assert [condition.otherwise[-3:] for condition in found[:5]] == ["", "yes", "yes", "yes", ""]


def test_a_claim_says_its_first_paragraph():
    @claim(7, "Fig. 3", "3 MeV")
    def differs(evidence):
        """It differs,
        and by much.

        Claim 7: "...".
        """
        return f"{evidence} MeV", [Condition("above", "4", estimate(1))]

    assert differs(4) == Verdict(
        7, "Fig. 3", "It differs, and by much", "3 MeV", "4 MeV", (Condition("above", "4", estimate(1)),)
    )


LOW, HIGH = estimate(1, 0.1), estimate(2, 0.2)


@pytest.mark.parametrize(
    ("condition", "demand", "found", "margin"),
    [
        (
            reaches("it", estimate(5.3, 0.4), 5, at="far out"),
            "it reaches 5 MeV far out",
            "5.30 ± 0.40 MeV",
            (-0.3, 0.4),
        ),
        (reaches("it", estimate(0.4, 0.05), 0.5, ""), "it reaches 0.5", "0.400 ± 0.050", (0.1, 0.05)),
        (exceeds("", estimate(3.1, 0.2), 3), "above 3 MeV", "3.10 ± 0.20 MeV", (0.1, 0.2)),
        (exceeds("it", estimate(-3.0), 3, "; so"), "it above 3 MeV", "−3.0 MeV; so", (-6, 0)),
        (falls_below("it", estimate(-4.2), -4), "it below −4 MeV", "−4.2 MeV", (0.2, 0)),
        (falls_below("it", estimate(-3.8, 0.12), -4), "it below −4 MeV", "−3.80 ± 0.12 MeV", (-0.2, 0.12)),
        (errs_less("less", LOW, HIGH), "less", "1.00 ± 0.10 against 2.00 ± 0.20 MeV", (1, 0.1)),
        (errs_less("less", HIGH, HIGH), "less", "2.00 ± 0.20 against 2.00 ± 0.20 MeV", (0, 0)),
        (is_lowest("best", {"NN3-I6D": LOW, "NN1-I4E": HIGH}, "so"), "best", "so", (1, 0.1)),
        (is_lowest("best", {"NN3-I6D": HIGH, "NN1-I4E": LOW}, "so"), "best", "so", (-1, 0.1)),
        (more_than_half("often", estimate(0.6, 0.2), 5), "often", "at 3 of 5", (0.1, 0.2)),
        (share_at_least(0.9, "of all", estimate(0.95)), "90 % of all", "95.0 %", (0.05, 0)),
        (
            within_factor("all", {"light": LOW, "heavy": estimate(2.1, 0.21)}),
            "all within a factor 2",
            "light 1.00 ± 0.10, heavy 2.10 ± 0.21 MeV",
            (-0.1, 0),
        ),
    ],
)
def test_demands(condition, demand, found, margin):
    """What moves two numbers alike is in no margin between them."""
    assert (condition.demand, condition.found) == (demand, found)
    assert (condition.margin.value, condition.margin.error) == pytest.approx(margin, abs=1e-9)


def test_growth_asks_each_curve_and_all_of_them_outside():
    rising, falling = (
        pd.Series(values, index=range(0, 20, 2), dtype=float) for values in (range(10), range(9, -1, -1))
    )
    step = pd.Series([0.0, *range(9, 0, -1)], index=rising.index)
    rising, falling, step = (one.to_frame().T for one in (rising, falling, step))
    ours, conditions = growth("error", {"NN1-I4E": rising, "NN3-I6D": rising + 1})
    assert [condition.state for condition in conditions] == [MET] * 3
    assert [condition.written for condition in conditions] == [BEFORE, BEFORE, AFTER]
    assert ours == "2 of 2; lowest rank correlation 1.000 ± 0.000 with d = 0, 1.000 ± 0.000 without"
    ours, conditions = growth("error", {"NN1-I4E": rising, "NN3-I6D": falling, "NN2-I3E": step})
    assert [condition.state for condition in conditions] == [MET, MISSED, MISSED, MISSED]
    assert conditions[-1].found == "lowest −1.000 ± 0.000 (NN3-I6ℰ)"
    assert ours.startswith("1 of 3; ")


def test_growth_is_undecided_where_draws_disagree():
    rows = [np.arange(10), *[np.arange(10)] * 5, *[np.arange(10)[::-1]] * 5]
    by = pd.DataFrame(rows, columns=range(0, 20, 2), dtype=float)
    assert growth("error", {"NN1-I4E": by})[1][0].state == UNDECIDED
