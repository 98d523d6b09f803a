"""One list of dependencies: environment.yml, pyproject.toml, constraints.txt and what is installed say the same."""

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINS = {
    canonicalize_name(name): version
    for name, version in (
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text().split("\n")
        if line.strip() and not line.startswith("#")
    )
}


def is_absent(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return True
    return False


ABSENT = {name for name in PINS if is_absent(name)}


def requirements() -> list[Requirement]:
    lines = PROJECT["dependencies"] + [line for extra in PROJECT["optional-dependencies"].values() for line in extra]
    return [Requirement(line) for line in lines]


def test_environment_file_holds_no_list_of_its_own():
    """Exactly Python 3.11, nodejs, pip, and by pip the package with its constraints: no second list to go stale."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert set(environment) == {"name", "channels", "dependencies"}
    assert environment["name"] == PROJECT["name"]
    assert environment["channels"] == ["conda-forge"]
    assert environment["dependencies"] == [
        "python=3.11",
        "nodejs",
        "pip",
        {"pip": ["-c constraints.txt", "-e .[test]"]},
    ]


def test_python_version_is_the_same_everywhere():
    assert PROJECT["requires-python"] == ">=3.11,<3.12"
    assert sys.version_info[:2] == (3, 11)


def test_every_dependency_is_pinned():
    missing = [str(need) for need in requirements() if canonicalize_name(need.name) not in PINS]
    assert not missing


def test_pins_satisfy_the_requirements():
    """jupyter-book<2 above all: version 2 builds nothing from _config.yml and exits 0."""
    for need in requirements():
        assert need.specifier.contains(PINS[canonicalize_name(need.name)]), str(need)
    assert any(need.name == "jupyter-book" and "<2" in str(need.specifier) for need in requirements())


def test_every_python_of_the_series_will_do():
    """pip says only that nothing fits where a pin wants a later Python 3.11 than the machine has."""
    late = {
        name: needs
        for name in PINS
        if name not in ABSENT and (needs := metadata.metadata(name).get("Requires-Python"))
        and not SpecifierSet(needs).contains("3.11.0")
    }  # fmt: skip
    assert not late


def test_the_version_is_said_once_or_alike():
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == PROJECT["version"]
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text()


def test_constraints_are_exact_public_versions():
    """Each line name==version, no +cpu or other local label, which no other machine could install; none twice."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) == len(PINS)
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line), line


def test_installed_versions_are_the_pinned_ones():
    """All that is pinned and installed; a local label such as +cpu of the installed torch does not count."""
    versions = {name: metadata.version(name).split("+")[0] for name in PINS if name not in ABSENT}
    assert {name: (version, PINS[name]) for name, version in versions.items() if version != PINS[name]} == {}
    assert not ABSENT & {canonicalize_name(need.name) for need in requirements()}
    # a pin of something that is not installed is one nobody uses, or belongs to another platform
    assert len(ABSENT) <= 5, sorted(ABSENT)


def test_nothing_installed_goes_unpinned():
    """What a requirement brings along is pinned too, or a fresh install would differ from this one."""
    seen, queue = set(), [(canonicalize_name(need.name), need.extras) for need in requirements()]
    while queue:
        name, extras = queue.pop()
        if name in seen:
            continue
        seen.add(name)
        for line in metadata.requires(name) or []:
            need = Requirement(line)
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                try:
                    metadata.version(need.name)
                except metadata.PackageNotFoundError:
                    continue
                queue.append((canonicalize_name(need.name), need.extras))
    unpinned = {name for name in seen if name not in PINS} - {"setuptools", "pip", "wheel"}
    assert not unpinned


def test_packages_imported_by_lib_are_declared():
    """No module of lib leans on a package that only comes along with another (IPython is what ipykernel runs)."""
    names = {"yaml": "pyyaml", "IPython": "ipykernel", "bs4": "beautifulsoup4", "sphinxcontrib": "sphinxcontrib-bibtex"}
    declared = {canonicalize_name(need.name) for need in requirements()}
    used = set()
    for path in (ROOT / "lib").glob("*.py"):
        used |= set(re.findall(r"^\s*(?:import|from)\s+([a-zA-Z_0-9]+)", path.read_text(), flags=re.M))
    used = {name for name in used if name not in sys.stdlib_module_names and name != "lib"}
    assert "numpy" in used
    assert {canonicalize_name(names.get(name, name)) for name in used} <= declared
