"""Where data come from: a hash that follows what code computes and nothing else, and the commit."""

import importlib
import linecache
import shutil
import subprocess
import sys

import pytest

from lib import provenance
from lib.learning import ensemble, network_problem
from lib.learning.dataset import random_learning
from lib.learning.train import seed_of, trained
from lib.provenance import ROOT, code_hash, code_version, last_commit
from lib.rmf import chart, dirac
from lib.rmf.chart import load_chart
from lib.rmf.functionals import PointCoupling

SOURCE = '''"""A well."""

import math

DEPTH = 71.28
"""MeV."""
RADII = {"n": np.array([5.0]), "p": (4.0, math.inf)}


class Well:
    """A square one."""

    def at(self, r: float) -> float:
        """Its depth at r (fm)."""
        if r < 0:
            raise ValueError(f"r = {r} is negative")
        return -DEPTH if r < RADII["n"][0] else 0.0  # no surface


@njit(cache=True)
def scaled(depth):
    return 2 * depth


def deepest(well=None):
    return scaled((well or Well()).at(0.0))


def unused():
    return 1
'''


@pytest.fixture
def hash_of(tmp_path, monkeypatch):
    """A function from a module's text to the hash of its ``deepest``."""
    monkeypatch.setattr(provenance, "HASHED_PACKAGE", "wells")
    (tmp_path / "wells").mkdir()
    (tmp_path / "wells" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    def run(text, entry="deepest", **others):
        for name, content in {"well": "import numpy as np\nfrom numba import njit\n" + text, **others}.items():
            (tmp_path / "wells" / f"{name}.py").write_text(content)
        for name in [name for name in sys.modules if name.split(".")[0] == "wells"]:
            del sys.modules[name]
        linecache.clearcache()
        importlib.invalidate_caches()
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        return code_hash(getattr(importlib.import_module("wells.well"), entry))

    return run


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("no surface", "a sharp edge"),
        ("A well.", "A well: see below."),
        ('"""MeV."""\n', ""),
        ('    """A square one."""\n\n', ""),
        ("r: float) -> float", "r: np.ndarray)"),
        ("is negative", "is negative: give a radius in fm"),
        ("import math\n", "import math\nimport os\n"),
        ("return 1", "return 2"),
        ("71.28", "7.128e1"),
        ("return -DEPTH if", "return (\n            -DEPTH\n        ) if"),
    ],
)
def test_words_imports_and_what_is_not_called_do_not_count(hash_of, old, new):
    other = SOURCE.replace(old, new)
    assert other != SOURCE
    assert hash_of(other) == hash_of(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("71.28", "71.29"),
        ("[5.0]", "[5.5]"),
        ("math.inf", "6.0"),
        ("r < RADII", "r <= RADII"),
        ("-DEPTH if", "DEPTH if"),
        ("2 * depth", "3 * depth"),
        ("cache=True", "cache=True, fastmath=True"),
        ("raise ValueError", "raise KeyError"),
        ("if r < 0", "if r < -1"),
    ],
)
def test_what_is_computed_counts_wherever_it_is_named(hash_of, old, new):
    other = SOURCE.replace(old, new)
    assert other != SOURCE
    assert hash_of(other) != hash_of(SOURCE)


def test_a_move_to_another_file_does_not_count(hash_of):
    before = hash_of(SOURCE)
    place = SOURCE.index("@njit")
    end = SOURCE.index("def deepest")
    moved = "from wells.depths import scaled\n" + SOURCE[:place] + SOURCE[end:]
    assert hash_of(moved, depths="from numba import njit\n\n\n" + SOURCE[place:end]) == before
    attribute = moved.replace("from wells.depths import scaled", "from wells import depths").replace(
        "return scaled", "return depths.scaled"
    )
    changed = SOURCE[place:end].replace("2 * depth", "3 * depth")
    one, other = (hash_of(attribute, depths="from numba import njit\n" + text) for text in (SOURCE[place:end], changed))
    assert one != other, "a function of another module, named by the module"


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        ("from functools import partial\nrise = partial(scaled, depth=2.0)\n\ndef deepest():\n    return rise()", "2.0", "3.0"),
        ("from functools import partial\nrise = partial(scaled)\n\ndef deepest():\n    return rise(1)", "2 * depth", "3 * depth"),
        ("class Rise:\n    def __call__(self):\n        return 4\n    def __repr__(self):\n        return 'Rise'\n"
         "rise = Rise()\n\ndef deepest():\n    return rise()", "return 4", "return 5"),
        ("from dataclasses import dataclass\n@dataclass\nclass Rise:\n    by: int\n    def all(self):\n        return 4 * self.by\n"
         "rise = Rise(2)\n\ndef deepest():\n    return rise.all()", "return 4", "return 5"),
        ("import torch\nlong = torch.arange(2000.0)\n\ndef deepest():\n    return long", "(2000.0)", "(2000.0).index_fill(0, torch.tensor(900), 0)"),
        ("from wells.depths import DEPTH as OTHER\n\ndef deepest():\n    from wells.depths import surface\n    return surface()", "SURFACE", "1"),
    ],
    ids=["partial", "in a partial", "called instance", "method of an instance", "entry of a tensor", "import in a function"],
)  # fmt: skip
def test_what_a_name_stands_for_counts_whatever_it_is(hash_of, code, old, new):
    depths = "DEPTH = 1.0\n\ndef surface():\n    return SURFACE\n\nSURFACE = 0.5\n"
    first, other = (
        hash_of(SOURCE.replace(*swap) + code.replace(*swap), depths=depths.replace(f"return {swap[0]}", f"return {swap[1]}"))
        for swap in ((old, old), (old, new))
    )  # fmt: skip
    assert other != first


