"""Networks of local fields: what they are told is true, they learn what they should, and their files are theirs."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from lib import store
from lib.learning import local_ensemble
from lib.learning.dataset import load_dataset, random_learning
from lib.learning.local_ensemble import (
    CHOSEN,
    ROWS,
    data_of,
    load_local,
    local_member,
    local_path,
    make_local,
    nuclei_of,
)
from lib.learning.local_network import (
    FACTORS,
    INPUTS,
    KNOWN,
    Design,
    LocalNetwork,
    LocalProblem,
    local_layers,
    local_seed,
    train_local,
)
from lib.rmf.chart import load_chart
from lib.rmf.functionals import PC_F1, PC_PK1
from lib.rmf.mesh import NETWORK_MESH, SHELL_FM
from lib.rmf.virial import first_order_energies, on_shell_energy_density, six_fields

TOLD = Design(known="interaction, kinetic", inputs="six and potentials")


@pytest.fixture(scope="module")
def known():
    """The known nuclei of the chart, of the direct target."""
    return load_dataset("E").known.values.astype(bool)


@pytest.fixture(scope="module")
def few(known):
    """Every fifth of the known nuclei, told the most."""
    mask = np.zeros_like(known)
    mask[np.flatnonzero(known)[::5]] = True
    return data_of(TOLD, mask)


def test_interaction_and_coulomb_energies_are_those_of_the_solver(known):
    """The chart has the parts of the energy from the solver's own mesh, which goes on behind that of the networks."""
    chart = load_chart("PC-PK1")
    parts = (chart.interaction_energy + chart.coulomb_energy).values
    assert np.abs(data_of(Design(known="interaction")).known - parts)[known].max() < 0.01


def test_first_order_is_that_of_the_identity_chapter():
    dataset, _ = nuclei_of("dE")
    chart = load_chart("PC-PK1")
    whole = dict(zip(zip(chart.Z.values, chart.N.values, strict=True), first_order_energies(chart, PC_F1), strict=True))
    there = [whole[nucleus] for nucleus in zip(dataset.Z.values, dataset.N.values, strict=True)]
    assert data_of(Design(target="dE", known="first order")).known == pytest.approx(np.array(there), abs=1e-9)


def test_the_identity_is_among_what_products_can_say(known):
    """Rest mass and six products with couplings that depend on the density are the formula, so that little is left to constants."""
    data = data_of(Design(known="rest mass", factor="products"), known)
    chart = load_chart("PC-PK1").isel(nucleus=known)
    fm = PC_PK1.fm
    six = six_fields(chart)
    exact = SHELL_FM * on_shell_energy_density(PC_PK1, *six) @ NETWORK_MESH**2
    scalar, vector, _ = six[0]
    lower = vector - scalar
    couplings = [
        -fm("alpha_S") - fm("alpha_V") - 5 / 3 * fm("beta_S") * scalar**3 / vector**2 - 2 * fm("gamma_S") * scalar**4 / vector**2
        - 2 * fm("gamma_V") * vector**2 - fm("alpha_S") * lower**2 / vector**2,
        2 * fm("alpha_S") + 0 * vector,
        -fm("alpha_TV") + 0 * vector,
        -2 * fm("delta_S") * scalar / vector - 2 * fm("delta_V"),
        2 * fm("delta_S") * scalar / vector,
        -2 * fm("delta_TV") + 0 * vector,
    ]  # fmt: skip
    found = data.known + sum((data.factors[..., k] * coupling).sum(axis=1) for k, coupling in enumerate(couplings))
    assert found == pytest.approx(exact, abs=1e-6)


def test_every_second_point_changes_no_integral_by_a_keV(known):
    for design in (TOLD, Design(known="interaction, kinetic", factor="rho_V")):
        factors = data_of(design, known).factors
        whole, half = factors.sum(axis=1), 2 * factors[:, ::2].sum(axis=1)
        assert np.abs(30 * (half - whole)).max() < 1e-3  # MeV, for an output of 30 MeV


def test_jacobian_of_the_problem(few):
    network = LocalNetwork(TOLD, local_layers(few, np.ones(len(few.energy), dtype=bool)), seed=3)
    nuclei = np.arange(0, 40, 10)
    problem = LocalProblem(network, network.blocks(few, nuclei), torch.zeros(len(nuclei), dtype=torch.double))
    theta = problem.theta.clone()
    linear = problem.linearise()
    direction = torch.randn(len(theta), generator=torch.Generator().manual_seed(1), dtype=torch.double)
    ends = [problem._at(theta + sign * 1e-5 * direction)[1] for sign in (1, -1)]
    assert (linear.rows @ direction).numpy() == pytest.approx(((ends[0] - ends[1]) / 2e-5).numpy(), rel=1e-6)
    assert problem.cost(theta) == pytest.approx(float(linear.residual.square().sum()))


