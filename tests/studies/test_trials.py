"""The search that is the same for all networks: its list is the drawn one, its rule is fair, nothing is trained twice."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from lib.learning.dataset import load_dataset, random_learning
from lib.learning.recipes import FROM_FIRST_SEARCH, RECIPES, Recipe
from lib.learning.table_one import TABLE_I
from lib.learning.train import train_member
from studies import trials
from studies.trials import (
    CANDIDATES,
    COUNT,
    FINALISTS,
    FIRST_SEEDS,
    MORE_SEEDS,
    RANGES,
    drawn,
    final_standing,
    finalists,
    finished,
    listing,
    load_candidates,
    load_trials,
    log_score,
    main,
    of_use,
    overview,
    recipe_of,
    runner_up,
    standing,
    trial,
    winner,
)  # fmt: skip


def test_the_list_is_what_is_drawn():
    assert CANDIDATES.read_text() == listing()
    listed = load_candidates()
    assert listed.groupby("network").size().to_dict() == dict.fromkeys(TABLE_I, COUNT)
    for id in TABLE_I:
        own = [recipe_of(row) for _, row in listed[listed.network == id].iterrows()]
        assert own == drawn(id)
        assert len(set(own)) == COUNT


@pytest.mark.parametrize("id", TABLE_I)
def test_candidates_are_spread_over_the_ranges(id):
    """Those that were drawn: half of them below the middle of each range, and only what changes the network varies."""
    spec, recipes = TABLE_I[id], drawn(id)[1:]
    for name, (low, high) in RANGES[spec.family, spec.output].items():
        values = np.array([getattr(recipe, name) for recipe in recipes])
        assert low <= values.min() < 1.6 * low
        assert high / 1.6 < values.max() <= high
        assert 4 <= (values < np.sqrt(low * high)).sum() <= 11
    for name in of_use(spec):
        assert len({getattr(recipe, name) for recipe in recipes}) > 1
    idle = set(trials.RECIPE) - set(of_use(spec))
    assert {name: getattr(recipe, name) for recipe in recipes for name in idle} == {
        name: getattr(Recipe(), name) for name in idle
    }


def test_denormals_are_zero_only_where_it_is_asked():
    tiny = torch.tensor([1e-30])
    with trials.denormals_as_zero():
        assert float(tiny * 1e-10) == 0
    assert float(tiny * 1e-10) > 0


def made_up(scores):
    """Trials of candidates (rows) by seeds (columns) whose log scores are these numbers."""
    return pd.DataFrame([
        {"candidate": c, "seed": s, "validation_rms": np.exp(x), "outermost_rms": np.exp(x), "density_rms": np.nan}
        for c, row in enumerate(scores) for s, x in enumerate(row) if not np.isnan(x)
    ])  # fmt: skip


def test_differences_are_taken_seed_by_seed():
    """Seeds that are hard for all say nothing of a difference."""
    table = standing(made_up([[1.0, 5.0, 3.0], [1.2, 5.2, 3.2], [0.5, 4.0, 5.0]]))
    assert table.index.tolist() == [0, 2, 1]
    assert table.behind.tolist() == pytest.approx([0, 0.5 / 3, 0.2])
    assert table.error[1] == pytest.approx(0, abs=1e-12)
    assert table.error[2] == pytest.approx(np.std([-0.5, -1.0, 2.0], ddof=1) / np.sqrt(3))


def test_an_error_twice_as_large_counts_the_same_wherever_it_is():
    row = pd.DataFrame([{"validation_rms": 2.0, "outermost_rms": 8.0, "density_rms": 0.5}])
    assert log_score(row).tolist() == pytest.approx([np.log(8.0) / 3])
    assert log_score(row.assign(density_rms=np.nan)).tolist() == pytest.approx([np.log(16.0) / 2])


def test_a_training_that_has_gone_astray_comes_last():
    scores = np.array([[1.0, 1.0], [np.inf, 0.0], [2.0, 2.0]])
    assert standing(made_up(scores)).index.tolist() == [0, 2, 1]


def test_what_is_no_number_is_infinite(monkeypatch):
    """A training that has gone astray is no missing trial."""
    real = trials.train_member

    def astray(*arguments):
        member = real(*arguments)
        member.curve.validation_rms[-1] = np.nan
        return member

    monkeypatch.setattr(trials, "train_member", astray)
    row = trial("NN1-I4dE", 4, 1, Recipe(width=8, steps=2))
    assert row["validation_rms"] == row["outermost_rms"] == np.inf
    assert np.isfinite(row["learning_rms"])


def test_the_best_of_the_first_seeds_go_on():
    scores = np.full((8, 6), np.nan)
    scores[:, :2] = np.arange(8)[::-1, None]
    scores[3:, 2:] = 0.0
    assert finalists(made_up(scores)) == [7, 6, 5, 4, 3][:FINALISTS]


def six_seeds(scores):
    """Trials of candidates of one network that all have six seeds, the scores of which these are."""
    return made_up(scores).assign(network="NN1-I4E")


def test_the_second_is_a_runner_up_if_the_seeds_cannot_tell():
    """Behind by 0.1 with a standard error of 0.05, twice that, where Student's t asks for 2.57 times; or of 0.02."""
    noise = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0]) / np.std([1.0, -1.0] * 3, ddof=1) * np.sqrt(6)
    for error, second in ((0.05, 1), (0.02, None)):
        table = six_seeds([np.zeros(6), 0.1 + error * noise, np.full(6, 9.0)])
        assert final_standing(table).error[1] == pytest.approx(error)
        assert winner(table) == 0
        assert runner_up(table) == second
        assert final_standing(table).tied.tolist() == [False, second is not None, False]


