"""Bad input, drawn by hypothesis: whatever a public function, a command or a chapter is given, it answers or refuses.

A refusal is one line that names a value and a remedy, raised by the book's own code, soon, before any file is written.  A
door (:class:`Door`) is one way in.  `make test` draws some inputs for each, the slow test many more; always the same ones.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import math
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import lib.__main__
from lib import mass_table, store
from lib.learning import dataset, ensemble, known_region, local_ensemble, table_one, train
from lib.learning.local_rows import ROWS
from lib.provenance import ROOT
from lib.rmf import catalogue, chart, functionals, mesh, nuclear_matter, solver
from lib.rmf.iteration import NoConvergenceError
from lib.rmf.occupation import UnboundNucleusError
from publish.manuscript import chapters, defaults
from publish.press import archive, book, chapter, fit, pdf
from studies import (
    adam_beside,
    judged_again,
    knowing,
    lowest,
    orbital_free,
    oscillator_basis,
    other_chart,
    recompute,
    search,
    trained_twice,
    trials,
)

SECONDS = 20.0
"""What a call may take; all take far less, but one that loads charts and ensembles first."""
FAST, MANY = 40, 500
"""Inputs for each door, in `make test` and in the slow test."""


class Hang(BaseException):
    """A call did not come back in time."""


class Started(BaseException):
    """A command got as far as its work, with what it was given."""


class Door(NamedTuple):
    """A way in: what comes through it, and what must become of it."""

    name: str
    inputs: st.SearchStrategy
    """positional arguments"""
    call: Callable[..., Any]
    fits: Callable[..., bool | None]
    """whether the arguments are good; None: not known, so that both is right"""
    right: Callable[..., bool] = lambda answer, *given: True
    """whether this is the answer to good ones"""


# --- what is drawn --------------------------------------------------------------------------------------------------

ODD_THINGS = [
    None, True, 0, -1, 7, 10**30, 0.5, math.nan, math.inf, 1e-300, "", "50", " ", "ℰ", "x" * 300, "a\nb", "\0", b"PC-PK1", (50, 82),
    [], [50, 82], {}, {"Z": 50}, {50}, 1 + 2j, Decimal("NaN"), Path("x"), np.int64(50), np.float64("nan"), np.bool_(True),
    np.str_("PC-PK1"), np.array([50, 82]), range(3), object, ...,
]  # fmt: skip
junk = st.one_of(
    st.sampled_from(ODD_THINGS),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=12),
    st.lists(st.integers(-9, 9), max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)


def almost(names) -> st.SearchStrategy[str]:
    """Names, and what somebody may type in their place."""
    change = st.sampled_from(
        [str, str.lower, str.upper, str.strip, lambda n: f" {n}", lambda n: n[:-1], lambda n: n * 2, lambda n: f"../{n}",
         lambda n: n.replace("-", "–"), lambda n: f"{n}\0", lambda n: f"{n}.nc", lambda n: f"{n}.json", lambda n: f"-{n}"]
    )  # fmt: skip
    return st.builds(lambda name, change: change(name), st.sampled_from(sorted(names)), change)


def around(*edges: float) -> st.SearchStrategy:
    """Numbers at and beside the ends of a range, and inside."""
    beside = [edge + step for edge in edges for step in (0, 1, -1, 0.5, 1e-9, -1e-9)]
    return st.one_of(st.sampled_from([*beside, *map(float, beside)]), st.floats(min(edges), max(edges)))


def or_junk(*good: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(*good, *good, junk)


def numbers(low: int, high: int) -> st.SearchStrategy:
    return or_junk(st.integers(low - 3, high + 3), st.sampled_from([np.int64(low), float(low), str(low), True]))


NAMES = catalogue.known_functionals()
functional_names = or_junk(almost(NAMES))
network_names = or_junk(almost(table_one.TABLE_I))
flags = or_junk(st.booleans(), st.sampled_from([np.bool_(True), 0, 1, "true"]))


def words(*own: st.SearchStrategy) -> st.SearchStrategy[tuple[list[str]]]:
    """A command line of such words and others; none starts a help text or a number of lines."""
    other = st.one_of(
        st.text(max_size=8), st.sampled_from(["--", "-", "--force", "--pairing", "--no-such", "--workers=2"])
    )
    workers = junk.map(lambda value: f"--workers={value}")
    line = st.lists(st.one_of(*own, *own, other, workers), max_size=4)
    asks = re.compile(r"-h|--h(e(l(p)?)?)?$")  # argparse takes -handful, too, for a wish of help
    return st.tuples(line.filter(lambda words: not any(map(asks.match, words))))


@st.composite
def chapter_parameters(draw):
    """A chapter, or almost, and some values for its parameters, or almost."""
    name = draw(st.one_of(*[st.sampled_from(chapters())] * 5, almost(chapters())))
    usual = defaults(name) if name in chapters() else {"Z": 50}
    given = {}
    for parameter in draw(st.lists(st.one_of(*[st.sampled_from(sorted(usual))] * 5, st.text(max_size=5)), max_size=3)):
        value = usual.get(parameter)
        near = [junk, st.just([value]), st.just(str(value)), st.just(value)]
        if isinstance(value, (int, float)):
            near.append(around(value, 0, 2, 8, 15, 60, 100, 200).map(type(value)))
        if isinstance(value, str):
            near.append(almost([value, *table_one.TABLE_I, *functionals.FUNCTIONALS]))
        if isinstance(value, list):
            near += [
                st.just(value * 2),
                st.just(value[::-1]),
                st.lists(st.one_of(st.sampled_from(value), junk), max_size=3),
            ]
        given[parameter] = draw(st.one_of(near))
    return name, given


parameter_lines = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.builds(
            "{}{}{}".format,
            st.one_of(st.sampled_from(["Z", "N", "functional", "bounds"]), st.text(max_size=3)),
            st.sampled_from(["=", " = ", "==", ":", ""]),
            st.one_of(
                junk.map(str),
                st.sampled_from(
                    ["[", "[1", "{1: 2}", "{[1]: 2}", "!!int x", "!!float x", "!!timestamp x", "!!binary x", "!!python/name:os.system",
                     "&a [*a]", "*a", "'", "%", "@", "|", "? x", "- 1", "1e999", ".inf", "0x1F", "1_000", "[" * 2000, "<<: 1", "{<<: 1}", "!x y", "~"]
                ),
                st.text(max_size=10),
            ),
        ),
        max_size=3,
    ).map(" ".join),
)  # fmt: skip


# --- doors ----------------------------------------------------------------------------------------------------------


def started(*names: str):
    """The work behind these names, ``module.function``, does nothing but say with what it was started."""
    stack = contextlib.ExitStack()
    for name in names:
        stack.enter_context(mock.patch(name, side_effect=Started()))
    return stack


def is_number(value, low=2, high=300) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and low <= value <= high


def is_nucleon_number(value) -> bool:
    return is_number(value) and value % 2 == 0


def is_real(value, low: float, high: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


def is_name(value, names) -> bool:
    return isinstance(value, str) and value in names


def is_flag(value) -> bool:
    return isinstance(value, (bool, np.bool_))


def own_functional(name, value):
    return catalogue.get_functional(dataclasses.replace(functionals.PC_PK1, **{name: value}))


def solve(*given):
    with started("lib.rmf.solver.ground_state"):
        return solver.solve(*given)


def solve_fits(Z, N, functional, pairing, box, step, uniform, wall) -> bool:
    return (
        is_nucleon_number(Z)
        and is_nucleon_number(N)
        and is_name(functional, NAMES)
        and all(map(is_flag, (pairing, uniform, wall)))
        and is_real(box, 15, 60)
        and is_real(step, 0.02, 0.25)
    )


def make_chart(*given):
    with started("lib.rmf.chart.Phases.lowest"):
        return chart.make_chart(*given)


def is_window(value) -> bool:
    return (
        isinstance(value, (tuple, list))
        and len(value) == 2
        and all(map(is_nucleon_number, value))
        and value[0] <= value[1]
    )


def get_mesh(*given):
    with mock.patch("lib.rmf.mesh._mesh", side_effect=lambda *each: each):  # a fine one takes seconds to make
        return mesh.get_mesh(*given)


def sound_matter(found, density, asymmetry, functional) -> bool:
    """Binding and Dirac mass as nuclear matter can have them, at whatever density."""
    return (
        -30 < found.energy_per_nucleon < 2e3
        and 0 < found.effective_mass <= 1
        and math.isfinite(found.neutron_fermi_energy)
    )


def of_another_target(id, split, init, target):
    with started("lib.learning.train.trained"):
        return train.train_member(id, split, init, dataset.load_dataset(target))


def make_ensemble(*given):
    with started("lib.learning.ensemble.resume_tasks"):
        return ensemble.make_ensemble(*given)


def make_local(*given):
    with started("lib.learning.local_ensemble.resume_tasks"):
        return local_ensemble.make_local(*given)


@functools.cache
def a_chart():
    return chart.load_chart()


def row_of(Z, N):
    return store.select(a_chart(), Z, N)


def is_row(nucleus, Z, N) -> bool:
    return (int(nucleus.Z), int(nucleus.N)) == (Z, N)


def in_chart(Z, N) -> bool:
    held = a_chart()
    return is_number(Z) and is_number(N) and bool(((held.Z == Z) & (held.N == N)).any())


def member_of(member):
    return ensemble.member_network(ensemble.load_ensemble("NN1-I4E"), member)


def local_member_of(member):
    return local_ensemble.local_member(local_ensemble.load_local("LF-weighted"), member)


def is_member(member) -> bool:
    return is_number(member, 0, 99)


def main_of(module, *work: str):
    """The command of a module, whose work is behind these names."""

    def call(line):
        with started(*work):
            return module.main(line)

    return call


def known_words(names) -> Callable[[list[str]], bool | None]:
    """No word of a command that gets as far as its work is a name that it does not know."""
    return lambda line: False if any(word and not word.startswith("-") and word not in names for word in line) else None


elements = [*range(8, 101, 2)]
DOORS = [
    Door("get_functional", st.tuples(functional_names), catalogue.get_functional, lambda name: is_name(name, NAMES),
         lambda found, name: found.name == name),
    Door("own functional", st.tuples(st.sampled_from([*functionals.PC_PK1.couplings, "nucleon_mass"]), or_junk(st.floats())), own_functional,
         lambda name, value: isinstance(value, (int, float, np.integer)) and not isinstance(value, bool) and math.isfinite(value),
         lambda found, name, value: getattr(found, name) == value),
    Door("get_network", st.tuples(network_names), table_one.get_network, lambda id: is_name(id, table_one.TABLE_I),
         lambda found, id: found.id == id),
    Door("local_path", st.tuples(or_junk(almost(ROWS))), local_ensemble.local_path, lambda id: is_name(id, ROWS),
         lambda path, id: path.stem == id),
    Door("get_mesh", st.tuples(or_junk(around(15, 60)), or_junk(around(0.02, 0.25)), flags, flags), get_mesh,
         lambda box, step, uniform, wall: is_real(box, 15, 60) and is_real(step, 0.02, 0.25) and is_flag(uniform) and is_flag(wall),
         lambda found, *given: found[:2] == given[:2]),
    Door("solve", st.tuples(numbers(2, 300), numbers(2, 300), functional_names, flags, or_junk(around(15, 60)),
                            or_junk(around(0.02, 0.25)), flags, flags), solve, solve_fits),
    Door("make_chart", st.tuples(functional_names, flags, *[or_junk(st.tuples(numbers(8, 100), numbers(8, 100)))] * 2), make_chart,
         lambda functional, pairing, Z, N: is_name(functional, NAMES) and is_flag(pairing) and is_window(Z) and is_window(N)),
    Door("load_chart", st.tuples(functional_names, flags), lambda functional, pairing: chart.load_chart(functional, pairing=pairing),
         lambda functional, pairing: is_name(functional, functionals.PAPER_FUNCTIONALS) and is_flag(pairing),
         lambda found, functional, pairing: (found.functional, found.pairing) == (functional, int(pairing))),
    Door("select", st.tuples(numbers(8, 100), numbers(8, 156)), row_of, in_chart, is_row),
    Door("matter", st.tuples(or_junk(around(0, 1)), or_junk(around(-1, 1)), functional_names), nuclear_matter.matter,
         lambda density, asymmetry, functional: is_real(density, 1e-6, 1) and is_real(asymmetry, -1, 1) and is_name(functional, NAMES),
         sound_matter),
    Door("symmetry_energy", st.tuples(or_junk(around(0, 1)), functional_names), nuclear_matter.symmetry_energy,
         lambda density, functional: is_real(density, 1e-6, 1) and is_name(functional, NAMES),
         lambda energy, *given: math.isfinite(energy)),
    Door("saturation", st.tuples(functional_names), nuclear_matter.saturation, lambda name: is_name(name, NAMES),
         lambda found, name: abs(found["E/A"] + 16.1) < 0.2),
    Door("load_dataset", st.tuples(or_junk(almost(table_one.TARGETS))), dataset.load_dataset, lambda name: is_name(name, table_one.TARGETS),
         lambda found, name: found.target == name),
    Door("train_member", st.tuples(network_names, numbers(0, 19), numbers(0, 4), st.sampled_from(["E", "dE"])), of_another_target,
         lambda id, split, init, target: is_name(id, table_one.TABLE_I) and is_number(split, 0, 10**30) and is_number(init, 0, 10**30)
         and table_one.TABLE_I[id].target == target),
    Door("make_ensemble", st.tuples(network_names, numbers(1, 20), numbers(1, 5)), make_ensemble,
         lambda id, splits, inits: (is_name(id, table_one.TABLE_I) and is_number(splits, 1, 10**3) and is_number(inits, 1, 10**3)) or None),
    Door("make_local", st.tuples(or_junk(almost(ROWS)), numbers(1, 20), numbers(1, 5)), make_local,
         lambda id, splits, inits: (is_name(id, ROWS) and is_number(splits, 1, 10**3) and is_number(inits, 1, 10**3)) or None),
    Door("load_ensemble", st.tuples(network_names), ensemble.load_ensemble, lambda id: is_name(id, table_one.TABLE_I),
         lambda found, id: found.network == id),
    Door("load_local", st.tuples(or_junk(almost(ROWS))), local_ensemble.load_local, lambda id: is_name(id, ROWS), lambda found, id: found.row == id),
    Door("member_network", st.tuples(numbers(0, 99)), member_of, is_member, lambda found, member: found.spec.id == "NN1-I4E"),
    Door("local_member", st.tuples(numbers(0, 99)), local_member_of, is_member),
    Door("distance", st.tuples(numbers(8, 100), numbers(8, 156)), known_region.distance,
         lambda Z, N: Z in elements and is_number(N, -(10**30), 10**30) if is_number(Z) and is_number(N) else None),
    Door("element", st.tuples(numbers(8, 100)), known_region.element, lambda Z: is_number(Z) and Z in elements,
         lambda symbol, Z: 1 <= len(symbol) <= 2),
    Door("mass_table", st.tuples(functional_names, flags), lambda functional, pairing: mass_table.mass_table(functional, pairing=pairing),
         lambda functional, pairing: is_name(functional, functionals.PAPER_FUNCTIONALS) and is_flag(pairing),
         lambda table, functional, pairing: (table.functional, table.pairing) == (functional, int(pairing))),
    Door("chapter", chapter_parameters(), chapter.checked, lambda name, given: None, lambda found, name, given: found == given),
    Door("parameters", st.tuples(parameter_lines), chapter.parse, lambda line: None,
         lambda found, line: all(name.isidentifier() for name in found)),
    Door("python -m lib", words(st.sampled_from(["charts", "ensembles", "tables"]), almost(functionals.FUNCTIONALS), almost(table_one.TABLE_I)),
         main_of(lib.__main__, "lib.rmf.chart.is_current", "lib.learning.ensemble.is_current", "lib.rmf.chart.make_chart",
                 "lib.learning.ensemble.make_ensemble", "lib.mass_table.mass_table"),
         known_words(["charts", "ensembles", "tables", *functionals.FUNCTIONALS, *table_one.TABLE_I])),
    Door("publish.press.chapter", words(almost(chapters()), st.just("--params"), parameter_lines),
         main_of(chapter, "publish.press.chapter.execute"), lambda line: None),
    Door("publish.press.book", words(almost(chapters()).filter(lambda name: name not in chapters()), st.just("--page")),
         main_of(book, "publish.press.book.build"), lambda line: None),
    Door("publish.press.archive", words(st.just("--verify"), almost(["README.md", "book", "data/PC-PK1.nc"])),
         main_of(archive, "publish.press.archive.make_archive"), lambda line: None),
    Door("publish.press.fit", words(almost(["data/charge_radii.csv", "data/ame2020.csv"]), junk.map("--prior={}".format), almost(NAMES).map("--start={}".format)),
         main_of(fit, "publish.press.fit.fit_list"), lambda line: None),
    Door("publish.press.pdf", words(junk.map(str)), main_of(pdf, "publish.press.pdf.build"), lambda line: None),
    Door("studies.adam_beside", words(junk.filter(lambda value: type(value) is not int or abs(value) < 2**53).map("--seconds={}".format)), main_of(adam_beside, "studies.adam_beside.resume_tasks"), lambda line: None),
    Door("studies.judged_again", words(almost(["7ba6baa"]), almost(table_one.TABLE_I).map("--put-in={}".format)),
         main_of(judged_again, "studies.judged_again.judge", "studies.judged_again.load_ensemble", "studies.judged_again.tarfile.open"), lambda line: None),
    Door("studies.knowing", words(almost(ROWS)), main_of(knowing, "studies.knowing.run_tasks", "studies.knowing.make_local"), known_words(ROWS)),
    Door("studies.lowest", words(junk.map(str)), main_of(lowest, "studies.lowest.search"), lambda line: None),
    Door("studies.orbital_free", words(junk.map(str)), main_of(orbital_free, "studies.orbital_free.make"), lambda line: None),
    Door("studies.oscillator_basis", words(junk.map(str)), main_of(oscillator_basis, "studies.oscillator_basis.solve_in_basis"), lambda line: None),
    Door("studies.other_chart", words(almost(["62a95df"])), main_of(other_chart, "studies.other_chart.compare"), lambda line: None),
    Door("studies.recompute", words(junk.map(str)), main_of(recompute, "studies.recompute.numbers"), lambda line: None),
    Door("studies.search", words(almost(table_one.TABLE_I)), main_of(search, "studies.search.run_tasks"), known_words(table_one.TABLE_I)),
    Door("studies.trained_twice", words(almost(["62a95df"])), main_of(trained_twice, "studies.trained_twice.compare"), lambda line: None),
    Door("studies.trials", words(almost(table_one.TABLE_I)), main_of(trials, "studies.trials.run_tasks"), known_words(table_one.TABLE_I)),
]  # fmt: skip


# --- what becomes of it ---------------------------------------------------------------------------------------------

REMEDY = re.compile(r"\b(give|choose|take|takes|try|run|restore|set|needs|load|it has|it need not be)\b")
_watched: list[str] | None = None
"""Files that are written to, made, moved or removed below the root, as long as somebody watches."""


def _watch(event: str, arguments: tuple) -> None:
    if _watched is None:
        return
    if event == "open":
        path, mode, flags = arguments
        if isinstance(path, int) or not (flags & 0o3 or set(mode or "") & set("wax+")):
            return
    elif event not in (
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.truncate",
        "os.utime",
        "os.chmod",
        "shutil.rmtree",
    ):
        return
    place = str(Path(str(arguments[0])).absolute())
    if place.startswith(f"{ROOT}/") and not re.search(r"/__pycache__|/\.venv|/data/\.work/[^/]*\.lock$", place):
        _watched.append(f"{event} {place}")


sys.addaudithook(_watch)


@contextlib.contextmanager
def touching_nothing():
    global _watched
    _watched = []
    try:
        yield
        assert _watched == []
    finally:
        _watched = None


@contextlib.contextmanager
def in_time(seconds: float = SECONDS):
    def late(*_):
        raise Hang(f"no answer after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def parts(value) -> list[str]:
    """How an error may name a value, or what is in it; of a long one its beginning."""
    inside = []
    if isinstance(value, dict):
        inside = [*value, *value.values()]
    elif isinstance(value, (list, tuple, range)):
        inside = [*value]
    elif isinstance(value, str):
        inside = re.split(r"\s+", value) + re.split(r"[\s=:]+", value)
    own = [repr(value)[:30], str(value)[:30] if str(value).strip() else "unrecognized arguments: "]
    return own + [text for each in inside if not (isinstance(each, str) and each == value) for text in parts(each)]


def check_refusal(error: BaseException, said: str, given: tuple) -> None:
    """One line that names a value and a remedy, from the book's own code."""
    if isinstance(error, SystemExit):
        words = [line for line in said.splitlines() if line.strip()]
        message = (
            str(error.code) if isinstance(error.code, str) else next((each for each in words if "error: " in each), "")
        )
        assert isinstance(error.code, str) or error.code in (1, 2), error.code
        assert sum("error" in line for line in words) <= 1, "said twice"
    else:
        assert isinstance(error, (ValueError, FileNotFoundError)), f"{type(error).__name__}: {error}"
        last = traceback.extract_tb(error.__traceback__)[-1].filename
        assert last == "<string>" or (str(ROOT) in last and "/.venv" not in last), f"raised in {last}: {error}"
        message = str(error)
    assert message, "no word of what is wrong"
    assert "\n" not in message, message
    assert REMEDY.search(message) or said.startswith("usage: "), f"no remedy: {message}"
    named = any(part.lower() in message.lower() for part in parts(given))
    assert named or "arguments are required" in message, f"no value named: {message}"


