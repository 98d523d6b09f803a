"""Pack pages, data and code into one file for deposit: ``python -m publish.press.archive``.

The file, in ``_build/archive``, is a BagIt bag (RFC 8493; written as version 0.97) in a zip.  Its folder ``data`` is the working copy: every tracked
file, the charts, the built pages, and the PDF if it was made.  ``manifest-sha256.txt`` holds the checksum of each of them
and ``bag-info.txt`` where they come from, so that a reader needs no more than ``unzip`` and ``sha256sum -c`` to check a
copy; ``python -m publish.press.archive --verify FILE`` does it too, and names the file that is damaged.

The same pages, data and commit give the same bytes: names are sorted, and all times are that of the commit.
"""

from __future__ import annotations

import argparse
import json
import logging
import platform
import shutil
import sys
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import bagit
import yaml
from tqdm import tqdm

from lib.learning.ensemble import load_ensemble
from lib.learning.known_region import measured_masses
from lib.learning.table_one import TABLE_I
from lib.provenance import ROOT, UNPACKED, git, git_output
from lib.rmf.chart import chart_path, load_chart
from lib.rmf.functionals import PAPER_FUNCTIONALS
from lib.tasks import alone, atomic_write
from publish.components import bill_of_materials
from publish.manuscript import PAGES
from publish.pages import scripts
from publish.press import book, pdf
from studies.adam_beside import load_reference
from studies.search import load_search

FOLDER = ROOT / "_build" / "archive"
BUILT_WITH = ("numpy", "scipy", "numba", "torch", "xarray", "h5netcdf", "jupyter-book")
"""Packages whose versions are named in ``bag-info.txt``; all others stand in the folder ``requirements``."""
# what bagit logs it raises too, and an error is said once
logging.getLogger("bagit").addHandler(logging.NullHandler())


def contents() -> list[Path]:
    """Whatever goes into the archive as it is: all tracked files, the charts, the pages, the PDF if it is there; sorted.

    Raises
    ------
    ValueError
        outside a checkout, which alone knows the files.
    """
    tracked = [ROOT / name for name in git_output("ls-files", "-z").decode().split("\0") if name not in ("", UNPACKED)]
    charts = [chart_path(name) for name in PAPER_FUNCTIONALS]
    pages = [path for path in PAGES.rglob("*") if path.is_file()]
    return sorted({*tracked, *charts, *pages, *([pdf.PDF] if pdf.PDF.exists() else [])})


def _citation() -> dict:
    return yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def _committed() -> datetime:
    return datetime.fromtimestamp(int(git("log", "-1", "--format=%ct")), UTC)


def provenance() -> dict[str, str]:
    """What ``bag-info.txt`` says: title, authors, licences, version, commit and its date, versions of the main packages."""
    citation = _citation()
    return {
        "Source-Organization": "; ".join(
            author.get("name") or f"{author['given-names']} {author['family-names']}" for author in citation["authors"]
        ),
        "External-Description": f"{citation['title']}. Open data/_build/html/index.html to read, data/README.md to rebuild.",
        "External-Identifier": f"git commit {git('rev-parse', 'HEAD')}",
        "Version": citation["version"],
        "License": "BSD-3-Clause (code), CC-BY-4.0 (text and data): see data/LICENSE",
        "Bagging-Date": _committed().isoformat(),
        "Built-With": ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in BUILT_WITH)]),
    }  # fmt: skip


def named_commit() -> bytes:
    """The commit and its time as ``git archive`` would write them, for :func:`lib.provenance.unpacked_commit`."""
    return git_output("log", "-1", "--format=node: %H%nnode-date: %cI")


def codemeta() -> bytes:
    """What ``CITATION.cff`` says, for the programs of repositories: CodeMeta 3.0, which is JSON-LD of schema.org."""
    citation = _citation()
    description = {
        "@context": "https://w3id.org/codemeta/3.0",
        "type": "SoftwareSourceCode",
        "name": citation["title"],
        "description": citation["abstract"].strip(),
        "keywords": citation["keywords"],
        "version": citation["version"],
        "dateModified": _committed().date().isoformat(),
        "license": f"https://spdx.org/licenses/{citation['license']}",
        "author": [{"type": "Organization", **author} for author in citation["authors"]],
        "programmingLanguage": {"type": "ComputerLanguage", "name": "Python", "version": platform.python_version()},
        "softwareRequirements": [f"{name} {version(name)}" for name in BUILT_WITH],
        "referencePublication": [
            {"type": "ScholarlyArticle", "name": reference["title"], "url": reference["url"],
             "identifier": [each["value"] for each in reference["identifiers"]], "author": [
                {"type": "Person", "givenName": author["given-names"], "familyName": author["family-names"]}
                for author in reference["authors"]
            ]}
            for reference in citation["references"]
        ],
    }  # fmt: skip
    return (json.dumps(description, indent=2, ensure_ascii=False) + "\n").encode()


