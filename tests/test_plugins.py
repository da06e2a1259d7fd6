"""The plugin host: where plugins come from, and what happens to broken ones."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from zoo.errors import PluginError, UnknownNameError
from zoo.plugin_code.limits import Limits
from zoo.plugins import Plugins, load_plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from zoo.plugin_code.discovery import Plugin

SHIPPED = {"sources", "decoders", "convnet", "digits", "resnet", "shapes"}
SHIPPED_SOURCES = {"folder", "manifest", "npz", "npy", "archive", "tfds"}
SHIPPED_DECODERS = {"jpeg", "png", "webp", "bmp", "gif", "tiff"}

HEADER = """
from zoo import Architecture, Dataset, Decoder, LabeledImages, Source, hookimpl

def backbone(hp, inputs, *, weights=None):
    return inputs

def load():
    return LabeledImages([], [], ())
"""


def architectures(*names: str) -> str:
    """The text of a plugin that adds these architectures."""
    listed = ", ".join(f'Architecture("{name}", backbone, "{name}", "none")' for name in names)
    return f"{HEADER}\n@hookimpl\ndef zoo_architectures():\n    return [{listed}]\n"


def datasets(*names: str) -> str:
    """The text of a plugin that adds these datasets."""
    listed = ", ".join(f'Dataset("{name}", load, "{name}", "none")' for name in names)
    return f"{HEADER}\n@hookimpl\ndef zoo_datasets():\n    return [{listed}]\n"


def sources(*names: str, **fields: object) -> str:
    """The text of a plugin that adds these sources, with a suffix each that is their name unless another is given."""
    calls = [
        f"Source('{name}', load, '{name}', 'none', **{ {'suffixes': (f'.{name}',), **fields}!r})"
        for name in names
    ]
    return f"{HEADER}\n@hookimpl\ndef zoo_sources():\n    return [{', '.join(calls)}]\n"


def decoders(*names: str, **fields: object) -> str:
    """The text of a plugin that adds these decoders, with a suffix each that is their name unless another is given."""
    calls = [
        f"Decoder('{name}', load, load, '{name}', 'none', **{ {'suffixes': (f'.{name}',), **fields}!r})"
        for name in names
    ]
    return f"{HEADER}\n@hookimpl\ndef zoo_decoders():\n    return [{', '.join(calls)}]\n"


@pytest.fixture(autouse=True)
def _forget_modules() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("stranger"):
            del sys.modules[name]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a distribution onto the path as pip would: a module and the metadata of its entry points."""

    def installed(
        distribution: str, module: str, text: str, *, entry_points: str = "", metadata: str | None = None
    ) -> None:
        site = tmp_path / f"site-{distribution}"
        info = site / f"{distribution}-1.0.dist-info"
        info.mkdir(parents=True)
        if metadata is None:
            metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
        if metadata:
            (info / "METADATA").write_text(metadata)
        (info / "entry_points.txt").write_text(f"[zoo]\n{entry_points or f'{module} = {module}'}\n")
        (site / f"{module}.py").write_text(text)
        monkeypatch.syspath_prepend(str(site))

    return installed


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """A folder of plugin files: name -> text."""

    def written(**files: str) -> Path:
        plugins_dir = tmp_path / "plugins"
        plugins_dir.mkdir()
        for name, text in files.items():
            (plugins_dir / f"{name}.py").write_text(text)
        return plugins_dir

    return written


def named(plugins: Plugins, name: str) -> Plugin:
    (plugin,) = (plugin for plugin in plugins.entries if plugin.name == name)
    return plugin


# Where plugins come from -----------------------------------------------------------------------------------


def test_the_shipped_plugins_are_well() -> None:
    shipped = {plugin.name: plugin.error for plugin in load_plugins().entries if plugin.origin == "keras-zoo"}
    assert shipped.items() >= dict.fromkeys(SHIPPED).items()


