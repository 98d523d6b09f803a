"""Claims 10 to 12 on made-up ensembles."""

import numpy as np
import pytest
from made_up import evidence, flat, outcome, states

from claims.condition import AFTER, FAILS, HOLDS, MET, MISSED, PARTLY
from claims.evidence import near_drip_line
from claims.fig4 import alike_at_equal_distance, both_ends, drip_table, share_made_worse, thirds_table
from claims.trial import CLAIMS
from lib.learning.dataset import load_dataset
from lib.learning.known_region import measured_masses
from lib.learning.table_one import CORRECTING


def two_ends(deficient, drip):
    """E(PC-F1) - E(PC-PK1) that is ``deficient`` for light isotopes of heavy elements and ``drip`` at the drip line."""
    dataset = load_dataset("dE")
    lightest = measured_masses().groupby("Z").N.min().loc[dataset.Z.values].to_numpy()
    last = np.array([dataset.N.values[dataset.Z.values == z].max() for z in dataset.Z.values])
    energy = np.zeros(dataset.sizes["nucleus"])
    energy[(dataset.Z.values >= 50) & (dataset.N.values < lightest + 6)] = deficient
    energy[(dataset.N.values == last) & (last < 156) & (dataset.distance.values > 0)] = drip
    return dict.fromkeys(CORRECTING, energy)


@pytest.mark.parametrize(
    ("ends", "words"), [((-4.1, 20.1), HOLDS), ((-3.9, 20.1), PARTLY), ((-4.1, 19.9), PARTLY), ((-3.9, 19.9), FAILS)]
)
def test_claim_10(ends, words):
    assert outcome(10, dict.fromkeys(CORRECTING, 0.1), energies=two_ends(*ends)) == words


def test_claim_10_is_not_met_by_one_nucleus():
    """The bound that one nucleus meets is met, that on the elements is not, and the count is said."""
    energies = two_ends(-4.1, 1.0)
    found = evidence(dict.fromkeys(CORRECTING, 0.1), energies=energies)
    energies[CORRECTING[0]][np.flatnonzero(near_drip_line(found.errors[CORRECTING[0]]))[0]] = 25.0
    verdict = CLAIMS[9](evidence(dict.fromkeys(CORRECTING, 0.1), energies=energies))
    assert states(verdict) == [MET, MET, MISSED]
    assert "over 20 MeV in 1 of" in verdict.ours


def bare_by_third(light, medium, heavy):
    """What PC-PK1 misses, MeV, by thirds of the chart, with either sign."""
    Z = load_dataset("dE").Z.values
    return {"NN3-I6dD": flat(1.0) * np.select([Z < 39, Z < 69], [light, medium], heavy)}


def test_claim_11():
    bare = bare_by_third(6.0, 9.0, 9.0)
    good = lambda Z, N, d, known: np.where(known, 0.9, 5.0)  # noqa: E731
    assert outcome(11, {"NN3-I6dD": good}, energies=bare) == HOLDS
    assert outcome(11, {"NN3-I6dD": lambda Z, N, d, known: np.where(known, 1.1, 5.0)}, energies=bare) == PARTLY
    nearer = {"NN3-I6dD": lambda Z, N, d, known: np.where(known, 0.5, 0.2 * d)}
    assert states(CLAIMS[10](evidence(nearer, energies=bare)))[4] == MET, "equal at equal distance"
    heavier = {"NN3-I6dD": lambda Z, N, d, known: np.where(Z >= 70, 3.0, 1.0) * np.where(known, 1.2, 8.0)}
    assert outcome(11, heavier, energies=bare_by_third(9.0, 9.0, 9.0)) == FAILS


def test_claim_11_asks_who_gains_most():
    """Light nuclei gain more MeV, and a smaller share, of which the second does not count."""
    left = {"NN3-I6dD": lambda Z, N, d, known: np.select([Z < 39, Z < 69], [4.0, 1.0], 1.0)}
    verdict = CLAIMS[10](evidence(left, energies=bare_by_third(9.0, 5.0, 5.0)))
    assert states(verdict)[5:] == [MISSED] * 2
    assert [one.otherwise.split(",")[0] for one in verdict.conditions[5:]] == ["as a share: yes"] * 2
    assert [one.written for one in verdict.conditions[5:]] == [AFTER] * 2


def test_alike_at_equal_distance_compares_common_distances_only():
    size = {"NN3-I6dD": lambda Z, N, d, known: np.select([d == 2, d == 4], [1.0, 3.0], 100.0)}
    found = evidence(size)
    errors = found.errors["NN3-I6dD"]
    some = np.isin(errors.d, (2, 4)) | (errors.Z >= 70) & (errors.d == 20)
    alike = alike_at_equal_distance(found.redrawn("NN3-I6dD"), errors, some)
    values = {name: estimate.value for name, estimate in alike.items()}
    assert values == pytest.approx(dict.fromkeys(("light", "medium", "heavy"), np.sqrt(5)))


def magic_errors(near, far):
    return lambda Z, N, d, known: np.where(np.abs(N[:, None] - np.array([50, 82, 126])).min(axis=1) <= 2, near, far)


def test_claim_12_errors_near_magic_numbers():
    found = CLAIMS[11](evidence(dict.fromkeys(CORRECTING, 0.1) | {"NN3-I6dD": magic_errors(0.05, 0.5)}))
    assert found.outcome == HOLDS
    same = CLAIMS[11](evidence(dict.fromkeys(CORRECTING, 0.1)))
    assert states(same) == [MISSED, MET, MET, MISSED]
    assert outcome(12, dict.fromkeys(CORRECTING, 0.1) | {"NN3-I6dD": magic_errors(6.0, 0.5)}) == FAILS


def test_both_ends_count_what_the_claim_counts():
    found = evidence(dict.fromkeys(CORRECTING, 0.1), energies=two_ends(-4.1, 20.1))
    ends = both_ends(found)
    assert ends.deficient == ends.deficient_over > 20
    assert ends.deficient_most == pytest.approx(4.1)
    assert ends.drip_most == ends.most == pytest.approx(20.1)
    verdict = CLAIMS[9](found)
    assert f"over 20 MeV in {ends.drip_over} of {ends.drip}" in verdict.ours
    assert ends.N < 156


def test_tables_of_the_thirds_and_of_the_drip_line():
    sizes = dict.fromkeys(CORRECTING, lambda Z, N, d, known: np.where(Z >= 70, 3.0, 1.0))
    found = evidence(sizes, energies=dict.fromkeys(CORRECTING, flat(2.0)))
    table = thirds_table(found, "NN3-I6dD")
    assert [estimate.value for estimate in table.network] == pytest.approx([1, 1, 1, 1, 3, 3])
    assert [estimate.value for estimate in table["PC-PK1"]] == pytest.approx([2] * 6)
    drip = drip_table(found)
    assert drip.nuclei.sum() == near_drip_line(found.errors["NN3-I6dD"]).sum()
    assert drip["network, rms"].tolist() == pytest.approx([1.0 if name != "heavy" else 3.0 for name in drip.index])
    assert drip["bare PC-PK1, rms"].tolist() == pytest.approx([2.0] * len(drip))
    errors = found.errors["NN3-I6dD"]
    assert share_made_worse(errors, errors.Z >= 70) == 1
    assert share_made_worse(errors, errors.Z < 70) == 0
