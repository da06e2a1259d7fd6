"""The package that `zoo plugins new` writes installs, passes its own tests and trains."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from zoo.plugins import load_plugins
from zoo.scaffold import write_package

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_LINE = 88  # the default of ruff and black


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the package `my-net`, as written."""
    into = tmp_path_factory.mktemp("written")
    write_package("my-net", into, {})
    return into / "my-net"


@pytest.fixture(scope="module")
def site(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `my-net` is installed into."""
    source, target = tmp_path_factory.mktemp("source") / "my-net", tmp_path_factory.mktemp("site")
    shutil.copytree(package, source)  # a build leaves folders behind in its source
    offline = ["--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *offline, "--target", str(target), str(source)], check=True
    )
    return target


def with_installed(site: Path, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Call Python in this folder where `my-net` is installed."""
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_installs_as_a_plugin(site: Path, tmp_path: Path) -> None:
    done = with_installed(site, tmp_path, "-m", "zoo", "plugins", "--json")
    (row,) = (row for row in json.loads(done.stdout) if row["name"] == "my-net")
    assert row == {
        "name": "my-net",
        "origin": "my-net",
        "version": "0.1.0",
        "architectures": ["my-net"],
        "datasets": [],
        "sources": [],
        "decoders": [],
        "error": None,
        "notice": None,
        "kinds": ["architecture"],
        "state": "ok",
    }


def test_it_installs_its_one_module_only(site: Path) -> None:
    installed = {path.name for path in site.iterdir()} - {"__pycache__"}
    assert installed == {"my_net.py", "my_net-0.1.0.dist-info"}


@pytest.mark.large
def test_installed_it_passes_its_own_tests(package: Path, site: Path, tmp_path: Path) -> None:
    shutil.copytree(package / "tests", tmp_path / "tests")  # without the module, which is the installed one
    done = with_installed(site, tmp_path, "-m", "pytest", "-q", "tests")
    assert done.returncode == 0, done.stdout
    assert "zoo/testing" not in done.stdout  # its author can do nothing about warnings of our code


def test_its_tests_find_the_module_before_it_is_installed(package: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "my-net"],
        cwd=package.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.large
def test_installed_it_trains(site: Path, tmp_path: Path) -> None:
    done = with_installed(site, tmp_path, "-m", "zoo", "train", "my-net", "digits", "--epochs", 1, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["architecture"] == "my-net"


def test_its_lines_are_as_short_as_formatters_want(package: Path) -> None:
    texts = [path.read_text() for path in package.rglob("*.py")]
    assert [line for text in texts for line in text.splitlines() if len(line) > LONGEST_LINE] == []


def test_its_module_can_be_read_in_one_go(package: Path) -> None:
    assert len((package / "my_net.py").read_text().splitlines()) < 60


@pytest.mark.parametrize("name", ["a", "net2", "my-net", "my_net", "a--b"])
def test_a_name_that_is_taken_is_one_of_the_contract(name: str, tmp_path: Path) -> None:
    write_package(name, tmp_path, {})
    (plugin,) = (plugin for plugin in load_plugins(tmp_path / name).entries if plugin.version is None)
    assert plugin.architectures == (name,)
