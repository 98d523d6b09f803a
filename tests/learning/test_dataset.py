"""The data set of the networks: inputs by hand, integrals of the densities, differences by nucleus, the splits."""

import numpy as np
import pytest

from lib import store
from lib.learning.dataset import SPLITS, inner_learning, load_dataset, random_learning, valence_factor
from lib.learning.known_region import distance, is_known
from lib.learning.table_one import DENSITIES, NUMBERS
from lib.rmf.chart import load_chart
from lib.rmf.mesh import SHELL_FM

BOTH = pytest.mark.parametrize("target", ["E", "dE"])


def nuclei(dataset):
    return list(zip(dataset.Z.values.tolist(), dataset.N.values.tolist(), strict=True))


def on_the_mesh(chart):
    """The part of each E_CDFT (MeV) that lies on the networks' mesh, from the energy density."""
    return 4 * np.pi * 0.1 * (chart.energy_density.values * (0.1 * np.arange(151)) ** 2).sum(axis=1)


def row(dataset, Z, N):
    return dataset.isel(nucleus=nuclei(dataset).index((Z, N)))


@pytest.mark.parametrize(
    ("Z", "N", "P"),
    [
        (8, 8, 0.0),
        (50, 82, 0.0),
        (82, 126, 0.0),
        (50, 70, 0.0),  # nu_p = 0, nu_n = 12
        (14, 20, 0.0),  # nu_p = 6, nu_n = 0
        (10, 10, 1.0),  # 2 and 2
        (32, 46, 2.0),  # 78Ge: 4 from 28, 4 from 50
        (32, 64, 56 / 18),  # 96Ge: 4 from 28, 14 from 50
        (66, 98, 8.0),  # 16 from 50 and from 82, 16 from 82
        (92, 146, 20 / 3),  # 10 from 82, 20 from 126
        (100, 156, 18 * 28 / 46),  # 18 from 82, 28 from 184, of which the neutrons know but not the protons
    ],
)
def test_valence_factor_by_hand(Z, N, P):
    assert float(valence_factor(Z, N)) == pytest.approx(P, abs=1e-12)


def test_valence_factor_of_the_whole_chart():
    """Nucleus by nucleus, from the nearest magic numbers in plain integers."""
    dataset = load_dataset("E")
    for (Z, N), P in zip(nuclei(dataset), dataset.numbers.sel(number="P").values, strict=True):
        p = min(abs(Z - magic) for magic in (8, 20, 28, 50, 82))
        n = min(abs(N - magic) for magic in (8, 20, 28, 50, 82, 126, 184))
        assert pytest.approx(p * n / (p + n) if p + n else 0.0, abs=1e-12) == P, (Z, N)


@BOTH
def test_inputs_of_NN1(target):
    """Z, N, I, P in this order; I of 208Pb is 44/208."""
    dataset = load_dataset(target)
    assert NUMBERS == ("Z", "N", "I", "P")
    assert row(dataset, 82, 126).numbers.values == pytest.approx([82, 126, 44 / 208, 0])
    assert np.array_equal(dataset.numbers.values[:, :2], np.array(nuclei(dataset)))


def test_densities_and_targets_are_those_of_the_chart_times_r_squared():
    dataset, chart = load_dataset("E"), load_chart("PC-PK1")
    assert nuclei(dataset) == nuclei(chart)
    assert dataset.r.values == pytest.approx([0.1 * i for i in range(151)])
    assert DENSITIES[:3] == ("scalar_density", "vector_density", "isovector_density")
    for i in (0, 600, 1300):
        for j in (0, 1, 30, 75, 150):
            r = 0.1 * j
            for k, name in enumerate(DENSITIES):
                assert float(dataset.densities[i, j, k]) == pytest.approx(r * r * float(chart[name][i, j]), rel=1e-12)
            density = float(chart.energy_density[i, j])
            assert float(dataset.energy_density[i, j]) == pytest.approx(r * r * density, rel=1e-12)
    on_mesh = on_the_mesh(chart)
    assert dataset.energy.values == pytest.approx(on_mesh, rel=1e-12)
    # all of oxygen's energy, all but keVs of lead's, and more than a tenth of an MeV less in halos
    beyond = dict(zip(nuclei(chart), chart.energy.values - on_mesh, strict=True))
    assert abs(beyond[8, 8]) < 1e-6
    assert -0.003 < beyond[82, 126] < -0.001
    assert -0.5 < min(beyond.values()) < -0.1
    assert not dataset.baseline_energy.values.any()


