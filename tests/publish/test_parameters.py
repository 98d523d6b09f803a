"""Parameters of the chapters: tables that cannot drift, refusals before any work, and what other values change."""

import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import papermill
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from claims.evidence import Evidence
from claims.fig1 import lowest_by_distance
from claims.retrained import recipe_table, weight_table
from claims.shells import near_magic_table
from claims.uncertainty import Redrawn
from claims.words import scientific
from lib import provenance
from lib.learning.dataset import load_dataset, random_learning
from lib.learning.ensemble import load_ensemble
from lib.learning.errors import Errors, rms
from lib.learning.known_region import distance
from lib.learning.local_ensemble import load_local
from lib.learning.networks import filled_points
from lib.learning.recipes import RECIPES
from lib.learning.table_one import DIRECT, TABLE_I
from lib.learning.train import train_member
from lib.mass_table import mass_table
from lib.rmf.accuracy import solved_again
from lib.rmf.chart import load_chart
from lib.rmf.mesh import get_mesh
from lib.rmf.nuclear_matter import matter
from lib.rmf.solver import solve
from publish import manuscript
from publish.press import chapter
from publish.show import parameters
from publish.show.parameters import (
    Parameter,
    beside,
    charted,
    check,
    flag,
    neutrons_of,
    nucleus,
    one_of,
    real,
    rising,
    several,
    whole,
)


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def rows_of(table) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in table.data.splitlines() if line.startswith("|")
    ]


# the tables


@pytest.mark.parametrize("name", manuscript.chapters())
def test_each_chapter_lists_its_parameters_with_their_defaults(name, monkeypatch):
    tables = []
    monkeypatch.setattr(parameters, "check", lambda *a, **k: tables.append(check(*a, **k)) or tables[-1])
    chapter.checked(name, {})
    [table] = tables
    head, rule, *rows = rows_of(table)
    assert head == ["parameter", "meaning", "unit", "default", "range"]
    assert {len(row) for row in (rule, *rows)} == {5}
    shown = {row[0].strip("`"): chapter.parse(f"value={row[3].strip('`')}")["value"] for row in rows}
    assert shown == manuscript.defaults(name)
    assert all(len(row[1]) > 5 and len(row[4]) > 5 for row in rows), "meaning and range"


@pytest.fixture
def by_make(tmp_path):
    """A function that gives a command line to a real shell and a real make; it returns what Python was called with."""
    calls = tmp_path / "calls"
    (tmp_path / "python").write_text(
        f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]), file=open({str(calls)!r}, 'a'))\n"
    )
    (tmp_path / "python").chmod(0o755)
    # a make above this one must not speak to it
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}

    def run(line):
        calls.write_text("")
        run = subprocess.run(
            line.replace("make ", f"make -o .venv/.installed BIN={tmp_path} ", 1),
            shell=True, cwd=provenance.ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        return [json.loads(call) for call in calls.read_text().splitlines()]

    run.environment = environment
    return run


@pytest.fixture
def asked_for(monkeypatch):
    """A function that gives arguments to the command line of the chapters; it returns what would be executed."""
    asked = []
    monkeypatch.setattr(chapter, "execute", lambda *arguments: asked.append(arguments) or arguments[2])
    monkeypatch.setattr(chapter, "make_page", lambda notebook: notebook.with_suffix(".html"))

    def run(arguments):
        chapter.main(arguments)
        return asked.pop()

    return run


@pytest.mark.parametrize("name", manuscript.chapters())
def test_the_command_on_the_page_asks_for_what_the_page_shows(name, monkeypatch, by_make, asked_for):
    tables = []
    monkeypatch.setattr(parameters, "check", lambda *a, **k: tables.append(check(*a, **k)) or tables[-1])
    for asked in ({}, OTHERWISE[name][0]):
        chapter.checked(name, asked)
        [shown] = re.findall(r"^```bash\n(make chapter .*)\n```$", tables.pop().data, flags=re.M)
        *_, (_, module, *arguments) = by_make(shown)
        assert module == "publish.press.chapter"
        assert asked_for(arguments) == (name, manuscript.defaults(name) | asked, manuscript.EXECUTED / f"{name}.ipynb")


def test_spaces_in_lists_and_another_folder(by_make, asked_for):
    line = 'make chapter NAME=fig2 PARAMS="bounds=[0, 5, 15]  nuclei=[[32, 46], [50, 82]] networks = [NN3-I6D]" OUTPUT="my folder"'
    arguments = by_make(line)[-1][2:]
    expected = {"bounds": [0, 5, 15], "nuclei": [[32, 46], [50, 82]], "networks": ["NN3-I6D"]}
    assert asked_for(arguments) == ("fig2", expected, Path("my folder/fig2.ipynb"))


def test_parameters_outside_of_params_are_not_passed_over(by_make):
    run = subprocess.run(
        ["make", "-o", ".venv/.installed", "chapter", "NAME=one_nucleus", "Z=50", "PARAMS=N=70 pairing=true"],
        cwd=provenance.ROOT, env=by_make.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode
    assert "Z=50 is no variable of this command: parameters go into PARAMS" in run.stderr


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("", {}),
        ("  N=70 ", {"N": 70}),
        ("probe=1e-5 box=18. width=-.5 low=2E3", {"probe": 1e-5, "box": 18.0, "width": -0.5, "low": 2000.0}),
        ("pairing=true other=False functional=PC-F1", {"pairing": True, "other": False, "functional": "PC-F1"}),
        ("N=070 time=1:30 many=1_000 switch=on", {"N": "070", "time": "1:30", "many": "1_000", "switch": "on"}),
        ("networks=[NN1-I4E,NN3-I6D] draws=10", {"networks": ["NN1-I4E", "NN3-I6D"], "draws": 10}),
    ],
)
def test_parameters_as_they_are_written(text, parameters):
    parsed = chapter.parse(text)
    assert parsed == parameters
    assert [type(value) for value in parsed.values()] == [type(value) for value in parameters.values()]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Z", ["'Z' is no parameter", "name=value"]),
        ("Z=50, N=82", ["'Z=50,'", "apart by blanks, without commas", "Z=50 N=70"]),
        ("Z=50,N=82", ["without commas"]),
        ("networks=[NN1-I4E, NN3-I6D], draws=10", ["without commas"]),
        ("Z 50", ["'Z 50' is no parameter"]),
        ("Z=", ["'Z=' is no parameter"]),
        ("bounds=[0, 5", ["bounds=[0, 5 cannot be read", "[0, 5, 15]"]),
        ("Z={a", ["Z={a cannot be read"]),
        ("Z=50 N=70 Z=52", ["Z is given twice, as 50 and as 52"]),
    ],
)
def test_parameters_that_cannot_be_read(text, words):
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the words are checked below
        chapter.parse(text)
    assert "\n" not in str(error.value)
    for word in words:
        assert word in str(error.value)


