"""The data of the book: ``python -m lib charts``, ``ensembles`` and ``tables`` make what is missing or out of date."""

from __future__ import annotations

import argparse
import shutil
import sys

from lib import store
from lib.tasks import add_engine_options, alone, errors_in_one_line, known_to


def make_charts(options: argparse.Namespace) -> None:
    """Compute the charts that are asked for, as far as they are not up to date."""
    from lib.rmf import chart
    from lib.rmf.catalogue import get_functional
    from lib.rmf.functionals import PAPER_FUNCTIONALS
    from lib.rmf.mesh import get_mesh

    for name in options.names or PAPER_FUNCTIONALS:
        path = chart.chart_path(name, options.pairing)
        with alone(path):
            if chart.is_current(name, pairing=options.pairing) and not options.force:
                continue
            made = chart.make_chart(name, options.pairing, workers=options.workers, scheduler=options.scheduler)
            # the paired charts are committed, for energies and radii alone: they take minutes
            store.write(made.drop_dims(["r", "level"]) if options.pairing else made, path, level=1)
            folder = chart.tasks_folder(get_functional(name), options.pairing, get_mesh(), chart.N_RANGE)
            shutil.rmtree(folder, ignore_errors=True)
        print(
            f"{path.name}: {made.sizes['nucleus']} bound nuclei of {made.computed_nuclei} computed "
            f"in {made.wall_time_seconds:.0f} s",
            file=sys.stderr,
        )


def make_ensembles(options: argparse.Namespace) -> None:
    """Train the ensembles that are asked for, as far as they are not up to date."""
    from lib.learning import ensemble
    from lib.learning.errors import Errors
    from lib.learning.table_one import TABLE_I

    for id in options.names or TABLE_I:
        with alone(ensemble.ensemble_path(id)):
            if not options.force and ensemble.is_current(id):
                continue
            made = None if options.force else ensemble.predicted_anew(id)
            if made is None:
                made = ensemble.make_ensemble(id, workers=options.workers, scheduler=options.scheduler)
            store.write(made, ensemble.ensemble_path(id))
            shutil.rmtree(ensemble.members_folder(id), ignore_errors=True)
        table = ", ".join(f"{name} {value:.3f}" for name, value in Errors(made).table().items())
        print(f"{id}: {table} MeV; {made.wall_time_seconds:.0f} s", file=sys.stderr)


def make_tables(options: argparse.Namespace) -> None:
    """Write the mass tables that are asked for, as far as they are not up to date."""
    from lib import mass_table
    from lib.rmf.functionals import PAPER_FUNCTIONALS

    for name in options.names or PAPER_FUNCTIONALS:
        for pairing in (False, True) if options.pairing is None else (options.pairing,):
            table = mass_table.mass_table(name, pairing=pairing)
            if mass_table.is_current(table) and not options.force:
                continue
            files = mass_table.write(table)
            print(
                f"{', '.join(path.name for path in files.values())}: {table.sizes['nucleus']} nuclei, "
                f"{len(table.variables)} columns",
                file=sys.stderr,
            )


def main(arguments: list[str] | None = None) -> None:
    from lib.learning.table_one import TABLE_I, get_network
    from lib.rmf.catalogue import get_functional, known_functionals
    from lib.rmf.functionals import PAPER_FUNCTIONALS

    parser = argparse.ArgumentParser(prog="python -m lib", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="charts | ensembles | tables")
    charts = commands.add_parser("charts", help="data/<functional>.nc: all nuclei that a functional binds")
    known, usual = ", ".join(known_functionals()), " and ".join(PAPER_FUNCTIONALS)
    charts.add_argument("names", nargs="*", type=known_to(get_functional), help=f"of {known}; default: {usual}")
    charts.add_argument(
        "--pairing", action="store_true", help="BCS pairing; energies and radii alone, to data/<functional>-paired.nc"
    )
    charts.set_defaults(make=make_charts)
    ensembles = commands.add_parser("ensembles", help="data/ensembles: 100 members of each network")
    ensembles.add_argument("names", nargs="*", type=known_to(get_network), help=f"default: {' '.join(TABLE_I)}")
    ensembles.set_defaults(make=make_ensembles)
    tables = commands.add_parser("tables", help="data/mass_tables: the charts as CSV, Parquet and netCDF, with masses")
    tables.add_argument("names", nargs="*", type=known_to(get_functional), help=f"default: {usual}")
    tables.add_argument(
        "--pairing", action=argparse.BooleanOptionalAction, help="only with pairing, or only without; default: both"
    )
    tables.set_defaults(make=make_tables)
    for command in (charts, ensembles):
        add_engine_options(command)
    for command in (charts, ensembles, tables):
        command.add_argument("--force", action="store_true", help="make it even if the file is up to date")
    options = parser.parse_args(arguments)
    with errors_in_one_line():
        options.make(options)


if __name__ == "__main__":
    main()
