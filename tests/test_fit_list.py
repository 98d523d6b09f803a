"""A functional fitted to a list: what the list may be, what is written, and that an interrupted run resumes."""

import io

import numpy as np
import pandas as pd
import pytest

from lib import fit_list as module
from lib.fit import Design
from lib.fit_data import nuclear_energy, read_list
from lib.fit_list import fit_list, off, report
from lib.learning.known_region import measured_masses
from lib.rmf.catalogue import get_functional
from publish.press import fit as command

CHAINS = (
    [(8, N) for N in (8, 10, 12)]
    + [(20, N) for N in (20, 22, 24, 26, 28)]
    + [(28, N) for N in (28, 30, 32, 34)]
    + [(26, 28)]
)


def text_of(nuclei=CHAINS):
    masses = measured_masses().set_index(["Z", "N"]).mass_excess / 1000
    lines = [f"{Z},{N},{masses[Z, N]:.4f}," for Z, N in nuclei]
    return "\n".join(["Z,N,mass,radius", *lines[:1], f"{lines[1]}2.7726", *lines[2:]]) + "\n"


@pytest.fixture
def path(tmp_path):
    where = tmp_path / "mine.csv"
    where.write_text(text_of())
    return where


def test_masses_become_energies_of_nuclei(path):
    data = read_list(path)
    known = measured_masses().set_index(["Z", "N"]).binding_energy
    assert data.energy.to_numpy() == pytest.approx([-known[at] for at in CHAINS], abs=2e-3)
    assert data.radius.notna().sum() == 1
    assert nuclear_energy(0, 1, 8.07131806) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("Z,N,mass,radius", "Z,N,mass"), "no column radius|no table"),
        (lambda text: text.replace("20,22,", "20,23,"), r"N = 23; give an even number, 8 to 184"),
        (lambda text: text.replace("28,34,", "28,x,"), r"N = x; give an even number"),
        (lambda text: text.replace("2.7726", "27.7"), r"radius = 27\.7; give the rms charge radius in fm, 2 to 7"),
        (lambda text: text.replace("28,34,", "28,34,-53900"), "give the mass excess of the atom in MeV, -110 to 300"),
        (lambda text: text + "8,8,-4.7,\n", r"Z = 8, N = 8 is there twice"),
        (lambda text: "\n".join(text.splitlines()[:6]), r"5 masses: give at least 12"),
        (lambda text: "", r"mine\.csv is no table"),
    ],
)
def test_what_is_no_list_is_refused(path, change, words):
    path.write_text(change(text_of()))
    with pytest.raises(ValueError, match=words):
        read_list(path)


def test_a_command_says_it_in_one_line(tmp_path, capsys):
    with pytest.raises(
        SystemExit, match=r"error: .*none\.csv is not there: give a CSV file with the columns Z, N, mass, radius"
    ):
        command.main([str(tmp_path / "none.csv")])
    with pytest.raises(SystemExit):
        command.main(["x.csv", "--prior=0"])
    assert "'0' is no positive number: give one" in capsys.readouterr().err


def test_a_list_is_fitted_written_and_resumed(path, tmp_path, monkeypatch):
    data = read_list(path)
    narrow = Design(prior=0.05, renewals=0)  # small steps, which take little time
    outcome = fit_list(data, "mine-fit", tmp_path, design=narrow, count=2, work=tmp_path / "work")
    start, fitted = off(outcome.nuclei, "start")[0], off(outcome.nuclei, "fitted")[0]
    assert fitted < start
    assert off(outcome.nuclei, "left_out")[0] > fitted
    functional = get_functional(str(tmp_path / "mine-fit.json"))
    assert functional == outcome.fitted.functional
    assert functional.name == "mine-fit"
    table = pd.read_csv(io.StringIO((tmp_path / "mine-fit.csv").read_text()), comment="#")
    assert list(zip(table.Z, table.N, strict=True)) == CHAINS
    assert (table.left_out_energy_error > 1.3).all()
    assert np.isfinite(table.fitted_energy_error).all()
    assert "chains left out" in report(outcome)

    def forbidden(*given):
        raise AssertionError("was done again")

    kept = next((tmp_path / "work").iterdir())
    monkeypatch.setattr(module, "task_folder", lambda *given: kept)
    monkeypatch.setattr(module, "fit_but", forbidden)
    monkeypatch.setattr(module, "prepared", forbidden)
    monkeypatch.setattr(module, "code_hash", lambda *given: "")
    again = fit_list(data, "mine-fit", tmp_path, design=narrow, count=2, work=tmp_path / "work")
    assert again.nuclei.equals(outcome.nuclei)