def test_training_lowers_the_error_and_repeats_to_the_bit(few):
    learning = random_learning(np.ones(len(few.energy), dtype=bool), 0)
    design = replace(TOLD, width=6, steps=15)
    first, second = (train_local(design, few, learning, seed=5).network for _ in range(2))
    places = np.arange(len(few.energy))
    assert np.array_equal(first.energy(few, places), second.energy(few, places))
    before = few.energy - few.known - few.factors.sum(axis=1) @ first.layers.constants
    after = few.energy - first.energy(few, places)
    assert np.sqrt(np.mean(after[learning] ** 2)) < 0.05 * np.sqrt(np.mean(before[learning] ** 2))


def test_a_network_without_nuclei_far_out_says_the_same_of_the_others(few):
    network = LocalNetwork(TOLD, local_layers(few, np.ones(len(few.energy), dtype=bool)), seed=1)
    whole = network.energy(few, np.arange(len(few.energy)))
    assert network.energy(few, np.array([7, 3])) == pytest.approx(whole[[7, 3]], abs=1e-9)


@pytest.mark.parametrize(("change", "words"), [({"known": "all"}, "unknown known 'all'"), ({"factor": "r"}, "unknown factor 'r'"), ({"inputs": ""}, "unknown inputs"), ({"width": 0}, "width = 0 is out of range")])  # fmt: skip
def test_a_design_names_what_is_wrong(change, words):
    with pytest.raises(ValueError, match=words):
        Design(**change)


def test_all_that_designs_may_name_is_there():
    fields = local_ensemble.local_data
    for inputs in INPUTS:
        for factor in FACTORS:
            assert fields(Design(inputs=inputs, factor=factor), *_three()).inputs.shape[2] == len(INPUTS[inputs])
    for known in KNOWN:
        assert np.isfinite(fields(Design(known=known), *_three()).known).all()


def _three():
    dataset, densities = nuclei_of("E")
    return {name: field[:3] for name, field in densities.items()}, dataset.energy.values[:3]


@pytest.fixture
def cheap(monkeypatch):
    """Rows of two splits and one initialisation, of a design of a few parameters."""
    monkeypatch.setitem(ROWS, "fields", replace(TOLD, width=2, layers=1, steps=2))
    monkeypatch.setattr(local_ensemble, "SPLITS", 2)
    monkeypatch.setattr(local_ensemble, "INITIALISATIONS", 1)


def test_an_ensemble_is_kept_read_and_refused(cheap, monkeypatch, tmp_path):
    made = make_local("fields", 2, 1, work=tmp_path)
    again = make_local("fields", 2, 1, work=tmp_path)
    assert again.resumed_members == 2
    path = tmp_path / "fields.nc"
    store.write(made, path)
    kept = load_local("fields", path)
    data = data_of(ROWS["fields"])
    network = local_member(kept, 1)
    assert network.energy(data, np.arange(20)) == pytest.approx(kept.predicted_energy.values[1, :20], rel=1e-6)
    refused = {
        "holds the row": made.assign_attrs(row="local"),
        "another design": made.assign_attrs(design=json.dumps(asdict(TOLD))),
        "is incomplete: 1 of 2": made.isel(member=[0]),
        "another chart": made.assign(energy=made.energy + 0.01),
    }
    for words, file in refused.items():
        store.write(file, path)
        with pytest.raises(ValueError, match=words):
            load_local("fields", path)
    with pytest.raises(FileNotFoundError, match=r"python -m studies\.knowing"):
        load_local("fields", tmp_path / "none.nc")
    with pytest.raises(ValueError, match=r"member = 2 is out of range"):
        local_member(kept, 2)


def test_an_unknown_row_names_the_known():
    with pytest.raises(ValueError, match=r"unknown row 'best': choose one of weighted; local; lower"):
        local_path("best")


def test_rows_differ_by_one_thing_each():
    """But for what the ladder changes, all rows of a target are the chosen design."""
    for design in ROWS.values():
        chosen = CHOSEN[design.target]
        changed = {name for name, value in asdict(design).items() if value != asdict(chosen)[name]}
        assert changed <= {"known", "factor", "inputs"} or changed == {"weight_decay"}


@pytest.mark.slow
@pytest.mark.parametrize("id", ROWS)
def test_one_member_of_each_row_is_trained_again(id):
    """Code that makes something else of a member is noticed here; processors round differently, hence the tolerance."""
    kept = load_local(id)
    again = local_ensemble.local_record(ROWS[id], 0, 0)
    known = kept.known.values.astype(bool)
    apart = again["predicted_energy"] - kept.predicted_energy.values[0]
    assert np.sqrt(np.mean(apart[known] ** 2)) < 0.5 * float(kept.validation_rms[0]) + 1e-3
    assert int(kept.seed[0]) == local_seed(0, 0)