def test_a_winner_needs_all_trials():
    with pytest.raises(ValueError, match=r"finalists of NN1-I4E have 5 seeds: run `python -m studies\.trials`"):
        winner(six_seeds(np.zeros((3, 6))).query("seed < 5"))


def test_only_finalists_can_win():
    """One that is behind after the first seeds has no more of them, however good its mean."""
    scores = np.zeros((FINALISTS + 1, 6))
    scores[-1, :2], scores[-1, 2:] = 1.0, np.nan
    scores[:-1, 2:] = 5.0
    assert winner(six_seeds(scores)) == 0


@pytest.mark.parametrize("id", TABLE_I)
def test_every_network_has_a_winner(id):
    own, table = load_trials().query("network == @id"), overview(id)
    assert table.seeds.tolist() == [6] * FINALISTS + [2] * (COUNT - FINALISTS)
    assert table.chosen.tolist() == [True] + [False] * (COUNT - 1)
    assert table.behind[:FINALISTS].is_monotonic_increasing
    best = own[own.candidate == table.index[0]]
    assert np.log(table.validation_rms.iloc[0]) == pytest.approx(np.log(best.validation_rms).mean())


def test_a_network_is_finished_when_all_its_trials_are_there():
    rows = load_trials()
    assert finished(rows) == [*TABLE_I]
    assert finished(rows.drop(rows.index[rows.network == "NN2-I6E"][-1])) == [id for id in TABLE_I if id != "NN2-I6E"]


def test_a_trial_is_two_trainings():
    recipe = Recipe(width=8, steps=3)
    row = trial("NN1-I4dE", 4, 1, recipe)
    dataset = load_dataset("dE")
    split = random_learning(dataset.known.values, 1)
    member = train_member("NN1-I4dE", 1, 0, dataset, recipe, split)
    assert row["validation_rms"] == pytest.approx(float(member.curve.validation_rms[-1]), rel=1e-4)
    assert row["learning_rms"] == pytest.approx(float(member.curve.learning_rms[-1]), rel=1e-4)
    assert np.isnan(row["density_rms"])
    assert row["outermost_rms"] > 0
    assert (row["network"], row["candidate"], row["seed"]) == ("NN1-I4dE", 4, 1)
    assert row["seconds"] > 0


@pytest.fixture
def short(monkeypatch, tmp_path):
    """Trials that cost nothing, better the higher their number is; what was asked for."""
    asked = []

    def quick(id, candidate, seed, recipe):
        asked.append((id, candidate, seed))
        error = 1.0 / (1 + candidate)
        return {"network": id, "candidate": candidate, "seed": seed, "learning_rms": 1.0, "validation_rms": error,
                "outermost_rms": error, "density_rms": np.nan, "seconds": 1.0, "code_version": "made up"}  # fmt: skip

    monkeypatch.setattr(trials, "trial", quick)
    monkeypatch.setattr(trials, "TRIALS", tmp_path / "trials.csv")
    return asked


def test_all_have_the_first_seeds_and_the_best_have_more(short):
    main(["NN1-I4E", "--workers", "1"])
    best = range(COUNT - FINALISTS, COUNT)
    wanted = [("NN1-I4E", c, s) for s in FIRST_SEEDS for c in range(COUNT)] + [
        ("NN1-I4E", c, s) for s in MORE_SEEDS for c in best
    ]
    assert sorted(short) == sorted(wanted)
    short.clear()
    main(["NN1-I4E", "--workers", "1"])
    assert short == [], "what is in the table is not trained again"


def test_a_network_that_has_spent_its_time_begins_no_further_seed(short, monkeypatch, capsys):
    """It is said, and the next network has its own."""
    monkeypatch.setattr(trials, "SECONDS", 10.0)
    main(["NN1-I4E", "NN1-I4dE", "--workers", "1"])
    assert "NN1-I4E has spent 16 of 10 s of processor time before seed 1" in capsys.readouterr().err
    assert {(id, seed) for id, _, seed in short} == {("NN1-I4E", 0), ("NN1-I4dE", 0)}


def test_missing_candidates_name_the_remedy(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"git checkout data/candidates\.csv"):
        load_candidates(tmp_path / "none.csv")


def test_a_recipe_goes_through_the_table():
    recipe = replace(Recipe(), width=17, whitening=0.3, activation="silu", weight_decay=0.02)
    assert recipe_of(pd.Series({name: getattr(recipe, name) for name in trials.RECIPE})) == recipe


def test_every_recipe_in_use_is_the_winner_of_its_trials():
    """If not: take it over into lib.learning.recipes, and train its ensemble."""
    rows, listed = load_trials(), load_candidates().set_index(["network", "candidate"])
    assert finished(rows) == [*TABLE_I]
    won = {id: winner(own) for id, own in rows.groupby("network")}
    assert {id: recipe_of(listed.loc[id, number]) for id, number in won.items()} == RECIPES
    assert {id for id, number in won.items() if number == 0} == set(FROM_FIRST_SEARCH)
