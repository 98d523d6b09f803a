"""Table I as a registry, the fixed layers, and the networks against numpy, finite differences and what NN3 must obey."""

import itertools
import re

import numpy as np
import pytest
import torch

from lib.learning.dataset import load_dataset, random_learning
from lib.learning.networks import (
    ACTIVATIONS,
    EMPTY_FM,
    OUTPUT_COMPONENTS,
    Network,
    fixed_layers,
    integrated,
    network_inputs,
)
from lib.learning.recipes import Recipe
from lib.learning.table_one import TABLE_I, get_network

SHELL = 4 * np.pi * 0.1
# Table I of the paper, with the labels of physics.md: inputs of one evaluation, numbers given for one nucleus or point
PAPER = [
    # id          label         class  inputs output loss      learns
    ("NN1-I4E", "NN1-I4E", "NN1", 4, 1, "L_E", "PC-PK1"),
    ("NN2-I3E", "NN2-I3E", "NN2", 3 * 151, 1, "L_E", "PC-PK1"),
    ("NN2-I6E", "NN2-I6E", "NN2", 6 * 151, 1, "L_E", "PC-PK1"),
    ("NN2-I3D", "NN2-I3ℰ", "NN2", 3 * 151, 151, "L_total", "PC-PK1"),
    ("NN2-I6D", "NN2-I6ℰ", "NN2", 6 * 151, 151, "L_total", "PC-PK1"),
    ("NN3-I3D", "NN3-I3ℰ", "NN3", 3, 1, "L_total", "PC-PK1"),
    ("NN3-I6D", "NN3-I6ℰ", "NN3", 6, 1, "L_total", "PC-PK1"),
    ("NN1-I4dE", "NN1-I4δE", "NN1", 4, 1, "L_E", "PC-F1 - PC-PK1"),
    ("NN2-I6dE", "NN2-I6δE", "NN2", 6 * 151, 1, "L_E", "PC-F1 - PC-PK1"),
    ("NN2-I6dD", "NN2-I6δℰ", "NN2", 6 * 151, 151, "L_total", "PC-F1 - PC-PK1"),
    ("NN3-I6dD", "NN3-I6δℰ", "NN3", 6, 1, "L_total", "PC-F1 - PC-PK1"),
]
ROW = pytest.mark.parametrize("row", PAPER, ids=lambda row: row[0])
EACH = pytest.mark.parametrize("id", [row[0] for row in PAPER])
FAMILIES = pytest.mark.parametrize("id", ["NN1-I4E", "NN2-I6dE", "NN2-I3D", "NN3-I6D"])
NN3S = pytest.mark.parametrize("id", ["NN3-I3D", "NN3-I6D", "NN3-I6dD"])
TINY = Recipe(width=7, layers=2, components=12)


def setting(id):
    """Data set of a network, and learning set of split 0."""
    dataset = load_dataset(TABLE_I[id].target)
    return dataset, random_learning(dataset.known.values, 0)


def build(id, recipe=TINY, seed=1):
    dataset, learning = setting(id)
    return Network(TABLE_I[id], recipe, fixed_layers(TABLE_I[id], recipe, dataset, learning), seed)


def some_inputs(id, rows=slice(0, 1300, 100), dtype=torch.float32):
    dataset, _ = setting(id)
    return torch.tensor(network_inputs(TABLE_I[id], dataset)[rows], dtype=dtype)


# --- Table I --------------------------------------------------------------------------------------------------------


def test_eleven_networks_in_the_order_of_the_paper():
    assert list(TABLE_I) == [row[0] for row in PAPER]
    assert all(id == spec.id for id, spec in TABLE_I.items())


@ROW
def test_registry_is_table_I(row):
    id, label, family, inputs, outputs, loss, learns = row
    spec = get_network(id)
    assert (spec.label, spec.family, spec.loss) == (label, family, loss)
    dataset, _ = setting(id)
    given = network_inputs(spec, dataset.isel(nucleus=slice(5)))
    assert given.shape == (5, 151 if family == "NN3" else 1, inputs)
    network = build(id)
    assert network.basis.shape[1] == outputs
    predicted = network(some_inputs(id, slice(5)))
    assert predicted.shape == ((5,) if loss == "L_E" else (5, 151))
    assert network.energy(some_inputs(id, slice(5))).shape == (5,)
    wanted = "PC-PK1" if learns == "PC-PK1" else "PC-F1 - PC-PK1"
    assert dataset.energy.attrs["long_name"] == f"target energy, {wanted}"


