"""A learned functional: its potentials, its symmetries, its file, its name, and what it says where it was not tested."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lib.rmf import catalogue
from lib.rmf.catalogue import get_functional
from lib.rmf.chart import chart_hash
from lib.rmf.functionals import PC_PK1, Functional
from lib.rmf.mesh import get_mesh
from lib.rmf.neural import (
    NeuralFunctional,
    checksum,
    read_functional,
    untested,
    write_functional,
)
from lib.rmf.solver import solve

POINT = np.array([0.141, 0.152, 0.03])
EACH = pytest.mark.parametrize("inputs", [("S", "V"), ("V",), ("S", "V", "TV")])


def made_up(inputs=("S", "V"), **changes):
    """Couplings about those of PC-PK1 with a random network on top of them."""
    rng = np.random.default_rng(5)
    given = {
        "name": "made up", "inputs": inputs, "hidden": rng.normal(size=(4, len(inputs))), "bias": rng.normal(size=4),
        "outer": 50 * rng.normal(size=(3, 4)), "constant": np.array([-2400.0, 1900.0, 230.0]),
        "derivative": np.array([-30.0, -120.0, -110.0]), "pairing_strength_n": -349.5, "pairing_strength_p": -330.0,
        "tested": {"S": (0.0, 0.16), "V": (0.0, 0.17), "TV": (-0.01, 0.04)}, "story": {"learnt from": "nothing"},
    }  # fmt: skip
    return NeuralFunctional(**given | changes)


@EACH
def test_potentials_are_functional_derivatives_of_the_energy(inputs):
    """Against differences of the integral, rearrangement and derivative terms in it; the three densities are changed in turn."""
    functional, mesh = made_up(inputs), get_mesh(15.0, 0.1)
    shapes = np.stack([a * np.exp(-((mesh.r / b) ** 2)) for a, b in ((0.14, 3.0), (0.15, 3.1), (0.03, 2.8))])
    bump = np.exp(-((mesh.r / 2.0) ** 2))

    def energy(densities):
        return mesh.volume @ functional.interaction_energy_density(*densities, *(densities @ mesh.laplacian.T))

    S, V_n, V_p = functional.potentials(*shapes, *(shapes @ mesh.laplacian.T))
    for i, potential in enumerate((S, (V_n + V_p) / 2, (V_n - V_p) / 2)):
        change = np.zeros_like(shapes)
        change[i] = 1e-4 * bump
        slope = (energy(shapes + change) - energy(shapes - change)) / 2e-4
        assert slope == pytest.approx(mesh.volume @ (potential * bump), rel=1e-6)


@EACH
def test_empty_space_has_no_field(inputs):
    nowhere = np.zeros((6, 4))
    assert np.array_equal(made_up(inputs).potentials(*nowhere), np.zeros((3, 4)))
    assert np.array_equal(made_up(inputs).interaction_energy_density(*nowhere), np.zeros(4))


@EACH
def test_protons_and_neutrons_may_change_places(inputs):
    functional = made_up(inputs)
    here, there = (functional.potentials(0.14, 0.15, sign * 0.03, 0.1, 0.1, sign * 0.02) for sign in (1, -1))
    assert here.neutron_vector == pytest.approx(there.proton_vector, rel=1e-14)
    assert here.scalar == there.scalar


def test_without_a_network_it_is_the_point_coupling_of_the_same_numbers():
    """Of PC-PK1 the quadratic and the derivative terms alone, against its own class."""
    none = {name: 0.0 for name in ("beta_S", "gamma_S", "gamma_V")}
    quadratic = replace(PC_PK1, **none)
    constant, derivative = (
        np.array([quadratic.fm(f"{kind}_{c}") for c in ("S", "V", "TV")]) for kind in ("alpha", "delta")
    )
    mine = made_up(outer=np.zeros((3, 4)), constant=constant, derivative=derivative)
    at = (*POINT, 0.01, 0.02, -0.03)
    assert mine.interaction_energy_density(*at) == pytest.approx(quadratic.interaction_energy_density(*at), rel=1e-13)
    assert np.array(mine.potentials(*at)) == pytest.approx(np.array(quadratic.potentials(*at)), rel=1e-13)


def test_the_file_gives_back_the_same_functional(tmp_path):
    path = tmp_path / "mine.json"
    write_functional(made_up(), path)
    back = read_functional(path)
    at = (*POINT, 0.01, 0.02, -0.03)
    assert np.array_equal(back.potentials(*at), made_up().potentials(*at))
    assert repr(back) == repr(made_up()) != repr(made_up(derivative=np.array([-30.0, -120.0, -111.0])))
    assert isinstance(back, Functional)
    assert get_functional(str(path)).name == "made up"


def spoilt(held, **changes):
    changed = held | changes
    return json.dumps(changed | {"sha256": checksum(changed)})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda held: "no JSON {", "is damaged"),
        (lambda held: "[]", "is not the file of a functional"),
        (lambda held: json.dumps({"format": "another"}), "is not the file of a functional"),
        (lambda held: json.dumps({key: held[key] for key in held if key != "bias"}), "missing: bias"),
        (lambda held: json.dumps(held | {"bias": [9.0, *held["bias"][1:]]}), "its checksum is another"),
        (lambda held: spoilt(held, outer=held["outer"][:2]), "outer has the shape"),
        (lambda held: spoilt(held, inputs=["S", "X"]), "has inputs"),
        (lambda held: spoilt(held, constant=[1.0, 2.0, float("nan")]), "holds what is no number"),
        (lambda held: spoilt(held, bias=None), "is damaged"),
    ],
)
def test_a_damaged_or_foreign_file_gets_one_error(tmp_path, spoil, message):
    path = tmp_path / "mine.json"
    write_functional(made_up(), path)
    path.write_text(spoil(json.loads(path.read_text())))
    with pytest.raises(ValueError, match=rf"mine\.json.*{message}.*fit it again"):
        read_functional(path)


def test_a_file_that_is_not_there_and_a_name_that_is_none(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"none\.json is not there"):
        get_functional(str(tmp_path / "none.json"))
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    write_functional(made_up(), tmp_path / "mine.json")
    assert get_functional("mine").name == "made up"
    with pytest.raises(ValueError, match=r"'yours'.*PC-PK1.*DD-PC1, mine"):
        get_functional("yours")


def test_where_it_was_not_tested_it_says_so():
    functional = made_up()
    assert untested(functional, *POINT) == ""
    assert "rho_V from 0.3000 to 0.3000 fm^-3 is outside 0.0000 to 0.1700" in untested(functional, 0.14, 0.3, 0.0)
    assert untested(PC_PK1, 0.14, 0.3, 0.0) == ""
    assert "not tested anywhere" in untested(made_up(tested={}), *POINT)


def test_a_chart_of_a_learned_functional_goes_stale_by_its_code_and_others_do_not():
    assert chart_hash(made_up()) != chart_hash() == chart_hash(PC_PK1)


def test_the_solver_warns_outside_of_what_was_tested(tmp_path):
    """The linear couplings of PC-PK1 collapse: what is solved is PC-PK1's own nucleus, by a network fitted to its energy densities."""
    from lib.learning.coupling_fit import farthest_first, fit_couplings
    from lib.rmf.chart import load_chart

    chart = load_chart("PC-PK1")
    fitted = fit_couplings(chart, farthest_first(chart.Z.values, chart.N.values, 9), PC_PK1, name="nine").functional
    narrow = replace(fitted, tested={"S": (0.0, 0.16), "V": (0.0, 0.1), "TV": (-0.1, 0.1)})
    with pytest.warns(UserWarning, match=r"Z = 8, N = 8: nine was not tested there: rho_V"):
        nucleus = solve(8, 8, functional=narrow)
    assert float(nucleus.energy) == pytest.approx(float(solve(8, 8).energy), abs=0.01)
