"""Where data come from: a hash that follows what code does and nothing else, and the commit."""

import subprocess

import pytest

from lib import provenance
from lib.provenance import code_version, source_hash

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


def test_version_of_a_checkout_and_of_none(tmp_path, monkeypatch):
    """The commit, marked if there are changes; elsewhere no commit is made up."""
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert code_version() == "unknown"

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "-q", "-m", "first")
    commit = git("rev-parse", "HEAD")
    assert commit.startswith(code_version())
    (tmp_path / "file").write_text("two")
    assert code_version().endswith("+")
    assert commit.startswith(code_version()[:-1])
