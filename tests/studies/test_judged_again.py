"""Earlier ensembles judged again: the kept outcomes."""

import pandas as pd
import pytest

from claims.condition import MET, MISSED, UNDECIDED, Condition, Verdict
from claims.evidence import Evidence
from claims.trial import condition_table, judge
from claims.uncertainty import Estimate
from studies.judged_again import (
    GENERATIONS,
    changed_claims,
    earlier_ensemble,
    flipped,
    generation_table,
    judge_generation,
    load_generations,
    load_put_in,
    main,
)

MARGINS = {MET: 1.0, MISSED: -1.0, UNDECIDED: float("nan")}


def verdict(number, met, undecided, conditions):
    states = [MET] * met + [UNDECIDED] * undecided + [MISSED] * (conditions - met - undecided)
    return Verdict(number, "", "", "", "", tuple(Condition("", "", Estimate.of(MARGINS[state])) for state in states))


FIRST, BEFORE = GENERATIONS


def verdicts(table, commit=FIRST):
    """Those on earlier ensembles by today's conditions, again."""
    rows = table[(table.conditions_of == "today") & (table.ensembles == commit)].itertuples()
    return {row.claim: verdict(row.claim, row.met, row.undecided, row.conditions) for row in rows}


def test_every_generation_is_kept_for_every_claim_and_the_first_under_both_conditions():
    table = load_generations()
    every = list(range(1, 16))
    assert table.groupby(["ensembles", "conditions_of"]).claim.apply(list).to_dict() == {
        (FIRST, "then"): every,
        (FIRST, "today"): every,
        (BEFORE, "today"): every,
    }
    again = [verdict(row.claim, row.met, row.undecided, row.conditions).outcome for row in table.itertuples()]
    assert table.outcome.tolist() == again
    assert table.code[table.conditions_of == "then"].unique().tolist() == [FIRST]
    assert not table.undecided[table.conditions_of == "then"].any(), "then every condition was met or not"


def test_a_claim_has_changed_with_its_outcome_or_its_conditions_met():
    table = load_generations()
    for commit in GENERATIONS:
        same = verdicts(table, commit)
        assert changed_claims(table, same, commit) == []
        assert changed_claims(table, same | {2: verdict(2, same[2].count(MET) - 1, 0, 8)}, commit) == [2]
        assert changed_claims(table, same | {2: verdict(2, same[2].count(MET) - 1, 1, 8)}, commit) == [2]


def test_four_trials_side_by_side():
    table = load_generations()
    shown = generation_table(table, verdicts(table) | {2: verdict(2, 5, 2, 8)})
    assert shown.index.tolist() == list(range(1, 16))
    same = shown["first ensembles, these conditions"] == shown["these ensembles, these conditions"]
    assert same.drop(2).all()
    before = pd.Series(generation_table(table, verdicts(table, BEFORE))["these ensembles, these conditions"])
    assert (shown["ensembles by the first search, these conditions"] == before).all()
    assert shown["first ensembles, first conditions"][2] == "holds (7 of 7)"
    assert shown["these ensembles, these conditions"][2] == "holds partly (5 of 8, 2 undecided)"


@pytest.fixture(scope="module")
def conditions():
    return condition_table(judge(Evidence.load()))


def test_what_was_put_in_was_judged_by_the_conditions_and_beside_the_ensembles_of_now(conditions):
    """If not: python -m studies.judged_again COMMIT --put-in NETWORK."""
    kept = load_put_in().set_index(["claim", "condition"])
    assert kept.demanded.to_dict() == conditions.demanded.to_dict()
    assert kept.today.to_dict() == conditions.met.to_dict()
    assert kept.network.unique().tolist() == ["NN3-I6D"]


def test_conditions_that_flip_are_shown_with_both_findings(conditions):
    kept = load_put_in()
    place = [3, 10]
    kept.loc[place, "earlier"] = "as it was"
    same = [row for row in kept.index if row not in place and kept.earlier[row] != kept.today[row]]
    table = flipped(kept, conditions)
    wanted = kept.loc[sorted([*place, *same]), ["claim", "condition"]]
    assert table.index.tolist() == list(wanted.itertuples(index=False, name=None))
    assert table.iloc[0]["found earlier"] == kept.found_earlier[min([*place, *same])]
    assert (table.today == conditions.met[table.index]).all()


def test_an_ensemble_of_another_commit_is_of_nuclei_of_today():
    then, now = earlier_ensemble("7ba6baa", "NN3-I6D"), Evidence.load(networks=("NN3-I6D",)).ensembles["NN3-I6D"]
    places = [set(zip(each.Z.values, each.N.values, strict=True)) for each in (then, now)]
    assert places[0] <= places[1]
    assert len(places[0]) > 0.95 * len(places[1])
    assert then.sizes["member"] == 100


def test_a_commit_that_is_not_there_is_named(capsys):
    with pytest.raises(ValueError, match=r"no commit '0000000': give one"):
        judge_generation("0000000", load_generations())
    with pytest.raises(SystemExit):
        main(["0000000", "--put-in", "NN3-I6D"])
    assert "has no commit '0000000': give one" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["7ba6baa", "--put-in", "NN4"])
    assert "unknown network 'NN4'" in capsys.readouterr().err


def test_missing_outcomes_name_the_remedy(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"run `python -m studies\.judged_again COMMIT`"):
        load_generations(tmp_path / "none.csv")
    with pytest.raises(FileNotFoundError, match="COMMIT --put-in NETWORK"):
        load_put_in(tmp_path / "none.csv")
