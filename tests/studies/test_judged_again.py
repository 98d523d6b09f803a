"""Earlier ensembles judged again: the kept outcomes."""

import numpy as np

from claims.condition import FAILS, HOLDS, PARTLY
from studies.judged_again import load_generation


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
