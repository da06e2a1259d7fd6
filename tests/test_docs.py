"""The documents do not go stale: their examples run, and what they list is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from zoo.models.hyperparameters import OWN
from zoo.plugins import load_plugins

ROOT = Path(__file__).parent.parent
PLUGINS = (ROOT / "docs" / "plugins.md").read_text()
README = (ROOT / "README.md").read_text()


def examples(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


@pytest.mark.parametrize("page", [PLUGINS, README], ids=["plugins.md", "README.md"])
def test_the_example_architecture_is_a_working_plugin(page: str, tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text(examples(page, "python")[0])
    plugins = load_plugins(tmp_path)
    assert plugins.found[-1].error is None
    assert "tiny" in plugins.architectures


@pytest.mark.parametrize("page", [PLUGINS, README], ids=["plugins.md", "README.md"])
def test_the_example_architecture_has_about_20_lines(page: str) -> None:
    lines = [line for line in examples(page, "python")[0].splitlines() if line.strip()]
    assert len(lines) <= 20


def test_the_example_architecture_builds_a_classifier(tmp_path: Path) -> None:
    from zoo.models.classifier import space_builder
    from zoo.models.space import explore

    (tmp_path / "tiny.py").write_text(examples(PLUGINS, "python")[0])
    architecture = load_plugins(tmp_path).architecture("tiny")
    build = space_builder(architecture, image_size=8, channels=1, class_names=("a", "b"))
    assert "filters" in {hp.name for hp in explore(build).space}


def test_the_example_dataset_is_a_working_plugin(tmp_path: Path) -> None:
    (tmp_path / "leaves.py").write_text(examples(PLUGINS, "python")[1])
    assert "leaves" in load_plugins(tmp_path).datasets


def test_plugins_page_names_all_of_zoos_own_hyperparameters() -> None:
    assert [name for name in OWN if f"`{name}`" not in PLUGINS] == []


def test_the_command_page_is_what_help_says() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate_cli.py"), "--check"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_links_between_documents_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    broken = [
        (page.name, link)
        for page in pages
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
        if not (page.parent / link).exists()
    ]
    assert broken == []


def test_the_readme_gives_the_test_command_that_ci_runs() -> None:
    assert "pip install -e '.[test]' && pytest" in README
    assert "pip install --quiet -e '.[test]' && pytest" in (ROOT / ".ci" / "run").read_text()