def test_of_several_things_of_one_name_all_count(hash_of):
    code = "from wells import depths\n\ndef deepest():\n    return scaled(DEPTH), depths.scaled(depths.DEPTH)"
    text = "DEPTH = 1.0\n\ndef scaled(depth):\n    return 5 * depth\n"
    hashes = {
        hash_of(SOURCE.replace(*here) + code, depths=text.replace(*there))
        for here in (("71.28", "71.28"), ("71.28", "71.29"), ("2 * depth", "3 * depth"))
        for there in (("1.0", "1.0"), ("1.0", "1.1"), ("5 * depth", "6 * depth"))
    }
    assert len(hashes) == 9


def test_what_only_an_error_says_does_not_count(hash_of):
    said = SOURCE.replace("is negative", "is negative: give 0 to {LARGEST}") + "LARGEST = 9\n"
    assert hash_of(said) == hash_of(said.replace("LARGEST = 9", "LARGEST = 8")) == hash_of(SOURCE)


def test_sets_are_hashed_alike_in_every_process(hash_of):
    one, other = SOURCE.replace("71.28", "{'a', 'b', 'c'}"), SOURCE.replace("71.28", "{'c', 'b', 'a'}")
    assert hash_of(one) == hash_of(other) != hash_of(SOURCE.replace("71.28", "{'a', 'b', 'd'}"))


def test_a_constant_without_a_value_is_refused(hash_of):
    with pytest.raises(TypeError, match=r"DEPTH = <object object at 0x.*has no value to be hashed"):
        hash_of(SOURCE.replace("71.28", "object()"))
    path = "__import__('pathlib').Path({!r})"
    with pytest.raises(TypeError, match=r"DEPTH = PosixPath\('/somewhere/else'\) has no value to be hashed"):
        hash_of(SOURCE.replace("71.28", path.format("/somewhere/else")))
    # where a file stands in the book is the same on every machine
    assert hash_of(SOURCE.replace("71.28", path.format(f"{ROOT}/data/search.csv"))) == hash_of(
        SOURCE.replace("71.28", "'data/search.csv'")
    )


def test_the_hash_is_the_same_on_every_python():
    """Of the charts and of the training, by every Python of the range that is on this machine and has the packages."""
    code = "from lib.rmf.chart import chart_hash; from lib.learning.ensemble import training_hash; print(chart_hash(), training_hash())"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split() == [
        chart.chart_hash(), ensemble.training_hash()
    ]  # fmt: skip
    # what the paired charts carry was written by one Python, and the tests run under another
    assert load_chart("PC-PK1", pairing=True).code_hash == chart.chart_hash()


@pytest.mark.parametrize(
    ("hash_of_code", "module", "constant"),
    [(chart.chart_hash, dirac, "MAX_KAPPA"), (ensemble.training_hash, network_problem, "BLOCK_NUCLEI")],
    ids=["chart", "ensemble"],
)
def test_charts_and_members_follow_the_code_they_come_from(monkeypatch, hash_of_code, module, constant):
    before = hash_of_code()
    monkeypatch.setattr(module, constant, getattr(module, constant) + 1)
    assert hash_of_code() != before


def test_what_decides_numbers_is_hashed_and_what_does_not_is_not():
    in_charts = provenance._closure([chart.walk, chart.improve_all, chart.describe, chart.bound_nuclei, PointCoupling])
    assert {"_bound_levels", "EvenFilling", "BCSFilling", "AboveBest", "KnownOrder", "Converged"} <= set(in_charts)
    assert {"solve_bcs", "observables", "iterate", "PointCoupling", "HBARC_MEV_FM"} <= set(in_charts)
    in_members = provenance._closure([seed_of, random_learning, trained])
    assert {
        "Network",
        "one_thread",
        "seed_of",
        "predict_energy",
        "random_learning",
        "LevenbergMarquardt",
        "NormalEquations",
        "Tape",
        "balance",
    } <= set(in_members)
    for names in (set(in_charts), set(in_members)):
        assert not names & {"ROOT", "DATA", "git", "run_tasks", "code_version", "VARIABLES", "RECIPES"}


def in_git(folder, *arguments):
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def small_checkout(tmp_path, monkeypatch):
    """A checkout of one file and of what names the commit where git is not, taken for the book's."""
    folder = tmp_path / "small"
    folder.mkdir()
    for name in (".gitattributes", provenance.UNPACKED):
        shutil.copy(ROOT / name, folder)
    (folder / "file").write_text("one")
    in_git(folder, "init", "-q")
    in_git(folder, "add", "-A")
    in_git(folder, "commit", "-q", "-m", "small")
    monkeypatch.setattr(provenance, "ROOT", folder)
    return folder


