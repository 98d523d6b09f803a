"""The same work by the code of two checkouts, taking turns: what a change of the solver is worth.

    python benchmarks/against.py ../before             # nuclei and chains, some minutes
    python benchmarks/against.py ../before --charts    # and whole charts, as many minutes as they take

Each checkout has a process of its own with one thread, and each piece of work is done by one and then by the other, so that
ratios hold on a machine that is busy with other things.  Milliseconds are those of the processor; charts, by two more
processes, are given in seconds of the clock and of the processor.  Nothing here fails on time.
"""

# ruff: noqa: E402
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse
import functools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import lib
from lib.rmf import chart, iteration, lowest, solve
from lib.rmf.functionals import PAPER_FUNCTIONALS, PC_PK1
from lib.rmf.mesh import get_mesh

HERE = Path(__file__).resolve().parents[1]
NUCLEI = [(20, 28), (50, 70), (82, 126)]
TURNS = 5


@functools.cache
def state(Z, N, paired):
    """A field to start from."""
    return lowest.settle(Z, N, PC_PK1, get_mesh(), paired).state


@functools.cache
def chains(Z):
    """An element and those beside it, nothing learnt from each other yet."""
    walks = [chart.walk(z, PC_PK1, get_mesh(), False, chart.N_RANGE) for z in (Z - 2, Z, Z + 2)]
    return {at: minimum for chain in walks for at, minimum in chain.items()}


def iterated(Z, N, paired=False):
    """One state from Woods-Saxon wells, the lowest or not, until its potentials reproduce themselves to 1e-5 MeV."""
    mesh = get_mesh()
    iteration.iterate(Z, N, PC_PK1, mesh, lowest.new_fillings(Z, N, PC_PK1, mesh, paired, warm=False))


def settled(Z, N, paired=False):
    """The same to what the code takes for enough in a search: not the same in both, nor what is left to be done later."""
    lowest.settle(Z, N, PC_PK1, get_mesh(), paired)


def followed(Z, N, paired=False):
    """One state from the field of the isotope with two neutrons more."""
    lowest.settle(Z, N, PC_PK1, get_mesh(), paired, state(Z, N + 2, paired))


def solved(Z, N, paired=False):
    """The lowest state, with all that is read off it."""
    solve(Z, N, pairing=paired)


def walked(Z, N, paired=False):
    """All isotopes, one after the other."""
    return len(chart.walk(Z, PC_PK1, get_mesh(), paired, chart.N_RANGE))


def improved(Z, N):
    """All isotopes, each learning from its neighbours."""
    found = chains(Z)
    own = [(best, near) for best, near in lowest.concerned(found, set(found)) if best.Z == Z]
    return len(lowest.improve_all(own, PC_PK1, get_mesh()))


def described(Z, N):
    """All that is read off them."""
    bound = {at: minimum for at, minimum in chains(Z).items() if at[0] == Z and minimum.bound}
    return len(chart.describe(bound, PC_PK1, get_mesh()))


PLAIN = [iterated, settled, followed, solved, walked, improved, described]
PAIRED = [iterated, settled, followed, solved, walked]


def work():
    """Do what is asked for, line by line; answer with milliseconds per nucleus, or with seconds of a chart."""
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    print(Path(lib.__file__).resolve().parents[1], file=answer, flush=True)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        if name == "chart":
            functional, paired = arguments
            with tempfile.TemporaryDirectory() as folder:
                made = chart.make_chart(functional, paired, workers=2, work=Path(folder))
            seconds = made.wall_time_seconds, made.cpu_seconds
        else:
            job = globals()[name]
            start = time.process_time()
            nuclei = job(*arguments) or 1
            seconds = 1e3 * (time.process_time() - start) / nuclei
        print(json.dumps(seconds), file=answer, flush=True)


class Checkout:
    """A process that works with the code of one checkout."""

    def __init__(self, root: Path):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--work", str(root)], cwd=root, encoding="utf-8", stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(root)},
        )  # fmt: skip
        found = self.process.stdout.readline().strip()
        if found != str(root):
            raise SystemExit(f"{root} is no checkout of this book: its code is that of {found or 'nowhere'}")

    def ask(self, *question):
        """The answer to a question, when it comes."""
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{question} cannot be done by {self.process.args[-1]}")
        return json.loads(line)


def compare(this: Checkout, other: Checkout, name, *arguments):
    """Medians of both, and of the ratio, over some turns; the first compiles and makes what the others start from."""
    turns = [(this.ask(name, *arguments), other.ask(name, *arguments)) for _ in range(TURNS + 1)][1:]
    return median(a for a, _ in turns), median(b for _, b in turns), median(b / a for a, b in turns)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="root of the other checkout")
    parser.add_argument("--charts", action="store_true", help="whole charts, too")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work()
        return
    this, other = Checkout(HERE), Checkout(options.other.resolve())
    print(
        f"milliseconds per nucleus, PC-PK1, median of {TURNS}: this code, the other, and how many times as fast this is"
    )
    print(f"{'':>10} " + "".join(f"{f'Z = {Z}, N = {N}':>27}" for Z, N in NUCLEI))
    for paired, jobs in ((False, PLAIN), (True, PAIRED)):
        for job in jobs:
            cells = []
            for Z, N in NUCLEI:
                here, there, ratio = compare(this, other, job.__name__, Z, N, *([True] if paired else []))
                cells.append(f"{here:9.2f}{there:9.2f}{ratio:7.2f} x")
            print(f"{job.__name__:>10} " + "".join(cells) + (" paired" if paired else ""), flush=True)
    if options.charts:
        print("\nseconds of a chart by two processes (of the processor): this code, the other, and the ratio of both")
        for paired in (False, True):
            for name in PAPER_FUNCTIONALS:
                (clock, cpu), (other_clock, other_cpu) = (
                    this.ask("chart", name, paired),
                    other.ask("chart", name, paired),
                )
                print(
                    f"{name:>8}{', paired' if paired else '':8} {clock:7.1f} ({cpu:6.1f}) {other_clock:7.1f} ({other_cpu:6.1f}) "
                    f"{other_clock / clock:6.2f} ({other_cpu / cpu:.2f})", flush=True,
                )  # fmt: skip


if __name__ == "__main__":
    main()
