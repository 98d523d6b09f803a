"""Where data come from: a hash that follows what code does and nothing else, and the commit."""

import re
import subprocess

import pytest

from lib import chart, ensemble, provenance
from lib.provenance import code_version, last_commit, source_hash

SOURCE = '''"""A well."""

DEPTH = 71.28
"""MeV."""


class Well:
    """A square one."""

    def at(self, r: float) -> float:
        """Its depth at r (fm)."""
        return -DEPTH if r < 5.0 else 0.0  # no surface
'''


def hash_of(folder, *texts):
    paths = [folder / f"module{i}.py" for i in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return source_hash(paths)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("no surface", "a sharp edge"),
        ("  # no surface", ""),
        ("A well.", "A well: see below."),
        ('"""MeV."""\n', ""),
        ('    """A square one."""\n\n', ""),
        ("Its depth at r (fm).", "Depth.\n\n        Zero outside.\n        "),
        (
            "-DEPTH if r < 5.0 else 0.0",
            "(\n            -DEPTH\n            if (r < 5.0)\n            else 0.0\n        )",
        ),
        ("\n\n\nclass", "\nclass"),
    ],
)
def test_comments_docstrings_and_formatting_do_not_count(tmp_path, old, new):
    other = SOURCE.replace(old, new)
    assert other != SOURCE
    assert hash_of(tmp_path, other) == hash_of(tmp_path, SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [("71.28", "71.29"), ("5.0", "5"), ("r < 5.0", "r <= 5.0"), ("-DEPTH", "DEPTH"), ("else 0.0", 'else "0.0"')],
)
def test_what_the_code_does_counts(tmp_path, old, new):
    other = SOURCE.replace(old, new)
    assert other != SOURCE
    assert hash_of(tmp_path, other) != hash_of(tmp_path, SOURCE)


def test_every_file_counts_in_its_place(tmp_path):
    both = hash_of(tmp_path, "a = 1\n", "b = 2\n")
    assert (
        len({both, hash_of(tmp_path, "b = 2\n", "a = 1\n"), hash_of(tmp_path, "a = 1\n"), hash_of(tmp_path, "b = 2\n")})
        == 4
    )
    assert len(both) == 16
    assert int(both, 16) > 0


def test_missing_and_broken_sources_are_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.py"):
        source_hash([tmp_path / "none.py"])
    with pytest.raises(SyntaxError):
        hash_of(tmp_path, "def half(")


@pytest.mark.parametrize(
    ("module", "modules", "hash_name", "changed", "number"),
    [
        (chart, chart.PHYSICS_MODULES, "code_hash", "dirac", "^MAX_KAPPA = "),
        (ensemble, ensemble.TRAINING_MODULES, "training_hash", "networks", "^    weight_decay: float = "),
    ],
    ids=["chart", "ensemble"],
)
def test_charts_and_members_follow_the_code_they_come_from(
    tmp_path, monkeypatch, module, modules, hash_name, changed, number
):
    """A changed number in one of the modules that decide them is noticed, a comment is not."""
    (tmp_path / "lib").mkdir()
    for name in modules:
        (tmp_path / "lib" / f"{name}.py").write_bytes((module.ROOT / "lib" / f"{name}.py").read_bytes())
    hash_now = getattr(module, hash_name)
    before = hash_now()
    monkeypatch.setattr(module, "ROOT", tmp_path)
    assert hash_now() == before
    path = tmp_path / "lib" / f"{changed}.py"
    text = path.read_text()
    path.write_text(f"{text}# one more line\n")
    assert hash_now() == before
    other, count = re.subn(f"({number})", r"\g<1>1", text, flags=re.M)
    assert count == 1
    path.write_text(other)
    assert hash_now() != before


def test_what_decides_numbers_is_hashed_and_what_does_not_is_not():
    assert {"functionals", "dirac", "occupation", "observables", "rmf"} <= set(chart.PHYSICS_MODULES)
    assert {"dataset", "networks", "losses", "training"} == set(ensemble.TRAINING_MODULES)
    assert not {"tasks", "provenance"} & {*chart.PHYSICS_MODULES, *ensemble.TRAINING_MODULES}


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
