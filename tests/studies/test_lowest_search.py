"""The searches for lower states: they find those that are known, count what they find, and change nothing themselves."""

import numpy as np
import pandas as pd
import pytest

from lib.rmf.chart import load_chart, make_chart
from lib.rmf.functionals import PAPER_FUNCTIONALS, PC_PK1
from lib.rmf.iteration import Converged, key_of
from lib.rmf.lowest import ground_state, levels_around, minimum_of, other_fillings, settle
from lib.rmf.mesh import get_mesh
from lib.store import select
from studies import lowest
from studies.lowest import (
    ADVERSARIAL_MEV,
    DRAWS,
    EXHAUSTIVE_MEV,
    WAYS,
    attack,
    bumped,
    compare_way,
    distinct,
    exhaust,
    load_minima,
    load_search,
    main,
    minima_of,
    run,
    summary,
)

MESH = get_mesh()
HOW = PC_PK1, MESH
HAFNIUM = -1423.870
"""E_CDFT (MeV) of 182Hf, 19 keV below the state in which it settles by itself."""
WINDOW = {"Z_range": (18, 22), "N_range": (20, 24)}


@pytest.fixture(scope="module")
def settled():
    """42Ca, whose next levels are far; 182Hf above its lowest state; 32O, which is not bound."""
    return {at: settle(*at, *HOW) for at in ((20, 22), (72, 110), (8, 24))}


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    """Energies (MeV) of nine nuclei around 42Ca as the chart finds them, by (Z, N)."""
    chart = make_chart(work=tmp_path_factory.mktemp("window"), workers=1, **WINDOW)
    energies = {(Z, N): float(select(chart, Z, N).energy) for Z in (18, 20, 22) for N in (20, 22, 24)}
    assert len(energies) == chart.sizes["nucleus"]
    return energies


def test_energies_that_are_the_same_count_once():
    assert distinct([-5.0, -4.0, -5.0004, -5.0, -4.0004, -4.002]) == [-5.0004, -4.002, -4.0004]
    assert distinct([]) == []


# --- all fillings nearby ----------------------------------------------------------------------------------------------


def test_minima_are_the_same_from_each_of_them(settled):
    """182Hf: the lower one is found from the higher, and the other way round."""
    higher, lower = settled[72, 110], minimum_of(ground_state(72, 110, *HOW))
    assert higher.energy > HAFNIUM + 0.015
    for best in (higher, lower):
        energies, runs, iterations = minima_of(best, *HOW, EXHAUSTIVE_MEV)
        assert energies == pytest.approx([HAFNIUM, higher.energy], abs=1e-3)
        assert iterations > 3 * runs > 0


def test_a_double_shell_closure_has_one_state():
    """A pair across either gap of 132Sn, over 4 MeV wide, costs more than the window: nothing is tried."""
    tin = settle(50, 82, *HOW)
    assert minima_of(tin, *HOW, EXHAUSTIVE_MEV) == ([tin.energy], 0, 0)


def test_a_row_for_each_bound_nucleus(settled):
    rows = pd.DataFrame(exhaust(settled, *HOW)).set_index(["Z", "N"])
    assert rows.index.tolist() == [(20, 22), (72, 110)], "not for the unbound"
    gap = settled[72, 110].energy - HAFNIUM
    assert rows.lower_MeV[72, 110] == pytest.approx(gap, abs=1e-3)
    assert rows.second_MeV[72, 110] == pytest.approx(gap, abs=1e-3)
    assert rows.minima.tolist() == [1, 2]
    assert rows.lower_MeV[20, 22] == 0.0
    assert np.isnan(rows.second_MeV[20, 22])


def test_a_filling_that_falls_into_a_known_one_is_given_up(settled):
    """42Ca comes back from a filling that costs less than 16 MeV: followed to the end only if that is not known."""
    best = settled[20, 22]
    fillings = other_fillings(levels_around(best, *HOW, ADVERSARIAL_MEV), best, ADVERSARIAL_MEV)
    assert fillings
    followed = run(best, {q: each.again() for q, each in fillings[0].items()}, *HOW, set())
    assert isinstance(followed.stopped_by, Converged)
    assert followed.energy == pytest.approx(best.energy, abs=1e-3)
    stopped = run(best, fillings[0], *HOW, {key_of(best.fillings)})
    assert not stopped.converged
    assert stopped.iterations <= followed.iterations


# --- random starts ------------------------------------------------------------------------------------------------------


