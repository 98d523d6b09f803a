"""Ensembles by other recipes beside those in use: what is kept is of these, and what differs is found."""

import json
from dataclasses import asdict

import pandas as pd
import pytest

from lib.learning.ensemble import load_ensemble
from lib.learning.errors import Errors
from lib.learning.recipes import RECIPES
from lib.learning.table_one import TABLE_I
from studies.other_recipes import (
    FIRST,
    RUNNER_UP,
    TAKEN_BACK,
    compare,
    first_of_each_split,
    load_other_recipes,
)
from studies.search import WITHDRAWN
from studies.trials import load_candidates, load_trials, recipe_of, runner_up


def test_a_difference_has_the_error_of_a_pair():
    """Every error larger by a tenth: the difference is known better than either."""
    ensemble = load_ensemble("NN1-I4dE")
    larger = ensemble.assign(predicted_energy=1.1 * ensemble.predicted_energy.astype(float) - 0.1 * ensemble.energy)
    table = pd.DataFrame(compare(larger, ensemble, "made up")).set_index("region")
    errors = Errors(ensemble)
    assert table.beside_rms["known"] == pytest.approx(errors.rms(errors.known), rel=1e-6)
    assert table.rms.to_numpy() == pytest.approx(1.1 * table.beside_rms.to_numpy())
    assert table.behind.to_numpy() == pytest.approx(0.1 * table.beside_rms.to_numpy())
    assert table.behind_error.to_numpy() == pytest.approx(table.rms_error.to_numpy() / 11, rel=1e-6)


def test_the_kept_table_is_beside_these_ensembles():
    """If not: python -m studies.other_recipes."""
    table = load_other_recipes()
    used = table[table.recipe_of.isin([FIRST, RUNNER_UP])]
    for row in used[used.region == "known"].itertuples():
        ensemble = load_ensemble(row.network)
        errors = Errors(ensemble if row.recipe_of == FIRST else first_of_each_split(ensemble))
        assert row.beside_rms == pytest.approx(errors.rms(errors.known), rel=1e-4)
        assert json.loads(row.recipe) != asdict(RECIPES[row.network])
    assert set(table.region) == set(Errors(load_ensemble("NN1-I4E")).regions)


def test_a_runner_up_stands_beside_a_member_of_each_split():
    members = first_of_each_split(load_ensemble("NN1-I4E"))
    assert members.split.values.tolist() == list(range(20))
    assert not members.init.any()


def test_every_tie_has_its_runner_up():
    """Or the recipe of the first search, of which a hundred members are there."""
    table, trials = load_other_recipes(), load_trials()
    listed = load_candidates().set_index(["network", "candidate"])
    wanted = {id: runner_up(trials[trials.network == id]) for id in TABLE_I}
    kept = table[table.recipe_of == RUNNER_UP].drop_duplicates("network").set_index("network").recipe
    assert {id: json.loads(recipe) for id, recipe in kept.items()} == {
        id: asdict(recipe_of(listed.loc[id, number])) for id, number in wanted.items() if number
    }


def test_every_recipe_of_the_first_search_that_gave_way_is_there():
    table = load_other_recipes()
    listed = load_candidates().query("candidate == 0")
    before = {row["network"]: recipe_of(row) for _, row in listed.iterrows()}
    assert set(table.network[table.recipe_of == FIRST]) == {id for id in TABLE_I if before[id] != RECIPES[id]}
    assert set(table.network[table.recipe_of == TAKEN_BACK]) == set(WITHDRAWN)


def test_a_missing_table_names_the_remedy(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"run `python -m studies\.other_recipes`"):
        load_other_recipes(tmp_path / "none.csv")
