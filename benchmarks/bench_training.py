"""What a member of an ensemble costs: arithmetic of a Levenberg-Marquardt step, Adam in its place, two processes.

    python benchmarks/bench_training.py                        # one network of each family
    python benchmarks/bench_training.py NN3-I6D --budget 300   # longer for Adam
    python benchmarks/bench_training.py --budget 5 --steps 3   # a quick look

All numbers are of this machine, one thread, printed in one run so that their ratios hold.  Seconds are those of the
processor, as in learning curves, and of the clock where two processes are compared.  Nothing here fails on time.
"""

# ruff: noqa: E402
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse
import itertools
import math
import time
from collections import defaultdict
from dataclasses import replace

import joblib
import numpy as np
import torch

from lib.learning.adam import adam
from lib.learning.dataset import load_dataset, random_learning
from lib.learning.jacobian import Tape
from lib.learning.levenberg_marquardt import NormalEquations
from lib.learning.networks import Network, fixed_layers
from lib.learning.recipes import RECIPES
from lib.learning.table_one import get_network
from lib.learning.train import seed_of, train_member
from lib.tasks import engine, known_to

NETWORKS = ("NN1-I4dE", "NN2-I6dE", "NN2-I6dD", "NN3-I6D")
PAIR_SECONDS = 5.0
"""Members that take longer are cut to about this for the comparison of one and two processes."""
STAGES = ("activations", "signals", "rows", "normal matrix", "Cholesky", "rest")


def peak(dtype, sizes=(1024, 1536, 2048), repeat=5):
    """Best of some square matrix products, GFLOP/s, on one thread."""
    best = 0.0
    for n in sizes:
        a, b = torch.randn(n, n, dtype=dtype), torch.randn(n, n, dtype=dtype)
        out = torch.empty(n, n, dtype=dtype)
        torch.mm(a, b, out=out)
        for _ in range(repeat):
            start = time.process_time()
            torch.mm(a, b, out=out)
            best = max(best, 2e-9 * n**3 / (time.process_time() - start))
    return best


class Account:
    """Counts operations and time of the stages of a step, by wrapping methods of lib.learning while a member is trained.

    Counted, from the shapes, is what the matrix products and the factorisation do; not counted is what is done element
    by element (activations and slopes themselves, sums, copies), though its time is.  With s_i the sizes of the layers,
    M points of all nuclei, P parameters, R rows: activations 2 M sum s_i s_i+1, rows the same, signals without the first
    layer; normal matrix n (n + 1) P or n (n + 1) R, one triangle, with n = R where the system is that of the rows and
    n = P elsewhere; Cholesky n^3 / 3 + 2 n^2, in double precision.
    """

    def __init__(self):
        self.seconds, self.flops, self.calls = defaultdict(float), defaultdict(float), defaultdict(int)
        self.stack, self.saved = [], []
        self.rows = self.parameters = 0

    def wrap(self, owner, name, stage, flops):
        original = getattr(owner, name)

        def timed(*arguments):
            return self.clock(stage, flops, original, *arguments)

        self.saved.append((owner, name, original))
        setattr(owner, name, timed)

    def clock(self, stage, flops, function, *arguments):
        """Call a function; what functions within it take is theirs and not its own."""
        start = time.process_time()
        self.stack.append(0.0)
        result = function(*arguments)
        elapsed = time.process_time() - start
        self.seconds[stage] += elapsed - self.stack.pop()
        if self.stack:
            self.stack[-1] += elapsed
        self.flops[stage] += flops(*arguments)
        self.calls[stage] += 1
        return result

    def __enter__(self):
        def products(network, points, first=0):
            sizes = [network.matrix.shape[1], *[network.recipe.width] * network.recipe.layers, network.basis.shape[0]]
            return 2 * points * sum(a * b for a, b in list(itertools.pairwise(sizes))[first:])

        def outer(tape, *_):
            return products(tape.network, tape.nuclei * tape.points)

        def products_of_rows(equations, *_):
            self.rows, self.parameters = equations.rows.shape
            n = len(equations.matrix)
            return n * (n + 1) * (self.rows if n == self.parameters else self.parameters)

        def factorisation(equations, _):
            n = len(equations.matrix)
            return n**3 / 3 + 2 * n**2

        self.wrap(Tape, "__init__", "activations", lambda _, network, x: products(network, x.shape[0] * x.shape[1]))
        self.wrap(Tape, "_propagate", "signals", lambda t, _: products(t.network, t.nuclei * t.points, first=1))
        self.wrap(Tape, "rows", "rows", outer)
        self.wrap(Tape, "gradient", "rows", outer)
        self.wrap(NormalEquations, "__init__", "normal matrix", products_of_rows)
        self.wrap(NormalEquations, "solve", "Cholesky", factorisation)
        return self

    def __exit__(self, *error):
        for owner, name, original in reversed(self.saved):
            setattr(owner, name, original)