def test_an_entry_point_adds_its_architectures(install: Callable[..., None]) -> None:
    install("stranger", "stranger_nets", architectures("strange"))
    assert "strange" in load_plugins().architectures


def test_an_entry_point_has_its_distribution_as_provenance(install: Callable[..., None]) -> None:
    install("stranger", "stranger_nets", architectures("strange"))
    assert load_plugins().provider("strange").provenance == "stranger 1.0"


def test_a_file_adds_its_datasets(folder: Callable[..., Path]) -> None:
    assert "pets" in load_plugins(folder(mine=datasets("pets"))).datasets


def test_a_file_has_its_path_as_provenance(folder: Callable[..., Path]) -> None:
    plugins_dir = folder(mine=architectures("mine"))
    assert load_plugins(plugins_dir).provider("mine").provenance == str(plugins_dir / "mine.py")


def test_a_file_may_have_a_name_that_is_no_identifier(folder: Callable[..., Path]) -> None:
    assert "mine" in load_plugins(folder(**{"my-own.net": architectures("mine")})).architectures


def test_a_file_may_hold_dataclasses(folder: Callable[..., Path]) -> None:
    """A dataclass looks its module up in sys.modules."""
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\n" + architectures("mine")
    assert "mine" in load_plugins(folder(mine=f"{text}\n@dataclass\nclass Size:\n    a: int\n")).architectures


def test_files_with_an_underscore_are_no_plugins(folder: Callable[..., Path]) -> None:
    plugins = load_plugins(folder(_shared="1 / 0", __init__="1 / 0"))
    assert {plugin.name for plugin in plugins.entries} & {"_shared", "__init__"} == set()


def test_the_working_directory_is_no_plugin_folder(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder(mine=architectures("mine")))
    assert "mine" not in load_plugins().architectures


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"plugin folder .*missing is not a folder: check --plugins-dir"):
        load_plugins(tmp_path / "missing")


def test_loading_twice_has_the_same_result(folder: Callable[..., Path]) -> None:
    plugins_dir = folder(mine=architectures("mine"))
    assert load_plugins(plugins_dir).entries == load_plugins(plugins_dir).entries


# Quarantine ------------------------------------------------------------------------------------------------

RETURNS = HEADER + "@hookimpl\ndef zoo_architectures():\n    return {}\n"

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
def test_a_broken_file_is_quarantined(folder: Callable[..., Path], text: str, error: str) -> None:
    plugins = load_plugins(folder(broken=text, well=architectures("well")))
    assert_quarantined(plugins, error)


@pytest.mark.parametrize(("text", "error"), BROKEN.values(), ids=BROKEN)
def test_a_broken_entry_point_is_quarantined(
    install: Callable[..., None], folder: Callable[..., Path], text: str, error: str
) -> None:
    install("stranger", "stranger_broken", text, entry_points="broken = stranger_broken")
    assert_quarantined(load_plugins(folder(well=architectures("well"))), error)


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
    folder: Callable[..., Path], text: str, lines: set[int]
) -> None:
    plugins_dir = folder(broken=text, well=architectures("well"))
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


def test_a_hook_that_returns_one_name_again_and_again_is_quarantined(folder: Callable[..., Path]) -> None:
    text = (
        HEADER
        + "@hookimpl\ndef zoo_datasets():\n    while True:\n        yield Dataset('d', load, 'd', 'd')\n"
    )
    error = named(load_plugins(folder(broken=text)), "broken").error
    assert error == "zoo_datasets returns two of the name 'd': rename one of them"


PLACES = {
    "import": ("import nowhere", 1, "install the package that provides 'nowhere', or correct the import"),
    "syntax": ("ok = 1\ndef (", 2, "fix the plugin"),
    "exit": ("import sys\nsys.exit(3)", 2, "fix the plugin"),
    "value": (HEADER + "@hookimpl\ndef zoo_datasets():\n    return int('x')\n", 11, "fix the plugin"),
}


