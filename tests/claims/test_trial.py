"""The fifteen claims, their tables, and all of them on the ensembles."""

import re

import pytest
import torch
from made_up import evidence

from claims.condition import HOLDS, PARTLY, of_recipe
from claims.evidence import Evidence
from claims.trial import CLAIMS, condition_table, judge, verdict_table
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
    found = judge(evidence(dict(zip(CORRECTING, (0.01, 0.02, 0.03, 0.04), strict=True))), (7, 8))
    table, conditions = verdict_table(found), condition_table(found)
    assert table.index.tolist() == [7, 8]
    assert table.outcome.tolist() == [HOLDS, PARTLY]
    assert table["conditions met"][8] == "4 of 5; 4 bettered; 1 had a part in a choice"
    assert conditions.index.tolist() == [(7, 1), (8, 1), (8, 2), (8, 3), (8, 4), (8, 5)]
    assert conditions.headline.tolist() == ["yes", "", "", "", "yes", ""]
    assert conditions.met.tolist() == ["yes", *["yes, bettered"] * 4, "no"]
    assert conditions.written.tolist() == [*["before the first ensembles"] * 5, "after the first ensembles"]
    assert conditions["had a part in choosing"].tolist() == ["a convention", *map(of_recipe, CORRECTING), ""]
    assert "other reading" not in conditions, "none of these has one"
    assert conditions.margin[7, 1] == str(found[7].conditions[0].margin)


@pytest.mark.skipif(not all(ensemble_path(id).exists() for id in TABLE_I), reason="the ensembles are not there")
def test_all_claims_can_be_judged_on_the_ensembles():
    torch.set_num_threads(1)
    found = Evidence.load()
    verdicts = judge(found)
    assert all(1 <= verdict.headline <= len(verdict.conditions) for verdict in verdicts.values())
    assert list(verdicts) == [verdict.number for verdict in verdicts.values()] == list(range(1, 16))
    assert not re.search(r"\bnan\b|\binf\b", " ".join(condition_table(verdicts).found))
    said = [verdict.ours for verdict in verdicts.values()] + condition_table(verdicts).found.tolist()
    assert not [text for text in said if re.search(r"(?<![\w.])-\d", text)], "a hyphen for a minus sign"
    for number in (2, 13):
        lowest = [float(value) for value in re.findall(r"(\d\.\d+) ±", verdicts[number].ours)]
        *with_zero, outside = (float(re.search(r"\d\.\d+", one.found)[0]) for one in verdicts[number].conditions)
        assert lowest == pytest.approx([min(with_zero), outside], abs=0.002)
    for id in TABLE_I:
        assert found.rms(id).value == pytest.approx(Errors(load_ensemble(id)).table()["known"])
