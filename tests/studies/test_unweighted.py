"""Networks without r^2 in their inputs: what they see, and the table that is kept of them."""

import numpy as np
import pytest

from lib.learning.dataset import load_dataset
from lib.learning.ensemble import load_ensemble
from lib.learning.errors import Errors, rms
from lib.learning.recipes import RECIPES, Recipe
from lib.learning.table_one import DENSITIES
from lib.learning.train import train_member
from lib.rmf.chart import load_chart
from studies import unweighted as study
from studies.unweighted import NETWORKS, SPLITS, beside_ensemble, load_unweighted, predicted_without, same_members


def test_the_inputs_are_the_densities_of_the_chart():
    dataset, chart = study.unweighted(load_dataset("E")), load_chart("PC-PK1")
    for place, name in enumerate(DENSITIES):
        seen, there = dataset.densities.values[..., place], chart[name].values
        np.testing.assert_allclose(seen[:, 1:], there[:, 1:], rtol=1e-12)
        np.testing.assert_allclose(seen[:, 0], there[:, 0], atol=2e-3 * np.abs(there).max())
    assert dataset.energy_density.identical(load_dataset("E").energy_density), "the target keeps its r^2"


def test_a_member_learns_from_other_inputs_only(monkeypatch):
    """With the same inputs it is the member of the ensemble; without r^2 it learns the same nuclei and predicts otherwise."""
    monkeypatch.setitem(RECIPES, "NN2-I6dE", Recipe(width=4, layers=1, components=6, steps=2))
    usual = train_member("NN2-I6dE", 1, 0, load_dataset("dE")).predicted_energy
    assert np.abs(predicted_without("NN2-I6dE", 1) - usual).max() > 1e-3
    monkeypatch.setattr(study, "unweighted", lambda dataset: dataset)
    assert (predicted_without("NN2-I6dE", 1) == usual).all()


def test_both_are_the_same_members():
    ensemble = load_ensemble("NN2-I6dE")
    members = same_members(ensemble)
    assert members.split.values.tolist() == list(range(SPLITS))
    assert not members.init.any()
    table = beside_ensemble("NN2-I6dE", members.predicted_energy.values)
    assert (table.behind == 0).all()
    assert (table.rms == table.beside_rms).all()


def test_the_kept_table_is_beside_these_ensembles():
    """If not: python -m studies.unweighted."""
    table = load_unweighted()
    assert tuple(table.network.unique()) == NETWORKS
    for row in table.itertuples():
        errors = Errors(same_members(load_ensemble(row.network)))
        here = errors.regions[row.region]
        assert row.nuclei == here.sum()
        assert row.beside_rms == pytest.approx(errors.rms(here), rel=1e-4)
        assert row.behind_error > 0
        assert row.behind == pytest.approx(row.rms - row.beside_rms, abs=2e-5 * row.rms)


def test_members_are_trained_once_and_stand_in_their_places(monkeypatch, tmp_path):
    """A member that predicts as that of the ensemble, and the energy of its split more: which of them is where shows."""
    trained = []

    def quick(id, split):
        trained.append((id, split))
        return same_members(load_ensemble(id)).predicted_energy.values[split] + 100.0 * (split == 7)

    monkeypatch.setattr(study, "predicted_without", quick)
    monkeypatch.setattr(study, "PATH", tmp_path / "unweighted.csv")
    monkeypatch.setattr(study, "_folder", lambda: tmp_path / "work")
    study.main(["--workers", "1"])
    assert trained == [(id, split) for id in NETWORKS for split in range(SPLITS)]
    assert not (tmp_path / "work").exists()
    table = load_unweighted(tmp_path / "unweighted.csv").set_index(["network", "region"])
    errors = Errors(same_members(load_ensemble("NN2-I6dE")))
    assert table.rms["NN2-I6dE", "known"] == pytest.approx(rms(errors.error[errors.known] + 10), rel=1e-4)


def test_a_missing_table_names_the_remedy(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"run `python -m studies\.unweighted`"):
        load_unweighted(tmp_path / "none.csv")
