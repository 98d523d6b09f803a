"""Fit a functional to a list of nuclei of one's own: ``python -m publish.press.fit nuclei.csv``.

The list has the columns Z, N, mass (mass excess of the neutral atom, MeV) and radius (rms charge radius, fm), the last two empty
where nothing is known.  Written are the functional, which is then a functional by its file (``solve(50, 82,
functional="nuclei-fit.json")``), a table of all nuclei with chains left out and predicted errors, and a figure of it.
An interrupted run resumes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lib.fit import Design
from lib.fit_data import read_list
from lib.fit_list import fit_list, report
from lib.rmf.catalogue import get_functional
from lib.rmf.functionals import FUNCTIONALS
from lib.tasks import add_engine_options, alone, atomic_write, errors_in_one_line, known_to


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m publish.press.fit",
        description="Fit a functional to a list of nuclei: Z, N, mass, radius as CSV.",
    )
    parser.add_argument(
        "list", type=Path, help="CSV file with the columns Z, N, mass (MeV, excess of the atom), radius (fm)"
    )
    parser.add_argument(
        "--start", type=known_to(get_functional), default="PC-PK1", help=f"of {', '.join(FUNCTIONALS)}; default: PC-PK1"
    )
    parser.add_argument("-o", "--output", type=Path, help="folder of what is written; default: that of the list")
    for option, name, what in (
        ("sigma-energy", "energy_error", "what energies are expected to miss by, MeV"),
        ("sigma-radius", "radius_error", "what charge radii are expected to miss by, fm"),
        ("prior", "prior", "standard deviation of couplings before any data, relative"),
        ("pairing-prior", "pairing_prior", "the same of the pairing strengths"),
    ):
        usual = getattr(Design, name)
        parser.add_argument(f"--{option}", dest=name, type=_positive, default=usual, help=f"{what}; default: {usual:g}")
    add_engine_options(parser)
    options = parser.parse_args(arguments)
    with errors_in_one_line():
        data = read_list(options.list)
        folder, name = options.output or options.list.parent, f"{options.list.stem}-fit"
        design = Design(
            energy_error=options.energy_error,
            radius_error=options.radius_error,
            prior=options.prior,
            pairing_prior=options.pairing_prior,
        )
        with alone(folder / f"{name}.json"):
            outcome = fit_list(
                data, name, folder, options.start, design, workers=options.workers, scheduler=options.scheduler
            )
            picture = folder / f"{name}.png"
            _draw(outcome.nuclei, options.start, picture)
        print(report(outcome))
        print(f"written: {', '.join(map(str, (*outcome.files, picture)))}", file=sys.stderr)


def _draw(nuclei, start: str, path: Path) -> None:
    """The figure of a list: deviations at the start, and of the fits that did not know the chain."""
    import matplotlib

    matplotlib.use("agg")
    from publish.show.draw_self_consistency import residual_figure
    from publish.show.style import use_style

    use_style()
    before = nuclei.assign(energy_off=nuclei.start_energy - nuclei.measured_energy)
    unseen = nuclei.assign(
        energy_off=nuclei.left_out_energy - nuclei.measured_energy, energy_predicted=nuclei.left_out_energy_error
    )
    figure = residual_figure(before, unseen, start)
    atomic_write(path, lambda temporary: figure.savefig(temporary, format="png"))


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number: give one")
    return value


if __name__ == "__main__":
    main()