def test_bumps_are_bumps(settled):
    best = settled[20, 22]
    before = best.state.potentials.copy()
    states = [bumped(best, MESH, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    change = [state.potentials - before for state in states]
    assert np.array_equal(best.state.potentials, before), "of another state"
    assert np.array_equal(change[0], change[1])
    assert not np.array_equal(change[0], change[2])
    for each in change:
        assert 0.5 < np.abs(each).max() <= 10
        assert np.abs(each[:, MESH.r > 18]).max() < 1e-6, "within the nucleus"


def test_random_starts_find_the_lower_state_where_there_is_one(settled, monkeypatch):
    """68Se settles 1.8 MeV above its lowest state by itself; none is found below that of 42Ca."""
    monkeypatch.setattr(lowest, "BATCH", 12)
    selenium = settle(34, 34, *HOW)
    found = {(34, 34): selenium} | {at: settled[at] for at in ((20, 22), (8, 24))}
    rows = attack(0, found, *HOW)
    assert rows == attack(0, found, *HOW), "a batch is the same whenever it is made"
    assert rows != attack(1, found, *HOW)
    lower = pd.DataFrame(rows).groupby(["Z", "N"]).lower_MeV.max()
    assert set(lower.index) == {(20, 22), (34, 34)}, "nor is a nucleus drawn that is not bound"
    assert 1 < lower[34, 34] < selenium.energy + 554.097 + 1e-3
    assert lower[20, 22] < lowest.SAME_MEV


# --- other ways through the chart -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS.values())
def test_any_way_through_a_window_finds_the_same_states(window, way):
    found = compare_way(way, window, *HOW)
    assert (found["nuclei"], found["lower"], found["missed"]) == (9, 0, 0)
    assert max(abs(found["largest_MeV"]), abs(found["missed_MeV"])) < 1e-3
    assert found["iterations"] > 5


def test_what_the_chart_would_have_missed_is_counted(window):
    """Were 42Ca half an MeV higher in the chart, and 44Ca 0.3 MeV lower."""
    wrong = window | {(20, 22): window[20, 22] + 0.5, (20, 24): window[20, 24] - 0.3}
    found = compare_way("isotones", wrong, *HOW)
    assert (found["lower"], found["missed"]) == (1, 1)
    assert found["largest_MeV"] == pytest.approx(0.5, abs=1e-3)
    assert found["missed_MeV"] == pytest.approx(0.3, abs=1e-3)


# --- the tables ---------------------------------------------------------------------------------------------------------


def made_up(*lower, **more):
    return [{"Z": 20, "N": 20 + 2 * i, "lower_MeV": each, "iterations": 30, **more} for i, each in enumerate(lower)]


def test_a_line_of_the_table():
    rows = made_up(0.0, 0.0009, 0.2, 0.1, runs=3)
    line = summary(rows, "PC-F1", "all", 4)
    assert (line["functional"], line["search"], line["nuclei"]) == ("PC-F1", "all", 4)
    assert (line["runs"], line["lower"], line["largest_MeV"], line["iterations"]) == (12, 2, 0.2, 30)
    random = summary(made_up(0.0, 0.2) + made_up(0.0, 0.3), "PC-F1", "random", 2)
    assert (random["runs"], random["lower"], random["iterations"]) == (4, 1, 30), (
        "a nucleus counts once, a run each time"
    )


def test_tables_are_written_as_they_are_read(monkeypatch, tmp_path, capsys):
    """With their units, licence and origin in the first lines."""
    paths = tmp_path / "search.csv", tmp_path / "minima.csv"
    monkeypatch.setattr(lowest, "SEARCH", paths[0])
    monkeypatch.setattr(lowest, "MINIMA", paths[1])
    way = {"nuclei": 2, "lower": 0, "largest_MeV": 0.0, "missed": 1, "missed_MeV": 0.2, "iterations": 31.5}

    def found(name, workers, scheduler):
        minima = [{"functional": name, "Z": 20, "N": 20, "minima": 1, "second_MeV": np.nan, "shared": 0, "runs": 3}]
        rows = [summary(made_up(0.0, 0.2, runs=3), name, "all", 2)]
        return [*rows, {"functional": name, "search": "in random order", "runs": np.nan} | way], minima

    monkeypatch.setattr(lowest, "search", found)
    main([])
    search, minima = load_search(paths[0]), load_minima(paths[1])
    assert search.functional.tolist() == [name for name in PAPER_FUNCTIONALS for _ in range(2)]
    assert search.missed.dropna().tolist() == [1, 1]
    assert search.iterations.tolist() == [30, 31.5, 30, 31.5]
    assert minima.functional.tolist() == list(PAPER_FUNCTIONALS)
    assert minima.second_MeV.isna().all()
    for path in paths:
        head = "".join(path.read_text().splitlines()[:2])
        assert all(words in head for words in ("MeV", "Made by python -m studies.lowest", "Licence: CC BY 4.0"))


def test_missing_and_damaged_tables_name_the_remedy(tmp_path):
    for load in (load_search, load_minima):
        with pytest.raises(FileNotFoundError, match=r"python -m studies\.lowest"):
            load(tmp_path / "none.csv")
        (tmp_path / "bad.csv").write_text("functional,Z\nPC-PK1,8\n")
        with pytest.raises(ValueError, match=r"is damaged .*python -m studies\.lowest"):
            load(tmp_path / "bad.csv")


@pytest.mark.parametrize("name", PAPER_FUNCTIONALS)
def test_the_kept_tables_are_of_these_charts(name):
    """Every nucleus has its line; all searches were made, and what the exhaustive one tried is what the minima are of."""
    chart = load_chart(name)
    minima = load_minima().query("functional == @name")
    nuclei = list(zip(chart.Z.values.tolist(), chart.N.values.tolist(), strict=True))
    assert list(zip(minima.Z, minima.N, strict=True)) == nuclei
    assert minima.shared.tolist() == chart.shared_occupation.values.tolist()
    assert (minima.second_MeV.isna() == (minima.minima == 1)).all()
    assert (minima.second_MeV.dropna() > lowest.SAME_MEV).all()
    table = load_search().query("functional == @name").set_index("search")
    assert len(table) == 2 + len(WAYS)
    assert set(WAYS) < set(table.index)
    exhaustive, random = table.drop(index=list(WAYS)).itertuples()
    assert exhaustive.nuclei == len(nuclei)
    assert exhaustive.runs >= (minima.minima - 1).sum()
    assert random.runs <= DRAWS
    assert random.nuclei <= len(nuclei)
