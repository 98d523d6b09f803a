"""The chart of nuclides: rows, phases, resumption, files, the two full charts, a Dask cluster that loses a worker."""

import functools
import pickle
from dataclasses import replace

import distributed
import numpy as np
import pytest

from lib import __main__, store
from lib.learning.known_region import is_known
from lib.rmf import chart as chart_module
from lib.rmf.chart import (
    BEYOND_DRIP,
    bound_nuclei,
    is_current,
    load_chart,
    make_chart,
    missing_isotopes,
    next_isotope,
    not_in_chart,
    stability_N,
    stacked,
    tasks_folder,
    walk,
)
from lib.rmf.functionals import FUNCTIONALS, PAPER_FUNCTIONALS, PC_PK1
from lib.rmf.iteration import NoConvergenceError
from lib.rmf.lowest import Minimum, ground_state, settle
from lib.rmf.mesh import NETWORK_MESH, SHELL_FM, get_mesh
from lib.rmf.observables import VARIABLES
from lib.rmf.occupation import UnboundNucleusError
from lib.rmf.solver import record, solve
from lib.store import select

WINDOW = {"Z_range": (18, 22), "N_range": (16, 32), "workers": 1}
SMALL = {"Z_range": (8, 10), "N_range": (8, 12), "workers": 1}
TIMING = ("wall_time_seconds", "resumed_tasks", "cpu_seconds")
BOTH = pytest.mark.parametrize("name", PAPER_FUNCTIONALS)


