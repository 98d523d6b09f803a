"""Every rms error of the figures and of the tables of errors once more, from the files, by numpy alone.

``python -m studies.recompute`` prints what the book says and what comes out here, side by side, and ends with an error if the
two differ by more than :data:`TOLERANCE_MEV`.  The own numbers know the file format (HDF5, CSV) and nothing of this book's
code: which nuclei are known and how far the others are from them is read off the table of measured masses, targets off the
charts, predictions off the ensembles.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable
from typing import NamedTuple

import h5py
import numpy as np

from claims.evidence import Evidence, in_third, near_drip_line, neutron_deficient
from lib.learning.ensemble import FOLDER
from lib.learning.table_one import CORRECTING, TABLE_I
from lib.provenance import DATA
from lib.rmf.chart import load_chart
from lib.tasks import errors_in_one_line

TOLERANCE_MEV = 1e-4
"""Charts are made on each machine anew, and differ by less; what the book prints has no more digits."""
MINIMUM_NUCLEI = 5  # of a distance that Figs. 1 and 3 draw


class Number(NamedTuple):
    """One rms error, MeV: ``what`` it is, by the ``book`` and by this module's ``own`` way."""

    what: str
    book: float
    own: float


def rms(values: np.ndarray) -> float:
    """Root of the mean of the squares."""
    return np.sqrt(np.mean(np.square(values)))