@BOTH
def test_densities_integrate_to_nucleon_numbers(target):
    """4 pi int r^2 rho dr: A for the vector, N - Z for the isovector density, nothing for a Laplacian (Gauss).

    What lies beyond the mesh is counted as if the densities of neutrons and protons fell on as they do at its end; it may
    be somewhat more, since the least bound nucleons reach furthest, but not less.
    """
    dataset = load_dataset(target)
    Z, N = dataset.Z.values, dataset.N.values
    integral = dict(zip(DENSITIES, 4 * np.pi * 0.1 * dataset.densities.values.sum(axis=1).T, strict=True))
    vector, isovector = (
        4 * np.pi * dataset.densities.values[..., DENSITIES.index(f"{kind}_density")]
        for kind in ("vector", "isovector")
    )
    for shell, number in (((vector + isovector) / 2, N), ((vector - isovector) / 2, Z)):
        missing = number - 0.1 * (shell.sum(axis=1) - shell[:, -1] / 2)
        tail = 0.1 * shell[:, -1] / np.log(shell[:, -2] / shell[:, -1])
        assert (missing > 0.95 * tail - 1e-6).all()
        assert (missing < 1.5 * tail + 1e-6).all()
        assert np.median(missing) < 1e-3, "most nuclei end before the mesh does"
    # small components of the spinors: the scalar density holds a few per cent less
    assert (0.85 * (N + Z) < integral["scalar_density"]).all()
    assert (integral["scalar_density"] < N + Z).all()
    # of a nucleus that ends well inside the box
    laplacian = row(dataset, 50, 82).densities.values[:, 3:]
    assert (np.abs(laplacian.sum(axis=0)) < 1e-3 * np.abs(laplacian).sum(axis=0)).all()


@BOTH
def test_integral_of_the_target_density_is_the_target_energy(target):
    """To 1 keV for every nucleus, so that a network which gives the density gives the energy."""
    dataset = load_dataset(target)
    integral = 4 * np.pi * 0.1 * dataset.energy_density.values.sum(axis=1)
    assert np.abs(integral - dataset.energy.values).max() < 1e-3
    assert SHELL_FM * dataset.energy_density.values.sum(axis=1) == pytest.approx(integral, rel=1e-12)


def test_correction_is_the_difference_of_both_charts_by_nucleus():
    """E(PC-F1) - E(PC-PK1) on the mesh for the nuclei both bind, from two dictionaries; inputs stay those of PC-PK1."""
    dataset = load_dataset("dE")
    pk1, f1 = load_chart("PC-PK1"), load_chart("PC-F1")
    energy = {
        name: dict(zip(nuclei(chart), on_the_mesh(chart), strict=True)) for name, chart in (("a", pk1), ("b", f1))
    }
    assert set(nuclei(dataset)) == energy["a"].keys() & energy["b"].keys()
    assert 1200 < dataset.sizes["nucleus"] < pk1.sizes["nucleus"]
    for nucleus, value, base in zip(
        nuclei(dataset), dataset.energy.values, dataset.baseline_energy.values, strict=True
    ):
        assert value == pytest.approx(energy["b"][nucleus] - energy["a"][nucleus], abs=1e-9)
        assert base == pytest.approx(energy["a"][nucleus], abs=1e-9)
    total = load_dataset("E")
    for nucleus in ((8, 8), (50, 82), (92, 146)):
        mine = row(dataset, *nucleus)
        assert np.array_equal(mine.densities.values, row(total, *nucleus).densities.values)
        difference = row(f1, *nucleus).energy_density.values - row(pk1, *nucleus).energy_density.values
        assert mine.energy_density.values == pytest.approx(mine.r.values**2 * difference, abs=1e-12)
    # -1103.360 and -1104.478 MeV with the c.m. correction, which hardly depends on the functional
    assert float(row(dataset, 50, 82).energy) == pytest.approx(1104.478 - 1103.360, abs=0.2)


def test_order_and_gaps_of_the_other_chart_do_not_matter(tmp_path):
    """PC-F1 written backwards, with holes: every nucleus still meets itself."""
    pk1 = load_chart("PC-PK1").isel(nucleus=slice(200, 260))
    f1 = load_chart("PC-F1").isel(nucleus=slice(180, 260))
    f1 = f1.isel(nucleus=[i for i in reversed(range(80)) if i % 7])
    store.write(pk1, tmp_path / "PC-PK1.nc")
    store.write(f1, tmp_path / "PC-F1.nc")
    few = load_dataset("dE", folder=tmp_path)
    assert 20 < few.sizes["nucleus"] < 60
    assert set(nuclei(few)) == set(nuclei(pk1)) & set(nuclei(f1))
    everything = load_dataset("dE")
    for i, nucleus in enumerate(nuclei(few)):
        assert few.isel(nucleus=i).identical(row(everything, *nucleus)), nucleus


@BOTH
def test_known_and_distance(target):
    """618 of the 632 measured masses are bound by both functionals; d = 0 there and at least 2 elsewhere."""
    dataset = load_dataset(target)
    assert dataset.known.values.sum() == 618
    assert np.array_equal(dataset.known.values, is_known(dataset.Z.values, dataset.N.values))
    assert np.array_equal(dataset.distance.values, distance(dataset.Z.values, dataset.N.values))
    assert np.array_equal(dataset.distance.values == 0, dataset.known.values)
    assert int(row(dataset, 32, 64).distance) == 10


