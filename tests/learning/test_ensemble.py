"""Ensembles: complete, resumed, the same members however they are trained; damaged or foreign files; the committed ones."""

import functools
import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lib import __main__, provenance, store
from lib.learning import ensemble as ensemble_module
from lib.learning.dataset import load_dataset, random_learning
from lib.learning.ensemble import (
    ensemble_path,
    is_current,
    load_ensemble,
    make_ensemble,
    member_densities,
    member_network,
    members_folder,
    training_hash,
)
from lib.learning.errors import rms
from lib.learning.networks import predict_energy, predict_energy_density
from lib.learning.recipes import RECIPES, Recipe
from lib.learning.table_one import TABLE_I
from lib.learning.train import seed_of, train_member

ID = "NN1-I4dE"
CHEAP = Recipe(width=4, layers=1, weight_decay=1.0, steps=3)
FEW = {"splits": 2, "initialisations": 2, "workers": 1}  # one worker is this process, where patches hold
MEMBERS = [(0, 0), (0, 1), (1, 0), (1, 1)]
TIMING = ("wall_time_seconds", "resumed_members", "cpu_seconds", "code_version")
FIRST_KNOWN, FIRST_FAR = (lambda e: int(np.argmax(e.known.values))), (lambda e: int(np.argmin(e.known.values)))
REMEDY = rf"run `python -m lib ensembles {ID}`"


@pytest.fixture
def cheap(monkeypatch):
    """Ensembles of two splits and two initialisations, of a network of a few parameters; yields its recipe."""
    monkeypatch.setitem(RECIPES, ID, CHEAP)
    monkeypatch.setattr(ensemble_module, "SPLITS", 2)
    monkeypatch.setattr(ensemble_module, "INITIALISATIONS", 2)
    return CHEAP


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The four members of the cheap ensemble, made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RECIPES, ID, CHEAP)
        return make_ensemble(ID, **FEW, work=tmp_path_factory.mktemp("made"))


def record_under(recipe):
    """:func:`lib.learning.ensemble.member_record` under a recipe that goes along to the process which trains."""

    def record(id, split, init):
        from lib.learning.ensemble import member_record
        from lib.learning.recipes import RECIPES

        usual, RECIPES[id] = RECIPES[id], recipe
        try:
            return member_record(id, split, init)
        finally:
            RECIPES[id] = usual

    return record


def substance(ensemble):
    """An ensemble without what differs from run to run."""
    stripped = ensemble.drop_vars("training_seconds")
    stripped.attrs = {key: value for key, value in ensemble.attrs.items() if key not in TIMING}
    return stripped


# --- making ---------------------------------------------------------------------------------------------------------


def test_all_members_are_there(made):
    """Dimensions, learning sets, targets, learning curves, provenance."""
    dataset = load_dataset("dE")
    assert list(zip(made.split.values, made.init.values, strict=True)) == MEMBERS
    assert made.seed.values.tolist() == [seed_of(ID, *member) for member in MEMBERS]
    assert made.predicted_energy.shape == (4, dataset.sizes["nucleus"])
    assert np.isfinite(made.predicted_energy).all()
    assert np.array_equal(made.energy, dataset.energy)
    assert np.array_equal(made.known, dataset.known)
    assert np.array_equal(made.distance, dataset.distance)
    for fold in (0, 1):
        assert np.array_equal(made.is_learning.sel(fold=fold), random_learning(dataset.known.values, fold))
    assert made.sizes["step"] == CHEAP.steps + 1
    assert (made.learning_rms[:, -1] < made.learning_rms[:, 0]).all()
    assert made.sizes["parameter"] == 4 * 4 + 4 + 4 + 1
    assert json.loads(made.attrs["recipe"]) == asdict(CHEAP)
    wanted = {"network": ID, "label": "NN1-I4δE", "resumed_members": 0, "torch": torch.__version__.split("+")[0]}
    wanted |= {"chart_code_hash": dataset.chart_code_hash, "training_hash": training_hash(), "license": "CC-BY-4.0"}
    assert {key: made.attrs[key] for key in wanted} == wanted
    assert made.attrs["wall_time_seconds"] > 0
    for name in made.data_vars:
        assert made[name].attrs["long_name"], name
        assert made[name].attrs.get("units"), name