def test_a_value_that_is_not_the_default_is_shown_beside_it(monkeypatch):
    monkeypatch.setattr(parameters, "defaults", lambda name: {"box": 20.0, "pairing": False})
    arguments = {"pairing": Parameter(False, "BCS", flag())}
    table = check("x", box=Parameter(30.0, "radius of the box", real(15, 40), "fm"), **arguments).data
    assert "| `box` | radius of the box | fm | `20.0` | a number, 15 to 40 | `30.0` |" in table
    with pytest.raises(ValueError, match="describes pairing, but has box, pairing"):
        check("x", **arguments)


# what is refused


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (whole(0, 19), [0, 19], [-1, 20, 3.0, True, "3", None, [3]]),
        (whole(2, 300, even=True), [2, 132], [51, 0, 302]),
        (real(0.2, 0.6), [0.2, 0.6, 0.32], [0.19, 0.61, float("nan"), float("inf"), "0.3", True]),
        (real(15, 40), [15, 40, 20.5], [14.9]),
        (flag(), [True, False], [0, 1, "true", None]),
        (one_of(["PC-PK1", "PC-F1"]), ["PC-F1"], ["PC-PK2", "", None, ["PC-F1"]]),
        (one_of([0.1, 0.05]), [0.1], [0.2, True, "0.1"]),
        (several(whole(1, 5)), [[1], [1, 5]], [[], [1, 1], [1, 6], 3, "1", (1, 2)]),
        (several(whole(1, 5), most=2), [[1, 2]], [[1, 2, 3], []]),
        (rising(0, 15), [[0, 15], [0.0, 3.5, 15.0]], [[], [0], [0, 14], [1, 15], [0, 5, 5, 15], [0, 7, 3, 15], ["a"], 15]),
        (nucleus(neutrons=(50, 82)), [[28, 50], [50, 82]], [[28], [27, 50], [28, 48], [8, 82], [28, 50, 1], 28]),
        (neutrons_of(50), [50, 82], [150, 83, 0, "82", True, 82.0]),
        (neutrons_of(7), [], [8, 0]),
        (charted(), ["PC-PK1", "PC-F1"], ["auto", "PC-PK2", None, ["PC-F1"]]),
        (charted(but="PC-F1"), ["PC-PK1", "auto"], ["PC-F1", ""]),
        (nucleus(), [[50, 82], [8, 8]], [[50, 81], [8, 100], [50], "132Sn", [50, "82"], [50.0, 82], [-50, 82]]),
    ],
)  # fmt: skip
def test_kinds(kind, good, bad):
    assert [value for value in good if not kind.accepts(value)] == []
    assert [value for value in bad if kind.accepts(value)] == []