def check() -> None:
    """Refuse what would make a bad archive: no commit, uncommitted changes, a book or PDF that is not current, damaged data.

    Raises
    ------
    FileNotFoundError
        if a chart or another artifact has not been made.
    ValueError
        for anything else, naming it and the remedy.
    """
    if not git("log", "-1"):
        raise ValueError(
            f"{ROOT} is no git checkout, or git is not installed: an archive is packed from a checkout, which knows the "
            "commit and the files that belong to it"
        )
    changed = git("status", "--porcelain").splitlines()
    if changed:
        names = ", ".join(line[3:] for line in changed[:5]) + (" and others" if len(changed) > 5 else "")
        raise ValueError(f"{len(changed)} files differ from the last commit ({names}): commit or remove them first")
    if not book.is_current():
        raise ValueError(f"{PAGES} is not built from the present files: run `make book` first")
    if not scripts.is_vendored():
        raise ValueError(
            f"the pages lean on the network, {scripts.VENDOR} is incomplete: install npm, then run `make book`"
        )
    if pdf.PDF.exists() and not pdf.is_current():
        raise ValueError(f"{pdf.PDF} is not made from the present files: run `make pdf` again, or delete it")
    loaders = [partial(load_chart, name, pairing=pairing) for name in PAPER_FUNCTIONALS for pairing in (False, True)]
    loaders += [partial(load_ensemble, id) for id in TABLE_I]
    for load in tqdm(
        [*loaders, load_reference, load_search, measured_masses], desc="checking", unit="file", disable=None
    ):
        load()


def pack(
    paths: list[Path], root: Path, target: Path, information: dict[str, str], made: Mapping[str, bytes] | None = None
) -> None:
    """Put files into a bag and the bag into a zip, in one atomic step.

    Parameters
    ----------
    paths
        files below ``root``, whose places they keep.
    target
        the zip; the folder inside bears its name.
    information
        goes to ``bag-info.txt``; ``Bagging-Date`` (ISO 8601) becomes the time of every file.
    made
        contents of further files by their places.
    """
    moment = datetime.fromisoformat(information["Bagging-Date"]).timetuple()[:6]
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        bag = Path(folder) / target.stem
        for path in paths:
            place = bag / path.relative_to(root)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
        for name, content in (made or {}).items():
            (bag / name).write_bytes(content)
        bagit.make_bag(str(bag), information, checksums=["sha256"])
        # bagit lists the files of the bag itself as the file system does, which differs from one to another
        tags = bag / "tagmanifest-sha256.txt"
        tags.write_text("".join(sorted(tags.read_text(encoding="utf-8").splitlines(keepends=True))), encoding="utf-8")
        members = sorted(path for path in bag.rglob("*") if path.is_file())
        total = sum(path.stat().st_size for path in members)

        def write(temporary: Path) -> None:
            with (
                zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as file,
                tqdm(total=total, desc="packing", unit="B", unit_scale=True, disable=None) as bar,
            ):
                for path in members:
                    member = zipfile.ZipInfo(path.relative_to(folder).as_posix(), moment)
                    member.compress_type = zipfile.ZIP_DEFLATED
                    member.create_system = 3  # Unix, wherever this runs; else the permissions below mean nothing
                    member.external_attr = (0o100755 if path.stat().st_mode & 0o100 else 0o100644) << 16
                    file.writestr(member, path.read_bytes())
                    bar.update(path.stat().st_size)

        atomic_write(target, write)


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack an archive into an empty folder and compare every file with its checksum; returns the working copy inside.

    Raises
    ------
    FileNotFoundError
        if there is no such archive.
    ValueError
        if the folder is not empty, or the archive is damaged: then it names the file.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty: give a new or an empty folder")
    if not archive.exists():
        raise FileNotFoundError(f"{archive} is not there: give the path of an archive, as `make archive` prints it")
    remedy = "take another copy of the archive"
    try:
        file = zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise ValueError(f"{archive} is no zip file, or cut short ({error}): {remedy}") from error
    with file:
        for member in tqdm(file.infolist(), desc="unpacking", unit="file", disable=None):
            try:
                file.extract(member, folder)
            except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
                raise ValueError(f"{member.filename} in {archive} is damaged ({error}): {remedy}") from error
    bags = [path.parent for path in folder.glob("*/bagit.txt")]
    if len(bags) != 1:
        raise ValueError(f"{archive} holds {len(bags)} bags where one should be: {remedy}")
    try:
        bagit.Bag(str(bags[0])).validate()
    except (bagit.BagError, UnicodeError) as error:
        raise ValueError(f"{archive} is damaged ({error}): {remedy}") from error
    return bags[0] / "data"


def make_archive() -> Path:
    """Check everything, then pack it; returns the path of the archive, which bears version and commit in its name.

    Raises
    ------
    FileNotFoundError, ValueError
        if something is missing, stale or damaged (:func:`check`).
    """
    check()
    name = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
    information = provenance()
    target = FOLDER / f"{name}-{information['Version']}-{git('rev-parse', '--short', 'HEAD')}.zip"
    bill = bill_of_materials(name, information["Version"], git("rev-parse", "HEAD"), _committed())
    made = {"codemeta.json": codemeta(), "bom.json": bill, UNPACKED: named_commit()}
    pack(contents(), ROOT, target, information, made)
    return target


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Pack pages, data and code into one file for deposit.")
    parser.add_argument(
        "--verify", type=Path, metavar="FILE", help="check such a file instead, whole and member by member"
    )
    options = parser.parse_args(arguments)
    try:
        if options.verify:
            with tempfile.TemporaryDirectory() as folder:
                copy = unpack(options.verify, Path(folder))
                count = sum(path.is_file() for path in copy.rglob("*"))
            print(f"{options.verify}: all {count} files are as they were packed")
        else:
            with alone(FOLDER):
                archive = make_archive()
            print(f"{archive}: {archive.stat().st_size / 1e6:.0f} MB")
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
