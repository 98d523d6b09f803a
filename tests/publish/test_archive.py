"""The archive: what is in it, that damage is found and named, that the book lives on in an unpacked one."""

import json
import os
import random
import shutil
import subprocess
import sys
import zipfile

import bagit
import pytest
import yaml

import lib.provenance
from lib.learning.table_one import TABLE_I
from lib.provenance import ROOT
from publish.press import archive, pdf
from publish.press.archive import contents, main, make_archive, pack, provenance, unpack

INFORMATION = {"External-Identifier": "git commit 0123", "Bagging-Date": "2026-11-25T12:34:56+00:00"}
FILES = {
    "README.md": b"# A book\n",
    "data/numbers.bin": random.Random(0).randbytes(3000),
    "book/⁷⁸Ge and more.md": "δℰ\n".encode(),
    ".ci/run": b"#!/bin/sh\n",
}


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "tree"
    for name, content in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    (root / ".ci/run").chmod(0o755)
    (root / "unwanted.txt").write_text("not to be packed")
    return root


@pytest.fixture
def packed(tree, tmp_path):
    target = tmp_path / "out" / "book-1.0.zip"
    pack([tree / name for name in FILES], tree, target, INFORMATION)
    return target


def rewritten(source, target, change):
    """A zip that is sound as such, in which ``change(name, content)`` gives the contents; None leaves a member out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.infolist():
            content = change(member.filename, old.read(member))
            if content is not None:
                new.writestr(member, content)
    return target


def test_unpacked_is_what_was_packed(packed, tmp_path):
    copy = unpack(packed, tmp_path / "copy")
    assert copy == tmp_path / "copy" / "book-1.0" / "data"
    found = {path.relative_to(copy).as_posix(): path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert found == FILES
    assert bagit.Bag(str(copy.parent)).info["External-Identifier"] == "git commit 0123"
    assert os.listdir(packed.parent) == [packed.name], "something was left behind"


def test_other_programs_can_check_it(packed, tmp_path):
    shutil.unpack_archive(packed, tmp_path / "copy")
    bag = tmp_path / "copy" / "book-1.0"
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "manifest-sha256.txt"], cwd=bag, check=True)
    with zipfile.ZipFile(packed) as file:
        modes = {member.filename: member.external_attr >> 16 & 0o777 for member in file.infolist()}
    assert modes["book-1.0/data/.ci/run"] == 0o755
    assert modes["book-1.0/data/README.md"] == 0o644


def test_the_same_files_give_the_same_bytes(packed, tree, tmp_path):
    for path in tree.rglob("*"):
        os.utime(path, (1, 1))
    again = tmp_path / "again" / packed.name
    pack([tree / name for name in reversed(FILES)], tree, again, INFORMATION)
    assert again.read_bytes() == packed.read_bytes()


def test_the_order_of_the_file_system_does_not_matter(packed, tree, tmp_path, monkeypatch):
    listed = os.listdir
    monkeypatch.setattr(bagit.os, "listdir", lambda *folder: sorted(listed(*folder), reverse=True))
    again = tmp_path / "again" / packed.name
    pack([tree / name for name in FILES], tree, again, INFORMATION)
    monkeypatch.setattr(bagit.os, "listdir", lambda *folder: sorted(listed(*folder)))
    pack([tree / name for name in FILES], tree, packed, INFORMATION)
    assert again.read_bytes() == packed.read_bytes()


def test_a_damaged_member_is_named(packed, tmp_path):
    content = bytearray(packed.read_bytes())
    # the random numbers cannot be compressed, so they stand in the zip as they are
    place = content.find(FILES["data/numbers.bin"][1000:1100])
    assert place > 0
    content[place] ^= 1
    packed.write_bytes(content)
    with pytest.raises(ValueError, match=r"book-1\.0/data/data/numbers\.bin in .* is damaged .*: take another copy"):
        unpack(packed, tmp_path / "copy")


def test_a_file_exchanged_for_another_is_named(packed, tmp_path):
    """The zip is sound, but the content is not that of the manifest."""
    other = rewritten(
        packed, tmp_path / "other.zip", lambda name, content: content[::-1] if "README" in name else content
    )
    with pytest.raises(ValueError, match=r"data/README\.md sha256 validation failed"):
        unpack(other, tmp_path / "copy")


def test_a_missing_and_an_added_file_are_noticed(packed, tmp_path):
    def exchange(name, content):
        return None if name.endswith("README.md") else content

    with pytest.raises(ValueError, match=r"Expected 4 files and .* but found 3 files"):
        unpack(rewritten(packed, tmp_path / "less.zip", exchange), tmp_path / "less")
    shutil.copy(packed, tmp_path / "more.zip")
    with zipfile.ZipFile(tmp_path / "more.zip", "a") as file:
        file.writestr("book-1.0/data/more.txt", "more")
    with pytest.raises(ValueError, match="but found 5 files"):
        unpack(tmp_path / "more.zip", tmp_path / "more")


def test_any_flipped_byte_is_refused_or_harmless(packed, tmp_path):
    """Harmless are those in times and permissions; whatever is unpacked without an error is what was packed."""
    sound = packed.read_bytes()
    refused = 0
    for place in range(0, len(sound), 37):
        content = bytearray(sound)
        content[place] ^= 0x55
        packed.write_bytes(content)
        try:
            copy = unpack(packed, tmp_path / f"copy{place}")
        except ValueError:
            refused += 1
        else:
            found = {path.relative_to(copy).as_posix(): path.read_bytes() for path in copy.rglob("*") if path.is_file()}
            assert found == FILES, f"byte {place}"
    assert refused > len(sound) / 37 / 2


@pytest.mark.parametrize("length", [0, 100, 2000])
def test_a_file_cut_short_is_refused(packed, tmp_path, length):
    packed.write_bytes(packed.read_bytes()[:length])
    with pytest.raises(ValueError, match="no zip file, or cut short"):
        unpack(packed, tmp_path / "copy")


def test_a_zip_that_is_no_bag_and_a_folder_in_use_are_refused(packed, tmp_path):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
        file.writestr("holiday.txt", "sun")
    with pytest.raises(ValueError, match="holds 0 bags"):
        unpack(tmp_path / "other.zip", tmp_path / "copy")
    with pytest.raises(ValueError, match="copy is not empty"):
        unpack(packed, tmp_path / "copy")


def test_verify_on_the_command_line(packed, capsys):
    assert main(["--verify", str(packed)]) == 0
    assert "all 4 files are as they were packed" in capsys.readouterr().out
    assert main(["--verify", str(packed.with_name("none.zip"))]) == 1
    assert "none.zip is not there: give the path of an archive" in capsys.readouterr().err
    packed.write_bytes(b"nonsense")
    assert main(["--verify", str(packed)]) == 1
    assert capsys.readouterr().err.startswith(f"error: {packed} is no zip file")


@pytest.fixture
def checkout(tree, monkeypatch):
    """The tree as a git checkout with everything but ``unwanted.txt`` committed, taken for the book's."""
    (tree / ".gitignore").write_text("_build/\nunwanted.txt\n*.nc\n")
    (tree / "CITATION.cff").write_text((ROOT / "CITATION.cff").read_text())
    (tree / "_build/html").mkdir(parents=True)
    (tree / "_build/html/index.html").write_text("<html>")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Tree"]):
        identity = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
        subprocess.run(["git", *identity, *command], cwd=tree, check=True)
    for module in (archive, lib.provenance):
        monkeypatch.setattr(module, "ROOT", tree)
    monkeypatch.setattr("publish.press.archive.PAGES", tree / "_build/html")
    monkeypatch.setattr("publish.press.pdf.PDF", tree / "_build/pdf/book.pdf")
    monkeypatch.setattr("lib.rmf.chart.DATA", tree / "data")
    return tree


