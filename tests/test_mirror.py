"""Each module of zoo has its tests under the same path: `zoo/data/rows.py` has `tests/data/test_rows.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

import zoo

ROOT = Path(zoo.__file__).parent
TESTS = Path(__file__).parent
EXCEPTIONS = {
    "registry/migrations/env.py": "Alembic runs it, on each database that tests/registry/test_upgrade.py upgrades",
}


def modules() -> list[str]:
    """The paths of the modules, from the package on, without entry points and the scripts of Alembic."""
    paths = sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.py") if path.stem.strip("_") == path.stem)
    return [str(path) for path in paths if path.parent != Path("registry/migrations/versions")]


@pytest.mark.parametrize("module", [module for module in modules() if module not in EXCEPTIONS])
def test_a_module_has_its_tests_under_the_same_path(module: str) -> None:
    path = TESTS / module
    assert path.with_name(f"test_{path.name}").is_file()


def test_each_exception_is_a_module() -> None:
    assert set(EXCEPTIONS) <= set(modules())
