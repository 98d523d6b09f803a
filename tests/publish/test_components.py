"""The packages behind the book: what they are, under which licences, and as a bill of materials."""

import ast
import json
import re
from datetime import UTC, datetime
from email.message import Message
from importlib import metadata

import pytest
from packaging.utils import canonicalize_name

from lib.provenance import ROOT
from publish.components import bill_of_materials, by_licence, components, licence_of, pinned

SILENT = {"cuda-toolkit"}
"""Which states none: it brings packages of CUDA and holds nothing itself."""


def test_all_that_is_installed_and_pinned_is_listed_with_a_licence():
    found = {canonicalize_name(each.name): each.version for each in components()}
    installed = {canonicalize_name(each.metadata["Name"]): each.version for each in metadata.distributions()}
    assert found == {name: installed[name] for name in map(canonicalize_name, pinned()) if name in installed}
    assert {"numpy", "torch", "jupyter-book", "xarray"} <= set(found)
    assert {each.name for each in components() if not each.licence} <= SILENT


def test_no_package_asks_for_its_own_licence_alone_that_ours_is_not():
    """GNU licences would ask for more of who passes the book on; where one is named, another may be chosen."""
    strict = [each for each in components() if re.search(r"\b[AL]?GPL|GNU", each.licence) and ";" not in each.licence]
    assert strict == []


def test_licences_as_packages_state_them():
    about = Message()
    about["Classifier"] = "License :: OSI Approved :: MIT License"
    about["License"] = "see LICENSE"
    assert licence_of(about) == "MIT"
    about["License-Expression"] = "MIT AND BSD-2-Clause"
    assert licence_of(about) == "MIT AND BSD-2-Clause"
    words = Message()
    words["License"] = "BSD"
    assert licence_of(words) == "BSD License", "which of them it does not say"


def test_groups_hold_all():
    groups = by_licence(components())
    assert sorted(each for group in groups.values() for each in group) == sorted(components())
    assert [len(group) for group in groups.values()] == sorted(map(len, groups.values()), reverse=True)


def test_the_bill_is_cyclonedx_and_the_same_again():
    moment = datetime(2026, 11, 25, tzinfo=UTC)
    content = bill_of_materials("book", "0.1.0", "0123", moment)
    assert content == bill_of_materials("book", "0.1.0", "0123", moment)
    bill = json.loads(content)
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill["serialNumber"])
    parts = {part["bom-ref"]: part for part in bill["components"]}
    assert len(parts) == len(bill["components"]) == len(components())
    assert all(
        part["purl"] == f"pkg:pypi/{canonicalize_name(part['name'])}@{part['version']}" for part in parts.values()
    )
    for part in parts.values():
        assert [set(licence) for licence in part["licenses"]] in ([{"license"}], [{"expression"}]) or part[
            "name"
        ] in SILENT
    assert bill["dependencies"] == [{"ref": "book", "dependsOn": list(parts)}]


ROOMS = ("lib", "claims", "studies", "publish")
UNPICKLING = {("pickle", "loads"), ("pickle", "load"), ("torch", "load"), ("joblib", "load"), ("pd", "read_pickle"), ("cloudpickle", "loads")}  # fmt: skip


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_is_unpickled_but_tasks_of_ones_own(room):
    """Networks are arrays in netCDF files; a pickle of another could run anything.  Those of tasks have a checksum."""
    found = set()
    for path in (ROOT / room).rglob("[!.]*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and (ast.unparse(node.value), node.attr) in UNPICKLING:
                found.add((path.name, node.attr))
            if isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "weights_only"):
                found.add((path.name, node.arg))
    assert found == ({("tasks.py", "loads")} if room == "lib" else set())


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_speaks_to_the_network(room):
    """But for a Dask cluster that is asked for, and npm, which fetches MathJax where it is installed."""
    spoken = {"urllib", "http", "socket", "requests", "httpx", "ssl", "ftplib", "aiohttp"}
    used = set()
    for path in (ROOT / room).rglob("[!.]*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            used |= {(path.name, name) for name in names if name.split(".")[0] in spoken and name != "urllib.parse"}
    assert used == set()