def test_contents_are_tracked_files_charts_and_pages(checkout):
    tracked = {*FILES, ".gitignore", "CITATION.cff"}
    made = {"data/PC-PK1.nc", "data/PC-F1.nc", "_build/html/index.html"}
    assert {path.relative_to(checkout).as_posix() for path in contents()} == tracked | made
    (checkout / "_build/pdf").mkdir()
    (checkout / "_build/pdf/book.pdf").write_bytes(b"%PDF")
    assert checkout / "_build/pdf/book.pdf" in contents()


def test_an_unpacked_archive_knows_its_commit(checkout, monkeypatch, tmp_path):
    """Where it is unpacked, and in whose repository, does not matter; the placeholders of the checkout are not packed."""
    shutil.copy(ROOT / lib.provenance.UNPACKED, checkout)
    subprocess.run(["git", "add", lib.provenance.UNPACKED], cwd=checkout, check=True)
    for name in ("data/PC-PK1.nc", "data/PC-F1.nc"):
        (checkout / name).touch()
    monkeypatch.setattr(archive, "check", lambda: None)
    monkeypatch.setattr(archive, "FOLDER", tmp_path / "archives")
    (checkout / "pyproject.toml").write_text('[project]\nname = "book"')
    assert checkout / lib.provenance.UNPACKED not in contents()
    here = lib.provenance.last_commit(["."])
    copy = unpack(make_archive(), tmp_path / "copy")
    packed_files = {path.relative_to(copy) for path in copy.rglob("*") if path.is_file()}
    assert {path.relative_to(checkout) for path in contents()} < packed_files
    monkeypatch.setattr(lib.provenance, "ROOT", copy)
    assert lib.provenance.last_commit(["."]) == (here.name, here.day, None)
    assert lib.provenance.code_version() == f"{here.name}+"


