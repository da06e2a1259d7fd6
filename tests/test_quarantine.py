"""Plugins that are quarantined because they are broken, and notices about others that load."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from tests.plugin_texts import (
    HEADER,
    RETURNS,
    SHIPPED_DECODERS,
    SHIPPED_SOURCES,
    architectures,
    decoders,
    named,
    sources,
)
from zoo.plugin_code.limits import Limits
from zoo.plugins import Plugins, load_plugins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FAILING_MESSAGE = """class Silent(Exception):
    def __str__(self):
        {}
raise Silent
"""

BROKEN = {
    "import error": ("import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
    "exit at import": ("raise SystemExit(3)", "SystemExit: 3"),
    "syntax error": ("def (", "SyntaxError: invalid syntax"),
    "no message": ("raise ValueError", "ValueError"),
    "no exception": (
        "class Ends(BaseException): pass\nraise Ends('now')",
        r"^Ends: now \(.*broken\.py:2\): fix the plugin$",
    ),
    "end of a generator": ("raise GeneratorExit('now')", "^GeneratorExit: now "),
    "group of exceptions": (
        "raise BaseExceptionGroup('all', [KeyboardInterrupt()])",
        "^BaseExceptionGroup: all ",
    ),
    "message that fails": (FAILING_MESSAGE.format("raise SystemExit"), r"^Silent \(.*broken\.py:4\): fix"),
    "message of no text": (FAILING_MESSAGE.format("return None"), r"^Silent \(.*broken\.py:4\): fix"),
    "long message": ("raise ValueError('x' * 200_000)", r"^ValueError: x{300} … \("),
    "control characters": (
        r"raise ValueError('\x1b[1mbold\x1b[0m \a\0\x1b')",
        r"^ValueError: bold \\x07\\x00\\x1b \(",
    ),
    "long text": (RETURNS.format("['x' * 100_000]"), r"Architecture objects, got 'x{299} …$"),
    "long name": (RETURNS.format("[Architecture('X' * 9000, backbone, 'n', 'none')]"), r"^.{1000} …"),
    "no hooks": ("from zoo import hookimpl", "implements no zoo hook"),
    "undecorated hook": ("def zoo_datasets(): return []", "implements no zoo hook"),
    "misspelt name of a hook": (
        HEADER + "@hookimpl(specname='zoo_architecture')\ndef mine():\n    return []\n",
        r"unknown hook 'zoo_architecture': did you mean 'zoo_architectures'\? \(.*/\w*broken\.py:\d+\)$",
    ),
    "misspelt hook": (
        HEADER + "@hookimpl\ndef zoo_architecturez():\n    return []\n",
        r"unknown hook 'zoo_architecturez': did you mean 'zoo_architectures'\? \(.*/\w*broken\.py:\d+\)$",
    ),
    "wrong arguments": (
        "from zoo import hookimpl\n@hookimpl\ndef zoo_commands(group):\n    pass\n",
        r"hook 'zoo_commands'.*{'group'}",
    ),
    "none": (
        RETURNS.format("None"),
        "zoo_architectures must return an iterable of zoo.Architecture, got None",
    ),
    "text": (RETURNS.format("'net'"), "zoo_architectures must return zoo.Architecture objects, got 'n'"),
    "unknown field": (
        RETURNS.format("[Architecture('net', backbone, 'net', 'none', minsize=8)]"),
        r"unexpected keyword argument 'minsize': did you mean 'min_size'\? \(.*/\w*broken\.py:\d+\): fix the plugin$",
    ),
    "other kind": (
        RETURNS.format("[Dataset('pets', load, 'pets', 'none')]"),
        "zoo_architectures must return zoo.Architecture objects",
    ),
    "error in hook": (RETURNS.format("1 / 0"), "ZeroDivisionError: division by zero"),
    "broken contract": (
        RETURNS.format("[Architecture('N', backbone, 'n', 'none')]"),
        "architecture name must be lower-case",
    ),
    "two of one name": (architectures("twin", "twin"), "zoo_architectures returns two of the name 'twin'"),
    "no source": (
        HEADER + "@hookimpl\ndef zoo_sources():\n    return [load]\n",
        "zoo_sources must return zoo.Source objects, got <function load",
    ),
    "no decoder": (
        HEADER + "@hookimpl\ndef zoo_decoders():\n    return load\n",
        "zoo_decoders must return an iterable of zoo.Decoder, got <function load",
    ),
    "two sources": (sources("twin", "twin"), "zoo_sources returns two of the name 'twin'"),
    "two decoders": (decoders("twin", "twin"), "zoo_decoders returns two of the name 'twin'"),
    "two of one suffix": (
        decoders("one", "two", suffixes=(".same",)),
        "it adds the decoder suffix '.same' twice: remove one of the two",
    ),
    "source contract": (sources("bad", suffixes=()), "source 'bad': give suffixes or recognises for a path"),
    "decoder contract": (decoders("bad", magic=b"BAD"), r"decoder 'bad': magic must be a tuple of \(offset"),
    "a shipped source": (sources("folder"), "source 'folder' of .* is already added by keras-zoo .*: rename"),
    "a shipped decoder": (decoders("png"), "decoder 'png' of .* is already added by keras-zoo .*: rename"),
    "a shipped suffix": (
        decoders("mine", suffixes=(".jpg",)),
        "decoder suffix '.jpg' of .* is already added by keras-zoo .*: load only one of the two",
    ),
    "a shipped container": (
        sources("mine", suffixes=(".zip",)),
        "source suffix '.zip' of .* is already added by keras-zoo .*: load only one of the two",
    ),
    "a shipped prefix": (
        sources("mine", suffixes=(), prefix="tfds:"),
        "source prefix 'tfds:' of .* is already added by keras-zoo .*: load only one of the two",
    ),
}


@pytest.mark.parametrize(("text", "error"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_quarantined(plugin_folder: Callable[..., Path], text: str, error: str) -> None:
    plugins = load_plugins(plugin_folder(broken=text, well=architectures("well")))
    assert_quarantined(plugins, error)


@pytest.mark.parametrize(("text", "error"), BROKEN.values(), ids=BROKEN)
def test_a_broken_entry_point_is_quarantined(
    install: Callable[..., None], plugin_folder: Callable[..., Path], text: str, error: str
) -> None:
    install("stranger", "stranger_broken", text, entry_points="broken = stranger_broken")
    assert_quarantined(load_plugins(plugin_folder(well=architectures("well"))), error)


def assert_quarantined(plugins: Plugins, error: str) -> None:
    """The plugin `broken` is set aside with its error on one line; `well` and the shipped ones keep working."""
    broken = named(plugins, "broken")
    assert broken.error is not None
    assert (broken.architectures, broken.datasets, broken.sources, broken.decoders) == ((), (), (), ())
    assert "\n" not in broken.error
    assert (set(plugins.sources), set(plugins.decoders)) == (SHIPPED_SOURCES, SHIPPED_DECODERS)
    with pytest.raises(AssertionError, match=error):
        raise AssertionError(broken.error)
    assert plugins.architectures.keys() >= {"well", "convnet", "resnet"}


ENDLESS = "def endless():\n    while True:\n        pass\n"
NEVER_ENDS = {
    "import": (ENDLESS + "endless()\n", {2, 3}),
    "import that waits": ("import threading\nthreading.Event().wait()\n", {2}),
    "import that suppresses errors": (
        "while True:\n    try:\n        1 / 0\n    except Exception:\n        pass\n",
        {1, 2, 3, 4, 5},
    ),
    "hook": (HEADER + ENDLESS + "@hookimpl\ndef zoo_architectures():\n    endless()\n", {10, 11}),
    "generator": (
        HEADER
        + ENDLESS
        + "@hookimpl\ndef zoo_datasets():\n    yield Dataset('d', load, 'd', 'd')\n    endless()\n",
        {10, 11},
    ),
}


@pytest.mark.parametrize(("text", "lines"), NEVER_ENDS.values(), ids=NEVER_ENDS)
def test_a_plugin_that_does_not_end_is_stopped_and_quarantined(
    plugin_folder: Callable[..., Path], text: str, lines: set[int]
) -> None:
    plugins_dir = plugin_folder(broken=text, well=architectures("well"))
    plugins = load_plugins(plugins_dir, Limits(loading=0.5))
    error = named(plugins, "broken").error or ""
    start, _, rest = error.partition("broken.py:")
    place, _, advice = rest.partition(")")
    assert start == f"plugin 'broken' has been loading for 0.5 s ({plugins_dir}/"
    assert int(place) in lines
    assert advice == (
        " and is stopped: check for an endless loop, or allow more with ZOO_PLUGIN_TIMEOUT=SECONDS"
    )
    assert plugins.architectures.keys() >= {"well", "convnet"}


def test_a_hook_that_returns_one_name_again_and_again_is_quarantined(
    plugin_folder: Callable[..., Path],
) -> None:
    text = (
        HEADER
        + "@hookimpl\ndef zoo_datasets():\n    while True:\n        yield Dataset('d', load, 'd', 'd')\n"
    )
    error = named(load_plugins(plugin_folder(broken=text)), "broken").error
    assert error == "zoo_datasets returns two of the name 'd': rename one of them"


PLACES = {
    "import": ("import nowhere", 1, "install the package that provides 'nowhere', or correct the import"),
    "syntax": ("ok = 1\ndef (", 2, "fix the plugin"),
    "exit": ("import sys\nsys.exit(3)", 2, "fix the plugin"),
    "value": (HEADER + "@hookimpl\ndef zoo_datasets():\n    return int('x')\n", 11, "fix the plugin"),
}


@pytest.mark.parametrize(("text", "line", "advice"), PLACES.values(), ids=PLACES)
def test_the_line_of_the_error_and_advice_are_reported(
    plugin_folder: Callable[..., Path], text: str, line: int, advice: str
) -> None:
    plugins_dir = plugin_folder(broken=text)
    error = named(load_plugins(plugins_dir), "broken").error or ""
    assert error.endswith(f" ({plugins_dir / 'broken.py'}:{line}): {advice}")


def test_the_line_of_an_error_in_a_description_is_reported(
    install: Callable[..., None], tmp_path: Path
) -> None:
    text = HEADER + "@hookimpl\ndef zoo_datasets():\n    return [Dataset('d', 3, 'd', 'd')]\n"
    install("stranger", "stranger_broken", text)
    file = tmp_path / "site-stranger" / "stranger_broken.py"
    assert named(load_plugins(), "stranger_broken").error == (
        f"dataset 'd': load must be a function, got 3 ({file}:11)"
    )


def test_the_hooks_of_a_quarantined_plugin_are_not_called(plugin_folder: Callable[..., Path]) -> None:
    text = RETURNS.format("None") + "@hookimpl\ndef zoo_commands(cli):\n    raise AssertionError\n"
    load_plugins(plugin_folder(broken=text)).manager.hook.zoo_commands(cli=click.Group())


@pytest.mark.parametrize("text", ["stranger_nets:zoo_architectures", "not a module!", "stranger_nowhere"])
def test_an_entry_point_that_names_no_module_is_quarantined(install: Callable[..., None], text: str) -> None:
    install("stranger", "stranger_nets", architectures("strange"), entry_points=f"broken = {text}")
    assert named(load_plugins(), "broken").error is not None


def test_a_distribution_without_metadata_stops_nobody(install: Callable[..., None]) -> None:
    install("stranger", "stranger_nets", architectures("strange"), metadata="")
    install("other", "stranger_other", architectures("other"))
    assert load_plugins().architectures.keys() >= {"convnet", "other", "strange"}


NOTICES = """
import sys
from pathlib import Path
from zoo.plugins import load_plugins
for plugin in load_plugins(Path(sys.argv[1])).entries[-3:]:
    print(plugin.name, plugin.notice)
