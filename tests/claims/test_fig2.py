"""Claims 4 to 6 on made-up profiles."""

import re

import numpy as np
from made_up import states

from claims.condition import AFTER, BEFORE, FAILS, HOLDS, MET, MISSED, PARTLY, UNDECIDED
from claims.evidence import GE78, GE96, Evidence
from claims.profiles import Profile, landmarks
from claims.trial import CLAIMS
from lib.learning.table_one import DENSITY
from lib.rmf.mesh import NETWORK_MESH

R = np.asarray(NETWORK_MESH)


TARGET = -10 * R**2 * np.exp(-((R / 3) ** 2))


def wave(size, depth=1.0, end=5.0):
    """A difference whose cumulative integral falls to -size * depth by end / 2 and comes back by end."""
    shape = np.where(R < end, np.sin(2 * np.pi * R / end), 0)
    return Profile(R, TARGET, TARGET + size * depth * shape / (4 * np.pi) / (end / np.pi))


def fall(size, end=9.0):
    """A difference whose cumulative integral only falls, to -size at ``end``."""
    shape = np.where(R < end, np.sin(np.pi * R / end), 0)
    return Profile(R, TARGET, TARGET + size * shape / (4 * np.pi) / (2 * end / np.pi))


def seen(near, far):
    found = Evidence({})
    found.__dict__["profiles"] = {id: {GE78: near[id], GE96: far[id]} for id in DENSITY}
    return found


def peaked(size, elsewhere=0.1):
    """A difference of ``size`` near the extrema and inflection points of the target, and of a share of it elsewhere."""
    near, _ = landmarks(R, TARGET)
    return Profile(R, TARGET, TARGET - size * np.where(near, 1.0, elsewhere))


def test_claim_4():
    good = dict.fromkeys(DENSITY, peaked(2.0)) | {"NN3-I6D": peaked(1.0)}
    bad = dict.fromkeys(DENSITY, peaked(0.1, elsewhere=2.0)) | {"NN3-I6D": peaked(10.0)}
    assert CLAIMS[3](seen(good, good)).outcome == HOLDS
    assert CLAIMS[3](seen(good, bad)).outcome == PARTLY
    assert CLAIMS[3](seen(bad, bad)).outcome == FAILS


def test_claim_5():
    near = dict.fromkeys(DENSITY, wave(5, end=6)) | {"NN3-I3D": wave(20, end=9)}
    far = dict.fromkeys(DENSITY, wave(30, end=12))
    verdict = CLAIMS[4](seen(near, far))
    late = dict.fromkeys(DENSITY, fall(7, end=9)) | {"NN3-I3D": fall(7, end=8)}
    assert verdict.outcome == HOLDS, [condition for condition in verdict.conditions if condition.state != MET]
    assert CLAIMS[4](seen(late, dict.fromkeys(DENSITY, fall(5, end=6)))).outcome == FAILS
    assert CLAIMS[4](seen(near, near)).outcome == PARTLY


def test_claim_5_wants_a_fall_and_a_rise():
    """A curve that only falls meets the bound on its minimum, and is noticed all the same."""
    falling = dict.fromkeys(DENSITY, fall(5, end=6)) | {"NN3-I3D": wave(20, end=9)}
    far = dict.fromkeys(DENSITY, wave(30, end=12))
    verdict = CLAIMS[4](seen(falling, far))
    assert states(verdict) == [MET] * 6 + [MISSED, MET]
    assert [condition.written for condition in verdict.conditions] == [BEFORE] * 6 + [AFTER] * 2


def test_claim_5_names_those_who_settle_later_than_the_one_that_should_be_last():
    late = dict.fromkeys(DENSITY, wave(5, end=6)) | {"NN3-I3D": wave(20, end=9), "NN2-I6D": wave(5, end=11)}
    found = CLAIMS[4](seen(late, late)).conditions[3]
    assert found.state == MISSED
    number = r"[\d.]+ ± [\d.]+"
    assert re.fullmatch(rf"{number} fm; as late or later: NN2-I6ℰ {number} fm", found.found)
    last = late | {"NN2-I6D": wave(5, end=6)}
    found = CLAIMS[4](seen(last, last)).conditions[3]
    assert found.state == MET
    assert found.found.endswith("as late or later: none")


def test_claim_5_wants_unrest_everywhere():
    near = dict.fromkeys(DENSITY, wave(5, end=6)) | {"NN3-I3D": wave(20, end=7.9)}
    far = dict.fromkeys(DENSITY, wave(30, end=8))
    verdict = CLAIMS[4](seen(near, far))
    assert verdict.conditions[-1].state == MISSED
    assert "NN2-I3ℰ 0.000" in verdict.conditions[-1].found


def test_claim_6():
    good = dict.fromkeys(DENSITY, wave(5, end=14)) | {"NN3-I6D": wave(1, end=14)}
    bad = dict.fromkeys(DENSITY, wave(5, end=14)) | {"NN3-I6D": wave(6, end=14)}
    worse = dict.fromkeys(DENSITY, wave(5, end=14)) | {"NN3-I6D": wave(13, end=14)}
    of_the_third = [
        {condition.state for condition in CLAIMS[5](seen(*pair)).conditions[:5]}
        for pair in ((good, good), (good, bad), (bad, worse), (bad, bad))
    ]
    assert of_the_third == [{MET}, {MET, MISSED}, {MISSED}, {MISSED}], "the last alike in both, and large"


def test_claim_6_asks_every_interval():
    """The largest integral is the smallest of four, but another interval is worse than the others'."""
    early = dict.fromkeys(DENSITY, wave(5, end=5)) | {"NN3-I6D": wave(3, end=9)}
    verdict = CLAIMS[5](seen(early, early))
    assert states(verdict)[:5] == [MET, MET, MISSED, MISSED, MET]


def test_claim_6_asks_whether_errors_are_where_the_density_is():
    """An error in proportion to the density, and one where there is none."""
    like = dict.fromkeys(DENSITY, Profile(R, TARGET, 1.1 * TARGET))
    tail = dict.fromkeys(DENSITY, Profile(R, TARGET, TARGET + np.linspace(0, 1, len(R)) ** 4))
    verdict = CLAIMS[5](seen(like, tail))
    assert states(verdict)[5:] == [MET, MISSED]
    assert [one.written for one in verdict.conditions[5:]] == [AFTER, AFTER]


def test_profiles_of_disagreeing_splits_leave_a_condition_undecided():
    """Half of the splits make NN3-I6ℰ the best, half the worst."""
    draws = np.stack([wave(5).predicted, *(wave(size).predicted for size in (1, 9) * 10)])
    torn = dict.fromkeys(DENSITY, wave(6)) | {"NN3-I6D": Profile(R, TARGET, draws)}
    verdict = CLAIMS[5](seen(torn, torn))
    assert verdict.conditions[0].state == UNDECIDED
    assert 0 < verdict.conditions[0].margin.value < verdict.conditions[0].margin.error