REFUSED = [
    ("two_nuclei", {}, ["two_nuclei", "one_nucleus"]),
    ("one_nucleus", {"protons": 50}, ["protons", "Z, N, functional"]),
    ("mass_table", {"functional": []}, ["functional = []", "PC-PK1, PC-F1"]),
    ("one_nucleus", {"Z": 51}, ["Z = 51", "even", "2 to 300"]),
    ("one_nucleus", {"N": -4}, ["N = -4", "2 to 300"]),
    ("one_nucleus", {"Z": 50.0}, ["50.0", "even number"]),
    ("one_nucleus", {"pairing": "true"}, ["'true'", "true or false"]),
    ("one_nucleus", {"functional": "PC-PK2"}, ["PC-PK2", "PC-PK1, PC-F1, DD-PC1"]),
    ("one_nucleus", {"box": 70}, ["box = 70 fm", "15 to 60"]),
    ("one_nucleus", {"wall": 1}, ["wall = 1", "true or false"]),
    ("covariant_functional", {"functionals": []}, ["functionals = []", "one or more"]),
    ("covariant_functional", {"density_max": -0.3}, ["-0.3", "0.2 to 0.6"]),
    ("chart", {"other": "PC-PK1"}, ["other = 'PC-PK1'", "PC-F1"]),
    ("chart", {"sample": 0}, ["sample = 0", "2 to 200"]),
    ("chart", {"wall_at": 12}, ["wall_at = 12 fm", "15 to 40"]),
    ("chart", {"functional": "PC-F1", "other": "PC-F1"}, ["other = 'PC-F1'", "auto, PC-PK1"]),
    ("mass_table", {"other": "PC-PK1"}, ["other = 'PC-PK1'", "PC-F1"]),
    ("mass_table", {"first": [50, 83]}, ["first = [50, 83]", "bound by PC-PK1"]),
    ("table_one", {"Z": 50, "N": 150}, ["N = 150", "with which Z = 50 is bound"]),
    ("table_one", {"probe": 1}, ["probe = 1", "0.01"]),
    ("learning", {"network": "NN4"}, ["NN4", "NN1-I4E"]),
    ("eleven_networks", {"minimum_nuclei": 0}, ["minimum_nuclei = 0", "1 to 50"]),
    ("network", {"split": 20}, ["split = 20", "0 to 19"]),
    ("network", {"network": "NN3-I6d"}, ["NN3-I6d", "NN3-I6D"]),
    ("ensemble", {"draws": 5}, ["draws = 5", "10 to 2000"]),
    ("fig1", {"networks": []}, ["networks = []", "NN1-I4E"]),
    ("fig1", {"networks": ["NN1-I4dE"]}, ["NN1-I4dE", "NN3-I6D"]),
    ("fig2", {"nuclei": [[32, 47]]}, ["[32, 47]", "bound by PC-PK1"]),
    ("fig2", {"explored": [[8, 100]]}, ["[8, 100]", "bound by PC-PK1"]),
    ("fig2", {"bounds": [0, 20]}, ["[0, 20]", "rise from 0 to 15"]),
    ("fig3", {"networks": ["NN1-I4E"]}, ["NN1-I4E", "NN1-I4dE"]),
    ("fig4", {"minimum_nuclei": 15}, ["minimum_nuclei = 15", "1 to 14"]),
    ("fig4", {"linear_below": 0}, ["linear_below = 0 MeV", "0.1 to 10"]),
    ("shell_effects", {"chains": [[28, 51]]}, ["[28, 51]", "50, 82, 126"]),
    ("shell_effects", {"chains": [[8, 126]]}, ["[8, 126]", "bound by PC-PK1"]),
    ("uncertainty", {"network": "NN3-I6dD"}, ["NN3-I6dD", "NN3-I6D"]),
    ("uncertainty", {"correcting": ""}, ["correcting = ''", "NN3-I6dD"]),
    ("exact", {"box": 12}, ["box = 12 fm", "15 to 25"]),
    ("exact", {"functional": "DD-PC1"}, ["DD-PC1", "PC-PK1, PC-F1"]),
    ("knowing", {"rows": ["NN3-I6D"]}, ["NN3-I6D", "LF-fields"]),
    ("knowing", {"Z": 50, "N": 150}, ["N = 150", "Z = 50", "PC-PK1"]),
    ("handful", {"functional": "PC-PK1"}, ["PC-PK1", "NPC-PK1"]),
    ("handful", {"density_max": 0.1}, ["density_max = 0.1", "0.2 to 0.8"]),
    ("self_consistency", {"start": "DD-PC1"}, ["DD-PC1", "PC-PK1, PC-F1"]),
    ("self_consistency", {"noises": [0.1, 5.0]}, ["5.0", "0.01 to 2"]),
    ("self_consistency", {"Z": 50, "N": 150}, ["N = 150", "Z = 50", "PC-F1"]),
    ("orbital_free", {"Z": 50, "N": 150}, ["N = 150", "Z = 50", "PC-PK1"]),
    ("orbital_free", {"generic_samples": 100}, ["generic_samples = 100", "1500 to 6000"]),
    ("derivative", {"Z": 50, "N": 150}, ["N = 150", "Z = 50", "PC-F1"]),
    ("derivative", {"share": 0}, ["share = 0", "0.0001 to 0.01"]),
    ("verdict", {"members": 2.5}, ["members = 2.5", "1 to 20"]),
    ("verdict", {"balances": [0.0]}, ["[0.0]", "0.001"]),
]


def test_every_chapter_has_its_refusals():
    assert set(manuscript.chapters()) <= {name for name, _, _ in REFUSED}


@pytest.mark.parametrize(("name", "asked", "words"), REFUSED)
def test_refused_before_any_work(name, asked, words, monkeypatch, tmp_path):
    monkeypatch.setattr(papermill, "execute_notebook", lambda *a, **k: pytest.fail("work was started"))
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the words are checked below
        chapter.execute(name, asked, tmp_path / "x.ipynb")
    assert "\n" not in str(error.value)
    for word in words:
        assert word in str(error.value)


def test_the_command_line_says_it_in_one_line():
    with pytest.raises(SystemExit) as error:
        chapter.main(["one_nucleus", "--params", "Z=51"])
    assert error.value.code == (
        "error: parameter Z = 51 of chapter 'one_nucleus' cannot be: give an even number, 2 to 300"
    )
    with pytest.raises(
        SystemExit, match=r"error: unknown chapter '': choose one of chart, .* as in make chapter NAME="
    ):
        chapter.main(["", "--params", ""])


def test_a_notebook_run_on_its_own_refuses_too():
    """As in Jupyter, where nothing but the cells stands between a wrong value and the work."""
    notebook = jupytext.read(manuscript.source("one_nucleus"))
    notebook.cells = notebook.cells[: 1 + next(i for i, cell in enumerate(notebook.cells) if "ranges" in tags(cell))]
    [cell] = [cell for cell in notebook.cells if "parameters" in tags(cell)]
    cell.source = cell.source.replace("Z = 50", "Z = 51")
    with pytest.raises(CellExecutionError, match="parameter Z = 51"):
        NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": manuscript.BOOK}}).execute()


@pytest.mark.parametrize(
    ("functional", "other", "expected"),
    [
        ("PC-PK1", "auto", "PC-F1"),
        ("PC-F1", "auto", "PC-PK1"),
        ("DD-PC1", "auto", "PC-PK1"),
        ("PC-F1", "DD-PC1", "DD-PC1"),
    ],
)
def test_the_other_functional_follows(functional, other, expected):
    assert beside(functional, other) == expected


@pytest.mark.parametrize("name", ["chart", "mass_table"])
def test_a_functional_alone_is_enough(name):
    assert chapter.checked(name, {"functional": "PC-F1"})


