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

from lib.rmf import accuracy, iteration, lowest, occupation
from lib.rmf.dirac import no_guess
from lib.rmf.functionals import PC_PK1
from lib.rmf.mesh import get_mesh
from lib.rmf.solver import record

BOX, STEP = 15.0, 0.1
"""Of the reference, whose free waves end at a wall and whose points are equidistant."""
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
        self.wrap(occupation, "bound_levels", "Dirac levels")
        self.wrap(occupation, "follow_levels", "Dirac levels")
        self.wrap(iteration, "Densities", "densities, potentials")
        self.wrap(iteration.Anderson, "mix", "mixing")
        return self

    def __exit__(self, *error):
        for owner, name, original in self.saved:
            setattr(owner, name, original)


def described(minimum, mesh):
    """All that a data set holds of a state."""
    return record(minimum.solution(PC_PK1, mesh))


def cost_of_nuclei(mesh):
    print(
        "milliseconds per nucleus, PC-PK1, no pairing, median of 3.  settle: one self-consistent state, cold and from the\n"
        "field of the N + 2 isotope; alone: the lowest state, on a patch of nine nuclei; describe: observables and accuracy"
    )
    print(
        f"{'Z':>4} {'N':>4} {'A':>4} {'settle':>8} {'iter.':>6} {'warm':>8} {'iter.':>6} {'ms/iter.':>9} {'alone':>8} {'describe':>9}"
    )
    cost = []
    for Z, N in NUCLEI:
        cold, state = clock(lambda Z=Z, N=N: lowest.settle(Z, N, PC_PK1, mesh))
        start = lowest.settle(Z, N + 2, PC_PK1, mesh).state
        warm, other = clock(lambda Z=Z, N=N, start=start: lowest.settle(Z, N, PC_PK1, mesh, False, start))
        alone, _ = clock(lambda Z=Z, N=N: lowest.ground_state(Z, N, PC_PK1, mesh))
        read, _ = clock(lambda state=state: described(state, mesh))
        each = 1e3 * cold / state.iterations
        cost.append((Z + N, each))
        print(
            f"{Z:4d} {N:4d} {Z + N:4d} {1e3 * cold:8.1f} {state.iterations:6d} {1e3 * warm:8.1f} {other.iterations:6d} "
            f"{each:9.2f} {1e3 * alone:8.0f} {1e3 * read:9.1f}"
        )
    power = np.polyfit(*np.log(np.array(cost)).T, 1)[0]
    print(f"cost of an iteration grows as A^{power:.2f}\n")


def share_of_stages(mesh):
    print("share of the stages (one state from a cold start, its description apart)")
    names = ("Dirac levels", "densities, potentials", "mixing", "rest", "describe")
    print(f"{'Z':>4} {'N':>4} " + " ".join(f"{name:>22}" for name in names))
    for Z, N in ((8, 8), (50, 82), (82, 126)):
        with Stages() as stages:
            start = time.perf_counter()
            for _ in range(5):
                state = lowest.settle(Z, N, PC_PK1, mesh)
            before = time.perf_counter()
        for _ in range(5):
            described(state, mesh)
        end = time.perf_counter()
        rest = before - start - sum(stages.seconds.values())
        seconds = {**stages.seconds, "rest": rest, "describe": end - before}
        print(f"{Z:4d} {N:4d} " + " ".join(f"{100 * seconds[name] / (end - start):20.1f} %" for name in names))
    print()


def errors_of_meshes():
    print("keV by which the energy on a mesh differs from that in a box of 40 fm with a step of 0.08 fm (the estimate)")
    settings = [{"step": 0.1}, {}, {"step": 0.2}, {"step": 0.25}, {"box": 15.0}, {"box": 15.0, "wall": True}]
    names = [", ".join(f"{name} {value:g}" for name, value in each.items()) or "usual" for each in settings]
    print(f"{'Z':>4} {'N':>4} " + " ".join(f"{name:>21}" for name in names))
    finest = get_mesh(40.0, 0.08)
    for Z, N in ((8, 8), (16, 16), (32, 38), (82, 126), (62, 146)):
        exact = lowest.settle(Z, N, PC_PK1, finest)
        cells = []
        for each in settings:
            mesh = get_mesh(**each)
            order = {q: filling.again() for q, filling in exact.fillings.items()}
            found = iteration.iterate(Z, N, PC_PK1, mesh, order)
            estimate = accuracy.numerical_error(found).energy
            cells.append(f"{1e3 * (found.energy - exact.energy):11.3f} ({1e3 * estimate:7.3f})")
        print(f"{Z:4d} {N:4d} " + " ".join(f"{cell:>21}" for cell in cells))
    print()