@pytest.mark.parametrize(("text", "line", "advice"), PLACES.values(), ids=PLACES)
def test_the_line_of_the_error_and_advice_are_reported(
    folder: Callable[..., Path], text: str, line: int, advice: str
) -> None:
    plugins_dir = folder(broken=text)
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


def test_the_hooks_of_a_quarantined_plugin_are_not_called(folder: Callable[..., Path]) -> None:
    text = RETURNS.format("None") + "@hookimpl\ndef zoo_commands(cli):\n    raise AssertionError\n"
    load_plugins(folder(broken=text)).manager.hook.zoo_commands(cli=click.Group())


@pytest.mark.parametrize("text", ["stranger_nets:zoo_architectures", "not a module!", "stranger_nowhere"])
def test_an_entry_point_that_names_no_module_is_quarantined(install: Callable[..., None], text: str) -> None:
    install("stranger", "stranger_nets", architectures("strange"), entry_points=f"broken = {text}")
    assert named(load_plugins(), "broken").error is not None


def test_a_distribution_without_metadata_stops_nobody(install: Callable[..., None]) -> None:
    install("stranger", "stranger_nets", architectures("strange"), metadata="")
    install("other", "stranger_other", architectures("other"))
    assert load_plugins().architectures.keys() >= {"convnet", "other", "strange"}


# Clashes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("architecture", architectures),
        ("dataset", datasets),
        ("source", sources),
        ("decoder", decoders),
    ],
)
def test_a_clash_names_both_origins(
    install: Callable[..., None], folder: Callable[..., Path], kind: str, text: Callable[..., str]
) -> None:
    install("stranger", "stranger_nets", text("same"))
    plugins_dir = folder(mine=text("same"))
    error = (
        f"{kind} 'same' of {plugins_dir / 'mine.py'} is already added by stranger 1.0: rename one of the two"
    )
    assert named(load_plugins(plugins_dir), "mine").error == error


def test_a_clash_of_two_distributions_keeps_the_first(install: Callable[..., None]) -> None:
    install("b", "stranger_b", architectures("same"))
    install("a", "stranger_a", architectures("same", "more"))
    plugins = load_plugins()
    assert plugins.provider("same").provenance == "a 1.0"
    assert (named(plugins, "stranger_b").error or "").startswith(
        "architecture 'same' of b 1.0 is already added by a"
    )


def test_a_plugin_that_clashes_adds_nothing_else_either(folder: Callable[..., Path]) -> None:
    plugins = load_plugins(folder(mine=architectures("more", "convnet")))
    assert "more" not in plugins.architectures


@pytest.mark.parametrize("name", ["a-stranger", "zz-stranger"])
def test_a_shipped_architecture_wins_over_a_strangers(install: Callable[..., None], name: str) -> None:
    install(name, "stranger_nets", architectures("convnet"))
    assert load_plugins().provider("convnet").origin == "keras-zoo"


def test_two_distributions_may_use_the_same_entry_point_name(install: Callable[..., None]) -> None:
    install("a", "stranger_a", architectures("net-a"), entry_points="nets = stranger_a")
    install("b", "stranger_b", architectures("net-b"), entry_points="nets = stranger_b")
    assert load_plugins().architectures.keys() >= {"net-a", "net-b"}


def test_a_stranger_may_use_a_shipped_entry_point_name(install: Callable[..., None]) -> None:
    install("a", "stranger_a", architectures("net-a"), entry_points="convnet = stranger_a")
    assert load_plugins().architectures.keys() >= {"net-a", "convnet"}


def test_one_distribution_may_not_use_an_entry_point_name_twice(install: Callable[..., None]) -> None:
    twice = "nets = stranger_a\nnets = stranger_a"
    install("a", "stranger_a", architectures("net-a"), entry_points=twice)
    plugins = load_plugins()
    well, repeated = (plugin for plugin in plugins.entries if plugin.name == "nets")
    assert (well.error, "already loaded" in (repeated.error or "")) == (None, True)
    assert "a:nets" in dict(plugins.manager.list_name_plugin())


