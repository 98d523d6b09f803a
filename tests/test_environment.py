"""One list of dependencies, one range of Pythons, READMEs: what is said of the house is what is there."""

import ast
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from lib.provenance import ROOT

ROOMS = ["lib", "claims", "studies", "publish"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
READMES = [f"{room}/README.md" for room in (*ROOMS, "lib/rmf", "lib/learning", "lib/orbital_free", "tests")]


def read_lock(name: str) -> list[Requirement]:
    """The requirements of a file of the lock, without checksums."""
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    return [Requirement(re.split(r" (?:\\|--hash)", line)[0]) for line in lines if re.match(r"[A-Za-z]", line)]


def read_pins(name: str) -> dict[str, str]:
    """Versions by package, of what this Python on this platform needs."""
    needs = [need for need in read_lock(name) if need.marker is None or need.marker.evaluate()]
    return {canonicalize_name(need.name): str(need.specifier).removeprefix("==") for need in needs}


CUDA = read_pins("cuda.txt")
PINS = read_pins("packages.txt") | CUDA
RANGE = SpecifierSet(PROJECT["requires-python"])
MINORS = [minor for minor in range(100) if RANGE.contains(f"3.{minor}.0")]


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
    """Python in the range, nodejs, pip, and by pip what is locked: no second list to go stale."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, *others = environment["dependencies"]
    assert python.startswith("python")
    assert SpecifierSet(python.removeprefix("python")) == RANGE
    assert others == ["nodejs", "pip", {"pip": ["-r requirements/packages.txt", "-r requirements/cuda.txt"]}]


def test_this_python_is_of_the_range_and_so_is_what_pages_and_numbers_need():
    """Torch, numba and what they compute with name the newest Python of the range among those they serve."""
    assert RANGE.contains(".".join(map(str, sys.version_info[:3])))
    for name in ("torch", "numba", "llvmlite", "numpy", "scipy"):
        served = metadata.metadata(name).get_all("Classifier")
        assert {f"Programming Language :: Python :: 3.{minor}" for minor in MINORS} <= set(served), name


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Runs ``make .venv/.installed`` where only some Pythons are on the path; returns its output.

    They are given by name and minor version; None is one that does not run, a negative number one that cannot make
    environments.  Instead of making one they write how they were called into ``called``.
    """
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("make", "sh", "head", "mkdir", "touch"):
        (tools / tool).symlink_to(shutil.which(tool))
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")

    def write(path, minor):
        version = f"3.{abs(minor)}.0" if minor else None
        change = f"import importlib.util, sys; sys.version_info = (3, {minor and abs(minor)}, 0); sys.version = '{version} (main)'"
        if minor and minor < 0:
            change += "; importlib.util.find_spec = lambda name: None"
        path.write_text(
            f"""#!/bin/sh
            {"" if minor else "echo this program is broken >&2; exit 1"}
            case "$1" in
              -V) echo "Python {version}";;
              -c) exec '{sys.executable}' -c "{change}
$2";;
              *) echo "$0 $@" >> called;;
            esac
            """
        )
        path.chmod(0o755)

    def run(pythons, *arguments, installed=None):
        for name, minor in pythons.items():
            write(tools / name, minor)
        if installed:
            (tmp_path / ".venv/bin").mkdir(parents=True)
            write(tmp_path / ".venv/bin/python", installed)
            (tmp_path / ".venv/.installed").touch()
        for name in (
            "PYTHON",
            "VENV",
            "MAKEFLAGS",
            "MFLAGS",
            "MAKELEVEL",
        ):  # a make above this one must not speak to it
            monkeypatch.delenv(name, raising=False)
        command = [tools / "make", ".venv/.installed", *arguments]
        environment = {**os.environ, "PATH": str(tools)}
        run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        called = tmp_path / "called"
        return run.stdout + run.stderr, called.read_text().replace(f"{tools}/", "") if called.exists() else ""

    return run


@pytest.mark.parametrize(
    ("pythons", "taken"),
    [
        *(({"python3": minor}, "python3") for minor in MINORS),
        *(({f"python3.{minor}": minor}, f"python3.{minor}") for minor in MINORS),
        ({"python3": MINORS[0] - 1, f"python3.{MINORS[0]}": MINORS[0]}, f"python3.{MINORS[0]}"),
        ({"python3": MINORS[-1] + 1, f"python3.{MINORS[-1]}": MINORS[-1]}, f"python3.{MINORS[-1]}"),
        ({"python3": None, "python3.13": None, "python3.12": 12, "python3.11": 11}, "python3.12"),
        ({"python3": -11, "python3.12": 12}, "python3.12"),
    ],
)  # fmt: skip
def test_make_takes_the_first_python_that_will_do(make, pythons, taken):
    output, called = make(pythons)
    assert called.startswith(f"{taken} -m venv "), output


def test_without_a_python_make_says_which_it_found_and_how_to_name_one(make):
    output, called = make({"python3": MINORS[-1] + 1, "python3.13": None, "python3.12": -12})
    assert called == ""
    [line, _] = output.splitlines()
    assert line.startswith(f"no Python from 3.{MINORS[0]} to 3.{MINORS[-1]} (python3: Python 3.{MINORS[-1] + 1}.0; ")
    assert "python3.13: this program is broken; python3.12: cannot make environments (Debian: apt-get install" in line
    assert "python3.11: " in line
    assert "not found" in line
    assert line.endswith("say which to use, as in make book PYTHON=/path/to/python3.12")


def test_an_environment_is_made_anew_for_another_python_only(make):
    assert make({"python3": 11}, "PYTHON=python3", installed=11) == ("make: '.venv/.installed' is up to date.\n", "")
    _, called = make({"python3.12": 12}, "PYTHON=python3.12")
    assert called.startswith("python3.12 -m venv --clear .venv")


def test_bounds_in_the_settings_of_pip_do_not_hide_that_no_torch_lies_ready(make, tmp_path, monkeypatch):
    """With a bound, pip does not say that nothing matches, but that versions are in conflict: the installation stopped."""
    (tmp_path / "bounds.txt").write_text("torch<3")
    (tmp_path / "pip.conf").write_text(f"[global]\nconstraint = {tmp_path}/bounds.txt\nfind-links = {tmp_path}\n")
    for name in ("PIP_CONSTRAINT", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "fresh"], check=True)
    environment = tmp_path / ".venv/bin/python"
    environment.parent.mkdir(parents=True)
    environment.write_text(f'''#!/bin/sh
        case "$*" in
          *torch-cpu.txt) exec "{tmp_path}/fresh/bin/python" "$@";;
          -V) echo "Python 3.12.0";;
          *) echo "$@" >> called;;
        esac
        ''')
    environment.chmod(0o755)
    output, called = make({"python3.12": 12})
    assert "no torch without CUDA lies ready: taking the usual one" in output
    assert "-r requirements/packages.txt" in called
    assert "-r requirements/cuda.txt" in called