def physics(dataset):
    """A chart without what differs from run to run."""
    stripped = dataset.drop_vars("seconds")
    stripped.attrs = {key: value for key, value in dataset.attrs.items() if key not in TIMING}
    return stripped


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    return make_chart(work=tmp_path_factory.mktemp("window"), **WINDOW)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Six nuclei, and the folder of their finished tasks."""
    work = tmp_path_factory.mktemp("small")
    return make_chart(work=work, **SMALL), work


# --- rows ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("Z", "N"), [(18, 24), (20, 20), (20, 32), (22, 20)])
def test_a_row_is_what_the_solver_finds_alone(window, Z, N):
    """Walking along the chain is a matter of speed: each nucleus alone, on a patch of nine, is the same.

    Potentials reproduce themselves to 1e-5 MeV in the mean over the nucleus: that is first order in the parts of the
    energy, once per nucleon, and second order in their sum.  At the origin, which has no volume, each may be off by ten
    times as much.
    """
    row, alone = select(window, Z, N), solve(Z, N)
    for name in alone.data_vars:
        if name in ("iterations", "residual", "sum_rule_error", "energy_uncertainty", "radius_uncertainty", "particle"):
            continue
        mine = row[name].values
        if alone[name].dims == ("level",):
            mine = mine[: alone.sizes["level"]]
        tolerance = 2e-4 if name.endswith("potential") else 2e-5
        if name in ("kinetic_energy", "interaction_energy", "coulomb_energy"):
            tolerance = 1e-5 * (Z + N)
        assert mine == pytest.approx(alone[name].values, abs=tolerance, nan_ok=True), name
    assert row.particle.values[: alone.sizes["level"]].tolist() == alone.particle.values.tolist()


def test_what_is_not_in_the_window_is_unbound(window):
    """The proton-rich nuclei of the window that have no row: the solver refuses them too, or a lighter one lies lower."""
    rows = set(zip(window.Z.values.tolist(), window.N.values.tolist(), strict=True))
    missing = {(Z, N) for Z in (18, 20, 22) for N in range(16, 33, 2)} - rows
    assert window.sizes["nucleus"] == len(rows) >= 20
    assert all(N <= 18 for _, N in missing), "it is Coulomb that unbinds"
    for Z, N in sorted(missing)[:2]:
        try:
            energy = float(solve(Z, N).energy)
        except UnboundNucleusError:
            continue
        assert settle(Z - 2, N, PC_PK1, get_mesh()).energy < energy


def test_separation_energies_are_differences(window):
    """S_2n(Z, N) = E(Z, N-2) - E(Z, N); NaN where the window has no lighter neighbour that its levels bind."""
    energy = dict(zip(zip(window.Z.values, window.N.values, strict=True), window.energy.values, strict=True))
    for i, (Z, N) in enumerate(energy):
        for name, other in (("neutron", (Z, N - 2)), ("proton", (Z - 2, N))):
            value = float(window[f"two_{name}_separation_energy"][i])
            if other in energy:
                assert value == pytest.approx(energy[other] - energy[Z, N], abs=1e-10)
                assert value > 0
            elif other[0] < 18 or other[1] < 16:
                assert np.isnan(value)


def made_up(energies, unbound=(), pairing=0.0):
    """Rows of a chart from energies (MeV) by (Z, N); a positive neutron Fermi energy for those that are ``unbound``."""
    return [
        {
            "Z": Z, "N": N, "energy": energy - pairing, "pairing_energy": pairing,
            "neutron_fermi_energy": 0.1 if (Z, N) in unbound else -5.0, "proton_fermi_energy": -3.0,
        }
        for (Z, N), energy in energies.items()
    ]  # fmt: skip


def of(rows, name):
    return {(row["Z"], row["N"]): row[name] for row in rows}


def test_bound_are_those_that_lose_no_pairs():
    """Levels bound, and no lighter isotope or isotone of which that is true lies lower."""
    energies = {(8, 8): -120.0, (8, 10): -130.0, (8, 12): -129.0, (8, 14): -128.5, (8, 16): -131.0, (10, 8): -119.0}
    found = of(bound_nuclei(made_up(energies)), "two_neutron_separation_energy")
    assert list(found) == [(8, 8), (8, 10), (8, 16)], "16 neutrons are bound again, behind two that lose four or two"
    assert np.isnan(found[8, 8])
    assert found[8, 10] == pytest.approx(10.0)
    assert found[8, 16] == pytest.approx(2.5), "of the next isotope, bound or not, as long as its levels are"
    protons = of(bound_nuclei(made_up({**energies, (10, 8): -121.0})), "two_proton_separation_energy")
    assert protons[10, 8] == pytest.approx(1.0)
    assert np.isnan(protons[8, 8])


def test_a_nucleus_whose_levels_are_not_bound_is_neither_a_row_nor_a_rival():
    energies = {(8, 8): -120.0, (8, 10): -135.0, (8, 12): -130.0}
    found = of(bound_nuclei(made_up(energies, unbound={(8, 10)})), "two_neutron_separation_energy")
    assert list(found) == [(8, 8), (8, 12)]
    assert np.isnan(found[8, 12])
    for q in ("neutron", "proton"):
        rows = made_up(energies)
        rows[1][f"{q}_fermi_energy"] = 0.0
        assert (8, 10) not in of(bound_nuclei(rows), "energy")


def test_energies_are_compared_with_the_pairing_energy():
    """E_CDFT alone may rise where pairing sets in."""
    rows = made_up({(8, 8): -120.0}) + made_up({(8, 10): -121.0}, pairing=-5.0)
    assert rows[1]["energy"] == -116.0
    found = of(bound_nuclei(rows), "two_neutron_separation_energy")
    assert found[8, 10] == pytest.approx(1.0)


def test_the_order_of_the_rows_does_not_matter():
    rng = np.random.default_rng(5)
    energies = {(Z, N): rng.normal(-8 * (Z + N), 12.0) for Z in range(8, 20, 2) for N in range(8, 24, 2)}
    rows = made_up(energies, unbound={(8, 10), (12, 20)})
    expected = of(bound_nuclei(rows), "two_proton_separation_energy")
    shuffled = of(bound_nuclei([rows[i] for i in rng.permutation(len(rows))]), "two_proton_separation_energy")
    assert 3 < len(expected) < len(rows) - 3
    assert shuffled == pytest.approx(expected, nan_ok=True)


def test_no_bound_nucleus():
    for rows in ([], made_up({(8, 8): -100.0}, unbound={(8, 8)})):
        with pytest.raises(ValueError, match="no bound nucleus: widen Z_range or N_range"):
            bound_nuclei(rows)


def test_tables_of_levels_are_padded():
    rows = [{"kappa": np.array([-1, -2, 1]), "particle": np.array(["n", "n", "p"])},
            {"kappa": np.array([-1]), "particle": np.array(["p"])}]  # fmt: skip
    kappa = stacked(rows, "kappa")
    assert kappa[0].tolist() == [-1, -2, 1]
    assert kappa[1, 0] == -1
    assert np.isnan(kappa[1, 1:]).all()
    assert stacked(rows, "particle").tolist() == [["n", "n", "p"], ["p", "", ""]]


def test_names_units_and_provenance(window):
    assert set(VARIABLES) <= set(window.data_vars)
    for name, variable in window.variables.items():
        assert variable.attrs["units"], name
        assert variable.attrs["long_name"], name
    wanted = {"functional", "couplings", "pairing", "box_fm", "step_fm", "stretch_fm", "wall", "code_hash", "numpy"}
    assert wanted <= window.attrs.keys()
    assert window.attrs["couplings"] == repr(PC_PK1)
    assert (window.wall, window.pairing, window.box_fm) == (0, 0, get_mesh().box)
    assert window.computed_nuclei >= window.sizes["nucleus"]
    assert 1 <= window.rounds < chart_module.ROUNDS, "the last round has found nothing new"


# --- phases, with made-up nuclei -------------------------------------------------------------------------------------


def nucleus(Z, N, energy=0.0, bound=True):
    """What a walk leaves of a nucleus."""
    return Minimum(Z, N, energy, bound, {}, None, {}, seconds=1.0)


def walked(monkeypatch, outcome, N_range=(8, 60), Z=8):
    """N of the isotopes that a walk finds; ``outcome(N)`` says whether one is bound, or raises."""
    monkeypatch.setattr(chart_module, "next_isotope", lambda Z, N, *rest: nucleus(Z, N, bound=outcome(N)))
    return sorted(N for _, N in walk(Z, PC_PK1, get_mesh(), False, N_range))


def test_a_walk_goes_a_few_steps_beyond_both_drip_lines(monkeypatch):
    assert walked(monkeypatch, lambda N: 20 <= N <= 40, Z=20) == list(
        range(20 - 2 * BEYOND_DRIP, 42 + 2 * BEYOND_DRIP, 2)
    )
    assert walked(monkeypatch, lambda N: True, (10, 30), Z=20) == list(range(10, 32, 2)), "and ends where it shall"
    assert walked(monkeypatch, lambda N: True, (40, 50), Z=8) == list(range(40, 52, 2)), "also far from stability"


def test_a_walk_goes_on_where_binding_comes_back(monkeypatch):
    found = walked(monkeypatch, lambda N: N <= 12 or N == 16)
    assert found == list(range(8, 18 + 2 * BEYOND_DRIP, 2))


def test_a_walk_ends_where_there_is_no_room(monkeypatch):
    def outcome(N):
        if N > 14:
            raise UnboundNucleusError("no room")
        return True

    assert walked(monkeypatch, outcome) == [8, 10, 12, 14]


def test_a_walk_leaves_out_what_does_not_converge_unbound_but_not_what_is_bound(monkeypatch):
    def outcome(N, bound=False):
        if N in (14, 18):
            raise NoConvergenceError("no fixed point", bound)
        return N <= 12

    assert walked(monkeypatch, outcome) == [8, 10, 12, 16]
    with pytest.raises(NoConvergenceError, match="no fixed point"):
        walked(monkeypatch, functools.partial(outcome, bound=True))


def test_a_walk_starts_each_nucleus_from_the_two_before_it(monkeypatch):
    starts = {}

    def remembering(Z, N, before, *rest):
        starts[N] = [each.N for each in before]
        return nucleus(Z, N)

    monkeypatch.setattr(chart_module, "next_isotope", remembering)
    walk(20, PC_PK1, get_mesh(), False, (18, 30))
    first = stability_N(20)
    assert starts[first] == []
    assert starts[first + 2] == [first]
    assert starts[first + 4] == [first + 2, first]
    assert starts[first - 2] == [first, first + 2]


def test_the_next_isotope_starts_from_the_order_of_the_one_before(monkeypatch):
    """A pair more on the levels of 42Ca, from its field; with pairing, and for the first of a chain, there is no order."""
    given = {}

    def remembering(Z, N, functional, mesh, paired, start=None, order=None, mixer=None):
        given["start"], given["order"] = start, order
        return settle(Z, N, functional, mesh, paired, start, order)

    monkeypatch.setattr(chart_module, "settle", remembering)
    mesh = get_mesh()
    first = next_isotope(20, 22, [], PC_PK1, mesh, False)
    assert given == {"start": None, "order": None}
    assert first.fillings["n"].held[-4, 0] == 2.0
    second = next_isotope(20, 24, [first], PC_PK1, mesh, False)
    assert given["start"].potentials is first.field.potentials
    assert given["order"]["n"].held == first.fillings["n"].held | {(-4, 0): 4.0}
    assert given["order"]["p"].held == first.fillings["p"].held
    cold = settle(20, 24, PC_PK1, mesh)
    assert second.energy == pytest.approx(cold.energy, abs=1e-5)
    assert second.iterations < cold.iterations
    paired = next_isotope(20, 22, [], PC_PK1, mesh, True)
    next_isotope(20, 24, [paired], PC_PK1, mesh, True)
    assert given["order"] is None


def phases_of(monkeypatch, tmp_path, improve_one, protons=(8, 16)):
    """Rounds over made-up chains of one isotope each; ``improve_one(Z, found)`` gives a new energy."""
    asked = []

    def fake_walk(Z, *rest):
        return {(Z, 20): nucleus(Z, 20, float(Z))}

    def fake_improve(nuclei, *rest):
        ((best, near),) = nuclei
        seen = {each.Z: each.energy for each in (best, *near)}
        asked.append((best.Z, sorted(seen)))
        return [replace(best, energy=improve_one(best.Z, seen))]

    monkeypatch.setattr(chart_module, "chart_hash", lambda *_: "made up")
    monkeypatch.setattr(chart_module, "walk", fake_walk)
    monkeypatch.setattr(chart_module, "improve_all", fake_improve)
    phases = chart_module.Phases(PC_PK1, get_mesh(), False, protons, (20, 20), 1, None, tmp_path)
    found, rounds = phases.lowest()
    return {Z: each.energy for (Z, _), each in found.items()}, rounds, asked


def test_rounds_go_on_until_nothing_changes(monkeypatch, tmp_path):
    """Each element takes the lowest energy it sees beside it: what the first knows has reached the last after four rounds."""
    energies, rounds, asked = phases_of(monkeypatch, tmp_path, lambda Z, seen: min(seen.values()))
    assert energies == dict.fromkeys(range(8, 18, 2), 8.0)
    assert rounds == 5
    assert {Z: sees for Z, sees in asked[:5]} == {
        8: [8, 10],
        10: [8, 10, 12],
        12: [10, 12, 14],
        14: [12, 14, 16],
        16: [14, 16],
    }
    assert len(asked) < 5 * 5, "elements around which nothing has changed are not asked again"


def test_a_round_sees_only_what_the_round_before_has_left(monkeypatch, tmp_path):
    """So that it does not matter who is finished first: news travels by one element a round, in both directions."""
    history = []

    def improve_one(Z, seen):
        history.append((Z, seen))
        return min(seen.values())

    phases_of(monkeypatch, tmp_path, improve_one)
    first = dict(history[:5])
    assert all(seen[z] == z for seen in first.values() for z in seen)


def test_rounds_are_limited(monkeypatch, tmp_path):
    _, rounds, _ = phases_of(monkeypatch, tmp_path, lambda Z, seen: seen[Z] - 1.0, protons=(8, 8))
    assert rounds == chart_module.ROUNDS


# --- tasks that are kept ----------------------------------------------------------------------------------------------


def test_a_run_that_failed_goes_on_where_it_stopped(tmp_path, monkeypatch, small):
    """A chain fails in the first round: what is finished stays on disk, is not computed again, and the end is the same."""
    computed = []
    walk, improve_all = chart_module.walk, chart_module.improve_all
    of_chart = chart_module.chart_hash()
    # it would follow whatever takes the place of a phase
    monkeypatch.setattr(chart_module, "chart_hash", lambda *_: of_chart)
    failing = True

    def counting_walk(Z, *rest):
        computed.append(("walk", Z))
        return walk(Z, *rest)

    def breaking(nuclei, *rest):
        Z = nuclei[0][0].Z
        computed.append(("round", Z))
        if failing and Z == 8:
            raise RuntimeError("the power went out")
        return improve_all(nuclei, *rest)

    monkeypatch.setattr(chart_module, "walk", counting_walk)
    monkeypatch.setattr(chart_module, "improve_all", breaking)
    with pytest.raises(RuntimeError, match="power"):
        make_chart(work=tmp_path, **SMALL)
    kept = {(path.parent.name, path.stem) for path in tmp_path.glob("chart-*/*/Z*.pkl")}
    assert {("walk", "Z008"), ("walk", "Z010")} <= kept
    assert ("round-1", "Z008") not in kept
    computed.clear()
    failing = False
    resumed = make_chart(work=tmp_path, **SMALL)
    assert not [Z for phase, Z in computed if phase == "walk"]
    assert ("round", 8) in computed
    assert resumed.attrs["resumed_tasks"] == len(kept)
    assert physics(resumed).identical(physics(small[0]))


def test_tasks_lost_are_computed_again(tmp_path, small):
    """Delete what was kept of one chain in each phase: the rest is read, the chart is the same."""
    chart, work = small
    [folder] = work.glob("chart-*")
    paths = sorted(folder.glob("*/Z*.pkl"))
    assert {path.parent.name for path in paths} >= {"walk", "round-1", "describe"}
    lost = [path for path in paths if path.stem == "Z010"]
    for path in lost:
        path.unlink()
    again = make_chart(work=work, **SMALL)
    assert again.attrs["resumed_tasks"] == len(paths) - len(lost)
    assert sorted(folder.glob("*/Z*.pkl")) == paths
    assert physics(again).identical(physics(chart))


def test_kept_tasks_belong_to_code_and_settings(tmp_path, monkeypatch):
    """Tasks of other code, functional, pairing, mesh or window lie in another folder and are never taken up."""
    usual = (PC_PK1, False, get_mesh(), (8, 20), tmp_path)
    folders = {tasks_folder(*usual)}
    others = [{0: FUNCTIONALS["PC-F1"]}, {0: replace(PC_PK1, alpha_S=-4e-4)}, {1: True}, {3: (8, 22)}]
    others += [{2: mesh} for mesh in (get_mesh(21.0), get_mesh(step=0.1), get_mesh(uniform=True), get_mesh(wall=True))]
    for other in others:
        folders.add(tasks_folder(*(other.get(i, value) for i, value in enumerate(usual))))
    monkeypatch.setattr(chart_module, "chart_hash", lambda *_: "other code")
    folders.add(tasks_folder(*usual))
    assert len(folders) == len(others) + 2
    assert tasks_folder(*usual) in folders


def test_what_tasks_leave_on_disk(small):
    """Rows that can be read without the solver, and states with the neighbours they have tried."""
    _, work = small
    [path] = work.glob("chart-*/describe/Z008.pkl")
    rows = pickle.loads(path.read_bytes())
    assert [(row["Z"], row["N"]) for row in rows] == [(8, 8), (8, 10), (8, 12)]
    assert all(isinstance(row, dict) and set(VARIABLES) <= row.keys() for row in rows)
    assert all(row["seconds"] > 0 for row in rows)
    [path] = work.glob("chart-*/walk/Z008.pkl")
    chain = pickle.loads(path.read_bytes())
    assert all(isinstance(each, Minimum) for each in chain.values())
    assert path.stat().st_size < 3e5, "no operators of the mesh, no wave functions"


def test_local_processes_give_the_same_chart(tmp_path, window):
    """Two loky processes and one: the same, to the last digit."""
    assert physics(make_chart(work=tmp_path, **{**WINDOW, "workers": 2})).identical(physics(window))


# --- files -------------------------------------------------------------------------------------------------------------


def test_written_and_read_again(tmp_path, window):
    path = tmp_path / "chart.nc"
    store.write(window, path)
    assert is_current(path=path)
    again = load_chart(path=path)
    assert again.sizes == window.sizes
    for name in window.data_vars:
        assert np.array_equal(again[name].values, window[name].values, equal_nan=window[name].dtype.kind == "f"), name
    assert again.attrs.keys() - {"date_created"} == window.attrs.keys()
    assert [file.name for file in tmp_path.iterdir()] == ["chart.nc"]


def test_a_stale_file_is_refused(tmp_path, window):
    """The numbers of other code look like ours; the error says which code, and what to do."""
    path = tmp_path / "chart.nc"
    stale = window.copy()
    stale.attrs = {**window.attrs, "code_hash": "0123456789abcdef"}
    store.write(stale, path)
    assert not is_current(path=path)
    with pytest.raises(
        ValueError, match=r"chart\.nc was made by other code \(0123456789abcdef\).*python -m lib charts"
    ):
        load_chart(path=path)


def test_a_chart_of_other_couplings_is_refused(tmp_path, window, monkeypatch):
    """Under a functional's name or file, but not by its couplings as they are now; or with pairing, and not without."""
    path = tmp_path / "chart.nc"
    store.write(window, path)
    for arguments, text in (
        ({"functional": "PC-F1"}, "functional = PC-PK1, not PC-F1"),
        ({"pairing": True}, "pairing = 0, not 1"),
    ):
        assert not is_current(path=path, **arguments)
        with pytest.raises(ValueError, match=rf"chart\.nc has {text}.*run `python -m lib charts"):
            load_chart(path=path, **arguments)
    monkeypatch.setitem(FUNCTIONALS, "PC-PK1", replace(PC_PK1, alpha_S=1.001 * PC_PK1.alpha_S))
    assert not is_current(path=path)
    with pytest.raises(
        ValueError, match=r"chart\.nc has couplings = PointCoupling\(name='PC-PK1'.*, not PointCoupling"
    ):
        load_chart(path=path)