def recipe_of(id, steps):
    recipe = RECIPES[id]
    return replace(recipe, steps=steps) if steps else recipe


def train(id, split, init, steps=None):
    """One member as the ensemble has it; also what a worker process does."""
    return train_member(id, split, init, load_dataset(get_network(id).target), recipe_of(id, steps))


def seconds_of(id, split, init, steps=None):
    """Train in another process; the network stays there."""
    return train(id, split, init, steps).seconds


def cost_of_steps(networks, steps, sgemm, dgemm):
    """Arithmetic of the second-order steps; returns the trained members."""
    print(
        "Levenberg-Marquardt, one member on one thread; time at peak is what the matrix products alone would need there"
    )
    print(
        f"{'network':>9} {'param.':>7} {'rows':>6} {'steps':>6} {'trials':>7} {'GFLOP':>9} {'s/member':>9} {'GFLOP/s':>8} "
        f"{'share of peak':>14}"
    )
    members, accounts = {}, {}
    for id in networks:
        with Account() as account:
            member = train(id, 0, 0, steps)
        account.seconds["rest"] = member.seconds - sum(account.seconds.values())
        single, double = sum(account.flops.values()) - account.flops["Cholesky"], account.flops["Cholesky"]
        at_peak = 1e-9 * (single / sgemm + double / dgemm)
        print(
            f"{id:>9} {account.parameters:7d} {account.rows:6d} {member.curve.sizes['step'] - 1:6d} "
            f"{account.calls['Cholesky']:7d} {1e-9 * (single + double):9.2f} {member.seconds:9.3f} "
            f"{1e-9 * (single + double) / member.seconds:8.2f} {100 * at_peak / member.seconds:12.1f} %"
        )
        members[id], accounts[id] = member, account
    print("\nits stages: share of the time, GFLOP/s, share of peak (of double precision for the factorisation)")
    print(f"{'network':>9} " + " ".join(f"{stage:>22}" for stage in STAGES))
    for id, account in accounts.items():
        cells = []
        for stage in STAGES:
            seconds, flops = account.seconds[stage], 1e-9 * account.flops[stage]
            cell = f"{100 * seconds / members[id].seconds:5.1f} %"
            if flops and seconds:
                at_peak = flops / seconds / (dgemm if stage == "Cholesky" else sgemm)
                cell += f" {flops / seconds:6.1f} {100 * at_peak:5.1f} %"
            cells.append(f"{cell:>22}")
        print(f"{id:>9} " + " ".join(cells))
    print("rest: fixed layers, losses, signs of the random sums, validation nuclei\n")
    return members


def untrained(id, split, init, steps):
    """The network a member starts from, with its data."""
    spec = get_network(id)
    dataset, recipe = load_dataset(spec.target), recipe_of(id, steps)
    known = dataset.known.values
    learning = random_learning(known, split)
    network = Network(spec, recipe, fixed_layers(spec, recipe, dataset, learning), seed_of(id, split, init))
    return network, dataset, learning, known & ~learning


