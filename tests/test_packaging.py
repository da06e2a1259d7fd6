"""The contents of zoo's wheel, and that it works where it is installed."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    # Built from a copy, so that no build folder of another time finds its way in.
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    for name in filter(None, tracked):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel_names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)],
        check=True,
    )
    return target


def run_installed(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zoo", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_every_module_of_zoo(wheel_names: set[str]) -> None:
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "zoo").rglob("*.py")}
    assert modules <= wheel_names


def test_the_wheel_holds_every_shipped_plugin(wheel_names: set[str]) -> None:
    plugins = {f"zoo_plugins/{path.name}" for path in (ROOT / "plugins" / "zoo_plugins").glob("*.py")}
    assert plugins <= wheel_names


def test_the_wheel_holds_the_template_of_migrations(wheel_names: set[str]) -> None:
    assert "zoo/registry/migrations/script.py.mako" in wheel_names


def test_the_wheel_holds_the_files_of_a_new_plugin(wheel_names: set[str]) -> None:
    assert "zoo/scaffold/templates/module.py.template" in wheel_names


def test_the_wheel_declares_that_zoo_is_typed(wheel_names: set[str]) -> None:
    assert "zoo/py.typed" in wheel_names


def test_the_wheel_holds_no_tests(wheel_names: set[str]) -> None:
    assert not [name for name in wheel_names if name.startswith(("tests/", "benchmarks/", "docs/"))]


def test_every_shipped_plugin_is_an_entry_point() -> None:
    files = (ROOT / "plugins" / "zoo_plugins").glob("[a-z]*.py")
    plugins = {f"zoo_plugins.{path.stem}" for path in files if "@hookimpl" in path.read_text()}
    assert set(PROJECT["entry-points"]["zoo"].values()) == plugins


def test_an_installed_wheel_finds_its_plugins(installed: Path, tmp_path: Path) -> None:
    done = run_installed(installed, tmp_path, "plugins", "--json")
    assert '"error": "' not in done.stdout
    assert '"convnet"' in done.stdout


def test_an_installed_wheel_makes_a_registry(installed: Path, tmp_path: Path) -> None:
    script = "import zoo; zoo.open_registry('new.db').close()"
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        check=True,
    )
    done = run_installed(installed, tmp_path, "--registry", "new.db", "models")
    assert (done.stdout, done.returncode) == ("no models yet: train some with `zoo search ARCH DATASET`\n", 0)


def test_every_dependency_has_a_bound() -> None:
    assert [name for name in PROJECT["dependencies"] if not any(sign in name for sign in "<>=")] == []