@pytest.mark.parametrize("trouble", ["no .git", "no git", "another repository"])
def test_where_git_does_not_know_the_files_nothing_is_packed(checkout, monkeypatch, capsys, tmp_path, trouble):
    """An archive of the charts and pages alone, or under the commit of a repository around the copy, looks like a whole one."""
    if trouble == "no git":
        monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    else:
        shutil.rmtree(checkout / ".git")
    if trouble == "another repository":
        subprocess.run(["git", "init", "-q", checkout.parent], check=True)
    with pytest.raises(ValueError, match=r"git .* (failed in|cannot run: git is not on the PATH)"):
        contents()
    assert "is no git checkout, or git is not installed: an archive is packed from a checkout" in refusal(capsys)


def test_provenance_is_of_the_commit(checkout):
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=checkout, capture_output=True, text=True, check=True)
    information = provenance()
    assert information["External-Identifier"] == f"git commit {commit.stdout.strip()}"
    assert information["Bagging-Date"].endswith("+00:00")
    assert "CC-BY-4.0" in information["License"]
    assert "torch" in information["Built-With"]


def test_what_repositories_read_is_what_the_citation_says(checkout, tmp_path):
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    described = json.loads(archive.codemeta())
    assert described["name"] == citation["title"]
    assert described["version"] == citation["version"]
    assert described["license"] == "https://spdx.org/licenses/BSD-3-Clause"
    assert [author["name"] for author in described["author"]] == [author["name"] for author in citation["authors"]]
    [paper] = described["referencePublication"]
    assert [author["familyName"] for author in paper["author"]] == ["Li", "Niu", "Liang", "Niu", "Sun"]
    assert paper["url"] == f"https://arxiv.org/abs/{paper['identifier'][0].removeprefix('arXiv:')}"
    pack([checkout / "README.md"], checkout, tmp_path / "a.zip", INFORMATION, {"codemeta.json": archive.codemeta()})
    assert (unpack(tmp_path / "a.zip", tmp_path / "copy") / "codemeta.json").read_bytes() == archive.codemeta()


def refusal(capsys):
    assert main([]) == 1
    [line] = capsys.readouterr().err.splitlines()
    return line