@ROW
def test_inputs_are_the_densities_of_table_I(row):
    """First rho_S, rho_V, rho_TV, then their Laplacians; NN2 has field after field, NN3 a vector at each point."""
    id, _, family, inputs, *_ = row
    dataset, _ = setting(id)
    here = dataset.isel(nucleus=slice(40, 43))
    given = network_inputs(TABLE_I[id], here)
    if family == "NN1":
        assert np.array_equal(given[:, 0], here.numbers.values)
        return
    names = ["scalar_density", "vector_density", "isovector_density"]
    names += ["scalar_laplacian", "vector_laplacian", "isovector_laplacian"]
    names = names[: inputs if family == "NN3" else inputs // 151]
    for k, name in enumerate(names):
        mine = given[:, :, k] if family == "NN3" else given[:, 0, 151 * k : 151 * (k + 1)]
        assert np.array_equal(mine, here.densities.sel(density=name).values), name


def test_ids_are_file_names():
    """ASCII, no separators, and distinct even where upper and lower case are one."""
    for id in TABLE_I:
        assert re.fullmatch(r"[A-Za-z0-9-]+", id), id
    assert len({id.casefold() for id in TABLE_I}) == 11


def test_rms_quoted_by_the_paper():
    quoted = {"NN3-I6D": 0.644, "NN1-I4dE": 0.198, "NN2-I6dE": 0.118, "NN2-I6dD": 0.086, "NN3-I6dD": 0.353}
    assert {id: spec.paper_rms for id, spec in TABLE_I.items() if spec.paper_rms is not None} == quoted


# --- the fixed layers -----------------------------------------------------------------------------------------------


def learning_components(id, recipe):
    """What the first fixed layer makes of the learning set, in double precision: (points, components)."""
    dataset, learning = setting(id)
    fixed = fixed_layers(TABLE_I[id], recipe, dataset, learning)
    chosen = dataset.isel(nucleus=learning)
    points = network_inputs(TABLE_I[id], chosen).reshape(-1, len(fixed.shift))
    if TABLE_I[id].family == "NN3":
        vector_density = chosen.densities.sel(density="vector_density").values
        points = points[np.abs(vector_density).ravel() > EMPTY_FM]
    return (points - fixed.shift.double().numpy()) @ fixed.matrix.double().numpy()


@pytest.mark.parametrize(("id", "components"), [("NN2-I3E", 20), ("NN2-I6D", 40), ("NN3-I3D", 3), ("NN3-I6dD", 6)])
def test_whitened_components_are_decorrelated(id, components):
    """Mean zero and covariance one over the learning set (filled points alone for NN3)."""
    mine = learning_components(id, Recipe(components=components, whitening=1.0))
    assert mine.shape[1] == components
    assert np.abs(mine.mean(axis=0)).max() < 1e-4
    assert np.abs(mine.T @ mine / len(mine) - np.eye(components)).max() < 1e-4


@pytest.mark.parametrize("whitening", [0.0, 0.4, 0.7])
@pytest.mark.parametrize("id", ["NN2-I6E", "NN3-I6D"])
def test_whitening_is_an_exponent(id, whitening):
    """Standard deviations fall as those of the principal directions to the power 1 - whitening; mean square one."""

    def spread(exponent):
        mine = learning_components(id, Recipe(components=6, whitening=exponent))
        covariance = mine.T @ mine / len(mine)
        assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-4
        assert np.trace(covariance) == pytest.approx(6, rel=1e-4)
        return np.sqrt(np.diag(covariance))

    principal, mine = spread(0.0), spread(whitening)
    assert (np.diff(principal) < 0).all(), "the first direction is the one of largest variance"
    assert mine / mine[0] == pytest.approx((principal / principal[0]) ** (1 - whitening), rel=1e-3)


@pytest.mark.parametrize("id", ["NN1-I4E", "NN1-I4dE"])
def test_nucleon_numbers_are_standardised(id):
    """NN1 keeps its four inputs apart, each with mean zero and variance one."""
    mine = learning_components(id, Recipe())
    assert mine.shape[1] == 4
    assert np.abs(mine.mean(axis=0)).max() < 1e-5
    assert mine.std(axis=0) == pytest.approx(1, abs=1e-5)
    fixed = build(id).matrix
    assert torch.equal(fixed, torch.diag(torch.diag(fixed)))


@FAMILIES
def test_fixed_layers_come_from_the_learning_set_alone(id):
    """Nothing of a nucleus that is not learnt may leak in, by its inputs or by its targets."""
    dataset, learning = setting(id)
    other = dataset.copy(deep=True)
    for name in ("numbers", "densities", "energy", "energy_density"):
        other[name].values[~learning] = -3.0 * other[name].values[~learning] + 11.0
    changed = dataset.copy(deep=True)
    for name in ("numbers", "densities", "energy", "energy_density"):
        changed[name].values[learning] *= 1.01
    layers = [fixed_layers(TABLE_I[id], TINY, data, learning) for data in (dataset, other, changed)]
    for name in ("shift", "matrix", "offset", "basis"):
        mine, perturbed = getattr(layers[0], name), getattr(layers[1], name)
        assert mine.dtype == torch.float32
        assert torch.equal(mine, perturbed), name
    assert not torch.equal(layers[0].matrix, layers[2].matrix)
    assert not torch.equal(layers[0].basis, layers[2].basis)


@pytest.mark.parametrize("id", ["NN1-I4E", "NN2-I6dE"])
def test_energies_have_the_unit_of_their_spread(id):
    dataset, learning = setting(id)
    network, energy = build(id), dataset.energy.values[learning]
    assert float(network.offset) == pytest.approx(energy.mean(), rel=1e-6)
    assert float(network.basis) == pytest.approx(energy.std(), rel=1e-6)


@pytest.mark.parametrize("id", ["NN2-I6D", "NN2-I6dD"])
def test_output_directions_hold_density_and_energy(id):
    """Written in the output directions the learning targets keep density and energy.

    The directions are orthogonal in the norm int (r^2 e)^2 + E^2, and each is as long as the learning set is wide in it.
    """
    dataset, learning = setting(id)
    target = dataset.energy_density.values[learning]
    network = build(id)
    offset, basis = network.offset.double().numpy(), network.basis.double().numpy()
    assert basis.shape == (OUTPUT_COMPONENTS, 151)

    def energy_error(written):
        return np.sqrt(np.mean((SHELL * (written - target).sum(axis=1)) ** 2))

    # coefficients that fit the 151 densities and, as one number more, the energy
    more = np.column_stack([basis, SHELL * basis.sum(axis=1)])
    wanted = np.column_stack([target - offset, SHELL * (target - offset).sum(axis=1)])
    mine = offset + np.linalg.lstsq(more.T, wanted.T, rcond=None)[0].T @ basis
    assert np.sqrt(np.mean((mine - target) ** 2)) < 1e-3 * np.sqrt(np.mean((target - offset) ** 2))
    assert energy_error(mine) < 1e-4  # MeV
    assert energy_error(np.tile(offset, (len(target), 1))) > 1
    gram = more @ more.T
    lengths = np.sqrt(np.diag(gram))
    assert np.abs(gram / np.outer(lengths, lengths) - np.eye(OUTPUT_COMPONENTS))[:12, :12].max() < 1e-3
    assert (np.diff(lengths) < 0).all()
    # so that one standard deviation of the learning set is one unit of each coefficient
    coefficients = np.linalg.lstsq(more.T, wanted.T, rcond=None)[0]
    assert coefficients[:12].std(axis=1) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("id", ["NN3-I3D", "NN3-I6dD"])
def test_point_outputs_have_the_unit_of_the_density(id):
    """No offset, and as unit the root mean square of r^2 energy density where there is a nucleus."""
    dataset, learning = setting(id)
    network = build(id)
    chosen = dataset.isel(nucleus=learning)
    filled = np.abs(chosen.densities.sel(density="vector_density").values) > EMPTY_FM
    assert float(network.basis) == pytest.approx(np.sqrt(np.mean(chosen.energy_density.values[filled] ** 2)), rel=1e-6)
    assert float(network.offset) == 0
    # what counts as filled holds all but two thousandths of a nucleon
    left_out = np.where(filled, 0, chosen.densities.sel(density="vector_density").values)
    assert SHELL * np.abs(left_out).sum(axis=1).max() < 2e-3


# --- the networks ---------------------------------------------------------------------------------------------------


def by_hand(id, network, inputs):
    """The network in numpy, double precision, from its parameters: x -> W x / sqrt(fan-in) + b, activation between."""
    numbers = {name: value.double().numpy() for name, value in network.state_dict().items()}
    activation = {"tanh": np.tanh, "silu": lambda x: x / (1 + np.exp(-x))}[network.recipe.activation]

    def perceptron(x):
        h = (x - numbers["shift"]) @ numbers["matrix"]
        for layer in range(network.recipe.layers + 1):
            weight = numbers[f"weights.{layer}"]
            h = h @ weight / np.sqrt(len(weight)) + numbers[f"biases.{layer}"]
            h = activation(h) if layer < network.recipe.layers else h
        return h

    results = []
    for nucleus in inputs:
        if id.startswith("NN3"):
            vacuum = perceptron(np.zeros(nucleus.shape[1]))
            results.append([(perceptron(point) - vacuum)[0] * numbers["basis"][0, 0] for point in nucleus])
        else:
            output = numbers["offset"] + perceptron(nucleus[0]) @ numbers["basis"]
            results.append(output[0] if len(output) == 1 else output)
    return np.array(results)


@pytest.mark.parametrize("activation", ["tanh", "silu"])
@FAMILIES
def test_network_against_numpy(id, activation):
    dataset, _ = setting(id)
    rows = slice(0, 1200, 300)
    network = build(id, Recipe(width=7, layers=3, components=12, activation=activation))
    expected = by_hand(id, network, network_inputs(TABLE_I[id], dataset)[rows])
    assert expected.std() > 0
    single = network(some_inputs(id, rows)).detach().numpy()
    assert single == pytest.approx(expected, rel=1e-3, abs=1e-3 * expected.std())
    double = network.double()(some_inputs(id, rows, torch.float64)).detach().numpy()
    assert double == pytest.approx(expected, rel=1e-10, abs=1e-10 * expected.std())


def test_narrow_directions_survive_single_precision():
    """Small differences of large inputs, blown up by the whitening: energies to a thousandth of their spread."""
    network = build("NN2-I3E", Recipe(width=7, components=80, whitening=1.0))
    inputs = some_inputs("NN2-I3E", dtype=torch.float64)
    single = network(inputs).detach().numpy()
    double = network.double()(inputs).detach().numpy()
    assert single == pytest.approx(double, abs=1e-3 * float(network.basis))


def test_every_activation_has_a_reference_here():
    assert set(ACTIVATIONS) == {"tanh", "silu"}


@FAMILIES
def test_energy_is_the_integral_of_the_output(id):
    """Summed in double precision: 151 terms of a thousand MeV in single precision lose 10 keV."""
    network, inputs = build(id), some_inputs(id)
    output = network(inputs).detach()
    energy = network.energy(inputs).detach()
    assert energy.dtype == torch.float64
    values = output.numpy().astype(float)
    expected = values if values.ndim == 1 else 4 * np.pi * 0.1 * values.sum(axis=1)
    assert energy.numpy() == pytest.approx(expected, rel=1e-12)
    assert torch.equal(integrated(output), energy)


@NN3S
def test_vacuum_has_no_energy(id):
    """NN3 gives zero where all densities are zero: to rounding in single, and to nothing at all in double precision."""
    for activation in ("tanh", "silu"):
        network = build(id, Recipe(width=28, layers=3, activation=activation))
        empty = torch.zeros(3, 151, len(TABLE_I[id].inputs))
        assert float(network.energy(empty).detach().abs().max()) < 1e-3  # MeV
        assert float(network(empty).detach().abs().max()) < 16 * torch.finfo().eps * float(network.basis)
        assert float(network.double()(empty.double()).detach().abs().max()) < 1e-13
        # and in the empty outer part of a nucleus that has a filled inner part
        inputs = some_inputs(id, slice(0, 1, 1), torch.float64)
        inputs[:, 100:] = 0
        output = network(inputs).detach()
        assert output[:, 100:].abs().max() < 1e-13
        assert output[:, :100].abs().max() > 1e-3


@NN3S
def test_the_same_function_at_each_point(id):
    """Points in another order: outputs in that order, the same energy.  A point alone: its output."""
    network, inputs = build(id).double(), some_inputs(id, dtype=torch.float64)
    order = torch.randperm(151, generator=torch.Generator().manual_seed(2))
    output, permuted = network(inputs).detach(), network(inputs[:, order]).detach()
    assert permuted.numpy() == pytest.approx(output[:, order].numpy(), rel=1e-12, abs=1e-12)
    energies = [network.energy(x).detach().numpy() for x in (inputs, inputs[:, order])]
    assert energies[0] == pytest.approx(energies[1], rel=1e-12)
    alone = network(inputs[:, 40:41]).detach()
    assert alone.numpy() == pytest.approx(output[:, 40:41].numpy(), rel=1e-12)


def test_NN2_sees_the_mesh_as_a_whole():
    """The counterpart: the output of NN2 at one point depends on densities at all."""
    network = build("NN2-I6D").double()
    inputs = some_inputs("NN2-I6D", slice(600, 601), torch.float64)
    other = inputs.clone()
    other[..., 10] *= 1.1  # rho_S at 1 fm
    change = (network(other) - network(inputs)).detach().abs()[0]
    assert float(change[60]) > 1e-8


@FAMILIES
def test_seed_decides_the_initial_parameters(id):
    vectors = [build(id, seed=seed).parameter_vector() for seed in (1, 1, 2)]
    assert torch.equal(vectors[0], vectors[1])
    assert not torch.equal(vectors[0], vectors[2])


def test_initial_weights_are_unit_normal():
    """So that one weight decay means the same for every layer."""
    network = build("NN2-I6E", Recipe(width=200, layers=2, components=40))
    for weight in network.weights:
        values = weight.detach().numpy().ravel()
        bound = 5 / np.sqrt(2 * len(values))
        assert values.std() == pytest.approx(1, abs=bound)
        assert abs(values.mean()) < 5 / np.sqrt(len(values))
    components = network.standardise(some_inputs("NN2-I6E"))
    assert 0.3 < float(network.perceptron(components).detach().std()) < 3


@FAMILIES
def test_parameters_as_one_vector(id):
    """Layer by layer, weights before biases; the inverse gives the same network."""
    network, other = build(id, seed=1), build(id, seed=2)
    vector = network.parameter_vector()
    recipe, sizes = network.recipe, [network.matrix.shape[1], 7, 7, network.basis.shape[0]]
    assert recipe.layers == 2
    assert len(vector) == sum(a * b + b for a, b in itertools.pairwise(sizes))
    first = sizes[0] * 7
    assert torch.equal(vector[:first].reshape(-1, 7), network.weights[0].detach())
    assert torch.equal(vector[first : first + 7], network.biases[0].detach())
    inputs = some_inputs(id)
    assert not torch.equal(network(inputs), other(inputs))
    other.set_parameter_vector(vector)
    assert torch.equal(other.parameter_vector(), vector)
    assert torch.equal(network(inputs), other(inputs))
    vector += 1
    assert not torch.equal(network.parameter_vector(), vector), "a copy, not a view"


@pytest.mark.parametrize("change", [-1, -40, 1, 40])
def test_parameters_of_another_network_are_refused(change):
    """And leave the network as it was."""
    network = build("NN1-I4E")
    before = network.parameter_vector()
    count = len(before)
    with pytest.raises(ValueError, match=rf"{count + change} parameters given, the network has {count}: take those of"):
        network.set_parameter_vector(torch.zeros(count + change))
    assert torch.equal(network.parameter_vector(), before)


def test_errors_name_value_and_remedy():
    with pytest.raises(ValueError, match=r"unknown network 'NN4-I6D': choose one of NN1-I4E, .*NN3-I6dD"):
        get_network("NN4-I6D")
    with pytest.raises(ValueError, match="unknown activation 'relu': choose one of tanh, silu"):
        build("NN1-I4E", Recipe(activation="relu"))
    for recipe in (Recipe(width=0), Recipe(layers=0)):
        with pytest.raises(ValueError, match=r"width = \d+, layers = \d+: give at least 1"):
            build("NN1-I4E", recipe)
