"""The documents are up to date: their examples run, and their lists are complete."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
import pytest
from PIL import Image

from tests.formats import FORMATS
from zoo import open_registry
from zoo.cli import run
from zoo.cli.group import cli
from zoo.data.sources import open_dataset
from zoo.models.hyperparameters import OWN
from zoo.plugins import load_plugins
from zoo.testing import ARCHITECTURE_CHECKS
from zoo.testing.contract import IMPORTS, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PLUGINS = (ROOT / "docs" / "plugins.md").read_text()
SEARCH = (ROOT / "docs" / "search.md").read_text()
README = (ROOT / "README.md").read_text()
PYTHON = (ROOT / "docs" / "python.md").read_text()
FINETUNING = (ROOT / "docs" / "finetuning.md").read_text()


def examples(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


@pytest.mark.parametrize("page", [PLUGINS, README], ids=["plugins.md", "README.md"])
def test_the_example_architecture_is_a_working_plugin(page: str, tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text(examples(page, "python")[0])
    plugins = load_plugins(tmp_path)
    assert plugins.entries[-1].error is None
    assert "tiny" in plugins.architectures


def test_the_checks_of_an_architecture_are_listed() -> None:
    rows = [f"| `{check}` | {words} |" for check, words in ARCHITECTURE_CHECKS.items()]
    assert "\n".join(rows) in PLUGINS
    assert all(f"\n| `{check}` | " in PLUGINS for check in (IMPORTS, WEIGHTS))  # of the command alone


@pytest.mark.parametrize("page", [PLUGINS, README], ids=["plugins.md", "README.md"])
def test_the_example_architecture_has_about_20_lines(page: str) -> None:
    lines = [line for line in examples(page, "python")[0].splitlines() if line.strip()]
    assert len(lines) <= 20


def test_the_example_architecture_builds_a_classifier(tmp_path: Path) -> None:
    from zoo.models.building import SpaceBuilder
    from zoo.models.exploration import explore

    (tmp_path / "tiny.py").write_text(examples(PLUGINS, "python")[0])
    architecture = load_plugins(tmp_path).architecture("tiny")
    build = SpaceBuilder(architecture, image_size=8, channels=1)
    assert "filters" in {hp.name for hp in explore(build).space}


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of somebody who works through a page, with photographs of leaves at home."""
    rng = np.random.default_rng(0)
    for brightness, tree in ((0, "ash"), (90, "elm"), (180, "oak")):
        folder = tmp_path / "home" / "leaves" / tree
        folder.mkdir(parents=True)
        for index, pixels in enumerate(rng.integers(0, 70, (40, 8, 8, 3)) + brightness):
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index:02}.jpg")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name == "my_net" or name.startswith("zoo_plugin_file_"):
            del sys.modules[name]