def test_a_chart_that_is_not_there_is_named_with_its_remedy(monkeypatch, tmp_path):
    """Without a traceback, also where the ranges themselves are read off a chart."""
    monkeypatch.setattr(parameters, "DATA", tmp_path)
    for name in ("chart", "mass_table"):
        with pytest.raises(SystemExit, match="python -m lib charts DD-PC1"):
            chapter.main([name, "--params", "functional=DD-PC1"])


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("one_nucleus", "Z=51"),
        ("one_nucleus", "protons=50"),
        ("fig2", "bounds=[0]"),
        ("shell_effects", "chains=[[28,51]]"),
    ],
)
def test_a_refusal_waits_for_nothing(name, asked):
    """What takes seconds to load is not loaded: what runs and checks notebooks, networks, compiled code."""
    code = (
        "import sys\nfrom publish.press import chapter\n"
        f"try: chapter.main([{name!r}, '--params', {asked!r}])\n"
        "except SystemExit as error: print(error, *{'papermill', 'jupytext', 'nbformat', 'torch', 'numba', 'xarray'} & set(sys.modules), sep='|')"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=provenance.ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.startswith("error: ")
    assert "|" not in run.stdout


@pytest.fixture
def by_papermill(tmp_path):
    """A function that gives arguments to papermill's own command line; the entry points are those of ``pyproject.toml``."""
    declared = tomllib.loads((provenance.ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    points = [
        f"[{group}]\n" + "\n".join(f"{key} = {value}" for key, value in each.items())
        for group, each in declared.items()
    ]
    (tmp_path / "here-1.dist-info").mkdir()
    (tmp_path / "here-1.dist-info" / "entry_points.txt").write_text("\n".join(points))
    path = os.pathsep.join([str(tmp_path), str(provenance.ROOT)])

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "papermill", *map(str, arguments)], cwd=provenance.ROOT,
            env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_papermill_itself_reads_a_chapter(by_papermill, tmp_path):
    run = by_papermill("--prepare-only", "book/one_nucleus.md", tmp_path / "x.ipynb", "-p", "N", 70)
    assert run.returncode == 0, run.stderr
    sources = [cell.source for cell in nbformat.read(tmp_path / "x.ipynb", as_version=4).cells]
    assert "# Parameters\nN = 70\n" in sources
    run = by_papermill("--prepare-only", "book/one_nucleus.md", "book/x.md")
    assert run.returncode
    assert "ends with .ipynb" in run.stderr


def test_papermill_itself_is_told_of_a_name_that_is_no_parameter(by_papermill, tmp_path):
    run = by_papermill("book/one_nucleus.md", tmp_path / "x.ipynb", "-p", "protons", 50)
    assert run.returncode
    assert "ValueError: chapter 'one_nucleus' has no parameter 'protons': it has Z, N, functional" in run.stderr


def test_a_success_says_nothing_of_interrupts(by_make, tmp_path):
    """As on the command line, with all that the kernel writes to the terminal."""
    command = [sys.executable, "-m", "publish.press.chapter", "covariant_functional", "-o", str(tmp_path)]
    run = subprocess.run(
        command, cwd=provenance.ROOT, env=by_make.environment, capture_output=True, text=True, check=False
    )
    assert (tmp_path / "covariant_functional.ipynb").exists()
    assert "Interrupt" not in run.stdout + run.stderr


def test_an_unbound_nucleus_ends_in_one_line(tmp_path):
    """Whether a nucleus is bound is known only when it is solved, which is the first thing the chapter does."""
    with pytest.raises(SystemExit) as error:
        chapter.main(["one_nucleus", "--params", "Z=50 N=20", "-o", str(tmp_path)])
    assert "Z = 50, N = 20 is not bound by PC-PK1" in str(error.value)
    assert "\n" not in str(error.value)
    assert (tmp_path / "one_nucleus.ipynb").exists(), "the notebook up to the error is kept"


# what other values change


def outcome(path) -> tuple[dict[str, str], str]:
    """Glued texts by name, and all other outputs as one text."""
    glued, shown = {}, []
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            data = {kind.removeprefix("application/papermill.record/"): v for kind, v in output.get("data", {}).items()}
            if name is None or "text/html" in data:
                shown.append(
                    "\n".join(str(data.get(kind, "")) for kind in ("text/html", "text/markdown", "text/plain"))
                )
            elif "text/plain" in data:
                glued[name] = data["text/plain"].strip("'")
    return glued, "\n".join(shown)


def explored(shown: str) -> dict:
    """The data of the one explorer among the outputs."""
    [data] = re.findall(r"const data = (\{.*\});", shown)
    return json.loads(data)


def labels(items: list[dict]) -> list[str]:
    return [item["label"] for item in items]


def correlation_of_densities(split: int) -> float:
    """Of r^2 rho_S and r^2 rho_V, inside the nuclei of a learning set."""
    dataset = load_dataset("E")
    learnt = dataset.isel(nucleus=random_learning(dataset.known.values, split))
    return np.corrcoef(learnt.densities.values[filled_points(learnt)][:, :2].T)[0, 1]


def learning_rms(id: str, split: int, init: int, steps: int) -> float:
    """Of a member after some steps, MeV."""
    member = train_member(id, split, init, load_dataset(TABLE_I[id].target), replace(RECIPES[id], steps=steps))
    return float(member.curve.learning_rms[-1])


def error_of_two(id: str, draws: int) -> float:
    """The rms error of the mean of two members in the known region, averaged over random choices, MeV."""
    errors, random = Errors(load_ensemble(id)), np.random.default_rng(0)
    pairs = [random.choice(100, 2, replace=False) for _ in range(draws)]
    return np.mean([rms(errors.single[pair].mean(axis=0)[errors.known]) for pair in pairs])


def row_of(head: str, shown: str) -> list[str]:
    """The cells beside a head in the last table of the page that has it."""
    row = re.findall(rf"<th[^>]*>{head}</th>(.*?)</tr>", shown, flags=re.S)[-1]
    return [cell.strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, flags=re.S)]


def paired_nickel() -> float:
    """Total energy in MeV of what the chapter is asked for."""
    return float(solve(28, 36, "PC-F1", pairing=True, box=18.0, step=0.1, uniform=True, wall=True).total_energy)


def residual_of_rotors(functional: str, pairing: bool) -> float:
    """Rms of computed minus measured masses (MeV) of the nuclei that are known to be deformed."""
    table = mass_table(functional, pairing=pairing)
    return rms(table.mass_excess_residual.values[(table.deformed == 1).values & (table.measured == 1).values])


def changes_by_wall(functional: str, count: int, radius: float) -> np.ndarray:
    """By how many keV a wall changes the energies of the nuclei with the weakest last neutron."""
    chart, mesh = load_chart(functional), get_mesh(radius, 0.1, uniform=True, wall=True)
    weakest = chart.isel(nucleus=np.argsort(-chart.neutron_fermi_energy.values)[:count])
    again = [solved_again(weakest.isel(nucleus=i), mesh) for i in range(count)]
    return 1e3 * np.abs([each.energy for each in again] - weakest.energy.values)


def table_with(shown: str, head: str) -> str:
    """The one table with such a head, as HTML."""
    [table] = [table for table in re.findall(r"<table.*?</table>", shown, flags=re.DOTALL) if f">{head}</th>" in table]
    return table


def wins_of_the_functional(minimum_nuclei: int) -> str:
    """At how many of the distances with enough nuclei NN3-I6ℰ is the best, in the words of the condition."""
    lowest = lowest_by_distance(Evidence.load(minimum_nuclei), DIRECT)
    return f"at {(lowest == 'NN3-I6D').sum()} of {len(lowest)}"


BOUND = load_chart("PC-PK1")
DISTANCES = distance(BOUND.Z, BOUND.N)
LABELS = {id: spec.label for id, spec in TABLE_I.items()}
OTHERWISE = {
    "covariant_functional": (
        {"functionals": ["PC-F1"], "density_max": 0.25},
        lambda glued, shown: (
            "−3.83577×10⁻⁴" in shown
            and "3.96291" not in shown
            and float(glued["neutrons-densest"]) == pytest.approx(matter(0.25, 1.0, "PC-F1").energy_per_nucleon)
        ),
    ),
    "one_nucleus": (
        {"Z": 28, "N": 36, "functional": "PC-F1", "pairing": True, "box": 18.0, "step": 0.1, "uniform": True, "wall": True},
        lambda glued, shown: (
            glued["name"] == "Z = 28, N = 36, PC-F1, paired"
            and row_of("this page", shown)[:2] == ["18.0", "0.1"]
            and (glued["mesh-points"], glued["share-functional"]) == ("181", "PC-F1")
            and row_of("this page", shown)[2] == row_of("total energy", shown)[1]
            and float(row_of("total energy", shown)[1]) == pytest.approx(paired_nickel(), abs=1e-3)
        ),
    ),
    "chart": (
        {"functional": "PC-F1", "other": "PC-PK1", "sample": 3, "wall_at": 18.0, "larger_box": 30.0},
        lambda glued, shown: (
            [int(count) for count in row_of("bound", shown)]
            == [load_chart(name).sizes["nucleus"] for name in ("PC-F1", "PC-PK1")]
            and float(glued["drip-mean"]) < 0
            and float(glued["wall-cost"]) == pytest.approx(changes_by_wall("PC-F1", 3, 18.0).max(), abs=0.01)
            and (glued["sample"], glued["larger-box"]) == ("3", "30.0")
        ),
    ),
    "mass_table": (
        {"functional": "PC-F1", "other": "PC-PK1", "pairing": False, "first": [20, 28]},
        lambda glued, shown: (
            glued["shown"] == "PC-F1, no pairing"
            and explored(shown)["first"] == [20, 28]
            and [table["functional"] for table in explored(shown)["tables"]] == ["PC-F1", "PC-F1", "PC-PK1", "PC-PK1"]
            and float(glued["rms-deformed"]) == pytest.approx(residual_of_rotors("PC-F1", False), rel=1e-9)
            and "mass-table-PC-F1.parquet" in shown
        ),
    ),
    "table_one": (
        {"split": 3, "Z": 50, "N": 82, "probe": 0.0001},
        lambda glued, shown: (
            float(glued["correlation"]) == pytest.approx(correlation_of_densities(3), rel=1e-12)
            and (glued["nucleus"], glued["probe"]) == ("¹³²Sn", "1×10⁻⁴")
            and float(glued["worst"]) > 1e-3
        ),
    ),
    "learning": (
        {"network": "NN1-I4E"},
        lambda glued, shown: glued["network"] == LABELS["NN1-I4E"] and ">64×64 silu</td>" in shown and ">24×24 silu</td>" not in shown,
    ),
    "eleven_networks": (
        {"minimum_nuclei": 40},
        lambda glued, shown: (
            int(glued["farthest-E"]) == max(d for d in DISTANCES if (DISTANCES == d).sum() >= 40) and glued["minimum"] == "40"
        ),
    ),
    "network": (
        {"network": "NN1-I4E", "split": 2, "init": 1, "steps": 5},
        lambda glued, shown: (
            glued["label"] == LABELS["NN1-I4E"] and f"{learning_rms('NN1-I4E', 2, 1, 5):.3f}</td>" in shown and "<td>5</td>" in shown
        ),
    ),
    "ensemble": (
        {"network": "NN1-I4E", "draws": 10},
        lambda glued, shown: (
            glued["label"] == LABELS["NN1-I4E"] and glued["draws"] == "10" and f"{error_of_two('NN1-I4E', 10):.3f}</td>" in shown
        ),
    ),
    "fig1": (
        {"networks": ["NN1-I4E", "NN3-I6D"], "minimum_nuclei": 40, "without_network": True},
        lambda glued, shown: (
            labels(explored(shown)["curves"]) == [LABELS["NN1-I4E"], LABELS["NN3-I6D"], "identity, no network"]
            and explored(shown)["distances"] == [int(d) for d in np.unique(DISTANCES) if (DISTANCES == d).sum() >= 40]
        ),
    ),
    "fig2": (
        {"networks": ["NN3-I6D"], "nuclei": [[50, 82]], "bounds": [0, 5, 15], "explored": [[50, 82], [8, 8]]},
        lambda glued, shown: (
            explored(shown)["bounds"] == [0, 5, 15]
            and labels(explored(shown)["networks"]) == [LABELS["NN3-I6D"]]
            and labels(explored(shown)["nuclei"]) == ["132Sn (Z=50, N=82)", "16O (Z=8, N=8)"]
            and glued["nuclei"] == "¹³²Sn"
        ),
    ),
    "fig3": (
        {"networks": ["NN1-I4dE"], "minimum_nuclei": 40, "without_network": False},
        lambda glued, shown: (
            labels(explored(shown)["curves"]) == ["PC-PK1", LABELS["NN1-I4dE"], "first order, no network"]
            and int(glued["nn1-of"]) < 15
        ),
    ),
    "knowing": (
        {"rows": ["LF-local", "LF-fields"], "minimum_nuclei": 40, "Z": 50, "N": 70, "members": 2},
        lambda glued, shown: (
            glued["nucleus"] == "¹²⁰Sn"
            and -60 < float(glued["levels-mean"].replace("−", "-")) < -10
            and glued["best-known"] == str(Redrawn(Errors(load_local("LF-fields"))).rms(load_local("LF-fields").known.values.astype(bool)))
        ),
    ),
    "handful": (
        {"functional": "NPC-DD1", "Z": 20, "N": 28, "density_max": 0.3},
        lambda glued, shown: (
            (glued["functional"], glued["truth"], glued["nucleus"], glued["top"]) == ("NPC-DD1", "DD-PC1", "⁴⁸Ca", "0.3")
            and abs(float(glued["radius-off"].split("×")[0].replace("−", "-"))) < 10
        ),
    ),
    "self_consistency": (
        {"start": "PC-PK1", "nuclei": 24, "noises": [0.3], "seed": 3, "Z": 20, "N": 28},
        lambda glued, shown: (
            (glued["start"], glued["truth"], glued["count"], glued["nucleus"]) == ("PC-PK1", "PC-F1", "24", "⁴⁸Ca")
            and float(glued["gradient-worst"].split("×")[0]) < 10
            and float(glued["energy-last"].split("×")[0]) < 10
        ),
    ),
    "orbital_free": (
        {"Z": 20, "N": 28, "split": 3, "generic_samples": 1500},
        lambda glued, shown: (
            (glued["nucleus"], glued["generic"]) == ("⁴⁸Ca", "1500")
            and int(glued["learning-count"]) + int(glued["held-count"]) == 618
            and float(glued["held-last"]) < float(glued["held-ten"])
        ),
    ),
    "derivative": (
        {"Z": 50, "N": 70, "network": "NN3-I3D", "members": 2, "share": 0.002},
        lambda glued, shown: (
            (glued["nucleus"], glued["network"], glued["members"], glued["percent"]) == ("¹²⁰Sn", LABELS["NN3-I3D"], "2", "0.2")
            and 0 < float(glued["scalar-rms"]) < 1000
        ),
    ),
    "exact": (
        {"functional": "PC-F1", "every": 200, "Z": 20, "box": 18.0},
        lambda glued, shown: (
            (glued["functional"], glued["wall-box"]) == ("PC-F1", "18.0")
            and int(glued["nuclei"]) == load_chart("PC-F1").sizes["nucleus"]
            and 0 < float(glued["without-largest"]) < 2
        ),
    ),
    "fig4": (
        {"network": "NN1-I4dE", "minimum_nuclei": 10, "linear_below": 2.0},
        lambda glued, shown: (
            str(Evidence.load().rms("NN1-I4dE")) in table_with(shown, "farther than without")
            and float(glued["boundary"]) == 2
            and 10 <= int(glued["fewest"]) < 20
        ),
    ),
    "shell_effects": (
        {"networks": ["NN2-I6dE"], "direct": ["NN2-I6E"], "chains": [[28, 50], [46, 82]], "width": 0},
        lambda glued, shown: (
            (glued["networks"], glued["direct"]) == (LABELS["NN2-I6dE"], LABELS["NN2-I6E"])
            and glued["chains-drawn"] == "Ni through N = 50 and Pd through N = 82"
            and str(near_magic_table(Evidence.load(), 0).ratio["NN3-I6dD"]) in table_with(shown, "ratio at the same d")
        ),
    ),
    "uncertainty": (
        {"network": "NN1-I4E", "correcting": "NN1-I4dE", "minimum_nuclei": 40},
        lambda glued, shown: (
            re.findall(r"<th[^>]*>(NN\S+)</th>", table_with(shown, "last distance d")) == [LABELS["NN1-I4E"], LABELS["NN1-I4dE"]]
            and all(0 < int(d) < 30 for d in re.findall(r"<td[^>]*>(\d+)</td>", table_with(shown, "last distance d")))
        ),
    ),
    "verdict": (
        {"minimum_nuclei": 10, "bounds": [0, 5, 15], "balances": [1, 5], "balance_steps": 5, "members": 1},
        lambda glued, shown: (
            re.search(r"in \d of 2\b", shown)
            and wins_of_the_functional(10) in shown
            and all(f">{scientific(value, 3)}<" in shown for value in weight_table([1, 5], 5).to_numpy().flat)
            and f">{recipe_table({'as chosen': {}}, 1).known['as chosen']:.3f}<" in shown
        ),
    ),
}  # fmt: skip
"""For each chapter parameters that are none of its defaults, and what must come of them."""


def test_every_chapter_and_parameter_is_tried_otherwise():
    assert set(OTHERWISE) == set(manuscript.chapters())
    for name, (asked, _) in OTHERWISE.items():
        usual = manuscript.defaults(name)
        assert all(asked[key] != usual[key] for key in asked), name
        assert set(usual) == set(asked), name


FURTHER = [
    ("exact", "every=100 Z=8"),
    ("exact", "functional=PC-F1 every=100 Z=98 box=25"),
    ("knowing", "rows=[LF-fields] Z=8 N=8 members=1"),
    ("knowing", "rows=[LF-potentials-strong,LF-weighted] minimum_nuclei=50 Z=100 N=156"),
    ("one_nucleus", "Z=28 N=50 functional=NPC-DD1 pairing=true"),
    ("handful", "Z=8 N=8 density_max=0.8"),
    ("handful", "functional=NPC-DD1 Z=92 N=146"),
    ("self_consistency", "nuclei=20 noises=[2.0] Z=8 N=8"),
    ("self_consistency", "start=PC-PK1 nuclei=30 noises=[0.01,0.1,1.0] Z=100 N=156"),
    ("orbital_free", "Z=8 N=8 split=19"),
    ("orbital_free", "Z=100 N=156 generic_samples=2000"),
    ("derivative", "Z=8 N=8 members=1"),
    ("derivative", "Z=92 N=156 network=NN3-I3D share=0.01"),
    ("covariant_functional", "functionals=[DD-PC1]"),
    ("covariant_functional", "functionals=[PC-F1,PC-PK1] density_max=0.6"),
    ("one_nucleus", "Z=8 N=8 box=60 step=0.25"),
    ("one_nucleus", "Z=114 N=184 functional=DD-PC1 pairing=true"),
    ("chart", "functional=PC-F1 sample=2"),
    ("chart", "wall_at=40 larger_box=25 sample=5"),
    ("mass_table", "functional=PC-F1"),
    ("mass_table", "pairing=false first=[8,8]"),
    ("table_one", "Z=8 N=8 split=19"),
    ("table_one", "Z=100 N=156 probe=0.01"),
    ("learning", "network=NN2-I6dE"),
    ("learning", "network=NN3-I3D"),
    ("eleven_networks", "minimum_nuclei=1"),
    ("eleven_networks", "minimum_nuclei=50"),
    ("network", "network=NN2-I3E steps=1"),
    ("network", "network=NN3-I6dD split=19 init=4 steps=2"),
    ("ensemble", "network=NN2-I6dE draws=10"),
    ("ensemble", "network=NN3-I3D draws=10"),
    ("fig1", "networks=[NN3-I6D] minimum_nuclei=50"),
    ("fig1", "networks=[NN2-I3E,NN1-I4E] minimum_nuclei=1"),
    ("fig2", "nuclei=[[82,126],[8,8],[50,50]] networks=[NN2-I3D,NN3-I3D] explored=[[8,8]] bounds=[0,15]"),
    ("fig2", "nuclei=[[32,64]] networks=[NN2-I6D]"),
    ("fig3", "networks=[NN2-I6dD] minimum_nuclei=50"),
    ("fig3", "networks=[NN3-I6dD,NN2-I6dE]"),
    ("fig4", "network=NN2-I6dE minimum_nuclei=14 linear_below=10"),
    ("fig4", "network=NN1-I4dE minimum_nuclei=1 linear_below=0.1"),
    ("shell_effects", "networks=[NN3-I6dD] direct=[NN1-I4E] chains=[[24,50]] width=0"),
    ("shell_effects", "networks=[NN1-I4dE,NN2-I6dE,NN2-I6dD,NN3-I6dD] chains=[[20,50],[78,126]] width=10"),
    ("uncertainty", "network=NN2-I3D correcting=NN2-I6dE minimum_nuclei=50"),
    ("uncertainty", "network=NN3-I3D minimum_nuclei=1"),
    ("verdict", "minimum_nuclei=50 bounds=[0,15] balances=[1] balance_steps=5 members=1"),
    ("verdict", "minimum_nuclei=1 balances=[1,2,3,4] balance_steps=5 members=2"),
]
"""Parameters at the ends of their ranges, alone or together, one thing where there were many: the text is to stay true."""

GLUED = re.compile(r"\{glue:text\}`([\w-]+)(?::([^`]*))?`")
CAPTIONED = re.compile(r"^```\{glue:figure\} ([\w-]+)\n(?::[^\n]*\n)*\n(.*?)^```", re.M | re.S)
NAMED = re.compile(r"NN\d-I\d+δ?[Eℰ]|[⁰¹²³⁴⁵⁶⁷⁸⁹]+[A-Z][a-z]?")
COUNTED = re.compile(r"\b(two|three|four|five|six|seven|eleven)(?: \w+)? networks\b")
COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eleven": 11}
EMPTY = re.compile(r"\bnan\b|\binf\b|\bNone\b|\[\]|\(\)|: *\.|, *[,.]|(?<!\.) [.,;](?= |$)", re.M)
"""What a sentence looks like where a list was empty, or a number none."""

EXCHANGED = {
    "network": {"network", "networks", "direct", "correcting"},
    "nucleus": {"Z", "N", "nuclei", "explored", "first", "chains"},
}
"""By which parameters networks and nuclei are others; what no parameter exchanges may be named."""


def kind_of(name: str) -> str:
    return "network" if name.startswith("NN") else "nucleus"


def faults(path) -> list[str]:
    """What is not true, or says nothing, in the text of an executed chapter.

    Sentences where a cell has put nothing, or no number; captions that type the name of a network or nucleus that their
    figure or table does not show, or more networks than they have.
    """
    glued, shown, files = {}, {}, {}
    notebook = nbformat.read(path, as_version=4)
    cells = notebook.cells
    for output in (output for cell in cells for output in cell.get("outputs", [])):
        name = output.get("metadata", {}).get("scrapbook", {}).get("name")
        data = {kind.removeprefix("application/papermill.record/"): v for kind, v in output.get("data", {}).items()}
        if name and name.endswith(manuscript.FILES):
            links = re.findall(r'href="([^"]+\.csv)"', data["text/html"])
            files[name.removesuffix(manuscript.FILES)] = "".join((path.parent / link).read_text() for link in links)
        elif name:
            shown[name] = data.get("text/html", "")
            if "text/html" not in data and "image/png" not in data:
                glued[name] = eval(data["text/plain"], {"nan": np.nan, "inf": np.inf})
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    found = [f"{one[1]} is not glued" for one in GLUED.finditer(text) if one[1] not in glued]
    said = GLUED.sub(lambda one: format(glued[one[1]], one[2] or "") if one[1] in glued else "", text)
    for line in re.sub(r"\$\$.*?\$\$|^```\{code-cell\}.*?^```", "", said, flags=re.S | re.M).splitlines():
        found += [
            f"…{line[max(0, one.start() - 40) : one.end() + 20]}…"
            for one in EMPTY.finditer(re.sub(r"\$[^$]*\$|`[^`]*`", "x", line))
        ]
    given = set(notebook.metadata.get("papermill", {}).get("parameters", {}))
    kinds = {kind for kind, names in EXCHANGED.items() if given & names}
    for name, caption in CAPTIONED.findall(text):
        seen = shown.get(name, "") + files.get(name, "")
        typed = [one for one in NAMED.findall(GLUED.sub("", caption)) if kind_of(one) in kinds]
        found += [f"{name}: {one} is not shown" for one in typed if one not in seen]
        drawn = {one for one in NAMED.findall(seen) if kind_of(one) == "network"}
        if "network" in kinds:
            many = [word for word in COUNTED.findall(caption) if COUNTS[word] > len(drawn)]
            found += [f"{name}: {word} networks, but {len(drawn)} are shown" for word in many]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERWISE)
