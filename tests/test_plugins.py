"""The plugin host: where plugins come from, clashes, and how they are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.plugin_texts import (
    RETURNS,
    architectures,
    datasets,
    decoders,
    named,
    sources,
)
from zoo.errors import PluginError, UnknownNameError
from zoo.plugins import load_plugins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHIPPED = {"sources", "decoders", "convnet", "digits", "resnet", "shapes"}

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


def test_a_file_adds_its_datasets(plugin_folder: Callable[..., Path]) -> None:
    assert "pets" in load_plugins(plugin_folder(mine=datasets("pets"))).datasets


def test_a_file_has_its_path_as_provenance(plugin_folder: Callable[..., Path]) -> None:
    plugins_dir = plugin_folder(mine=architectures("mine"))
    assert load_plugins(plugins_dir).provider("mine").provenance == str(plugins_dir / "mine.py")


def test_a_file_may_have_a_name_that_is_no_identifier(plugin_folder: Callable[..., Path]) -> None:
    assert "mine" in load_plugins(plugin_folder(**{"my-own.net": architectures("mine")})).architectures


def test_a_file_may_hold_dataclasses(plugin_folder: Callable[..., Path]) -> None:
    """A dataclass looks its module up in sys.modules."""
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\n" + architectures("mine")
    assert (
        "mine"
        in load_plugins(plugin_folder(mine=f"{text}\n@dataclass\nclass Size:\n    a: int\n")).architectures
    )


def test_files_with_an_underscore_are_no_plugins(plugin_folder: Callable[..., Path]) -> None:
    plugins = load_plugins(plugin_folder(_shared="1 / 0", __init__="1 / 0"))
    assert {plugin.name for plugin in plugins.entries} & {"_shared", "__init__"} == set()


def test_the_working_directory_is_no_plugin_folder(
    plugin_folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(plugin_folder(mine=architectures("mine")))
    assert "mine" not in load_plugins().architectures


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"plugin folder .*missing is not a folder: check --plugins-dir"):
        load_plugins(tmp_path / "missing")


def test_loading_twice_has_the_same_result(plugin_folder: Callable[..., Path]) -> None:
    plugins_dir = plugin_folder(mine=architectures("mine"))
    assert load_plugins(plugins_dir).entries == load_plugins(plugins_dir).entries


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
    install: Callable[..., None], plugin_folder: Callable[..., Path], kind: str, text: Callable[..., str]
) -> None:
    install("stranger", "stranger_nets", text("same"))
    plugins_dir = plugin_folder(mine=text("same"))
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


def test_a_plugin_that_clashes_adds_nothing_else_either(plugin_folder: Callable[..., Path]) -> None:
    plugins = load_plugins(plugin_folder(mine=architectures("more", "convnet")))
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


def test_an_unknown_architecture_mentions_quarantined_plugins(plugin_folder: Callable[..., Path]) -> None:
    plugins = load_plugins(plugin_folder(broken="1 / 0"))
    with pytest.raises(UnknownNameError, match=r"\(quarantined: broken; see `zoo plugins`\)$"):
        plugins.architecture("mynet")


@pytest.mark.parametrize("name", ["broken", "my-net", "my-other-net"])
def test_the_architecture_of_a_quarantined_plugin_is_refused_with_the_reason(
    plugin_folder: Callable[..., Path], name: str
) -> None:
    described = (
        "[Architecture('my-net', backbone, 1 / 0), Architecture(backbone=backbone, name=\"my-other-net\")]"
    )
    plugins = load_plugins(plugin_folder(broken=RETURNS.format(described)))
    with pytest.raises(PluginError) as caught:
        plugins.architecture(name)
    assert str(caught.value) == (
        f"architecture '{name}' is missing, since plugin 'broken' is quarantined: {named(plugins, 'broken').error}"
    )


def test_another_text_of_a_quarantined_plugin_is_no_architecture(plugin_folder: Callable[..., Path]) -> None:
    plugins = load_plugins(plugin_folder(broken="OPTIMIZER = 'adam'\n1 / 0\n"))
    with pytest.raises(UnknownNameError, match=r"^unknown architecture 'adam'"):
        plugins.architecture("adam")


def test_the_path_of_a_plugin_is_no_architecture() -> None:
    with pytest.raises(
        PluginError, match=r"^'p/mine.py' is the path of a plugin: load its folder with --plugins-dir"
    ):
        load_plugins().architecture("p/mine.py")