def test_a_module_under_two_names_is_loaded_once(install: Callable[..., None]) -> None:
    install("a", "stranger_a", architectures("net-a"), entry_points="one = stranger_a\ntwo = stranger_a")
    assert "the same module is already loaded as a:one" in (named(load_plugins(), "two").error or "")


# Looking up ------------------------------------------------------------------------------------------------


def test_an_unknown_architecture_names_the_nearest() -> None:
    with pytest.raises(
        UnknownNameError, match=r"^unknown architecture 'densnet121': did you mean 'densenet121'"
    ):
        load_plugins().architecture("densnet121")


def test_an_unknown_architecture_mentions_quarantined_plugins(folder: Callable[..., Path]) -> None:
    plugins = load_plugins(folder(broken="1 / 0"))
    with pytest.raises(UnknownNameError, match=r"\(quarantined: broken; see `zoo plugins`\)$"):
        plugins.architecture("mynet")


@pytest.mark.parametrize("name", ["broken", "my-net", "my-other-net"])
def test_the_architecture_of_a_quarantined_plugin_is_refused_with_the_reason(
    folder: Callable[..., Path], name: str
) -> None:
    described = (
        "[Architecture('my-net', backbone, 1 / 0), Architecture(backbone=backbone, name=\"my-other-net\")]"
    )
    plugins = load_plugins(folder(broken=RETURNS.format(described)))
    with pytest.raises(PluginError) as caught:
        plugins.architecture(name)
    assert str(caught.value) == (
        f"architecture '{name}' is missing, since plugin 'broken' is quarantined: {named(plugins, 'broken').error}"
    )


def test_another_text_of_a_quarantined_plugin_is_no_architecture(folder: Callable[..., Path]) -> None:
    plugins = load_plugins(folder(broken="OPTIMIZER = 'adam'\n1 / 0\n"))
    with pytest.raises(UnknownNameError, match=r"^unknown architecture 'adam'"):
        plugins.architecture("adam")


def test_the_path_of_a_plugin_is_no_architecture() -> None:
    with pytest.raises(
        PluginError, match=r"^'p/mine.py' is the path of a plugin: load its folder with --plugins-dir"
    ):
        load_plugins().architecture("p/mine.py")


NOTICES = """
import sys
from pathlib import Path
from zoo.plugins import load_plugins
for plugin in load_plugins(Path(sys.argv[1])).entries[-3:]:
    print(plugin.name, plugin.notice)
"""


def test_a_plugin_that_imports_keras_is_loaded_quietly_with_a_notice(
    folder: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "keras_tuner.py").write_text(
        "import os\nos.write(2, b'a line of TensorFlow')\n"
    )  # as quick as that
    plugins = folder(
        direct="print('its own')\nimport keras_tuner\n" + architectures("one"),
        light=architectures("two"),
        quick="def later():\n    import keras_tuner\n" + architectures("three"),
    )
    done = subprocess.run(
        [sys.executable, "-c", NOTICES, str(plugins)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    advice = "import it inside the functions that need it, since each command loads the plugins"
    assert done.stdout.splitlines() == [
        f"direct plugin 'direct' imports keras_tuner at its top ({plugins}/direct.py:2): {advice}",
        "light None",
        "quick None",
    ]
    assert done.stderr == "its own\n"


def test_a_plugin_whose_import_imports_keras_elsewhere_has_a_notice(
    folder: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "keras_tuner.py").touch()
    plugins = folder(a="__import__('keras_tuner')\n" + architectures("one"), b="", c="")
    done = subprocess.run(
        [sys.executable, "-c", NOTICES, str(plugins)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("a plugin 'a' imports keras_tuner when it is loaded: ")


def test_what_a_plugin_prints_goes_to_standard_error(
    folder: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    load_plugins(folder(talks="print('loading')\n"))
    assert capsys.readouterr() == ("", "loading\n")
