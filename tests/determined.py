"""What must come out alike on every machine: ``python tests/determined.py FOLDER WORKERS`` leaves its numbers and tables there.

A small chart and its mass table as CSV, two nuclei alone, two members in full length and what they have learnt.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

FROM_CHART = (
    "energy",
    "total_energy",
    "neutron_radius",
    "energy_beyond_mesh",
    "scalar_density",
    "vector_density",
    "energy_density",
)


def numbers(folder: Path, workers: int) -> dict[str, np.ndarray]:
    from lib import mass_table
    from lib.learning.dataset import load_dataset
    from lib.learning.recipes import RECIPES
    from lib.learning.train import train_member
    from lib.rmf import solve
    from lib.rmf.chart import make_chart

    chart = make_chart(Z_range=(20, 22), N_range=(18, 32), workers=workers, work=folder / "work")
    found = {name: chart[name].values for name in FROM_CHART}
    mass_table.write(mass_table.mass_table(chart=chart), folder)
    for Z, N in ((82, 126), (62, 140)):
        nucleus = solve(Z, N)
        found |= {
            f"{name} of {Z}, {N}": nucleus[name].values for name in ("energy", "energy_beyond_mesh", "vector_density")
        }
    for id, steps in (("NN1-I4dE", None), ("NN2-I6dE", 3)):
        recipe = RECIPES[id] if steps is None else replace(RECIPES[id], steps=steps)
        dataset = load_dataset("dE")
        member, known = train_member(id, 0, 0, dataset, recipe), dataset.known.values
        found[f"known of {id}"], found[f"far of {id}"] = member.predicted_energy[known], member.predicted_energy[~known]
        found[f"rms of {id}"] = member.curve.learning_rms.values
    return found


if __name__ == "__main__":
    place = Path(sys.argv[1])
    np.savez(place / "numbers.npz", **numbers(place, int(sys.argv[2])))
