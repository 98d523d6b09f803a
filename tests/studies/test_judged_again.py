"""Earlier ensembles judged again: the kept outcomes."""

import numpy as np
import pytest

from claims.condition import FAILS, HOLDS, PARTLY, Condition, Verdict
from studies.judged_again import changed_claims, generation_table, judge_generation, load_generation, main


def test_the_first_generation_is_kept_for_every_claim_under_both_conditions():
    table = load_generation()
    assert table.groupby("conditions_of").claim.apply(list).to_dict() == {
        "then": list(range(1, 16)),
        "today": list(range(1, 16)),
    }
    wanted = np.where(table.met == table.conditions, HOLDS, np.where(table.met > 0, PARTLY, FAILS))
    assert table.outcome.tolist() == wanted.tolist()
    assert table.ensembles.nunique() == 1
    assert table.code[table.conditions_of == "then"].unique().tolist() == table.ensembles.unique().tolist()


def verdicts(table):
    """Those of today's conditions, again."""
    made = {}
    for row in table[table.conditions_of == "today"].itertuples():
        conditions = tuple(Condition("", "", place < row.met) for place in range(row.conditions))
        made[row.claim] = Verdict(row.claim, "", "", "", "", conditions)
    return made


def test_a_claim_has_changed_with_its_outcome_or_its_conditions_met():
    table = load_generation()
    same = verdicts(table)
    assert changed_claims(table, same) == []
    worse = Verdict(2, "", "", "", "", (*same[2].conditions[:-1], Condition("", "", False)))
    assert changed_claims(table, same | {2: worse}) == [2]


def test_three_trials_side_by_side():
    table = load_generation()
    shown = generation_table(table, verdicts(table))
    assert shown.index.tolist() == list(range(1, 16))
    assert (shown["first ensembles, these conditions"] == shown["these ensembles, these conditions"]).all()
    assert shown["first ensembles, first conditions"][2] == "holds (7 of 7)"


def test_a_commit_that_is_not_there_is_named(capsys):
    with pytest.raises(ValueError, match="git archive 0000000 failed"):
        judge_generation("0000000")
    with pytest.raises(SystemExit):
        main(["0000000"])
    assert "not a valid object name: 0000000" in capsys.readouterr().err


def test_missing_outcomes_name_the_remedy(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"run `python -m studies\.judged_again COMMIT`"):
        load_generation(tmp_path / "none.csv")