@pytest.mark.parametrize("member", range(4))
def test_a_member_alone_is_the_member_of_the_ensemble(made, cheap, member):
    """Bit by bit, whatever was trained before it: parameters, fixed layers, predictions, learning curve."""
    split, init = MEMBERS[member]
    alone = train_member(ID, split, init, load_dataset("dE"))
    mine = made.isel(member=member)
    assert np.array_equal(mine.parameters, alone.network.parameter_vector())
    assert np.array_equal(mine.predicted_energy, alone.predicted_energy.astype(np.float32))
    for name in ("shift", "matrix", "offset", "basis"):
        assert np.array_equal(made[name].sel(fold=split), getattr(alone.network, name)), name
    assert np.array_equal(mine.learning_rms, alone.curve.learning_rms.astype(np.float32))
    assert np.array_equal(mine.validation_rms, alone.curve.validation_rms.astype(np.float32))


def test_members_differ(made):
    """Initialisations of one split share fixed layers and learning set, and still differ by what they predict."""
    for a in range(4):
        for b in range(a):
            assert np.abs(made.predicted_energy[a] - made.predicted_energy[b]).max() > 0.01


def test_a_run_that_failed_goes_on_where_it_stopped(made, cheap, tmp_path, monkeypatch):
    """The third member fails: the two finished ones are not trained again, and the end is the same ensemble."""
    original, trained = ensemble_module.member_record, []

    def breaking(id, split, init):
        if (split, init) == (1, 0):
            raise RuntimeError("the power went out")
        trained.append((split, init))
        return original(id, split, init)

    monkeypatch.setattr(ensemble_module, "member_record", breaking)
    with pytest.raises(RuntimeError, match="power"):
        make_ensemble(ID, **FEW, work=tmp_path)
    assert trained == [(0, 0), (0, 1)]
    assert sorted(path.name for path in members_folder(ID, tmp_path).iterdir()) == [
        "split00-init0.pkl",
        "split00-init1.pkl",
    ]

    def counting(id, split, init):
        trained.append((split, init))
        return original(id, split, init)

    trained.clear()
    monkeypatch.setattr(ensemble_module, "member_record", counting)
    resumed = make_ensemble(ID, **FEW, work=tmp_path)
    assert trained == [(1, 0), (1, 1)]
    assert resumed.attrs["resumed_members"] == 2
    assert substance(resumed).identical(substance(made))


def test_a_member_lost_is_trained_again(made, cheap, tmp_path):
    make_ensemble(ID, **FEW, work=tmp_path)
    (members_folder(ID, tmp_path) / "split00-init1.pkl").unlink()
    again = make_ensemble(ID, **FEW, work=tmp_path)
    assert again.attrs["resumed_members"] == 3
    assert substance(again).identical(substance(made))


def test_kept_members_belong_to_code_recipe_and_data(tmp_path, monkeypatch):
    """Members of another recipe, code, data or network lie in another folder and are never taken up."""
    folders = {members_folder(ID, tmp_path), members_folder("NN2-I6dE", tmp_path)}
    with monkeypatch.context() as patch:
        patch.setitem(RECIPES, ID, replace(RECIPES[ID], weight_decay=0.123))
        folders.add(members_folder(ID, tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(ensemble_module, "training_hash", lambda: "other code")
        folders.add(members_folder(ID, tmp_path))
    with monkeypatch.context() as patch:
        data = load_dataset("dE").copy(deep=True)
        data.energy[7] += 1e-9
        patch.setattr(ensemble_module, "load_dataset", lambda target: data)
        folders.add(members_folder(ID, tmp_path))
    assert len(folders) == 5
    assert {folder.parent for folder in folders} == {tmp_path}
    assert members_folder(ID, tmp_path) in folders


def test_two_processes_give_the_same_ensemble(made, tmp_path, monkeypatch):
    """Two loky workers, and one after the other in this process: the same bits."""
    monkeypatch.setitem(RECIPES, ID, CHEAP)
    monkeypatch.setattr(ensemble_module, "member_record", record_under(CHEAP))
    there = make_ensemble(ID, **{**FEW, "workers": 2}, work=tmp_path)
    assert substance(there).identical(substance(made))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"id": "NN4"}, r"unknown network 'NN4': choose one of NN1-I4E, .*NN3-I6dD"),
        ({"splits": 0}, "splits = 0 is out of range: give 1 to 1000"),
        ({"initialisations": -1}, "initialisations = -1 is out of range: give 1 to 1000"),
        ({"workers": 0}, "workers = 0 is out of range: give at least 1"),
    ],
)
def test_bad_settings_are_refused_before_any_work(tmp_path, settings, words):
    with pytest.raises(ValueError, match=words):
        make_ensemble(**{"id": ID, "work": tmp_path, **settings})
    assert not list(tmp_path.iterdir())


