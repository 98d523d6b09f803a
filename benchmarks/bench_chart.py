"""What a nucleus costs, where the time goes, and what the same would cost by dense diagonalisation.

    python benchmarks/bench_chart.py

All numbers are of this machine, one process, one thread, printed in one run so that their ratios hold.  Nothing here
fails on time; it fails only if the reference finds other levels.
"""

# ruff: noqa: E402
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import time
from collections import defaultdict
from statistics import median

import numpy as np
from dense_dirac import basis, dense_levels

from lib.rmf import iteration, lowest, occupation
from lib.rmf.dirac import bound_levels
from lib.rmf.functionals import PC_PK1
from lib.rmf.mesh import get_mesh
from lib.rmf.observables import observables

BOX, STEP = 15.0, 0.1
TOLERANCE_MEV = 2e-5
"""The two solvers agree to this; the shooting's own step error reaches 1.9e-5 MeV in oxygen, where S and V curve most."""
MOMENTA = 8.0  # fm^-1: free waves of the reference; 6 changes its levels by less than 2e-6 MeV
NUCLEI = [(8, 8), (14, 14), (20, 28), (40, 50), (50, 70), (50, 82), (70, 104), (82, 126), (92, 146)]


def clock(function, repeat=3):
    """Median seconds of some calls, and the last result."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    return median(times), result


class Stages:
    """Adds up the time inside some functions of lib.rmf, by wrapping them while a nucleus is solved."""

    def __init__(self):
        self.seconds = defaultdict(float)
        self.saved = []

    def wrap(self, owner, name, stage):
        original = getattr(owner, name)

        def timed(*arguments, **settings):
            start = time.perf_counter()
            try:
                return original(*arguments, **settings)
            finally:
                self.seconds[stage] += time.perf_counter() - start

        self.saved.append((owner, name, original))
        setattr(owner, name, timed)

    def __enter__(self):
        self.wrap(occupation.Filling, "levels", "Dirac levels")
        self.wrap(iteration, "Densities", "densities, potentials")
        self.wrap(iteration.Anderson, "mix", "mixing")
        return self

    def __exit__(self, *error):
        for owner, name, original in self.saved:
            setattr(owner, name, original)


def cost_of_nuclei(mesh):
    print("seconds per nucleus, PC-PK1, no pairing, box 15 fm, median of 3; warm: from the field of the N + 2 isotope")
    print(
        f"{'Z':>4} {'N':>4} {'A':>4} {'cold':>8} {'iter.':>6} {'warm':>8} {'iter.':>6} {'ms/iter.':>9} {'observables':>12}"
    )
    cost = []
    for Z, N in NUCLEI:
        cold, solution = clock(lambda Z=Z, N=N: lowest.ground_state(Z, N, PC_PK1, mesh))
        neighbour = lowest.ground_state(Z, N + 2, PC_PK1, mesh)
        warm, other = clock(
            lambda Z=Z, N=N, state=neighbour.state: lowest.ground_state(Z, N, PC_PK1, mesh, False, state)
        )
        read, _ = clock(lambda solution=solution: observables(solution))
        each = 1e3 * cold / solution.iterations
        cost.append((Z + N, each))
        print(
            f"{Z:4d} {N:4d} {Z + N:4d} {cold:8.4f} {solution.iterations:6d} {warm:8.4f} {other.iterations:6d} "
            f"{each:9.2f} {1e3 * read:9.2f} ms"
        )
    power = np.polyfit(*np.log(np.array(cost)).T, 1)[0]
    print(f"cost of an iteration grows as A^{power:.2f}")
    print("iterations include those that try neighbouring orders of the levels (open shells)\n")


def share_of_stages(mesh):
    print("share of the stages (cold start, observables included)")
    names = ("Dirac levels", "densities, potentials", "mixing", "observables", "rest")
    print(f"{'Z':>4} {'N':>4} " + " ".join(f"{name:>22}" for name in names))
    for Z, N in ((8, 8), (50, 82), (82, 126)):
        with Stages() as stages:
            start = time.perf_counter()
            for _ in range(5):
                solution = lowest.ground_state(Z, N, PC_PK1, mesh)
            before = time.perf_counter()
            for _ in range(5):
                observables(solution)
            end = time.perf_counter()
        seconds = {**stages.seconds, "observables": end - before}
        seconds["rest"] = end - start - sum(seconds.values())
        print(f"{Z:4d} {N:4d} " + " ".join(f"{100 * seconds[name] / (end - start):20.1f} %" for name in names))
    print()


class Record:
    """Keeps potentials, window and guesses of every call of the Dirac solver while a nucleus is solved."""

    def __enter__(self):
        self.calls = []

        def recorded(*arguments):
            self.calls.append(arguments)
            return bound_levels(*arguments)

        occupation.bound_levels = recorded
        return self

    def __exit__(self, *error):
        occupation.bound_levels = bound_levels

    def replay(self):
        """All calls once more, with the guesses they had; returns the levels of the last neutron and proton call."""
        return [bound_levels(*call) for call in self.calls][-2:]


def ratio_to_dense(mesh):
    mass = PC_PK1.nucleon_mass
    print(
        "Dirac levels of both species, one iteration: shooting against scipy.linalg.eigh, one matrix per kappa that has"
    )
    print(
        f"a level, in free waves up to {MOMENTA} fm^-1 kept from call to call; both with wave functions.  'loop': mean over"
    )
    print("the iterations of a cold start, guesses from the iteration before; 'blank': last iteration without guesses")
    print(
        f"{'Z':>4} {'N':>4} {'levels':>7} {'blocks':>7} {'size':>5} {'loop':>9} {'blank':>9} {'dense':>9} "
        f"{'dense/loop':>11} {'dense/blank':>12} {'largest difference':>19}"
    )
    for Z, N in ((8, 8), (20, 28), (50, 82), (82, 126)):
        with Record() as record:
            iteration.iterate(Z, N, PC_PK1, mesh)
        loop, levels = clock(record.replay, 5)
        last = record.calls[-2:]
        blank, _ = clock(lambda last=last: [bound_levels(*call[:5]) for call in last], 9)

        def dense(last=last, levels=levels):
            # each matrix is asked for one state more than there are levels, so that a level missed would be seen
            return [
                {
                    kappa: dense_levels(kappa, vector + scalar, vector - scalar, mass, BOX, STEP, MOMENTA, count + 1)[0]
                    for kappa, count in zip(*np.unique(found.kappa, return_counts=True), strict=True)
                }
                for (_, scalar, vector, *_), found in zip(last, levels, strict=True)
            ]

        dense()  # makes the free waves
        diagonalising, reference = clock(dense, 9)
        worst = 0.0
        for found, by_kappa, call in zip(levels, reference, last, strict=True):
            for kappa, energies in by_kappa.items():
                expected = energies[energies < call[4]]
                mine = np.sort(found.energy[found.kappa == kappa])
                if len(mine) != len(expected):
                    raise SystemExit(f"Z = {Z}, N = {N}, kappa = {kappa}: {len(mine)} levels, dense {len(expected)}")
                worst = max(worst, np.abs(mine - expected).max())
        shooting = loop / (len(record.calls) / 2)
        size = 2 * len(basis(-1, BOX, STEP, MOMENTA)[0])
        print(
            f"{Z:4d} {N:4d} {sum(len(found.energy) for found in levels):7d} {sum(map(len, reference)):7d} {size:5d} "
            f"{1e3 * shooting:6.2f} ms {1e3 * blank:6.2f} ms {1e3 * diagonalising:6.2f} ms "
            f"{diagonalising / shooting:11.1f} {diagonalising / blank:12.1f} {worst:15.1e} MeV"
        )
        if worst > TOLERANCE_MEV:
            raise SystemExit(f"Z = {Z}, N = {N}: the two solvers differ by {worst:.1e} MeV")
    print(f"the two solvers find the same levels: largest difference allowed {TOLERANCE_MEV} MeV")


if __name__ == "__main__":
    mesh = get_mesh(BOX, STEP)
    lowest.ground_state(8, 8, PC_PK1, mesh)  # compiles
    cost_of_nuclei(mesh)
    share_of_stages(mesh)
    ratio_to_dense(mesh)