def test_bad_states_are_refused_before_anything_is_written(checkout, monkeypatch, capsys):
    current = {"book": False, "vendor": False, "pdf": False}
    monkeypatch.setattr("publish.press.book.is_current", lambda: current["book"])
    monkeypatch.setattr("publish.pages.scripts.is_vendored", lambda: current["vendor"])
    monkeypatch.setattr("publish.press.pdf.is_current", lambda: current["pdf"])
    monkeypatch.setattr(archive, "pack", lambda *a: pytest.fail("packed all the same"))

    (checkout / "README.md").write_text("changed")
    (checkout / "stray.txt").write_text("new")
    assert "2 files differ from the last commit (README.md, stray.txt): commit" in refusal(capsys)
    (checkout / "README.md").write_bytes(FILES["README.md"])
    (checkout / "stray.txt").unlink()

    assert refusal(capsys).endswith("is not built from the present files: run `make book` first")
    current["book"] = True
    assert "lean on the network" in refusal(capsys)
    current["vendor"] = True
    (checkout / "_build/pdf").mkdir()
    (checkout / "_build/pdf/book.pdf").write_bytes(b"%PDF")
    assert "book.pdf is not made from the present files: run `make pdf`" in refusal(capsys)
    current["pdf"] = True

    assert "PC-PK1.nc is not there: run `python -m lib charts`" in refusal(capsys)
    (checkout / "data/PC-PK1.nc").write_bytes(b"no chart")
    assert "PC-PK1.nc is damaged" in refusal(capsys)

    shutil.rmtree(checkout / ".git")
    assert "no git checkout" in refusal(capsys)


@pytest.fixture(scope="module")
def restored(tmp_path_factory):
    """The real book, packed and unpacked elsewhere."""
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True)
    if changed.stdout:
        pytest.skip("the working copy has changes that are not committed, which an archive refuses")
    if pdf.PDF.exists() and pdf.is_installed():
        pdf.build()  # one of an earlier state would be refused
    file = make_archive()
    return file, unpack(file, tmp_path_factory.mktemp("archive"))


def run_in(copy, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.browser
def test_the_book_can_be_deposited(restored):
    file, copy = restored
    assert file.stat().st_size < 200e6
    for path in (*contents(), ROOT / "LICENSE", ROOT / "CITATION.cff"):
        assert (copy / path.relative_to(ROOT)).stat().st_size == path.stat().st_size
    first = file.read_bytes()
    assert make_archive().read_bytes() == first, "another run gave other bytes"


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index", "book/covariant_functional", "book/one_nucleus", "book/chart"])
def test_restored_pages_open_from_disk(restored, browser, name):
    page = browser.new_page()
    troubles = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("requestfailed", lambda request: troubles.append(request.url))
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else troubles.append(r.url))
    page.goto((restored[1] / "_build" / "html" / f"{name}.html").as_uri(), wait_until="load")
    page.wait_for_function("!document.querySelector('.math') || document.querySelectorAll('mjx-container').length > 0")
    assert page.locator("h1").first.inner_text()
    assert troubles == []
    page.close()


@pytest.mark.browser
def test_restored_data_load_as_current_and_a_chapter_runs(restored, tmp_path):
    copy = restored[1]
    code = (
        "import lib; from lib.rmf.chart import load_chart; from lib.learning.ensemble import load_ensemble; from lib.learning.table_one import TABLE_I\n"
        "[load_chart(name, pairing=pairing) for name in ('PC-PK1', 'PC-F1') for pairing in (False, True)]\n"
        "print(lib.__file__, *(load_ensemble(id).attrs['network'] for id in TABLE_I))"
    )
    run = run_in(copy, "-c", code)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == [str(copy / "lib" / "__init__.py"), *TABLE_I]
    run = run_in(copy, "-m", "publish.press.chapter", "one_nucleus", "--params", "Z=8 N=8", "-o", str(tmp_path))
    assert run.returncode == 0, run.stderr
    assert "Z = 8, N = 8" in (tmp_path / "_build" / "html" / "book" / "one_nucleus.html").read_text()