def test_command_line_refuses_bad_options(capsys):
    for arguments, words in ((["NN4"], "unknown network 'NN4'"), (["--workers", "0"], "at least 1")):
        with pytest.raises(SystemExit) as refused:
            __main__.main(["ensembles", *arguments])
        assert refused.value.code == 2
        assert words in capsys.readouterr().err


def test_command_line_trains_what_is_missing(cheap, tmp_path, monkeypatch, capsys):
    """Once; a second call finds the file current and does nothing; another recipe makes it stale."""
    monkeypatch.setattr(ensemble_module, "FOLDER", tmp_path / "ensembles")
    monkeypatch.setattr(ensemble_module, "DATA", tmp_path)
    monkeypatch.setattr(ensemble_module, "make_ensemble", functools.partial(make_ensemble, **FEW))
    path = tmp_path / "ensembles" / f"{ID}.nc"
    assert not is_current(ID)
    __main__.main(["ensembles", ID, "--workers", "1"])
    assert f"{ID}: known " in capsys.readouterr().err
    assert is_current(ID)
    assert list((tmp_path / ".work").iterdir()) == [], "members of a complete ensemble are not kept"
    written = path.read_bytes()
    __main__.main(["ensembles", ID, "--workers", "1"])
    assert path.read_bytes() == written
    monkeypatch.setitem(RECIPES, ID, replace(CHEAP, steps=1))
    assert not is_current(ID)
    __main__.main(["ensembles", ID, "--workers", "1"])
    assert is_current(ID)
    assert path.read_bytes() != written


# --- files ----------------------------------------------------------------------------------------------------------


def test_written_and_read_again(made, cheap, tmp_path):
    path = tmp_path / "deep" / f"{ID}.nc"
    store.write(made, path)
    again = load_ensemble(ID, path)
    assert again.sizes == made.sizes
    for name in made.variables:
        assert np.array_equal(again[name], made[name], equal_nan=made[name].dtype.kind == "f"), name
        assert again[name].dtype == made[name].dtype, name
        assert again[name].attrs == made[name].attrs, name
    assert again.attrs == made.attrs
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_missing_file_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=rf"none\.nc is not there: {REMEDY}"):
        load_ensemble(ID, tmp_path / "none.nc")


def test_unknown_networks_are_refused():
    for function in (load_ensemble, ensemble_path):
        with pytest.raises(ValueError, match="unknown network 'NN4': choose one of"):
            function("NN4")


@pytest.mark.parametrize("keep", [0, 100, 0.5, -10], ids=["empty", "head only", "half", "end missing"])
def test_a_damaged_file_is_refused(made, cheap, tmp_path, keep):
    path = tmp_path / f"{ID}.nc"
    store.write(made, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    with pytest.raises(ValueError, match=rf"{ID}\.nc is damaged \(.*delete it and {REMEDY}"):
        load_ensemble(ID, path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda e: e.drop_vars("predicted_energy"),
        lambda e: e.drop_vars("split"),
        lambda e: e.assign_attrs(recipe="width 32"),
        lambda e: e.drop_attrs(),
    ],
    ids=["no predictions", "no splits", "recipe in prose", "no attributes"],
)
def test_a_file_that_is_no_ensemble_is_refused(made, cheap, tmp_path, damage):
    path = tmp_path / f"{ID}.nc"
    store.write(damage(made), path)
    with pytest.raises(ValueError, match=rf"{ID}\.nc is damaged \(.*delete it and {REMEDY}"):
        load_ensemble(ID, path)


