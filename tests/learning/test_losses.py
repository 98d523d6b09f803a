"""The losses of the paper, Eqs. (3)-(5), against sums written out, and what balancing them means."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from lib.learning.losses import balance, density_loss, energy_loss, total_loss

RANDOM = np.random.default_rng(5)
ENERGY = RANDOM.normal(-1000, 400, 7), RANDOM.normal(-1000, 400, 7)
DENSITY = RANDOM.normal(size=(7, 151)), RANDOM.normal(size=(7, 151))


def double(*arrays):
    return [torch.tensor(array, dtype=torch.float64) for array in arrays]


def test_energy_loss_is_equation_4():
    """L_E = 1/n sum_j (E_CDFT,j - E_NN,j)^2."""
    expected = 0.0
    for target, predicted in zip(*ENERGY, strict=True):
        expected += (target - predicted) ** 2 / 7
    target, predicted = double(*ENERGY)
    assert float(energy_loss(predicted, target)) == pytest.approx(expected, rel=1e-14)
    assert float(energy_loss(target, target)) == 0


def test_density_loss_is_equation_5():
    """L_density = 1/(151 n) sum_j sum_i [(difference at r_i) r_i^2]^2, the densities being given times r^2."""
    r = [0.1 * i for i in range(151)]
    expected = 0.0
    for j in range(7):
        for i in range(151):
            expected += ((DENSITY[0][j, i] - DENSITY[1][j, i]) * r[i] ** 2) ** 2
    expected /= 151 * 7
    target, predicted = double(*(density * np.array(r) ** 2 for density in DENSITY))
    assert float(density_loss(predicted, target)) == pytest.approx(expected, rel=1e-13)
    assert float(density_loss(target, target)) == 0


def test_total_loss_is_equation_3():
    """L_total = a L_E + L_density, for a number and for a tensor."""
    on_energy, on_density = double(2.5, 0.3)
    assert float(total_loss(on_energy, on_density, 0.2)) == pytest.approx(0.2 * 2.5 + 0.3)
    assert float(total_loss(on_energy, on_density, torch.tensor(4.0))) == pytest.approx(4 * 2.5 + 0.3)


def test_gradients():
    """Backward against finite differences, in double precision, of each loss and of the sum."""
    energy, density = double(ENERGY[0] / 100, DENSITY[0])
    predicted = [tensor.requires_grad_() for tensor in double(ENERGY[1] / 100, DENSITY[1])]
    assert gradcheck(lambda e: energy_loss(e, energy), predicted[:1])
    assert gradcheck(lambda d: density_loss(d, density), predicted[1:])
    assert gradcheck(lambda e, d: total_loss(energy_loss(e, energy), density_loss(d, density), 0.7), predicted)


@pytest.mark.parametrize("shapes", [((5,), (6,)), ((5,), (5, 1)), ((5, 1), (5,)), ((5, 1), (5, 1)), ((), ())], ids=str)
def test_energies_of_other_shape_are_refused(shapes):
    """(5,) and (5, 1) would be broadcast to 25 differences and give a plausible number."""
    with pytest.raises(
        ValueError, match=r"predicted \(.*\) and target \(.*\): give two arrays \(nuclei,\) of one shape"
    ):
        energy_loss(*(torch.zeros(shape) for shape in shapes))


@pytest.mark.parametrize(
    "shapes", [((5, 151), (151,)), ((5, 151), (1, 151)), ((5, 151), (5, 150)), ((5, 151, 1), (5, 151, 1)), ((5,), (5,))], ids=str
)  # fmt: skip
def test_densities_of_other_shape_are_refused(shapes):
    with pytest.raises(
        ValueError, match=r"predicted \(.*\) and target \(.*\): give two arrays \(nuclei, r\) of one shape"
    ):
        density_loss(*(torch.zeros(shape) for shape in shapes))


@pytest.mark.parametrize("weight", [0.3, 1.0, 10.0])
@pytest.mark.parametrize(("on_energy", "on_density"), [(4.0, 0.02), (1e4, 3.0), (1e-3, 1e-6)])
def test_balanced_losses_stand_in_the_ratio_asked_for(on_energy, on_density, weight):
    """a L_E = energy_weight L_density, whatever the two are."""
    tensors = double(on_energy, on_density)
    a = balance(*tensors, weight)
    assert float(a) * on_energy == pytest.approx(weight * on_density, rel=1e-12)
    assert float(total_loss(*tensors, a)) == pytest.approx((1 + weight) * on_density, rel=1e-12)


def test_balance_is_a_constant_for_the_gradient():
    on_energy, on_density = (tensor.requires_grad_() for tensor in double(4.0, 0.02))
    a = balance(on_energy, on_density)
    assert not a.requires_grad
    total_loss(on_energy, on_density, a).backward()
    assert float(on_energy.grad) == pytest.approx(0.02 / 4.0)
    assert float(on_density.grad) == 1


def test_below_the_floor_the_balance_grows_no_more():
    """An energy loss of 1e-8 MeV^2 would otherwise outweigh the density a million times."""
    density = double(0.02)[0]
    at_floor, below, nothing, above = (
        float(balance(double(e)[0], density, floor=0.01)) for e in (0.01, 1e-8, 0.0, 0.04)
    )
    assert at_floor == below == nothing == pytest.approx(2.0)
    assert above == pytest.approx(0.5)
    assert float(balance(double(1e-8)[0], density)) == pytest.approx(0.02 / 1e-8)


@pytest.mark.parametrize("weight", [1.0, 5.0])
def test_balanced_descent_is_descent_of_logarithms(weight):
    """The gradient of the balanced L_total is L_density times that of weight log L_E + log L_density."""
    target_energy, target_density = double(ENERGY[0], DENSITY[0])
    random = np.random.default_rng(6)
    theta = torch.tensor(random.normal(size=12), requires_grad=True)
    [mixing] = double(random.normal(size=(12, 7, 151)))

    def losses():
        density = torch.tanh(torch.einsum("p,pji->ji", theta, mixing))
        energy = 4 * np.pi * 0.1 * density.sum(dim=1)
        return energy_loss(energy, target_energy / 100), density_loss(density, target_density)

    on_energy, on_density = losses()
    [balanced] = torch.autograd.grad(total_loss(on_energy, on_density, balance(on_energy, on_density, weight)), theta)
    on_energy, on_density = losses()
    [logarithmic] = torch.autograd.grad(weight * on_energy.log() + on_density.log(), theta)
    assert logarithmic.norm() > 0
    assert balanced.numpy() == pytest.approx(float(on_density.detach()) * logarithmic.numpy(), rel=1e-10)