@pytest.mark.parametrize("keep", [0, 100, 0.5, -10], ids=["empty", "head only", "half", "end missing"])
def test_a_damaged_file_is_refused(tmp_path, window, keep):
    path = tmp_path / "chart.nc"
    store.write(window, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    assert not is_current(path=path)
    with pytest.raises(ValueError, match=r"chart\.nc is damaged .*delete it and run `python -m lib charts"):
        load_chart(path=path)


def test_a_file_that_is_no_chart_is_refused(tmp_path):
    path = tmp_path / "chart.nc"
    path.write_text("Z,N,energy\n8,8,-117\n")
    assert not is_current(path=path)
    with pytest.raises(ValueError, match=r"chart\.nc is damaged"):
        load_chart(path=path)


def test_damaged_data_behind_a_good_head_are_refused(tmp_path, window):
    """Zeros in the middle of the compressed profiles: no plausible chart of half the numbers may come out."""
    path = tmp_path / "chart.nc"
    store.write(window, path)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 5000] = bytes(5000)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"chart\.nc is damaged"):
        load_chart(path=path)


def test_a_missing_file_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.nc is not there: run `python -m lib charts"):
        load_chart(path=tmp_path / "none.nc")
    assert not is_current(path=tmp_path / "none.nc")


def test_select(window):
    row = select(window, 20, 28)
    assert (int(row.Z), int(row.N)) == (20, 28)
    assert float(row.energy) == pytest.approx(-407.3000, abs=1e-3)
    with pytest.raises(ValueError, match=r"Z = 20, N = 60 is not among the \d+ bound"):
        select(window, 20, 60)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"Z_range": (8, 9)}, "Z = 9 is odd.*8 or 10"),
        ({"N_range": (9, 20)}, "N = 9 is odd.*8 or 10"),
        ({"Z_range": (12, 8)}, r"Z_range = \(12, 8\) is reversed.*\(first, last\)"),
        ({"N_range": (20, 8)}, r"N_range = \(20, 8\) is reversed.*\(first, last\)"),
        ({"Z_range": (0, 12)}, "Z = 0 is out of range.*2 to 300"),
        ({"N_range": (8, 302)}, "N = 302 is out of range.*2 to 300"),
        ({"Z_range": (8.0, 12)}, r"Z = 8\.0 is not an integer"),
        ({"N_range": (True, 12)}, "N = True is not an integer"),
        ({"N_range": (8, "20")}, "N = '20' is not an integer"),
        ({"functional": "NL3"}, "'NL3'.*PC-PK1, PC-F1"),
        ({"box": 10.0}, r"box = 10\.0 .*15 to 60"),
        ({"step": 0.5}, r"step = 0\.5 .*0\.02 to 0\.25"),
        ({"wall": "no"}, "wall = 'no' is neither True nor False"),
        ({"pairing": 1}, "pairing = 1 is neither True nor False"),
        ({"Z_range": (8,)}, r"Z_range = \(8,\) is no range: give \(first, last\)"),
    ],
)
def test_bad_settings_are_refused_before_any_work(tmp_path, settings, words):
    with pytest.raises(ValueError, match=words):
        make_chart(work=tmp_path, **{**WINDOW, **settings})
    assert not list(tmp_path.iterdir())


def test_a_window_without_a_bound_nucleus(tmp_path):
    with pytest.raises(ValueError, match="no bound nucleus: widen"):
        make_chart(Z_range=(8, 8), N_range=(60, 62), workers=1, work=tmp_path)


def test_no_scheduler_at_the_address(tmp_path, monkeypatch):
    """The address is named, and the command that starts a scheduler."""
    patient = distributed.Client
    monkeypatch.setattr(distributed, "Client", lambda address, timeout: patient(address, timeout="1s"))
    with pytest.raises(ConnectionError, match=r"no Dask scheduler answers at 'tcp://127\.0\.0\.1:9'.*dask scheduler"):
        make_chart(work=tmp_path, scheduler="tcp://127.0.0.1:9", **WINDOW)


def test_chains_start_where_nuclei_are_bound():
    """16O, 40-48Ca, 120Sn, 208Pb: the liquid drop is good to a few neutrons."""
    for Z, N in ((8, 8), (20, 22), (50, 70), (82, 124)):
        assert abs(stability_N(Z) - N) <= 4
        assert stability_N(Z) % 2 == 0


def test_command_line_refuses_bad_options(capsys):
    for arguments, words in ((["NL3"], "NL3"), (["--workers", "0"], "at least 1")):
        with pytest.raises(SystemExit) as refused:
            __main__.main(["charts", *arguments])
        assert refused.value.code == 2
        assert words in capsys.readouterr().err


# --- the two full charts --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def charts():
    return {name: load_chart(name) for name in PAPER_FUNCTIONALS}


@BOTH
def test_full_chart_is_current_and_unpaired(charts, name):
    assert is_current(name)
    assert charts[name].functional == name
    assert charts[name].pairing == 0
    assert charts[name].wall == 0
    assert charts[name].box_fm == get_mesh().box
    assert charts[name].rounds < chart_module.ROUNDS
    assert not charts[name].pairing_energy.values.any()


@BOTH
def test_number_of_nuclei(charts, name):
    """About 1,300 with PC-PK1 as expected, 5 % fewer with PC-F1; no nucleus twice."""
    chart = charts[name]
    low, high = {"PC-PK1": (1300, 1380), "PC-F1": (1230, 1300)}[name]
    assert low <= chart.sizes["nucleus"] <= high
    assert len(set(zip(chart.Z.values, chart.N.values, strict=True))) == chart.sizes["nucleus"]
    assert sorted(set(chart.Z.values)) == list(range(8, 101, 2))
    assert chart.N.values.min() == 8
    assert chart.N.values.max() == 156
    assert not (chart.N.values % 2).any()


@BOTH
def test_most_measured_nuclei_are_in_the_chart(charts, name):
    """At least 609 of the 632: the others are bound only by what a spherical unpaired state lacks."""
    chart = charts[name]
    assert 609 <= is_known(chart.Z.values, chart.N.values).sum() <= 632


@BOTH
def test_pairing_unbinds_nothing_that_is_well_bound(charts, name):
    """What is bound without pairing by more than 3 MeV a pair is in the paired chart too, 28Si for instance, and lies lower."""
    chart, paired = charts[name], load_chart(name, pairing=True)
    energy = (paired.energy + paired.pairing_energy).values
    lowest = dict(zip(zip(paired.Z.values, paired.N.values, strict=True), energy, strict=True))
    deep = (chart.two_neutron_separation_energy > 3) & (chart.two_proton_separation_energy > 3)
    places = list(zip(chart.Z.values[deep], chart.N.values[deep], strict=True))
    assert (14, 14) in places
    assert [at for at in places if at not in lowest] == []
    gain = chart.energy.values[deep] - np.array([lowest[at] for at in places])
    assert gain.min() > -1e-3


@BOTH
def test_numerics_of_the_full_chart(charts, name):
    """Particle numbers, sum rule, residual: every row."""
    chart = charts[name]
    assert np.abs(chart.sum_rule_error).max() < 2e-4
    assert chart.residual.max() < 1e-5
    assert chart.energy_uncertainty.max() < 3e-4
    assert chart.radius_uncertainty.max() < 0.03
    weights = np.full(151, 0.1)
    weights[-1] /= 2
    for particle, numbers in (("neutron", chart.N), ("proton", chart.Z)):
        shells = 4 * np.pi * NETWORK_MESH**2 * chart[f"{particle}_density"].values
        missing = numbers.values - shells @ weights
        tail = shells[:, -1] * 0.1 / np.log(shells[:, -2] / shells[:, -1])  # if it falls on as it does at the end
        assert np.all(missing > 0.95 * tail - 1e-6)
        assert np.all(missing < 1.5 * tail + 1e-6)


@BOTH
def test_integral_on_the_networks_mesh_is_the_energy(charts, name):
    """What the networks are asked to learn is the energy but for what lies further out: little, and only in halos.

    There is nothing out there but neutrons without a force, each with the energy of its level: the last, or one that is a
    little deeper.  What lies 4 MeV deeper falls off by another e^-3 from the surface on.
    """
    chart = charts[name]
    on_mesh = SHELL_FM * chart.energy_density.values @ NETWORK_MESH**2
    beyond = chart.energy_beyond_mesh.values
    assert on_mesh + beyond == pytest.approx(chart.energy.values, abs=1e-9)
    assert -0.5 < beyond.min() < -0.1
    assert beyond.max() < 1e-3
    last = chart.neutron_fermi_energy.values
    neutrons = chart.N.values - SHELL_FM * chart.neutron_density.values @ NETWORK_MESH**2
    some = neutrons > 1e-3
    assert some.sum() > 300
    deeper = last[some] - beyond[some] / neutrons[some]
    assert -0.01 < deeper.min()  # a last level itself, felt by what is left of the potentials
    assert deeper.max() < 4
    well_bound = last < -7
    assert well_bound.sum() > 100
    assert np.abs(beyond[well_bound]).max() < 0.05 * np.abs(beyond).max()


@BOTH
def test_every_row_is_bound(charts, name):
    """Fermi energies below zero, separation energies positive; energies per nucleon of nuclei."""
    chart = charts[name]
    assert chart.neutron_fermi_energy.max() < 0
    assert chart.proton_fermi_energy.max() < 0
    for which, nearest in (("neutron", chart.N), ("proton", chart.Z)):
        separation = chart[f"two_{which}_separation_energy"].values
        assert np.nanmin(separation) > 0
        assert np.isnan(separation).sum() < 80
        assert np.isnan(separation[nearest.values == 8]).all()
    per_nucleon = (chart.energy / (chart.Z + chart.N)).values
    assert -9 < per_nucleon.min()
    assert per_nucleon.max() < -3


@BOTH
def test_separation_energies_of_the_full_chart(charts, name):
    chart = charts[name]
    energy = dict(zip(zip(chart.Z.values, chart.N.values, strict=True), chart.energy.values, strict=True))
    for Z, N, value in zip(chart.Z.values, chart.N.values, chart.two_neutron_separation_energy.values, strict=True):
        if (Z, N - 2) in energy:
            assert value == pytest.approx(energy[Z, N - 2] - energy[Z, N], abs=1e-9)


@BOTH
def test_occupations_of_the_full_chart(charts, name):
    """sum 2|kappa| v^2 is N and Z in every row, padding left out, and nothing sits above zero energy."""
    chart = charts[name]
    holds = chart.occupation.fillna(0) * 2 * np.abs(chart.kappa.fillna(0))
    for particle, numbers in (("n", chart.N), ("p", chart.Z)):
        held = holds.where(chart.particle == particle, 0).sum("level")
        assert np.abs(held - numbers).max() < 1e-6
    assert float(chart.level_energy.max()) < 0, "nor does an empty one that the table has"
    assert float((chart.occupation == 0).sum("level").min()) > 0


@BOTH
def test_particles_of_the_full_chart_are_in_order(charts, name):
    """No level with room lies below one with particles, be they shared or not; levels that share are degenerate."""
    chart = charts[name]
    energy, occupation = chart.level_energy.values, chart.occupation.values
    for q in "np":
        own = chart.particle.values == q
        highest = np.where(own & (occupation > 1e-9), energy, -np.inf).max(1)
        lowest = np.where(own & (occupation < 1 - 1e-9), energy, np.inf).min(1)
        assert np.isfinite(highest).all()
        assert np.isfinite(lowest).mean() > 0.9
        assert (highest - lowest).max() < 2e-4


@BOTH
def test_units_of_the_full_chart(charts, name):
    chart = charts[name]
    assert set(VARIABLES) <= set(chart.data_vars)
    for key, variable in chart.variables.items():
        assert variable.attrs["long_name"], key
        assert variable.attrs["units"] == VARIABLES[key].unit if key in VARIABLES else variable.attrs["units"], key


def test_claim_7_of_the_paper(charts):
    """PC-F1 and PC-PK1 differ by more than 3 MeV (rms of E_CDFT) over the known nuclei both have."""
    energies = [
        {
            (Z, N): E
            for Z, N, E in zip(chart.Z.values, chart.N.values, chart.energy.values, strict=True)
            if is_known(Z, N)
        }
        for chart in charts.values()
    ]
    common = energies[0].keys() & energies[1].keys()
    assert len(common) > 600
    assert 3 < np.sqrt(np.mean([(energies[1][key] - energies[0][key]) ** 2 for key in common])) < 4


@BOTH
def test_shares_of_the_full_chart(charts, name):
    """Some dozens of nuclei share; there even filling costs up to 0.15 MeV, elsewhere nothing."""
    chart = charts[name]
    shared, cost = chart.shared_occupation.values == 1, (chart.even_filling_energy - chart.energy).values
    assert 15 < shared.sum() < 100
    assert np.abs(cost[~shared]).max() < 1e-4
    assert cost[shared].min() > 0
    assert 0.05 < cost[shared].max() < 0.15
    inside = (chart.occupation > 1e-6) & (chart.occupation < 1 - 1e-6)
    for q in "np":
        partly = (inside & (chart.particle == q)).sum("level").values
        assert partly[~shared].max() == 1
        assert partly.max() == 2


@pytest.mark.parametrize(
    ("Z", "N", "energy"), [(34, 62, -757.411), (34, 34, -554.097), (72, 110, -1423.870), (72, 118, -1475.712)]
)
def test_lowest_known_energies_of_the_full_chart(charts, Z, N, energy):
    """96Se, 68Se, 182Hf, 190Hf: what far wider searches have found."""
    assert float(select(charts["PC-PK1"], Z, N).energy) == pytest.approx(energy, abs=1.5e-3)


@pytest.mark.parametrize(("Z", "step"), [(14, 8), (40, 12), (82, 12)])
def test_rows_of_the_full_chart_against_the_solver_alone(charts, Z, step):
    """Some isotopes of an element, from scratch and on a patch of nine: the same energy and the same densities."""
    chart = charts["PC-PK1"]
    for i in np.flatnonzero(chart.Z.values == Z)[::step]:
        N = int(chart.N[i])
        alone = record(ground_state(Z, N, PC_PK1, get_mesh()))
        assert alone["energy"] == pytest.approx(float(chart.energy[i]), abs=1e-3), N
        assert alone["vector_density"] == pytest.approx(chart.vector_density[i].values, abs=1e-5), N


@pytest.mark.slow
@BOTH
def test_no_row_of_the_full_chart_is_beaten_by_a_cold_start(charts, name):
    chart, mesh = charts[name], get_mesh()
    beaten = {}
    for Z, N, energy in zip(chart.Z.values, chart.N.values, chart.energy.values, strict=True):
        cold = settle(int(Z), int(N), FUNCTIONALS[name], mesh)
        if cold.bound and energy - cold.energy > 3e-4:
            beaten[int(Z), int(N)] = round(energy - cold.energy, 4)
    assert beaten == {}


@pytest.mark.slow
@BOTH
def test_the_solver_alone_finds_what_the_chart_holds(charts, name):
    """A nucleus solved on a patch of nine is not bound less than in the chart, nor more: sixty, at random."""
    chart, mesh = charts[name], get_mesh()
    for i in np.random.default_rng(7).choice(chart.sizes["nucleus"], 60, replace=False):
        Z, N = int(chart.Z[i]), int(chart.N[i])
        alone = ground_state(Z, N, FUNCTIONALS[name], mesh)
        assert alone.energy == pytest.approx(float(chart.energy[i]), abs=1e-3), (Z, N)


# --- a real cluster -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker(half_killed_cluster, tmp_path):
    """SIGKILL to one of two workers as soon as the first chain is done: the chart is complete and the local one."""
    settings = {"Z_range": (8, 22), "N_range": (8, 40)}
    there = half_killed_cluster(functools.partial(make_chart, **settings), "chart-*/walk/Z*.pkl", 8)
    here = make_chart(workers=1, work=tmp_path / "here", **settings)
    assert there.sizes == here.sizes
    assert physics(there).identical(physics(here))


# --- what a chart does not hold ----------------------------------------------------------------------------------------


def test_gaps_lie_between_isotopes_that_are_held(window):
    assert missing_isotopes(window) == []
    holed = window.isel(nucleus=~((window.Z.values == 20) & np.isin(window.N.values, (22, 26))))
    assert missing_isotopes(holed) == [(20, 22), (20, 26)]
    first = window.N.values[window.Z.values == 20].min()
    assert missing_isotopes(window.isel(nucleus=~((window.Z.values == 20) & (window.N.values == first)))) == []


def test_a_nucleus_that_is_not_held_is_found_from_those_around_it(window):
    holed = window.isel(nucleus=~((window.Z.values == 20) & (window.N.values == 26)))
    found = not_in_chart(holed, 20, 26, get_mesh())
    assert (found.Z, found.N, found.bound) == (20, 26, True)
    assert found.energy == pytest.approx(float(select(window, 20, 26).energy), abs=1e-3)


def test_far_from_a_chart_nothing_is_known(window):
    with pytest.raises(ValueError, match="Z = 60, N = 90 has no neighbour in the chart of PC-PK1"):
        not_in_chart(window, 60, 90, get_mesh())


@BOTH
@pytest.mark.slow
def test_what_a_chart_leaves_out_inside_its_chains_is_not_bound(name):
    chart = load_chart(name)
    for Z, N in missing_isotopes(chart):
        found = not_in_chart(chart, Z, N, get_mesh())
        lighter = chart.energy.values[(chart.Z.values == Z) & (chart.N.values < N)]
        assert not found.bound or found.energy > lighter.min(), (Z, N)