def test_another_projects_lib_is_named_with_the_remedy(tmp_path):
    """Where it lies first, as on a PYTHONPATH; the book's own is imported otherwise."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "__init__.py").touch()
    for room in ("claims", "studies", "publish"):
        code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; import {room}"
        run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.stderr.splitlines()[-1] == (
            f"ImportError: the package `lib` that was imported is {tmp_path}/lib/__init__.py, and not the book's own, "
            f"{ROOT}/lib: take its folder out of PYTHONPATH, or put {ROOT} before it"
        )


def test_make_lab_works_in_a_folder_with_spaces(tmp_path):
    """Jupyter is given the settings of the folder, its own kernels, and the book's packages before any other."""
    folder = tmp_path / "a place with spaces"
    (folder / ".venv/bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    jupyter = folder / ".venv/bin/jupyter"
    jupyter.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$JUPYTER_CONFIG_PATH" "$JUPYTER_PATH" "$PYTHONPATH" "$PYTHONUTF8" "$@"\n'
    )
    jupyter.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    environment |= {"JUPYTER_PATH": "/of/the/user", "PYTHONPATH": "/another", "PYTHONUTF8": "0"}
    command = [
        "make",
        "-s",
        "-o",
        ".venv/.installed",
        "-o",
        "book",
        "lab",
        "VENV=.venv",
        "LAB_ARGS=--allow-root --port=1",
    ]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [
        f"{folder}/.jupyter", "", f"{folder}:/another", "1", "lab", f"--ServerApp.root_dir={folder}",
        f"--NotebookNotary.data_dir={folder}/_build/lab/.notary", "--allow-root", "--port=1", "_build/lab/book/preface.ipynb"
    ]  # fmt: skip


