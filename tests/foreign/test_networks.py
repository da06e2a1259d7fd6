"""Networks of other authors, from training to export: nothing is lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import zoo
from tests.foreign.bits import BITS
from tests.foreign.networks import BUILT, NOT_IN_KERAS_FORMAT, PASSING, PLUGIN_FILES, REFUSED, TRAINED
from tests.foreign.wall import Wall
from zoo.interfaces.metrics import METRICS
from zoo.plugins import load_plugins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.foreign.networks import Refused

pytestmark = pytest.mark.large

ARCHITECTURES = load_plugins(PLUGIN_FILES).architectures


def middle(name: str) -> str:
    """The freeze point in the middle, or half of a network without any."""
    points = ARCHITECTURES[name].freeze_points
    return points[(len(points) - 1) // 2] if points else "50%"


PARAMETERS = {row.architecture: row.parameters for row in TRAINED}
MIDDLES = {row.architecture: row.middle or middle(row.architecture) for row in TRAINED}


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wall]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(METRICS, BITS.name, BITS)
        yield Wall(tmp_path_factory.mktemp("wall"))


@pytest.mark.parametrize("name", PARAMETERS)
def test_all_parameters_are_trained_and_stored(wall: Wall, name: str) -> None:
    assert wall.trained(name).parameters == PARAMETERS[name]


@pytest.mark.parametrize("freeze", ["all", "middle"])
@pytest.mark.parametrize("name", PARAMETERS)
def test_fine_tuning_changes_what_is_not_frozen_and_nothing_else(wall: Wall, name: str, freeze: str) -> None:
    child = wall.finetuned(name, "all" if freeze == "all" else MIDDLES[name])
    changed, frozen = wall.changed_and_frozen(child)
    assert frozen
    assert changed
    assert changed & frozen == set()


@pytest.mark.parametrize("file_format", ["keras", "saved-model"])
@pytest.mark.parametrize("name", PARAMETERS)
def test_an_export_returns_the_same_probabilities_or_is_refused(
    wall: Wall, name: str, file_format: str
) -> None:
    if file_format == "keras" and name in NOT_IN_KERAS_FORMAT:
        with pytest.raises(zoo.ZooError) as error:
            wall.export(name, file_format)
        reason = NOT_IN_KERAS_FORMAT[name]
        assert str(error.value).startswith(f"the format keras cannot represent this network ({reason}")
        assert str(error.value).endswith("): use h5 or saved-model")
    else:
        assert wall.export(name, file_format).exists()


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_fresh_process_predicts_the_same_bits(wall: Wall, name: str) -> None:
    trained = wall.trained(name).metrics
    fresh = wall.in_a_fresh_process(name)
    assert isinstance(fresh, dict), fresh
    assert {f"test_{metric}": value for metric, value in fresh.items()} == {
        metric: value for metric, value in trained.items() if metric.startswith("test_")
    }


@pytest.mark.parametrize("row", REFUSED, ids=[row.architecture for row in REFUSED])
def test_a_network_that_could_not_be_loaded_is_refused_before_it_is_trained(wall: Wall, row: Refused) -> None:
    with pytest.raises(zoo.ZooError) as error:
        wall.train(row.architecture)
    assert str(error.value).replace(str(PLUGIN_FILES), "my-plugins") == row.message
    assert wall.epochs(row.architecture) == 0


def test_each_network_has_a_row() -> None:
    own = set(ARCHITECTURES) - set(load_plugins().architectures)
    assert own == {row.architecture for row in (*PASSING, *BUILT, *REFUSED)}