def test_a_chapter_under_other_parameters(name, tmp_path):
    asked, is_so = OTHERWISE[name]
    path = chapter.execute(name, asked, tmp_path / f"{name}.ipynb")
    glued, shown = outcome(path)
    assert is_so(glued, shown), {key: value for key, value in glued.items() if len(value) < 200}
    assert faults(path) == []


def test_every_chapter_is_read_under_three_sets_of_parameters():
    for name in manuscript.chapters():
        sets = [chapter.parse(text) for each, text in FURTHER if each == name]
        assert len(sets) >= 2, name
        for asked in sets:
            assert chapter.checked(name, asked) != OTHERWISE[name][0]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "text"), FURTHER)
def test_the_text_stays_true(name, text, tmp_path):
    assert faults(chapter.execute(name, chapter.parse(text), tmp_path / f"{name}.ipynb")) == []


@pytest.mark.slow
def test_the_text_of_the_preface_is_true(tmp_path):
    notebook = jupytext.read(manuscript.BOOK / "preface.md")
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": manuscript.BOOK}}).execute()
    nbformat.write(notebook, tmp_path / "preface.ipynb")
    assert faults(tmp_path / "preface.ipynb") == []


def made_up_chapter(tmp_path, text, shown="", **glued):
    """An executed notebook with such a text, things glued for it, and a table called ``table``."""
    values = {name: {"text/plain": repr(value)} for name, value in glued.items()} | {"table": {"text/html": shown}}
    outputs = [
        nbformat.v4.new_output("display_data", data, metadata={"scrapbook": {"name": name}})
        for name, data in values.items()
    ]
    cells = [nbformat.v4.new_code_cell(outputs=outputs), nbformat.v4.new_markdown_cell(text)]
    exchanged = {"papermill": {"parameters": {"network": "NN3-I6D", "Z": 32}}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=exchanged), tmp_path / "x.ipynb")
    return tmp_path / "x.ipynb"


