from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.registry.builders import add_model, record_digits
from zoo.errors import RegistryError

if TYPE_CHECKING:
    from zoo.interfaces import DatasetVersion, Model
    from zoo.registry import Registry


def test_complete_run_returns_the_stored_model(registry: Registry, model: Model) -> None:
    assert registry.model(model.id) == model


def test_a_model_has_its_description(model: Model, digits: DatasetVersion) -> None:
    description = (
        model.architecture,
        model.dataset,
        model.dataset_version,
        model.class_names,
        model.image_size,
    )
    assert description == ("convnet", digits.name, 1, ("one", "two"), 8)


def test_a_model_has_its_size(model: Model) -> None:
    assert (model.parameters, model.trainable_parameters, model.size_bytes, model.channels) == (
        48,
        44,
        192,
        1,
    )


def test_models_are_listed_newest_first(registry: Registry, model: Model, digits: DatasetVersion) -> None:
    newer = add_model(registry, digits)
    assert registry.models() == [newer, model]


def test_no_more_models_are_listed_than_asked(
    registry: Registry, model: Model, digits: DatasetVersion
) -> None:
    newer = add_model(registry, digits)
    assert registry.models(limit=1) == [newer]


def test_models_are_filtered_by_architecture(
    registry: Registry, model: Model, digits: DatasetVersion
) -> None:
    resnet = add_model(registry, digits, architecture="resnet")
    assert registry.models(architecture="resnet") == [resnet]


def test_models_of_every_version_of_a_dataset_are_listed(registry: Registry, model: Model) -> None:
    newer = add_model(registry, record_digits(registry, "b"))
    add_model(registry, record_digits(registry, "e", "/elsewhere"))
    assert registry.models(dataset="digits") == [newer, model]


def test_children_are_the_models_fine_tuned_from_it(
    registry: Registry, model: Model, digits: DatasetVersion
) -> None:
    child = add_model(registry, digits, parent_id=model.id)
    add_model(registry, digits, parent_id=child.id)
    assert (registry.children(model.id), child.parent_id) == ([child], model.id)


def test_an_alias_names_the_model(registry: Registry, model: Model) -> None:
    registry.set_alias(model.id, "champion")
    assert registry.model("digits@champion").aliases == ("champion",)


def test_an_alias_moves(registry: Registry, model: Model, digits: DatasetVersion) -> None:
    newer = add_model(registry, digits)
    for each in (model, newer, model, newer):
        registry.set_alias(each.id, "champion")
    named = (registry.model("digits@champion").id, registry.model(model.id).aliases)
    assert named == (newer.id, ())


def test_an_alias_is_within_a_dataset(registry: Registry, model: Model) -> None:
    other = add_model(registry, record_digits(registry, "e", "/elsewhere"))
    registry.set_alias(model.id, "champion")
    registry.set_alias(other.id, "champion")
    assert registry.model("digits@champion").id == model.id


def test_an_alias_is_kept_over_versions_of_a_dataset(registry: Registry, model: Model) -> None:
    registry.set_alias(model.id, "champion")
    record_digits(registry, "b")
    assert registry.model("digits@champion").id == model.id


def test_best_cannot_be_an_alias(registry: Registry, model: Model) -> None:
    with pytest.raises(RegistryError, match="alias 'best' is reserved"):
        registry.set_alias(model.id, "best")


@pytest.mark.parametrize("name", ["", "Champion", "-x", "a b", "a@b"])
def test_an_alias_of_other_letters_is_refused(registry: Registry, model: Model, name: str) -> None:
    with pytest.raises(RegistryError, match="cannot be an alias"):
        registry.set_alias(model.id, name)
