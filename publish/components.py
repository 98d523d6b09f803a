"""The packages that the book is built with: their versions and licences, as its pages list them, and as a bill of materials.

Both are read off the metadata of what is installed, by :mod:`importlib.metadata` alone.  The bill is CycloneDX 1.6 in JSON; the
tools that write such bills would bring more packages than the lines here replace.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from datetime import datetime
from importlib import metadata
from typing import NamedTuple

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from lib.provenance import ROOT

_SPDX = {
    "Apache Software License": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD-3": "BSD-3-Clause",
    "BSD": "BSD License",
    "ISC License (ISCL)": "ISC",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSF": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""SPDX names of licences by the words that packages have for them; a "BSD License" does not say which."""


class Component(NamedTuple):
    """A package as it is installed."""

    name: str
    version: str
    licence: str
    """an SPDX expression where the package gives one, or words that have one; its own words otherwise, empty without any"""


def licence_of(about: metadata.PackageMetadata) -> str:
    """The licence that the metadata of a package name: its expression, its classifiers, or its words, in this order."""
    if about.get("License-Expression"):
        return about["License-Expression"]
    classifiers = [
        each.split(" :: ")[-1] for each in about.get_all("Classifier") or [] if each.startswith("License :: ")
    ]
    words = [each for each in classifiers if each != "OSI Approved"]
    if not words:
        line = (about.get("License") or "").strip().partition("\n")[0]
        words = [line] if len(line) < 60 else []
    return "; ".join(dict.fromkeys(_SPDX.get(each, each) for each in words))


def pinned() -> list[str]:
    """The names in ``requirements``, of all platforms."""
    files = (ROOT / "requirements" / name for name in ("packages.txt", "cuda.txt"))
    return [name for path in files for name in re.findall(r"^([\w.-]+)==", path.read_text(encoding="utf-8"), re.M)]


def components() -> list[Component]:
    """All pinned packages that are installed, by name; a pin that this machine needs nothing of is left out."""
    found = []
    for name in pinned():
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        found.append(Component(about["Name"], metadata.version(name), licence_of(about)))
    return sorted(found, key=lambda each: each.name.lower())


def by_licence(parts: Iterable[Component]) -> dict[str, list[Component]]:
    """The packages of each licence, those of most packages first."""
    groups: dict[str, list[Component]] = {}
    for each in parts:
        groups.setdefault(each.licence or "not stated", []).append(each)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))


def bill_of_materials(name: str, version: str, commit: str, moment: datetime) -> bytes:
    """CycloneDX 1.6 of the book and its packages, in JSON; the same for the same commit, environment and ``moment``."""

    def licences(text: str) -> list[dict]:
        if not text:
            return []
        try:
            return [{"expression": canonicalize_license_expression(text)}]
        except InvalidLicenseExpression:
            return [{"license": {"name": text}}]

    def purl(each: Component) -> str:
        return f"pkg:pypi/{re.sub(r'[-_.]+', '-', each.name).lower()}@{each.version}"

    parts = components()
    book = {
        "type": "application",
        "bom-ref": name,
        "name": name,
        "version": version,
        "licenses": licences("BSD-3-Clause AND CC-BY-4.0"),
    }
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{name} {commit}')}",
        "version": 1,
        "metadata": {"timestamp": moment.isoformat(), "component": book},
        "components": [
            {
                "type": "library",
                "bom-ref": purl(each),
                "name": each.name,
                "version": each.version,
                "licenses": licences(each.licence),
                "purl": purl(each),
            }
            for each in parts
        ],
        "dependencies": [{"ref": name, "dependsOn": [purl(each) for each in parts]}],
    }  # fmt: skip
    return (json.dumps(bill, indent=2, ensure_ascii=False) + "\n").encode()
