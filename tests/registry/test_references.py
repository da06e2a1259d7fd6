"""References: an id, the start of one, `DATASET@best` or `DATASET@ALIAS`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.registry.builders import add_model, content_of
from zoo.errors import NotFoundError, UnknownNameError

if TYPE_CHECKING:
    from zoo.interfaces import DatasetVersion, Model, Run, Search
    from zoo.registry import Registry


@pytest.mark.parametrize("ref", ["aaaaaaaaaaa2", "aaaa", "AAAA", "digits@best"])
def test_a_model_is_found(registry: Registry, three: tuple[Run, Model, Search], ref: str) -> None:
    assert registry.model(ref) == three[1]


def test_a_run_is_found_by_the_start_of_its_id(registry: Registry, three: tuple[Run, Model, Search]) -> None:
    assert registry.run("aa") == three[0]


def test_a_search_is_found_by_the_start_of_its_id(
    registry: Registry, three: tuple[Run, Model, Search]
) -> None:
    assert registry.search("aa") == three[2]


def test_find_counts_all_kinds(registry: Registry, three: tuple[Run, Model, Search]) -> None:
    with pytest.raises(NotFoundError, match="model aaaaaaaaaaa2, run aaaaaaaaaaa1; give more characters"):
        registry.find("aaaa")


@pytest.mark.parametrize(
    ("ref", "index"), [("aaaaaaaaaaa1", 0), ("aaaaaaaaaaa2", 1), ("aac", 2), ("digits@best", 1)]
)
def test_find_finds_any_kind(
    registry: Registry, three: tuple[Run, Model, Search], ref: str, index: int
) -> None:
    assert registry.find(ref) == three[index]


@pytest.mark.parametrize("ref", ["", "0", "%", "_"])
def test_an_unknown_model_explains_references_to_models(
    registry: Registry, three: tuple[Run, Model, Search], ref: str
) -> None:
    with pytest.raises(NotFoundError, match=f"no model '{ref}': give an id or .* `zoo models` lists them"):
        registry.model(ref)


def test_the_error_of_an_unknown_run_says_where_runs_are_listed(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match="no run '0': `zoo runs` lists them"):
        registry.run("0")


def test_the_error_of_an_unknown_search_says_where_searches_are_listed(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match="no search '0': `zoo searches` lists them"):
        registry.search("0")


def test_an_unknown_reference_of_any_kind_is_not_found(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match="no model, run or search '0'"):
        registry.find("0")


def test_a_datasets_name_alone_is_no_model(registry: Registry, digits: DatasetVersion) -> None:
    with pytest.raises(NotFoundError, match="that is a dataset; write digits@best for its best model"):
        registry.model("digits")


def test_the_id_of_a_run_refers_to_its_model(registry: Registry, three: tuple[Run, Model, Search]) -> None:
    with pytest.raises(NotFoundError, match="that is a run, and its model is aaaaaaaaaaa2"):
        registry.model("aaaaaaaaaaa1")


def test_an_unknown_alias_gets_the_nearest(registry: Registry, three: tuple[Run, Model, Search]) -> None:
    registry.set_alias(three[1].id, "champion")
    with pytest.raises(UnknownNameError, match=r"unknown alias 'champ': did you mean 'champion'\? \(within"):
        registry.model("digits@champ")


def test_an_unknown_dataset_of_an_alias_gets_the_nearest(
    registry: Registry, three: tuple[Run, Model, Search]
) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown dataset 'digit': did you mean 'digits'\?"):
        registry.model("digit@best")


def test_a_folder_may_stand_before_an_alias(registry: Registry, tmp_path: object) -> None:
    photos = registry.record_dataset(content_of("photos", f"{tmp_path}/p@home"))
    model = add_model(registry, photos, accuracy=0.5)
    assert registry.model(f"{tmp_path}/p@home@best") == model