def shifted(ensemble):
    """One nucleus at the end of the chart differs by 5 keV: a chart of other couplings, or of another solver."""
    energy = ensemble.energy.values.copy()
    energy[-1] += 5e-3
    return ensemble.assign(energy=("nucleus", energy, ensemble.energy.attrs))


def not_finite(ensemble):
    predicted = ensemble.predicted_energy.values.copy()
    predicted[2, 700] = np.nan
    return ensemble.assign(predicted_energy=(("member", "nucleus"), predicted, ensemble.predicted_energy.attrs))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda e: e.assign_attrs(network="NN1-I4E"), "holds the network 'NN1-I4E'"),
        (lambda e: e.assign_attrs(recipe=json.dumps(asdict(replace(CHEAP, steps=4)))), "trained by another recipe"),
        (lambda e: e.isel(member=[0, 1, 2]), "incomplete: 3 of 4 members"),
        (lambda e: e.isel(member=[0, 1, 2, 2]), "incomplete"),
        (lambda e: e.isel(member=[1, 0, 2, 3]), "incomplete"),
        (not_finite, "not finite"),
        (shifted, "trained on another chart"),
        (lambda e: e.isel(nucleus=np.arange(e.sizes["nucleus"]) != FIRST_KNOWN(e)), "trained on another chart"),
        (
            lambda e: e.isel(nucleus=np.arange(e.sizes["nucleus"]) != FIRST_FAR(e)),
            "has predicted nuclei of another chart",
        ),
        (lambda e: e.isel(nucleus=slice(None, None, -1)), "trained on another chart"),
    ],
    ids=[
        "network",
        "recipe",
        "member lost",
        "member twice",
        "order",
        "NaN",
        "energy",
        "known nucleus lost",
        "far nucleus lost",
        "nuclei reversed",
    ],
)
def test_a_foreign_file_is_refused(made, cheap, tmp_path, change, words):
    """Its numbers look like ours: the error says what is wrong, and what to do."""
    path = tmp_path / f"{ID}.nc"
    store.write(change(made), path)
    with pytest.raises(ValueError, match=rf"{ID}\.nc .*{words}.*: {REMEDY}"):
        load_ensemble(ID, path)


def test_charts_of_another_machine_are_no_other_charts(made, cheap, tmp_path):
    """Rounding differs from machine to machine, by far less than 1 keV."""
    path = tmp_path / f"{ID}.nc"
    store.write(made.assign(energy=("nucleus", made.energy.values + 1e-5, made.energy.attrs)), path)
    assert load_ensemble(ID, path).sizes["member"] == 4


def test_a_far_side_that_has_changed_is_predicted_anew(made, cheap, tmp_path, monkeypatch, capsys):
    """A far nucleus lost and another's energy off: the command predicts them, trains nobody, and says which chart it was."""
    monkeypatch.setattr(ensemble_module, "FOLDER", tmp_path)
    far = np.flatnonzero(~made.known.values)
    energy = made.energy.values.copy()
    energy[far[3]] += 0.03
    before = made.assign(energy=("nucleus", energy, made.energy.attrs)).drop_isel(nucleus=far[0])
    before.predicted_energy[:, far[3] - 1] = 0.0
    store.write(before, ensemble_path(ID))
    monkeypatch.setattr(ensemble_module, "make_ensemble", lambda *_, **__: pytest.fail("it has trained"))
    __main__.main(["ensembles", ID])
    after = load_ensemble(ID, ensemble_path(ID))
    assert after.predicted_energy.values == pytest.approx(made.predicted_energy.values, abs=1e-4)
    for name in set(made.variables) - {"predicted_energy"}:
        assert np.array_equal(after[name], made[name], equal_nan=made[name].dtype.kind == "f"), name
    assert after.attrs["predicted_chart_code_hash"] == load_dataset("dE").chart_code_hash
    assert after.attrs["chart_code_hash"] == made.attrs["chart_code_hash"]