"""


def load_in(working_directory: Path, plugins: Path) -> subprocess.CompletedProcess[str]:
    """Load a folder of three plugins in a new process, whose modules are first those of the working directory."""
    command = [sys.executable, "-c", NOTICES, str(plugins)]
    return subprocess.run(command, cwd=working_directory, capture_output=True, text=True, check=True)


def test_a_plugin_that_imports_keras_is_loaded_quietly_with_a_notice(
    plugin_folder: Callable[..., Path], tmp_path: Path
) -> None:
    # As quick as that: a line of TensorFlow, which is not shown.
    (tmp_path / "keras_tuner.py").write_text("import os\nos.write(2, b'a line of TensorFlow')\n")
    plugins = plugin_folder(
        direct="print('its own')\nimport keras_tuner\n" + architectures("one"),
        light=architectures("two"),
        quick="def later():\n    import keras_tuner\n" + architectures("three"),
    )
    done = load_in(tmp_path, plugins)
    advice = "import it inside the functions that need it, since each command loads the plugins"
    assert done.stdout.splitlines() == [
        f"direct plugin 'direct' imports keras_tuner at its top ({plugins}/direct.py:2): {advice}",
        "light None",
        "quick None",
    ]
    assert done.stderr == "its own\n"


def test_a_plugin_whose_import_imports_keras_elsewhere_has_a_notice(
    plugin_folder: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "keras_tuner.py").touch()
    plugins = plugin_folder(a="__import__('keras_tuner')\n" + architectures("one"), b="", c="")
    done = load_in(tmp_path, plugins)
    assert done.stdout.startswith("a plugin 'a' imports keras_tuner when it is loaded: ")


def test_what_a_plugin_prints_goes_to_standard_error(
    plugin_folder: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    load_plugins(plugin_folder(talks="print('loading')\n"))
    assert capsys.readouterr() == ("", "loading\n")