class Record:
    """Keeps the arguments of every call of the Dirac solver while a nucleus is solved."""

    def __enter__(self):
        self.calls, self.originals = [], {}
        for name in ("bound_levels", "follow_levels"):
            self.originals[name] = function = getattr(occupation, name)

            def recorded(*arguments, function=function):
                self.calls.append((function, arguments))
                return function(*arguments)

            setattr(occupation, name, recorded)
        return self

    def __exit__(self, *error):
        for name, function in self.originals.items():
            setattr(occupation, name, function)

    def replay(self):
        """All calls once more, with the guesses they had."""
        for function, arguments in self.calls:
            function(*arguments)

    def last(self):
        """Arguments of the last calls that followed levels, of neutrons and protons."""
        followed = [arguments for function, arguments in self.calls if function is self.originals["follow_levels"]]
        return followed[-2:]


def ratio_to_dense():
    mesh, mass = get_mesh(BOX, STEP, uniform=True, wall=True), PC_PK1.nucleon_mass
    print(
        "Occupied Dirac levels of both species, one iteration: shooting against scipy.linalg.eigh, one matrix per kappa that\n"
        f"has a level, in free waves up to {MOMENTA} fm^-1 kept from call to call; both with wave functions, at a wall at 15 fm.\n"
        "'loop': mean over the iterations of a cold start, guesses from the iteration before; 'blank': without guesses"
    )
    print(
        f"{'Z':>4} {'N':>4} {'levels':>7} {'blocks':>7} {'size':>5} {'loop':>9} {'blank':>9} {'dense':>9} "
        f"{'dense/loop':>11} {'dense/blank':>12} {'largest difference':>19}"
    )
    for Z, N in ((8, 8), (20, 28), (50, 82), (82, 126)):
        with Record() as calls:
            iterations = lowest.settle(Z, N, PC_PK1, mesh).iterations
        loop, _ = clock(calls.replay, 5)
        last = calls.last()

        def blank(last=last):
            return [occupation.follow_levels(*call[:5], no_guess(), 1e-8) for call in last]

        def dense(last=last):
            return [
                {
                    kappa: dense_levels(kappa, vector + scalar, vector - scalar, mass, BOX, STEP, MOMENTA, count)[0]
                    for kappa, count in zip(*np.unique(named.kappa, return_counts=True), strict=True)
                }
                for _, scalar, vector, _, named, *_ in last
            ]

        shooting, levels = clock(blank, 9)
        dense()  # makes the free waves
        diagonalising, reference = clock(dense, 9)
        worst = 0.0
        for found, by_kappa in zip(levels, reference, strict=True):
            for kappa, expected in by_kappa.items():
                worst = max(worst, np.abs(np.sort(found.energy[found.kappa == kappa]) - expected).max())
        size = 2 * len(basis(-1, BOX, STEP, MOMENTA)[0])
        print(
            f"{Z:4d} {N:4d} {sum(len(found.energy) for found in levels):7d} {sum(map(len, reference)):7d} {size:5d} "
            f"{1e3 * loop / iterations:6.2f} ms {1e3 * shooting:6.2f} ms {1e3 * diagonalising:6.2f} ms "
            f"{diagonalising * iterations / loop:11.1f} {diagonalising / shooting:12.1f} {worst:15.1e} MeV"
        )
        if worst > TOLERANCE_MEV:
            raise SystemExit(f"Z = {Z}, N = {N}: the two solvers differ by {worst:.1e} MeV")
    print(f"the two solvers find the same levels: largest difference allowed {TOLERANCE_MEV} MeV")


if __name__ == "__main__":
    mesh = get_mesh()
    described(lowest.settle(8, 8, PC_PK1, mesh), mesh)  # compiles
    cost_of_nuclei(mesh)
    share_of_stages(mesh)
    errors_of_meshes()
    ratio_to_dense()