@pytest.mark.parametrize("change", ["known", "recipe", "absent"])
def test_what_has_learnt_something_else_is_not_predicted_anew(made, cheap, tmp_path, monkeypatch, change):
    monkeypatch.setattr(ensemble_module, "FOLDER", tmp_path)
    energy = made.energy.values.copy()
    energy[FIRST_FAR(made)] += 0.03
    if change == "known":
        energy[FIRST_KNOWN(made)] += 0.03
    altered = made.assign(energy=("nucleus", energy, made.energy.attrs))
    if change == "recipe":
        altered = altered.assign_attrs(recipe=json.dumps(asdict(replace(CHEAP, steps=4))))
    if change != "absent":
        store.write(altered, ensemble_path(ID))
    assert ensemble_module.predicted_anew(ID) is None


# --- members --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("member", range(4))
def test_networks_from_their_parameters(made, member):
    """The network rebuilt from what is kept predicts what was kept, to single precision."""
    network = member_network(made, member)
    assert np.array_equal(network.parameter_vector(), made.parameters[member])
    predicted = predict_energy(network, load_dataset("dE"))
    assert predicted == pytest.approx(made.predicted_energy[member].values, abs=1e-5)


@pytest.mark.parametrize("member", [-1, 4])
def test_members_out_of_range_are_refused(made, member):
    with pytest.raises(ValueError, match=rf"member = {member} is out of range: give 0 to 3"):
        member_network(made, member)


def test_densities_of_the_members(tmp_path, monkeypatch):
    """(member, nucleus, r), each that of the member's network; they integrate to its energies."""
    monkeypatch.setitem(RECIPES, "NN2-I6dD", Recipe(width=4, layers=1, components=6, steps=2))
    ensemble = make_ensemble("NN2-I6dD", 2, 1, workers=1, work=tmp_path)
    here = load_dataset("dE").isel(nucleus=slice(0, 1200, 150))
    densities = member_densities(ensemble, here)
    assert densities.shape == (2, 8, 151)
    energy = 4 * np.pi * 0.1 * densities.sum(axis=2, dtype=float)
    assert energy == pytest.approx(ensemble.predicted_energy.values[:, 0:1200:150], abs=1e-4)
    assert np.array_equal(densities[1], predict_energy_density(member_network(ensemble, 1), here))


# --- a real cluster -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker(half_killed_cluster, tmp_path, monkeypatch):
    """SIGKILL to one of two workers as soon as the first member is done: none is lost, and all are the local ones."""
    settings = {"splits": 3, "initialisations": 4}
    recipe = Recipe(width=32, weight_decay=0.3, steps=60)  # a second or so each
    monkeypatch.setitem(RECIPES, ID, recipe)
    with monkeypatch.context() as patch:
        patch.setattr(ensemble_module, "member_record", record_under(recipe))
        there = half_killed_cluster(functools.partial(make_ensemble, ID, **settings), "ensemble-*/split*.pkl", 12)
    here = make_ensemble(ID, **settings, workers=1, work=tmp_path / "here")
    assert substance(there).identical(substance(here))


# --- the committed ensembles ----------------------------------------------------------------------------------------

EACH = pytest.mark.parametrize("id", list(TABLE_I))
RECOMPUTED_MEV = {"E": 0.05, "dE": 0.005}
"""Energies of a thousand or of a few MeV, recomputed in single precision on another machine, agree to this."""


@functools.cache
def committed(id):
    return load_ensemble(id)


@EACH
def test_committed_ensemble_is_complete_and_current(id):
    ensemble = committed(id)
    members = list(zip(ensemble.split.values.tolist(), ensemble.init.values.tolist(), strict=True))
    assert members == [(split, init) for split in range(20) for init in range(5)]
    assert json.loads(ensemble.attrs["recipe"]) == asdict(RECIPES[id])
    assert np.isfinite(ensemble.parameters).all()