def test_make_lab_tells_root_what_to_do(tmp_path):
    """Before anything is built."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "id").write_text("#!/bin/sh\necho 0\n")
    (tmp_path / "id").chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    environment |= {"PATH": f"{tmp_path}:{environment['PATH']}"}
    run = subprocess.run(["make", "lab"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode
    assert run.stderr.splitlines()[0] == (
        "JupyterLab does not start as root, as in a container, unless it is told to: "
        'make lab LAB_ARGS="--allow-root --no-browser --ip=0.0.0.0"'
    )
    assert not (tmp_path / ".venv").exists()


def test_every_dependency_is_pinned():
    missing = [str(need) for need in requirements() if canonicalize_name(need.name) not in PINS]
    assert not missing


def test_pins_satisfy_the_requirements():
    """jupyter-book<2 above all: version 2 builds nothing from _config.yml and exits 0."""
    for need in requirements():
        assert need.specifier.contains(PINS[canonicalize_name(need.name)]), str(need)
    assert any(need.name == "jupyter-book" and "<2" in str(need.specifier) for need in requirements())


def test_every_python_of_the_range_will_do():
    """pip says only that nothing fits where a pin wants a later Python, or a later one of a series, than the machine has."""
    unfit = {
        (name, minor)
        for name in PINS
        for minor in MINORS
        if name not in ABSENT and (needs := metadata.metadata(name).get("Requires-Python"))
        and not SpecifierSet(needs).contains(f"3.{minor}.0")
    }  # fmt: skip
    assert not unfit


def test_the_version_is_said_once_or_alike():
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == PROJECT["version"]
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("name", ["packages.txt", "cuda.txt", "torch-cpu.txt"])
def test_the_lock_has_exact_versions_and_a_checksum_of_each_file(name):
    """Public versions, which every machine can install, none twice; +cpu only for torch, with one file of it."""
    text = (ROOT / "requirements" / name).read_text().replace(" \\\n", "")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    label = r"\+cpu" if name == "torch-cpu.txt" else ""
    exact = rf"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*{label}( ; [^#]+?)?( +--hash=sha256:[0-9a-f]{{64}})+"
    assert [line[:100] for line in lines if not re.fullmatch(exact, line)] == []
    assert len({canonicalize_name(need.name) for need in read_lock(name)}) == len(lines)


def test_a_torch_without_cuda_is_of_the_locked_version():
    [need] = read_lock("torch-cpu.txt")
    assert str(need) == f"torch=={PINS['torch']}+cpu"


def test_installed_versions_are_the_pinned_ones():
    """All that is pinned for this Python on this platform; a local label such as +cpu of the installed torch does not count."""
    versions = {name: metadata.version(name).split("+")[0] for name in PINS if name not in ABSENT}
    assert {name: (version, PINS[name]) for name, version in versions.items() if version != PINS[name]} == {}
    # torch comes with CUDA or without
    assert ABSENT in (set(), {*CUDA})


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
    unpinned = {name for name in seen if name not in PINS} - {"pip"}
    assert not unpinned


@pytest.mark.parametrize("room", ROOMS)
def test_packages_imported_by_a_room_are_declared(room):
    """No module leans on a package that only comes along with another."""
    declared = {canonicalize_name(need.name) for need in requirements()}
    used = set()
    for path in (ROOT / room).rglob("[!.]*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                used |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                used.add(node.module.split(".")[0])
    used -= {*sys.stdlib_module_names, *ROOMS}
    assert "numpy" in used
    providers = metadata.packages_distributions()
    assert {name for name in used if not declared & {canonicalize_name(each) for each in providers[name]}} == set()


@pytest.mark.parametrize("room", [*ROOMS, "data", "benchmarks"])
def test_texts_are_read_and_written_as_utf8(room):
    """Whatever the language of the machine: each place says so, or is one of bytes."""
    silent = []
    for path in (ROOT / room).rglob("[!.]*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            said, words = {each.arg for each in node.keywords}, [getattr(each, "value", "") for each in node.args]
            opens_bytes = any(isinstance(word, str) and set("rwab") >= set(word) and "b" in word for word in words)
            of_another = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in ("tarfile", "Image")
            if name in ("read_text", "write_text") or (name == "open" and not opens_bytes and not of_another):
                silent += [] if "encoding" in said else [f"{path.name}:{node.lineno}"]
            elif said & {"text", "universal_newlines"}:
                silent.append(f"{path.name}:{node.lineno}")
    assert silent == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", ".pre-commit-config.yaml", "README.md", *READMES])
def test_what_readmes_name_is_there(name):
    """Files and folders, targets of make, modules and what is in them, by the full name."""
    path = ROOT / name
    text = path.read_text()
    names = set(re.findall(r"[\w./-]*\w\.(?:py|md|toml|cff|yml)\b|(?<=`)[\w./-]+/(?=`)", text)) - {"book/x.md"}
    assert {name for name in names if not any((folder / name).exists() for folder in (path.parent, ROOT))} == set()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    named = re.findall(r"(?:^|`)make ((?:[a-z-]+ ?)+)", text, flags=re.M)
    assert {target for line in named for target in line.split()} <= targets
    for name in re.findall(r"(?:`|-m )((?:lib|claims|studies|publish)(?:\.\w+)+)", text):
        pkgutil.resolve_name(name)  # raises what says which part is missing
