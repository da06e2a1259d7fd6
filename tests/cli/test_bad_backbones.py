"""Bad backbones: quarantined where they load, refused where they train, with the place and what to do."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLUGIN = """
from functools import cache
from zoo import Architecture, hookimpl

@cache
def custom_layers():
    import threading
    import keras

    @keras.saving.register_keras_serializable(package="mine")
    class Own(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            {init}

        def call(self, inputs):
            {call}

        def get_config(self):
            {config}

    return [Own]

def backbone(hp, inputs, *, weights=None):
    from keras import layers, ops

    x = layers.Conv2D(hp.Int("filters", 2, 4), 3, name="conv")(inputs)
    {body}
    return x

@hookimpl
def zoo_architectures():
    {hook}
    return [
        Architecture("mine", backbone, "a bad backbone", "none", min_size=8, custom_layers=custom_layers)
    ]

{top}
"""
OWN = "x = custom_layers()[0](name='own')(x)"
USUAL = {
    "init": "pass",
    "call": "return inputs",
    "config": "return super().get_config()",
    "body": "pass",
    "hook": "pass",
    "top": "",
}
FIX = "fix the plugin, and test it with `zoo plugins check mine`"
LOOP = "check for an endless loop, or allow more with ZOO_PLUGIN_TIMEOUT=SECONDS"
CHANGES = "import time; x = layers.Conv2D(1 + time.time_ns() // 1000 % 97, 1, name='more')(x)"
WITHOUT = "without weights to load: download in Architecture.fetch_weights, or only where it gets `weights`"
BATCH = "keep the batch as the first axis, and compute over the other axes alone"
STORE = (
    "give it get_config() with every argument of its constructor and, where one of them is a layer, from_config(); "
    "register the class with keras.saving.register_keras_serializable"
)


PLACES = {
    "class": '@keras.saving.register_keras_serializable(package="mine")',
    "backbone": "def backbone",
    **{name: f"{{{name}}}" for name in ("init", "body", "hook", "top")},
}
"""Name of a line of the plugin -> how it begins."""


def pattern(message: str, file: Path) -> str:
    """The regular expression with the lines of this file."""
    for name, start in PLACES.items():
        line = PLUGIN[: PLUGIN.index(start)].count("\n") + 1
        message = message.replace(f"FILE:{name}", f"{re.escape(str(file))}:{line}")
    return message


class Refused(NamedTuple):
    """A backbone that is refused where a network is built.

    Args:
        lines: of the plugin, in place of the usual ones.
        message: a regular expression, with FILE:NAME for a line of the plugin, see `PLACES`.
        describes: whether its search space is known nevertheless, since only training would fail.
    """

    lines: dict[str, str]
    message: str
    describes: bool = False


def three(what: str, reason: str, advice: str) -> str:
    """The pattern of an error in three lines."""
    return rf"a trained model {what}\n  because  {reason}\n  fix      {re.escape(advice)}"


REFUSED = {
    "another batch size": Refused(
        {"body": "x = ops.concatenate([x, x], axis=0)"},
        three(
            r"would not predict each image: layer concatenate \(FILE:backbone\)",
            "for 2 images it returns 4 rows, and the network 4 outputs",
            BATCH,
        ),
        describes=True,
    ),
    "depends on the batch": Refused(
        {"call": "import keras; return inputs - keras.ops.mean(inputs, axis=0, keepdims=True)", "body": OWN},
        three(
            r"would not predict each image \(FILE:backbone\)",
            "the outputs for an image depend on the other images of its batch",
            f"{BATCH}; `zoo plugins check` names the layer",
        ),
        describes=True,
    ),
    "no numbers": Refused(
        {"body": "x = ops.log(x)"},
        three(
            r"would predict no numbers: layer log \(FILE:backbone\)",
            "untrained, it returns values that are not finite for noise, and the features are NaN",
            "check it for a logarithm or root of negative numbers, a division by 0, and overflow: pixels are 0-255, so "
            "rescale them",
        ),
        describes=True,
    ),
    "a lock in its configuration": Refused(
        {
            "init": "self.lock = threading.Lock()",
            "config": "return {**super().get_config(), 'lock': self.lock}",
            "body": OWN,
        },
        three(
            r"could not be stored: layer 'own' \(Own, FILE:class\)",
            "Cannot serialize object <unlocked .*>",
            STORE,
        ),
        describes=True,
    ),
    "a generator in its configuration": Refused(
        {
            "init": "self.steps = (n for n in range(9))",
            "config": "return {**super().get_config(), 'steps': self.steps}",
            "body": OWN,
        },
        three(
            r"could not be loaded: layer 'own' \(Own, FILE:class\)",
            r"Unrecognized keyword arguments passed to Own: \{'steps': .*\}",
            STORE,
        ),
        describes=True,
    ),
    "changes with each build": Refused(
        {"body": CHANGES},
        r"built twice with the same hyperparameters, it has other layers: layer 2 'more' \(Conv2D\) has first "
        r"filters=\d+, then \d+ \(FILE:backbone\): a backbone may depend on nothing but `hp` and `inputs`, not on "
        "random numbers, the time or earlier calls",
    ),
    "two layers alike": Refused(
        {"body": "x = layers.Conv2D(2, 1, name='conv')(x)"},
        r"2 of its layers have the name 'conv': give each its own name \(FILE:backbone\)",
    ),
    "returns nothing": Refused(
        {"body": "x = None"},
        r"backbone must return a tensor \(batch, h, w, c\), \(batch, n, d\) or \(batch, d\), got None "
        r"\(FILE:backbone\)",
    ),
    "cannot be laid flat": Refused(
        {"body": "import zoo; x = zoo.flatten(layers.Dense(2, name='dense'), x)"},
        r"'dense' \(Dense\) cannot be laid flat: only its own `call` knows its layers; use it as one layer, "
        r"`model\(inputs\)`, and return Dense from Architecture.custom_layers \(FILE:body\)",
    ),
    "downloads": Refused(
        {"body": "import urllib.request; urllib.request.urlopen('https://weights.invalid/net.h5')"},
        rf"its backbone connects to weights.invalid \(FILE:body\) {re.escape(WITHOUT)}",
    ),
    "needs a package": Refused(
        {"body": "import nowhere"},
        r"its backbone cannot be built: ModuleNotFoundError: No module named 'nowhere' \(FILE:body\): install the "
        "package that provides 'nowhere', or correct the import",
    ),
    "needs a package for its layers": Refused(
        {"init": "import nowhere", "body": OWN},
        r"its backbone cannot be built: ModuleNotFoundError: No module named 'nowhere' \(FILE:init\): install the "
        "package that provides 'nowhere', or correct the import",
    ),
    "fails": Refused(
        {"body": "raise RuntimeError('no luck')"},
        rf"its backbone cannot be built: RuntimeError: no luck \(FILE:body\): {re.escape(FIX)}",
    ),
    "never ends": Refused(
        {"body": "while True: pass"},
        rf"its backbone has been building for 1 s \(FILE:body\) and is stopped: {re.escape(LOOP)}",
    ),
    "waits for ever": Refused(
        {"body": "import threading; threading.Event().wait()"},
        rf"its backbone has been building for 1 s \(FILE:body\) and is stopped: {re.escape(LOOP)}",
    ),
}
QUARANTINED = {
    "never ends": (
        {"top": "while True: pass"},
        r"plugin 'mine' has been loading for 1 s \(FILE:top\) and is stopped: ",
    ),
    "never ends in its hook": (
        {"hook": "while True: pass"},
        r"plugin 'mine' has been loading for 1 s \(FILE:hook\) and is stopped: ",
    ),
    "needs a package": (
        {"top": "import nowhere"},
        r"ModuleNotFoundError: No module named 'nowhere' \(FILE:top\): install the package that provides 'nowhere'",
    ),
}
WORK = {
    "train": ("train", "mine", "digits", "--epochs", 1),
    "search": ("search", "mine", "digits", "--trials", 2, "--epochs", 1),
}


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> Callable[..., Path]:
    """Write the plugin `mine` with some other lines."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(folder))
    file = folder / "mine.py"

    def write(lines: dict[str, str]) -> Path:
        file.write_text(PLUGIN.format_map({**USUAL, **lines}))
        return file

    return write


@pytest.mark.parametrize(
    "work", [WORK["train"], pytest.param(WORK["search"], marks=pytest.mark.large)], ids=WORK
)
@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
def test_it_is_refused_where_it_trains(
    zoo: Callable, plugin: Callable, monkeypatch: pytest.MonkeyPatch, row: Refused, work: tuple
) -> None:
    file = plugin(row.lines)
    if "is stopped" in row.message:
        monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", "1")
    result = zoo(*work, "--json")
    expected = f"Error: architecture 'mine': {pattern(row.message, file)}\n"
    assert (result.code, result.out) == (1, "")
    assert re.fullmatch(rf"(· .*\n)*{expected}", result.err), result.err
    assert json.loads(zoo("runs", "--json").out) == []


@pytest.mark.large
@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
def test_its_description_has_the_same_reason(
    zoo: Callable, plugin: Callable, monkeypatch: pytest.MonkeyPatch, row: Refused
) -> None:
    file = plugin(row.lines)
    if "is stopped" in row.message:
        monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", "1")
    result = zoo("architectures", "mine", "--json")
    error = json.loads(result.out)["built"]["error"]
    assert (result.code, result.err) == (0, "")
    if row.describes:
        assert error is None
    else:
        assert re.fullmatch(f"architecture 'mine': {pattern(row.message, file)}", error)


@pytest.mark.parametrize(("lines", "reason"), QUARANTINED.values(), ids=QUARANTINED)
def test_it_is_quarantined_where_it_loads(
    zoo: Callable, plugin: Callable, monkeypatch: pytest.MonkeyPatch, lines: dict[str, str], reason: str
) -> None:
    file = plugin(lines)
    monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", "1")
    result = zoo("plugins", "--json")
    errors = [row["error"] for row in json.loads(result.out) if row["name"] == "mine"]
    assert (result.code, result.err, len(errors)) == (0, "", 1)
    assert re.match(pattern(reason, file), errors[0])
    refused = zoo("train", "mine", "digits")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == (
        f"Error: architecture 'mine' is missing, since plugin 'mine' is quarantined: {errors[0]}\n"
    )


KEPT = {
    "a lock": {"init": "self.lock = threading.Lock()", "body": OWN},
    "a generator": {"init": "self.steps = (n for n in range(9))", "body": OWN},
    "prints": {
        "call": "print('call'); return inputs",
        "body": f"print('backbone'); {OWN}",
        "hook": "print('hook')",
        "top": "print('import')",
    },
}


@pytest.mark.large
@pytest.mark.parametrize("lines", KEPT.values(), ids=KEPT)
def test_what_does_no_harm_trains(zoo: Callable, plugin: Callable, lines: dict[str, str]) -> None:
    plugin(lines)
    for work in WORK.values():
        result = zoo(*work, "--json")
        assert result.code == 0
        assert json.loads(result.out)


@pytest.mark.large
def test_a_model_is_fine_tuned_without_its_bad_backbone(
    zoo: Callable, plugin: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin({})
    assert zoo(*WORK["train"]).code == 0
    plugin({"body": "while True: pass"})
    monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", "1")
    result = zoo("finetune", "digits@best", "digits", "--epochs", 1, "--json")
    assert result.code == 0
    assert json.loads(result.out)["architecture"] == "mine"


def test_custom_layers_that_never_end_are_refused(
    zoo: Callable, plugin: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = plugin({})
    file.write_text(file.read_text().replace("    import threading\n", "    while True: pass\n"))
    monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", "1")
    message = f"'mine': its custom_layers has been running for 1 s ({file}:7) and is stopped: {LOOP}\n"
    assert zoo(*WORK["train"]).err.endswith(message)


COUNTED = {
    "top": "CALLS = []",
    "config": """import os
            CALLS.append(1)
            with open(f"{__file__}.calls", "w") as file:
                file.write(str(len(CALLS)))
            while len(CALLS) == int(os.environ.get("LOOP_AT", 0)): pass
            return super().get_config()""",
    "body": OWN,
}


@pytest.mark.large
def test_a_get_config_that_never_ends_in_a_later_call_ends_the_run_in_one_line(
    zoo: Callable, plugin: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = plugin(COUNTED)
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "first"))  # where its round trip is not remembered
    assert zoo(*WORK["train"]).code == 0
    calls = int(file.with_name("mine.py.calls").read_text())
    monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", "2")
    states = []
    for number in range(1, calls + 1):
        monkeypatch.setenv("ZOO_CACHE", str(tmp_path / str(number)))
        monkeypatch.setenv("LOOP_AT", str(number))
        result = zoo("--registry", tmp_path / f"{number}.db", *WORK["train"], "--json")
        assert (result.code, result.out) == (1, "")
        assert re.search(
            rf"\nError: .*has been .*for 2 s \({re.escape(str(file))}:\d+\) and is stopped: {re.escape(LOOP)}\n$",
            f"\n{result.err}",
        ), (number, result.err)
        runs = json.loads(zoo("--registry", tmp_path / f"{number}.db", "runs", "--json").out)
        states += [run["state"] for run in runs]
    assert states == ["failed"]  # the last call is after the training