def ratio_to_adam(members, steps, budget, learning_rate):
    """Seconds of Adam until its learning error is that of the second-order member."""
    print(
        "an ordinary PyTorch loop, Adam on batches of 64 nuclei, one member on one thread, from the same initial network:"
    )
    print(f"time to the same rms error of the energy in the learning set; schedules of up to {budget:g} s")
    print(
        f"{'network':>9} {'LM: s':>8} {'learn.':>8} {'valid.':>8} {'Adam: s':>9} {'epochs':>7} {'learn.':>8} {'valid.':>8} "
        f"{'Adam / LM':>10}   (rms in MeV)"
    )
    for id, member in members.items():
        goal, mine = float(member.curve.learning_rms[-1]), float(member.curve.validation_rms[-1])
        warm = adam(*untrained(id, 0, 0, steps), epochs=2, learning_rate=learning_rate)
        epoch = float(warm.seconds[1] - warm.seconds[0])
        reached = None
        # a longer schedule anneals more slowly: the shortest of three that gets there counts, the others are not charged
        for share in (1 / 16, 1 / 4, 1):
            epochs = max(2, math.ceil(share * budget / epoch))
            curve = adam(*untrained(id, 0, 0, steps), epochs=epochs, learning_rate=learning_rate)
            hits = np.flatnonzero(curve.learning_rms.values <= goal)
            reached = int(hits[0]) if len(hits) else None
            if reached is not None:
                break
        last = curve.isel(step=-1 if reached is None else reached)
        print(
            f"{id:>9} {member.seconds:8.2f} {goal:8.4f} {mine:8.4f} {float(last.seconds):9.2f} {epochs:7d} "
            f"{float(last.learning_rms):8.4f} {float(last.validation_rms):8.4f} "
            f"{'>= ' if reached is None else ''}{float(last.seconds) / member.seconds:.1f}"
        )
    print("epochs: of the schedule, along which the learning rate falls to zero; >=: Adam had not got there\n")


def two_processes(members):
    """Throughput of two processes over that of one, members trained side by side."""
    print(f"members side by side: two processes against one after the other, on {os.cpu_count()} cores")
    print(f"{'network':>9} {'members':>8} {'steps':>6} {'one: s':>8} {'two: s':>8} {'throughput':>11}")
    with engine(None, 2) as parallel:
        for id, member in members.items():
            count = 2 * max(1, min(8, math.ceil(1 / member.seconds)))
            # a few steps show the ratio as well as all
            made = member.curve.sizes["step"] - 1
            few = max(1, math.ceil(made * min(1.0, PAIR_SECONDS / member.seconds)))
            jobs = [joblib.delayed(seconds_of)(id, 1 + i // 5, i % 5, few) for i in range(count)]
            list(parallel(joblib.delayed(seconds_of)(id, 1, i, 1) for i in range(2)))  # imports torch, reads the charts
            start = time.perf_counter()
            list(parallel(jobs))
            middle = time.perf_counter()
            for function, arguments, _ in jobs:
                function(*arguments)
            one, two = time.perf_counter() - middle, middle - start
            print(f"{id:>9} {count:8d} {few:6d} {one:8.2f} {two:8.2f} {one / two:10.2f}x")


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Measure what training a network costs.")
    parser.add_argument("networks", nargs="*", type=known_to(get_network), help=f"default: {' '.join(NETWORKS)}")
    parser.add_argument(
        "--budget", type=float, default=60.0, help="seconds of Adam's longest schedule for each network"
    )
    parser.add_argument("--steps", type=int, help="Levenberg-Marquardt steps instead of those of the recipes")
    parser.add_argument("--learning-rate", type=float, default=3e-3, help="of Adam, at its start")
    options = parser.parse_args(arguments)
    if options.budget <= 0 or (options.steps is not None and options.steps < 1):
        parser.error("--budget and --steps: give positive numbers")
    torch.set_num_threads(1)
    sgemm, dgemm = peak(torch.float32), peak(torch.float64, sizes=(1024, 1536))
    print(f"matrix products on one thread, best of several: {sgemm:.1f} GFLOP/s single, {dgemm:.1f} double precision\n")
    networks = options.networks or NETWORKS
    for id in networks:
        train(id, 0, 0, steps=1)  # reads the charts
    members = cost_of_steps(networks, options.steps, sgemm, dgemm)
    ratio_to_adam(members, options.steps, options.budget, options.learning_rate)
    two_processes(members)


if __name__ == "__main__":
    main()