@BOTH
def test_names_units_and_provenance(target):
    dataset = load_dataset(target)
    assert dataset.attrs["target"] == target
    assert dataset.attrs["chart_code_hash"] == load_chart("PC-PK1").code_hash
    for name in ("numbers", "densities", "energy", "energy_density", "baseline_energy"):
        assert dataset[name].attrs["units"], name
        assert np.isfinite(dataset[name].values).all(), name
    assert load_dataset(target) is dataset


@pytest.mark.parametrize("split", [0, 7, SPLITS - 1])
def test_split_is_80_to_20_of_the_known_nuclei(split):
    known = load_dataset("E").known.values
    learning = random_learning(known, split)
    assert learning.dtype == bool
    assert learning.shape == known.shape
    assert learning.sum() == 494  # 80 % of 618
    assert (known & ~learning).sum() == 124
    assert not (learning & ~known).any()


def test_splits_can_be_repeated_and_differ():
    """The same seed gives the same split; two of the twenty share about 80 % of their learning sets, no more."""
    known = load_dataset("E").known.values
    splits = np.stack([random_learning(known, split) for split in range(SPLITS)])
    assert len(splits) == 20
    for split, learning in enumerate(splits):
        assert np.array_equal(random_learning(known, split), learning)
    for a in range(SPLITS):
        for b in range(a):
            assert 0.7 < (splits[a] & splits[b]).sum() / 494 < 0.9
    # no nucleus is favoured: each is learnt in a binomial number of the splits, 16 +- 1.8
    times = splits[:, known].sum(axis=0)
    assert times.mean() == pytest.approx(16, abs=0.02)
    assert times.std() == pytest.approx(np.sqrt(20 * 0.8 * 0.2), rel=0.15)


def test_split_of_a_few_nuclei_by_hand():
    known = np.array([True, False, True, True, True, False, True, True, True, True, True, True])
    learning = random_learning(known, 3)
    assert learning.sum() == 8  # of ten
    assert not learning[[1, 5]].any()


def test_inner_learning_leaves_out_the_neutron_richest_third():
    """Two elements in disorder, one unknown nucleus each: of six and four known isotopes, two and one are left out."""
    Z = np.array([8, 20, 8, 8, 8, 8, 20, 20, 8, 20, 8, 20])
    N = np.array([12, 20, 8, 18, 10, 16, 28, 22, 14, 26, 20, 30])
    known = (N != 20) | (Z == 20)
    known[(Z == 20) & (N == 30)] = False
    learning = inner_learning(known, Z, N)
    kept = {(z, n) for z, n, take in zip(Z.tolist(), N.tolist(), learning, strict=True) if take}
    assert kept == {(8, 8), (8, 10), (8, 12), (8, 14), (20, 20), (20, 22), (20, 26)}
    assert known.sum() == 10, "the argument must not be changed"


def test_inner_learning_of_the_chart():
    """In each element, all that is left out is richer in neutrons than all that is kept, and is a third of it."""
    dataset = load_dataset("E")
    known, Z, N = dataset.known.values, dataset.Z.values, dataset.N.values
    learning = inner_learning(known, Z, N)
    assert not (learning & ~known).any()
    for element in np.unique(Z):
        isotopes = known & (Z == element)
        out = isotopes & ~learning
        assert out.sum() == round(isotopes.sum() / 3)
        if out.any():
            assert N[out].min() > N[isotopes & learning].max()
    assert (known & ~learning).sum() / known.sum() == pytest.approx(1 / 3, abs=0.02)


def test_bad_input_is_refused(tmp_path):
    with pytest.raises(ValueError, match="unknown target 'F': choose one of E, dE"):
        load_dataset("F")
    with pytest.raises(ValueError, match="split = -1 is out of range: give 0 to 19"):
        random_learning(np.ones(5, dtype=bool), -1)
    with pytest.raises(FileNotFoundError, match=r"PC-PK1\.nc is not there: run `python -m lib charts"):
        load_dataset("E", folder=tmp_path / "nowhere")
    store.write(load_chart("PC-PK1").isel(nucleus=slice(3)), tmp_path / "PC-PK1.nc")
    with pytest.raises(FileNotFoundError, match=r"PC-F1\.nc is not there: run `python -m lib charts"):
        load_dataset("dE", folder=tmp_path)


def test_a_stale_chart_is_refused(tmp_path):
    stale = load_chart("PC-PK1").isel(nucleus=slice(3))
    stale.attrs = {**stale.attrs, "code_hash": "0123456789abcdef"}
    store.write(stale, tmp_path / "PC-PK1.nc")
    with pytest.raises(ValueError, match=r"made by other code \(0123456789abcdef\).*python -m lib charts"):
        load_dataset("E", folder=tmp_path)