def type_in(line: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the command of a line of a page and return its exit code."""
    program, *arguments = shlex.split(line.removeprefix("$ "), comments=True)
    if program == "zoo":
        return run(arguments)
    python = [sys.executable, "-m", program]
    if program == "pip":  # as `install -e` does, without an index and without touching this environment
        site = Path("site").resolve()
        monkeypatch.syspath_prepend(str(site))
        offline = ["--quiet", "--no-deps", "--no-build-isolation", "--target", str(site)]
        return subprocess.run([*python, "install", *offline, f"./{arguments[-1]}"], check=False).returncode
    assert program == "pytest"
    return subprocess.run([*python, "-q", *arguments], check=False).returncode


@pytest.mark.large
def test_every_block_of_the_plugins_page_works(reader: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Follow a page from top to bottom: save its files under their names and run its commands."""
    blocks = re.findall(r"(?:`([\w/-]+\.py)`:\n\n)?```(\w+)\n(.*?)```", PLUGINS, flags=re.DOTALL)
    for file, language, block in blocks:
        if language == "console":
            for line in block.splitlines():
                assert (line, type_in(line, monkeypatch)) == (line, 0)
        elif language == "toml":
            assert block in (reader / "my-net" / "pyproject.toml").read_text()
        else:
            assert file, f"the page does not say where to save {block}"
            path = reader / file
            path.parent.mkdir(exist_ok=True)
            assert not path.exists() or path.read_text() == block
            path.write_text(block)


def example(file: str) -> str:
    """The code that the plugins page wants saved under this name."""
    return PLUGINS.partition(f"{file}`:\n\n```python\n")[2].partition("```")[0]


@pytest.mark.large
def test_a_model_of_the_example_with_an_own_layer_loads_in_a_new_process(tmp_path: Path) -> None:
    (tmp_path / "scaled.py").write_text(example("scaled.py"))
    zoo = [sys.executable, "-m", "zoo", "--plugins-dir", "."]
    for arguments in (["train", "scaled", "digits", "--epochs", "1"], ["evaluate", "digits@best", "digits"]):
        done = subprocess.run([*zoo, *arguments], cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()


def test_the_example_with_weights_loads_a_file(tmp_path: Path) -> None:
    import keras
    from keras_tuner import HyperParameters

    (tmp_path / "slim.py").write_text(example("slim.py"))
    architecture = load_plugins(tmp_path).architecture("slim")

    def network(weights: str | None) -> keras.Model:
        pixels = keras.Input((32, 32, 3))
        return keras.Model(pixels, architecture.backbone(HyperParameters(), pixels, weights=weights))

    path, trained = tmp_path / "slim.weights.h5", network(None)
    trained.save_weights(path)
    loaded = network(str(path))
    pairs = zip(trained.get_weights(), loaded.get_weights(), strict=True)
    assert all(np.array_equal(weight, other) for weight, other in pairs)


def test_the_example_with_weights_of_pytorch_loads_a_file(tmp_path: Path) -> None:
    import keras
    from keras_tuner import HyperParameters
    from safetensors.numpy import save_file

    (tmp_path / "from_torch.py").write_text(example("from_torch.py"))
    architecture = load_plugins(tmp_path).architecture("from-torch")
    kernel = np.random.default_rng(0).normal(size=(16, 3, 3, 3)).astype(np.float32)
    parts = ("weight", "bias", "running_mean", "running_var")
    normalisation = {
        f"features.1.{part}": np.full(16, number, np.float32) for number, part in enumerate(parts)
    }
    rest = {
        "features.1.num_batches_tracked": np.array(3),
        "classifier.weight": np.ones((9, 16), np.float32),
    }
    save_file({"features.0.weight": kernel, **normalisation, **rest}, tmp_path / "net.safetensors")
    pixels = keras.Input((8, 8, 3))
    features = architecture.backbone(HyperParameters(), pixels, weights=str(tmp_path / "net.safetensors"))
    loaded = keras.Model(pixels, features).get_weights()
    assert np.array_equal(loaded[0], kernel.transpose(2, 3, 1, 0))
    assert [weight[0] for weight in loaded[1:]] == [0, 1, 2, 3]


def commands(page: str) -> list[list[str]]:
    """Return the arguments after `$ zoo` in the page's blocks, as a shell would split them."""
    lines = [line for block in examples(page, "console") for line in block.splitlines()]
    return [shlex.split(line, comments=True)[2:] for line in lines if line.startswith("$ zoo ")]


@pytest.mark.parametrize("arguments", commands(SEARCH), ids=" ".join)
def test_the_search_page_names_commands_and_options_that_there_are(arguments: list[str]) -> None:
    context = click.Context(cli, info_name="zoo")
    name, command, rest = cli.resolve_command(context, arguments)
    assert command is not None
    command.make_context(name, rest, parent=context)  # parses, and refuses what it does not know


@pytest.mark.large
def test_the_commands_of_the_search_page_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A short search; then each command of the page that looks at one, and its lines of Python."""
    monkeypatch.chdir(tmp_path)
    first, *others = commands(SEARCH)
    short = (
        "--trials 4 --epochs 1 --set blocks=1 --objective val_accuracy,params"  # two, for there to be a front
    )
    assert run([*first, *short.split()]) == 0
    with open_registry() as registry:
        (search,) = registry.searches()
    for arguments in others:
        if arguments[0] != "search":
            typed = [search.id if word == "ID" else word for word in arguments]
            assert (typed, run(typed)) == (typed, 0)
    capsys.readouterr()
    exec(examples(SEARCH, "python")[0], {"search_id": search.id})
    assert capsys.readouterr().out.splitlines()[-1] == search.best_model_id


def test_the_search_page_names_all_algorithms_objectives_and_pruners() -> None:
    from zoo.interfaces.algorithms import ALGORITHMS, PRUNERS
    from zoo.interfaces.metrics import objectives

    pruners = [f"--pruner {name}" for name in PRUNERS if name != "none"]
    named = [*ALGORITHMS, *objectives(), *pruners]
    assert [name for name in named if f"`{name}`" not in SEARCH] == []


def test_plugins_page_names_all_of_zoos_own_hyperparameters() -> None:
    assert [name for name in OWN if f"`{name}`" not in PLUGINS] == []


@pytest.mark.parametrize("script", ["generate_cli.py", "generate_networks.py"])
def test_a_generated_page_is_up_to_date(script: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / script), "--check"], capture_output=True, check=False
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


def test_the_readmes_sample_image_is_a_seven_that_is_not_trained_on() -> None:
    assert "docs/seven.png" in README
    opened = open_dataset("digits", load_plugins().datasets, FORMATS)
    with Image.open(ROOT / "docs" / "seven.png") as image:
        (place,) = (number for number, item in enumerate(opened.images.items) if np.array_equal(item, image))
    assert (opened.images.labels[place], opened.split[place]) == (7, "test")


def test_the_readme_shows_the_test_command_that_ci_runs() -> None:
    assert "pip install -e '.[test]' && pytest" in README
    assert "pip install --quiet -e '.[test]' && pytest" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.large
def test_every_command_of_the_finetuning_page_works(
    reader: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From top to bottom, on a model for digits, with the reader's photographs of leaves as `my-photos`."""
    (reader / "home" / "leaves").rename(reader / "my-photos")
    assert run(["train", "convnet", "digits", "--epochs", "1", "--fraction", "0.1"]) == 0
    lines = [line for block in examples(FINETUNING, "console") for line in block.splitlines()]
    quick = {"finetune": " --epochs 3", "train": " --epochs 1"}
    for line in (line.partition("#")[0].rstrip() for line in lines if "MODEL" not in line):
        command = line.split()[2].replace("three@best", "")
        line = line.replace("three@best", "digits@best").replace("--trials 20", "--trials 2")
        assert (line, type_in(line + quick.get(command, ""), monkeypatch)) == (line, 0)
    assert "from scratch" in capsys.readouterr().out


@pytest.mark.large
def test_the_python_of_the_finetuning_page_works(reader: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "convnet", "digits", "--epochs", "1", "--fraction", "0.1"]) == 0
    for code in examples(FINETUNING, "python"):
        exec(compile(code.replace("three@best", "digits@best"), "finetuning.md", "exec"), {})
    assert "block1_conv" in capsys.readouterr().out


def test_the_finetuning_page_names_all_options_of_finetune() -> None:
    command = cli.get_command(click.Context(cli), "finetune")
    assert command is not None
    shared = {
        parameter.name
        for name in ("search", "train")
        for parameter in cli.get_command(click.Context(cli), name).params
    }
    own = [
        name
        for option in command.params
        if option.name not in shared
        for name in option.opts
        if name.startswith("--")
    ]
    assert [name for name in own if name not in FINETUNING] == []


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(PYTHON, id="python.md", marks=pytest.mark.large),
        pytest.param(README[README.index("## In Python") :], id="README.md"),
    ],
)
def test_every_block_of_python_works(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From top to bottom, as in one notebook, with fewer trials and epochs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "seven.png", "docs")
    names: dict[str, object] = {}
    for language, block in re.findall(r"```(python|text)\n(.*?)```", page, flags=re.DOTALL):
        if language == "text":
            assert capsys.readouterr().out.endswith(block)
        else:
            quick = re.sub(r"trials=\d+", "trials=2", re.sub(r"epochs=\d+", "epochs=1", block))
            exec(compile(quick, "a page", "exec"), names)
    assert "Traceback" not in capsys.readouterr().err
