"""The fifteen claims, their tables, and all of them on the ensembles."""

import re

import pytest
import torch
from made_up import evidence

from claims.condition import HOLDS, Condition, Verdict
from claims.evidence import Evidence
from claims.trial import CLAIMS, condition_table, judge, shortfalls, verdict_table
from lib.learning.ensemble import ensemble_path, load_ensemble
from lib.learning.errors import Errors
from lib.learning.table_one import CORRECTING, TABLE_I


def test_fifteen_claims_quote_the_paper_and_state_their_conditions():
    assert len(CLAIMS) == 15
    for number, claim in enumerate(CLAIMS, start=1):
        short, quote = claim.__doc__.split("\n\n")[:2]
        assert short.strip().endswith(".")
        assert quote.strip().startswith(f"Claim {number}: ")
        assert re.search(r"Conditions?[ ,:]", claim.__doc__), claim.__name__
        assert '"' in claim.__doc__, "the claim is not quoted"


def test_unknown_claim_is_refused():
    with pytest.raises(ValueError, match="claim 16 does not exist"):
        judge(Evidence({}), (16,))


def test_tables_hold_every_claim_and_condition():
    found = judge(evidence(dict.fromkeys(CORRECTING, 0.01)), (7, 8))
    table, conditions = verdict_table(found), condition_table(found)
    assert table.index.tolist() == [7, 8]
    assert table.outcome.tolist() == [HOLDS, HOLDS]
    assert conditions.index.tolist() == [(7, 1), (8, 1), (8, 2), (8, 3), (8, 4)]
    assert set(conditions.met) == {"yes"}
    assert set(conditions.written) == {"before the first ensembles"}


def test_every_claim_that_fails_is_told_with_what_is_missed_and_no_other():
    good, bad = Condition("to do this", "was done", True), Condition("to do that", "was left", False)
    made = {n: Verdict(n, "", "", "", "", (good, bad) if n % 2 else (good,)) for n in range(1, 16)}
    assert shortfalls(made) == {n: [bad] for n in range(1, 16, 2)}
    assert shortfalls({2: made[2]}) == {}


@pytest.mark.skipif(not all(ensemble_path(id).exists() for id in TABLE_I), reason="the ensembles are not there")
def test_all_claims_can_be_judged_on_the_ensembles():
    torch.set_num_threads(1)
    found = Evidence.load()
    verdicts = judge(found)
    assert list(verdicts) == [verdict.number for verdict in verdicts.values()] == list(range(1, 16))
    assert not re.search(r"\bnan\b|\binf\b", " ".join(condition_table(verdicts).found))
    said = [verdict.ours for verdict in verdicts.values()] + condition_table(verdicts).found.tolist()
    assert not [text for text in said if re.search(r"(?<![\w.])-\d", text)], "a hyphen for a minus sign"
    for number in (2, 13):
        lowest = [float(value) for value in re.findall(r"\d\.\d\d", verdicts[number].ours)]
        with_zero = [float(re.search(r"\d\.\d\d", one.found)[0]) for one in verdicts[number].conditions[:-1]]
        assert lowest == [min(with_zero), float(re.search(r"\d\.\d\d", verdicts[number].conditions[-1].found)[0])]
    for id in TABLE_I:
        assert found.rms(id).value == pytest.approx(Errors(load_ensemble(id)).table()["known"])
