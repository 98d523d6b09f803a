"""The search of recipes: the rule of choice, and its table against the code."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from lib.learning.dataset import load_dataset
from lib.learning.recipes import Recipe
from lib.learning.table_one import TABLE_I
from studies import search
from studies.search import (
    ERRORS,
    FIRST_GENERATION,
    PATH,
    WITHDRAWN,
    candidates,
    generations,
    judged,
    known_rms,
    load_search,
    score,
)
from studies.trials import load_candidates, recipe_of


def row(id, learning, validation, outermost, density=np.nan, **changes):
    errors = {
        "learning_rms": learning,
        "validation_rms": validation,
        "outermost_rms": outermost,
        "density_rms": density,
    }
    return {"network": id, **asdict(Recipe(**changes)), **errors}


def widths(table):
    """Of the chosen candidates."""
    return judged(table).query("chosen").width.tolist()


def test_score_is_the_geometric_mean_and_known_region_mixes_four_to_one():
    table = pd.DataFrame([row("NN1-I4E", 1.0, 4.0, 9.0), row("NN3-I6D", 1.0, 4.0, 9.0, 6.0**-0.5)])
    assert score(table).tolist() == pytest.approx([6.0, 36 ** (1 / 3) * 6 ** (-1 / 6)])
    assert known_rms(table)[0] == pytest.approx(np.sqrt(0.8 * 1 + 0.2 * 16))


def test_generations_of_the_functional():
    """The first recipe, the chosen one, and the one that energies alone would choose, here another than either."""
    slim = {"width": 24, "activation": "silu"}
    recipe = FIRST_GENERATION["NN3-I6D"]
    table = [row(id, 0.4, 1.0, 1.0, 1.0, **slim, **FIRST_GENERATION[id]) for id in ("NN3-I3D", "NN3-I6dD")]
    for validation, density, steps in ((0.8, 2.0, recipe["steps"]), (0.5, 3.0, 7), (0.7, 0.1, 8)):
        table.append(row("NN3-I6D", 0.4, validation, 2.0, density, **slim, **recipe | {"steps": steps}))
    rows = generations(pd.DataFrame(table))
    assert rows.loc["NN3-I6ℰ"].index.tolist() == ["first", "by energies", "with density"]
    assert rows.loc["NN3-I6ℰ"].steps.tolist() == [recipe["steps"], 7, 8]
    assert (rows.loc["NN3-I3ℰ", list(ERRORS)] == 1.0).all(axis=None)


def test_lowest_score_wins_where_the_paper_quotes_nothing():
    table = pd.DataFrame([row("NN1-I4E", 9.0, 2.0, 2.0, width=7), row("NN1-I4E", 0.1, 3.0, 3.0, width=8)])
    assert widths(table) == [7]


def test_a_poor_density_loses_against_a_good_one_at_like_energies():
    table = pd.DataFrame([row("NN3-I6D", 0.4, 0.6, 2.0, 2.0, width=7), row("NN3-I6D", 0.4, 0.7, 2.0, 0.2, width=8)])
    assert widths(table) == [8]


def test_every_network_has_a_winner_of_its_own():
    table = pd.DataFrame([row("NN1-I4E", 9.0, 2.0, 2.0, width=7), row("NN3-I6D", 0.4, 9.0, 9.0, 2.0, width=8)])
    assert widths(table) == [7, 8]


def test_only_candidates_as_accurate_as_the_paper_compete_if_there_are_any():
    accurate = row("NN1-I4dE", 0.1, 0.3, 3.0, width=8)
    loose = row("NN1-I4dE", 0.3, 0.3, 1.0, width=7)
    assert widths(pd.DataFrame([loose, accurate])) == [8]
    assert widths(pd.DataFrame([loose, {**accurate, "learning_rms": 0.9}])) == [7]


@pytest.mark.parametrize("id", TABLE_I)
def test_every_candidate_was_tried_and_the_best_takes_part_in_the_second_search(id):
    table = pd.read_csv(PATH, comment="#")
    fields = list(asdict(Recipe()))
    tried = {tuple(values) for values in table[table.network == id][fields].itertuples(index=False)}
    assert {tuple(asdict(recipe).values()) for recipe in candidates(id)} <= tried
    chosen = load_search().query("network == @id and chosen")[fields]
    [first] = load_candidates().query("network == @id and candidate == 0").iterrows()
    assert chosen.to_dict("records") == [asdict(recipe_of(first[1]))]


def test_what_was_withdrawn_is_kept_and_does_not_compete():
    """The candidate of NN2-I6δE would win."""
    rows = load_search().query("network == 'NN2-I6dE'")
    [back] = rows.index[rows.withdrawn]
    assert rows.score.idxmin() == back
    assert not rows.chosen[back]
    assert rows.chosen.sum() == 1
    assert load_search().withdrawn.sum() == len(WITHDRAWN)


def test_a_candidate_never_sees_a_nucleus_beyond_the_known_region(monkeypatch):
    """The row stays the same whatever the unknown nuclei are."""
    recipe = Recipe(width=3, steps=2)
    dataset = load_dataset("dE")
    own = search.try_candidate("NN1-I4dE", recipe)
    spoiled = dataset.copy(deep=True)
    spoiled.energy.values[~dataset.known.values] = 1e6
    spoiled.numbers.values[~dataset.known.values] = 0
    monkeypatch.setattr(search, "load_dataset", lambda target: spoiled)
    other = search.try_candidate("NN1-I4dE", recipe)
    for name in ("learning_rms", "validation_rms", "outermost_rms"):
        assert own[name] == other[name]
    assert np.isnan(own["density_rms"])


def test_missing_table_names_the_remedy(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"studies\.search"):
        load_search(tmp_path / "search.csv")