CAPTION = "```{{glue:figure}} table\n:name: tab\n\n{}\n```\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Of these {glue:text}`one:.1f` fall: {glue:text}`list`.", []),
        ("Of these {glue:text}`one` fall, the first: {glue:text}`empty`.", ["first: ."]),
        ("They are {glue:text}`empty`, {glue:text}`list`.", ["are , A"]),
        ("In {glue:text}`empty` .", ["In  ."]),
        ("It is {glue:text}`nothing:.2f` MeV.", ["nan"]),
        ("It is {glue:text}`missing`.", ["missing is not glued", "is ."]),
        (CAPTION.format("Errors of NN3-I6ℰ and of the two networks."), []),
        (CAPTION.format("Errors of {glue:text}`list`, of ⁷⁸Ge and NN1-I4E, of seven networks."),
         ["⁷⁸Ge is not shown", "NN1-I4E is not shown", "seven networks, but 2"]),
    ],
)  # fmt: skip
def test_what_is_not_true_is_found(text, found, tmp_path):
    table = "<td>NN3-I6ℰ</td><td>NN3-I3ℰ</td>"
    path = made_up_chapter(tmp_path, text, table, one=1.0, list="A and B", empty="", nothing=float("nan"))
    told = faults(path)
    assert len(told) == len(found)
    for words, fault in zip(found, told, strict=True):
        assert words in fault