def measured() -> dict[tuple[int, int], float]:
    """Binding energies of ``ame2020.csv``, MeV, by (Z, N)."""
    with (DATA / "ame2020.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return {(int(row["Z"]), int(row["N"])): float(row["binding_energy"]) for row in rows}


def mesh_energies(functional: str) -> dict[tuple[int, int], float]:
    """Energies of a chart as the networks learn them, MeV, by (Z, N): 4 pi dr sum r^2 e(r) over the mesh of the file."""
    with h5py.File(DATA / f"{functional}.nc") as file:
        r = file["r"][:]
        energies = 4 * np.pi * (r[1] - r[0]) * (file["energy_density"][:] @ r**2)
        return dict(zip(zip(file["Z"][:].tolist(), file["N"][:].tolist(), strict=True), energies, strict=True))


def total_energies(functional: str) -> dict[tuple[int, int], float]:
    """Total energies of a chart with pairing, MeV, by (Z, N)."""
    with h5py.File(DATA / f"{functional}-paired.nc") as file:
        places = zip(file["Z"][:].tolist(), file["N"][:].tolist(), strict=True)
        return dict(zip(places, file["total_energy"][:].tolist(), strict=True))


class Own:
    """An ensemble as its file has it: nuclei (Z, N), targets (nucleus,), predictions (member, nucleus), who learnt whom."""

    def __init__(self, id: str):
        with h5py.File(FOLDER / f"{id}.nc") as file:
            self.Z, self.N = file["Z"][:], file["N"][:]
            self.predicted = file["predicted_energy"][:].astype(float)
            fold = {number: place for place, number in enumerate(file["fold"][:].tolist())}
            self.learnt = file["is_learning"][:].astype(bool)[[fold[split] for split in file["split"][:].tolist()]]
        places = list(zip(self.Z.tolist(), self.N.tolist(), strict=True))
        base, other = mesh_energies("PC-PK1"), mesh_energies("PC-F1")
        # networks with a delta correct PC-PK1 to PC-F1
        self.target = np.array([other[at] - base[at] if "d" in id else base[at] for at in places])
        table = np.array(list(measured()))
        isotopes = {Z: table[table[:, 0] == Z, 1] for Z in np.unique(table[:, 0])}
        self.distance = np.array([np.abs(isotopes[Z] - N).min() for Z, N in places])
        self.known = self.distance == 0
        self.lightest = np.array([isotopes[Z].min() for Z, _ in places])
        self.heaviest = np.array([self.N[self.Z == Z].max() for Z, _ in places])

    @property
    def mean(self) -> np.ndarray:
        """Error of the mean of all members, MeV, (nucleus,)."""
        return self.predicted.mean(axis=0) - self.target

    @property
    def held_out(self) -> np.ndarray:
        """Error of the mean of the members that have not learnt a nucleus, MeV; NaN where there is none."""
        count = (~self.learnt).sum(axis=0)
        sums = np.where(self.learnt, 0.0, self.predicted).sum(axis=0)
        return np.where(count > 0, sums / np.maximum(count, 1), np.nan) - self.target

    def at(self, low: int, high: int) -> np.ndarray:
        """Nuclei from one distance to another, boolean (nucleus,)."""
        return (self.distance >= low) & (self.distance <= high)


def of_networks(evidence: Evidence) -> Iterable[Number]:
    """By region, as in the tables of errors; by distance, as in Figs. 1 and 3."""
    for id in TABLE_I:
        own = Own(id)
        single, held_out = own.predicted - own.target, own.held_out[own.known]
        ours = {
            "known": rms(own.mean[own.known]), "learning": rms(single[own.learnt]),
            "validation": rms(single[own.known & ~own.learnt]), "out of sample": rms(held_out[np.isfinite(held_out)]),
            "d = 2–10": rms(own.mean[own.at(2, 10)]), "d = 12–20": rms(own.mean[own.at(12, 20)]),
            "d = 22–30": rms(own.mean[own.at(22, 30)]), "d > 30": rms(own.mean[own.at(32, 1000)]),
        }  # fmt: skip
        for region, value in evidence.errors[id].table().items():
            yield Number(f"{id}, {region}", value, ours[region])
        for distance, value in evidence.curve(id).rms.items():
            yield Number(f"{id} at d = {distance}", value, rms(own.mean[own.at(distance, distance)]))


def of_functionals(evidence: Evidence) -> Iterable[Number]:
    """E(PC-F1) - E(PC-PK1), of Fig. 3, and both functionals beside measured masses, of the chapter on the chart."""
    own = Own(CORRECTING[0])
    yield Number("PC-PK1 and PC-F1, known", evidence.rms("PC-PK1").value, rms(own.target[own.known]))
    for distance, value in evidence.curve("PC-PK1").rms.items():
        there = own.at(distance, distance)
        yield Number(f"PC-PK1 and PC-F1 at d = {distance}", value, rms(own.target[there]))
    masses = measured()
    for name in ("PC-PK1", "PC-F1"):
        chart, ours = load_chart(name, pairing=True), total_energies(name)
        found = [ours[at] + masses[at] for at in ours if at in masses]
        places = zip(chart.Z.values.tolist(), chart.N.values.tolist(), strict=True)
        book = [
            energy + masses[at] for at, energy in zip(places, chart.total_energy.values, strict=True) if at in masses
        ]
        yield Number(f"{name} and measured masses", rms(np.array(book)), rms(np.array(found)))


def of_parts(evidence: Evidence) -> Iterable[Number]:
    """Of parts of the chart, in Fig. 4: light, medium and heavy nuclei, the drip line, neutron-deficient ones."""
    own, errors = Own("NN3-I6dD"), evidence.errors["NN3-I6dD"]
    thirds = {"light": (8, 38), "medium": (40, 68), "heavy": (70, 100)}
    for name, (low, high) in thirds.items():
        for known in (True, False):
            here = (own.Z >= low) & (own.Z <= high) & (own.known == known)
            book = evidence.rms("NN3-I6dD", in_third(errors.Z, name) & (errors.known == known)).value
            yield Number(f"NN3-I6dD, {name}, {'known' if known else 'unknown'}", book, rms(own.mean[here]))
    drip = (own.heaviest < 156) & (own.N > own.heaviest - 8) & ~own.known
    yield Number(
        "NN3-I6dD at the drip line", evidence.rms("NN3-I6dD", near_drip_line(errors)).value, rms(own.mean[drip])
    )
    deficient = own.N < own.lightest + 6
    book = evidence.rms("PC-PK1", neutron_deficient(errors.Z, errors.N)).value
    yield Number("PC-PK1 and PC-F1, neutron-deficient", book, rms(own.target[deficient]))


def numbers() -> list[Number]:
    """All of them; raises what the files that are missing or damaged raise."""
    evidence = Evidence.load(minimum_nuclei=MINIMUM_NUCLEI)
    return [*of_networks(evidence), *of_functionals(evidence), *of_parts(evidence)]


def main(arguments: list[str] | None = None) -> None:
    argparse.ArgumentParser(prog="python -m studies.recompute", description=__doc__).parse_args(arguments)
    with errors_in_one_line():
        found = numbers()
    print(f"{'rms error (MeV)':44}{'book':>12}{'own':>12}")
    for what, book, own in found:
        print(f"{what:44}{book:12.6f}{own:12.6f}")
    # a number that is none is the worst
    worst = max(found, key=lambda number: np.nan_to_num(abs(number.book - number.own), nan=np.inf))
    apart = abs(worst.book - worst.own)
    print(f"{len(found)} numbers; the largest difference is {apart:.1e} MeV, {worst.what}")
    if not apart <= TOLERANCE_MEV:
        sys.exit(f"error: {worst.what} is {worst.book} MeV in the book and {worst.own} here")


if __name__ == "__main__":
    main()
