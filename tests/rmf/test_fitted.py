"""The file of a fitted functional: there and back, under its path wherever a functional is asked for, and refused when damaged."""

import json
from dataclasses import replace

import pytest

from lib.rmf.catalogue import get_functional
from lib.rmf.fitted import FORMAT, read_functional, write_fitted
from lib.rmf.functionals import DD_PC1, PC_PK1
from lib.rmf.neural import checksum
from lib.rmf.solver import solve


@pytest.mark.parametrize("functional", [PC_PK1, DD_PC1], ids=lambda each: each.name)
def test_there_and_back(tmp_path, functional):
    fitted = replace(functional, name="mine", reference="", delta_S=functional.delta_S * 1.01)
    path = tmp_path / "mine.json"
    write_fitted(fitted, {"fitted to": "nothing"}, path)
    assert get_functional(str(path)) == fitted
    assert json.loads(path.read_text())["story"] == {"fitted to": "nothing"}


def test_the_solver_takes_it(tmp_path):
    write_fitted(replace(PC_PK1, name="mine", reference=""), {}, tmp_path / "mine.json")
    found = solve(8, 8, functional=str(tmp_path / "mine.json"))
    assert float(found.energy) == pytest.approx(float(solve(8, 8).energy), abs=1e-9)
    assert found.functional == "mine"


def altered(held, **changes):
    """With a right checksum."""
    held = held | changes
    return held | {"sha256": checksum(held)}


def test_damage_is_refused(tmp_path):
    path = tmp_path / "mine.json"
    write_fitted(PC_PK1, {}, path)
    held = json.loads(path.read_text())
    for wrong, words in (
        (held | {"name": "other"}, "checksum is another"),
        ({**held, "more": 1}, "wrong or missing: more"),
        (altered(held, form="series"), "of the form 'series'"),
        (altered(held, couplings={"alpha_S": 1.0}), "wrong or missing couplings"),
        (altered(held, nucleon_mass=None), "nucleon_mass: no finite number"),
        (altered(held, couplings=held["couplings"] | {"alpha_S": "x"}), "alpha_S: no finite number"),
        (altered(held, name=3), "its name is no text"),
        (held | {"format": "another"}, "is not the file of a functional"),
        ([], "is not the file of a functional"),
    ):
        path.write_text(json.dumps(wrong))
        with pytest.raises(ValueError, match=words):
            read_functional(path)
    path.write_text("{")
    with pytest.raises(ValueError, match=r"mine\.json is damaged|mine\.json"):
        read_functional(path)
    with pytest.raises(FileNotFoundError, match=r"gone\.json is not there: fit it again"):
        read_functional(tmp_path / "gone.json")
    assert FORMAT == held["format"]