@pytest.mark.parametrize("around", [False, True], ids=["alone", "inside another repository"])
def test_a_downloaded_zip_names_its_own_commit(small_checkout, tmp_path, monkeypatch, around):
    commit, day = in_git(small_checkout, "log", "-1", "--format=%H %cs").split()
    in_git(small_checkout, "archive", "--format=zip", "-o", "../small.zip", "HEAD")
    folder = tmp_path / "other" / "unpacked"
    shutil.unpack_archive(tmp_path / "small.zip", folder)
    if around:
        in_git(folder.parent, "init", "-q")
        in_git(folder.parent, "add", "-A")
        in_git(folder.parent, "commit", "-q", "-m", "another")
    monkeypatch.setattr(provenance, "ROOT", folder)
    assert code_version() == f"{commit[:7]}+", "without git nothing tells whether files have been changed"
    assert last_commit(["file"]) == (commit[:7], day, None)
    with pytest.raises(ValueError, match="it takes a git checkout"):
        provenance.git_output("log", "-1")
    shutil.copy(ROOT / provenance.UNPACKED, folder)
    assert code_version() == "unknown", "a plain copy of a checkout, with placeholders"
    (folder / provenance.UNPACKED).unlink()
    assert last_commit(["file"]) is None


def test_without_the_program_git_no_version_is_made_up(small_checkout, monkeypatch):
    monkeypatch.setenv("PATH", str(small_checkout))
    assert code_version() == "unknown"
    assert last_commit(["file"]) is None
    with pytest.raises(ValueError, match=r"git log -1 cannot run: git is not on the PATH, install it"):
        provenance.git_output("log", "-1")


@pytest.mark.parametrize("place", ["global", "local"])
def test_settings_and_variables_of_git_have_no_say(small_checkout, tmp_path, monkeypatch, place):
    """Signatures that are shown, longer names of commits, untracked files that are not, another repository as in a hook."""
    gpg = tmp_path / "gpg"
    gpg.write_text(
        "#!/bin/sh\ncat > /dev/null\ncase \"$*\" in *--verify*) echo 'gpg: a fine signature' >&2; echo '[GNUPG:] GOODSIG 0 a'; echo '[GNUPG:] TRUST_FULLY 0';;\n"
        "*) echo '[GNUPG:] SIG_CREATED D' >&2; echo '-----BEGIN PGP SIGNATURE-----'; echo '-----END PGP SIGNATURE-----';; esac\n"
    )
    gpg.chmod(0o755)
    (small_checkout / "file").write_text("two")
    in_git(small_checkout, "-c", f"gpg.program={gpg}", "commit", "-q", "-a", "-S", "-m", "signed")
    commit = last_commit(["file"])
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "settings"))
    in_git(small_checkout, "config", f"--{place}", "gpg.program", str(gpg))
    in_git(small_checkout, "config", f"--{place}", "log.showSignature", "true")
    if place == "global":
        in_git(small_checkout, "config", "--global", "core.abbrev", "20")
        in_git(small_checkout, "config", "--global", "status.showUntrackedFiles", "no")
    assert "fine signature" in in_git(small_checkout, "log", "-1", "--format=%h"), "git itself shows it"
    for name in ("GIT_DIR", "GIT_INDEX_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    assert last_commit(["file"]) == commit
    assert code_version() == commit.name
    (small_checkout / "new").touch()
    assert provenance.git("status", "--porcelain") == "?? new"


def test_version_of_a_checkout_and_of_none(tmp_path, monkeypatch):
    """The commit, marked if there are changes; elsewhere no commit is made up."""
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert code_version() == "unknown"
    assert last_commit(["file"]) is None

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    (tmp_path / "file").write_text("one")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "table").write_text("1")
    git("add", "file", "data")
    git("commit", "-q", "-m", "first")
    commit = git("rev-parse", "HEAD")
    assert commit.startswith(code_version())
    (tmp_path / "data" / "table").write_text("2")
    assert commit.startswith(code_version())
    (tmp_path / "file").write_text("two")
    assert code_version().endswith("+")
    assert commit.startswith(code_version()[:-1])
    # the commit that made a file what it is, whatever else was committed since
    git("checkout", "-q", "file", "data")
    (tmp_path / "data" / "table").write_text("2")
    git("commit", "-q", "-a", "-m", "second", "--date", "2026-01-02T03:04:05")
    of_file, of_data = last_commit(["file"]), last_commit(["data", "none"])
    assert commit.startswith(of_file.name)
    assert git("rev-parse", "HEAD").startswith(of_data.name)
    assert of_data.day == git("log", "-1", "--format=%cs")
    assert not of_file.changed
    assert not of_data.changed
    (tmp_path / "file").write_text("two")
    (tmp_path / "data" / "new").write_text("0")
    assert last_commit(["file"]).changed
    assert last_commit(["data"]).changed