@EACH
def test_committed_ensemble_says_where_it_comes_from(id):
    ensemble = committed(id)
    assert ensemble.attrs["network"] == id
    assert ensemble.attrs["label"] == TABLE_I[id].label
    # the charts may have been made again by other code since; what counts is that their energies are the same
    assert re.fullmatch("[0-9a-f]{16}", ensemble.attrs["chart_code_hash"])
    assert np.abs(ensemble.energy.values - load_dataset(TABLE_I[id].target).energy.values).max() < 1e-5
    assert ensemble.attrs["code_version"] != "unknown"
    assert ensemble.attrs["torch"] == torch.__version__.split("+")[0]
    assert ensemble.attrs["wall_time_seconds"] > 0
    assert ensemble.attrs["cpu_seconds"] == pytest.approx(float(ensemble.training_seconds.sum()), abs=0.1)
    assert ensemble.seed.values.tolist() == [seed_of(id, split, init) for split in range(20) for init in range(5)]


@EACH
def test_committed_learning_sets_are_those_of_the_splits(id):
    ensemble = committed(id)
    known = load_dataset(TABLE_I[id].target).known.values
    assert np.array_equal(ensemble.known.values.astype(bool), known)
    for fold in range(20):
        assert np.array_equal(ensemble.is_learning.sel(fold=fold).values.astype(bool), random_learning(known, fold))


@EACH
def test_committed_predictions_are_those_of_the_networks(id):
    """Member 37 rebuilt from its parameters, all nuclei of the chart."""
    ensemble, dataset = committed(id), load_dataset(TABLE_I[id].target)
    predicted = predict_energy(member_network(ensemble, 37), dataset)
    assert np.abs(predicted - ensemble.predicted_energy[37].values).max() < RECOMPUTED_MEV[TABLE_I[id].target]


@EACH
def test_committed_learning_curves_end_at_the_predictions(id):
    """The rms errors of each member in its learning and validation set, from its predictions and from its curve."""
    ensemble = committed(id)
    known = ensemble.known.values.astype(bool)
    error = ensemble.predicted_energy.values.astype(float) - ensemble.energy.values
    for member in range(0, 100, 9):
        learning = ensemble.is_learning.sel(fold=ensemble.split[member]).values.astype(bool)
        for name, chosen in (("learning_rms", learning), ("validation_rms", known & ~learning)):
            curve = ensemble[name][member].values
            last = curve[np.isfinite(curve)][-1]
            assert last == pytest.approx(rms(error[member, chosen]), rel=0.02, abs=5e-3), (member, name)


@EACH
def test_committed_networks_have_the_inputs_of_table_I(id):
    """4; 151 for each density of NN2; as many as densities for NN3."""
    spec = TABLE_I[id]
    wanted = {"NN1": 4, "NN2": 151 * len(spec.inputs), "NN3": len(spec.inputs)}[spec.family]
    assert committed(id).sizes["input"] == wanted


@EACH
def test_committed_members_are_a_hundred_different_ones(id):
    parameters = committed(id).parameters.values
    assert len(np.unique(parameters, axis=0)) == 100


def test_data_stay_below_100_MB():
    """All that is in data/, but for the work of runs that are not complete."""
    files = [path for path in provenance.DATA.rglob("*") if path.is_file() and ".work" not in path.parts]
    assert {Path(ensemble_path(id)) for id in TABLE_I} <= set(files)
    assert sum(path.stat().st_size for path in files) < 100e6


@pytest.mark.slow
@EACH
def test_committed_member_trained_again(id, record_property):
    """Member (3, 2): the same bits on the machine that trained it; on another, an rms error within 25 % of it."""
    ensemble, dataset = committed(id), load_dataset(TABLE_I[id].target)
    again = train_member(id, 3, 2, dataset)
    kept = 3 * 5 + 2
    same = np.array_equal(again.network.parameter_vector(), ensemble.parameters[kept])
    known = dataset.known.values
    mine = rms((again.predicted_energy - dataset.energy.values)[known])
    theirs = rms((ensemble.predicted_energy[kept].values - dataset.energy.values)[known])
    verdict = "the same bits" if same else f"other bits, rms error {mine:.4f} MeV instead of {theirs:.4f}"
    record_property("trained again", verdict)
    print(f"{id}: {verdict}")
    if same:
        assert np.array_equal(again.predicted_energy.astype(np.float32), ensemble.predicted_energy[kept])
    else:
        assert mine == pytest.approx(theirs, rel=0.25)