def come_through(door: Door, given: tuple) -> str:
    """What becomes of one input: ``answered`` or ``refused``, after a check that it is right."""
    out, said = io.StringIO(), io.StringIO()
    good = door.fits(*given)
    try:
        with touching_nothing(), in_time(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
            answer = door.call(*given)
    except Started:
        assert good is not False, "work was started"
        return "answered"
    except (Exception, SystemExit) as error:
        if isinstance(error, SystemExit) and error.code in (0, None):
            return "answered"
        refusal = error
    else:
        assert good is not False, f"taken: {answer}"
        assert door.right(answer, *given), answer
        return "answered"
    assert good is not True, f"refused what is good: {refusal}"
    check_refusal(refusal, said.getvalue(), given)
    return "refused"


def attack(door: Door, count: int) -> dict[str, int]:
    """So many inputs for a door; how many were answered and refused."""
    outcomes = {"answered": 0, "refused": 0}

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(door.inputs)
    def each(given):
        outcomes[come_through(door, given)] += 1

    each()
    return outcomes


@pytest.fixture(scope="module")
def loaded():
    """What calls would wait for, were they the first."""
    a_chart()
    for target in table_one.TARGETS:
        dataset.load_dataset(target)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(loaded, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_whatever_is_given_is_answered_or_refused(door):
    outcomes = attack(door, FAST)
    assert outcomes["refused"], "nothing bad was drawn"


@pytest.mark.slow
def test_thousands_of_inputs(capsys):
    """All doors, many inputs each; prints how many."""
    began, total = time.monotonic(), {"answered": 0, "refused": 0}
    for door in DOORS:
        for outcome, count in attack(door, MANY).items():
            total[outcome] += count
    with capsys.disabled():
        print(f"\n{sum(total.values())} inputs: {total}, {time.monotonic() - began:.0f} s")
    assert sum(total.values()) >= 2000


@pytest.mark.slow
def test_any_nucleus_of_any_couplings_is_solved_or_refused():
    """Of couplings changed at random: the nucleus with its nucleons, or one line that says that there is none."""
    share = st.floats(0.8, 1.25)
    number = st.integers(1, 90).map(lambda half: 2 * half)
    solved, refused = [], []

    @settings(max_examples=40, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(
        number, number, st.dictionaries(st.sampled_from(functionals.PC_PK1.couplings), share, max_size=3), st.booleans()
    )
    def each(Z, N, shares, pairing):
        own = {name: getattr(functionals.PC_PK1, name) * share for name, share in shares.items()}
        with touching_nothing(), in_time(180.0):
            try:
                nucleus = solver.solve(Z, N, dataclasses.replace(functionals.PC_PK1, **own), pairing)
            except (UnboundNucleusError, NoConvergenceError) as error:
                refused.append(str(error))
                return
        solved.append((Z, N))
        found = mesh.network_mesh().integral(nucleus.vector_density.values)
        assert found == pytest.approx(Z + N, abs=0.3)  # as far as the networks' mesh reaches
        assert max(nucleus.neutron_fermi_energy, nucleus.proton_fermi_energy) < 0

    each()
    assert len(solved) > 5
    assert not any("\n" in message for message in refused)
