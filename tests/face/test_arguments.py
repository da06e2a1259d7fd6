"""Arguments are checked where they are given, before anything heavy is imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo
from zoo.errors import HyperparameterError, ZooError
from zoo.face.arguments import (
    Range,
    checked,
    dataset_reference,
    hyperparameter_values,
    join_names,
    model_reference,
    seconds_of,
)


@checked
def work(name: str, *, epochs: int = 1, fraction: float = 1.0, image_size: int | None = None) -> object:
    """Return its arguments."""
    return name, epochs, fraction, image_size


def test_an_unknown_keyword_names_the_nearest_one() -> None:
    with pytest.raises(TypeError, match=r"zoo\.work\(\) has no option 'epoch': did you mean 'epochs'\?"):
        work("a", epoch=3)  # type: ignore[call-arg]


def test_a_hyperparameter_as_a_keyword_gets_a_hint() -> None:
    with pytest.raises(TypeError, match=r"has no option 'dropout': .* as hyperparameters=\{'dropout': …\}"):
        zoo.train("tiny", "blobs", dropout=0.1)  # type: ignore[call-arg]


def test_an_unknown_keyword_like_no_other_gets_all_names() -> None:
    with pytest.raises(TypeError, match="available: name, epochs, fraction, image_size"):
        work("a", xyz=3)  # type: ignore[call-arg]


@pytest.mark.parametrize("epochs", [0, -1, 1.5, "3", True, None.__class__])
def test_a_number_that_is_none_or_out_of_range_is_refused(epochs: Any) -> None:
    with pytest.raises(HyperparameterError, match="epochs must be a whole number from 1 to 1,000,000, got "):
        work("a", epochs=epochs)


def test_numbers_of_numpy_become_pythons() -> None:
    _, epochs, fraction, _ = work("a", epochs=np.int64(3), fraction=np.float32(0.5))  # type: ignore[misc]
    assert (type(epochs), type(fraction)) == (int, float)


def test_none_stays_none() -> None:
    assert work("a", image_size=None) == ("a", 1, 1.0, None)


def test_a_range_describes_its_values() -> None:
    assert str(Range(1, 4096)) == "a whole number from 1 to 4,096"
    assert str(Range(0, 1, whole=False)) == "a number from 0 to 1"


def test_not_a_number_is_out_of_every_range() -> None:
    with pytest.raises(HyperparameterError):
        Range(0, whole=False).check("cpus_per_trial", float("nan"))


def test_a_path_is_never_taken_for_a_name() -> None:
    assert dataset_reference("digits") == "digits"
    assert dataset_reference(Path("digits")) == "./digits"
    assert dataset_reference(Path("photos/pets")) == "photos/pets"


def test_a_value_that_is_no_reference_is_refused() -> None:
    with pytest.raises(ZooError, match="a dataset is a name or a path, got 3"):
        dataset_reference(3)  # type: ignore[arg-type]
    with pytest.raises(ZooError, match="a model is a reference such as 'digits@best', or a record, got 3"):
        model_reference(3)  # type: ignore[arg-type]


def test_several_names_are_joined() -> None:
    assert join_names(["convnet", "resnet"], "architectures") == "convnet,resnet"
    with pytest.raises(ZooError, match="architectures must be a name or several names, got"):
        join_names([], "architectures")


def test_hyperparameters_are_plain_values() -> None:
    values = hyperparameter_values(
        {"dropout": np.float64(0.25), "pooling": "avg"}, freeze=2, head_epochs=None
    )
    assert values == {"dropout": 0.25, "pooling": "avg", "freeze": 2}
    assert type(values["dropout"]) is float


@pytest.mark.parametrize("value", [None, [1, 2], np.zeros(3)])
def test_a_hyperparameter_of_another_type_is_refused(value: Any) -> None:
    with pytest.raises(
        HyperparameterError, match="hyperparameter 'dropout' must be text, a number or a bool"
    ):
        hyperparameter_values({"dropout": value})


def test_hyperparameters_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(HyperparameterError, match="must map names to values"):
        hyperparameter_values(["dropout"])  # type: ignore[arg-type]


def test_a_time_limit_is_seconds_or_text() -> None:
    assert [seconds_of(limit) for limit in (None, 90, "1h30m")] == [None, 90, 5400]
    with pytest.raises(ZooError, match="'5x' is not a duration: write 90s, 10m or 1h30m"):
        seconds_of("5x")
