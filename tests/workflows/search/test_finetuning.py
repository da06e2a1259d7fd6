"""`workflows.search.search_finetuning`: how deep to freeze and how to train, every trial a run."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.workflows.search.tiny_searches import (
    Searched,
    Watcher,
    interrupt_in_trial,
    interrupted,
    resume,
    search,
)
from zoo import workflows
from zoo.errors import InterruptedWork, RegistryError, SearchError, UnknownNameError, ZooError
from zoo.interfaces import RunKind, State
from zoo.models.hyperparameters import OWN
from zoo.registry import open_registry
from zoo.search.executors.ray_cluster import Cluster
from zoo.workflows import TrainingOptions, Workspace, training_options
from zoo.workflows import search as searches
from zoo.workflows.search import running, search_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from zoo.interfaces import Model
    from zoo.plugins import Plugins

KEPT, KNOWN = (
    "activations of frozen layers are cached",
    "activations of frozen layers are in the cache already",
)
HEAD_ALONE = {"freeze": "all", "schedule": "constant"}  # leaves learning_rate, and warmup_epochs


def tune(
    workspace: Workspace,
    hyperparameters: Mapping[str, Any] | None = None,
    *,
    dataset: str = "three",
    epochs: int = 1,
    head: str | None = None,
    cluster: Cluster | None = None,
    **chosen: Any,
) -> Searched:
    """Search how to fine-tune the model that knows dark and light."""
    record, model = searches.search_finetuning(
        workspace,
        workspace.registry.best("blobs").id,
        dataset,
        search_options=search_options(**{"trials": 2, **chosen}),
        hyperparameters=hyperparameters,
        head=head,
        options=training_options(epochs=epochs, cache_features="on"),
        cluster=cluster,
    )
    return Searched(workspace, record, model)


@pytest.fixture(scope="module")
def of_a_copy(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Callable:
    """Open a new copy of the trained registry; returns its folder."""

    def copied() -> Path:
        folder = tmp_path_factory.mktemp("copy")
        shutil.copytree(trained_folder, folder, dirs_exist_ok=True)
        return folder

    return copied


@pytest.fixture(scope="module")
def searched(of_a_copy: Callable, plugins: Plugins) -> Iterator[Searched]:
    """Three trials in which all is searched."""
    with open_registry(of_a_copy() / "registry.db", create=False) as registry:
        yield tune(Workspace(registry, plugins, Watcher()), epochs=3, trials=3)


def searched_over(searched: Searched) -> set[str]:
    entries = searched.search.plan.space["space"]
    return {entry["config"]["name"] for entry in entries if entry["class_name"] != "Fixed"}


def times_reported(workspace: Workspace, start: str) -> int:
    return sum(notice.startswith(start) for notice in workspace.progress.notices)


# Trials --------------------------------------------------------------------------------------------------


def test_each_trial_starts_from_the_parent(searched: Searched) -> None:
    parent = searched.workspace.registry.run(searched.trials[0].id).plan.parent_id
    assert {(run.plan.kind, run.plan.parent_id) for run in searched.trials} == {(RunKind.TRIAL, parent)}
    assert (searched.search.plan.parent_id, searched.model.parent_id) == (parent, parent)


def test_trials_start_from_a_model_of_keras_layers_without_the_library_of_its_plugin(
    of_a_copy: Callable, plugins: Plugins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def custom_layers() -> list[type]:
        raise ZooError("its library is not installed")

    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))  # where no network has passed the round trip
    tiny = replace(plugins.architectures["tiny"], custom_layers=custom_layers)
    without = replace(plugins, architectures={"tiny": tiny})
    with open_registry(of_a_copy() / "registry.db", create=False) as registry:
        searched = tune(Workspace(registry, without, Watcher()), HEAD_ALONE, trials=1)
        assert [run.state for run in searched.trials] == [State.COMPLETED]


def test_the_lineage_shows_the_trials_that_stored_models(searched: Searched) -> None:
    lineage = searched.workspace.registry.lineage(searched.model.parent_id or "")
    assert {child.run.search_id for child in lineage.children if child.run} == {searched.search.id}
    assert searched.model.id in {child.model_id for child in lineage.children}


def test_freeze_depth_schedule_decay_and_learning_rate_are_searched(searched: Searched) -> None:
    """`tiny` has no BatchNormalization."""
    assert searched_over(searched) == {
        "freeze",
        "learning_rate",
        "schedule",
        "warmup_epochs",
        "head_epochs",
        "unfreeze_epochs",
        "layer_decay",
    }


@pytest.mark.parametrize("name", ["freeze", "learning_rate"])
def test_trials_differ(searched: Searched, name: str) -> None:
    assert len({run.plan.hyperparameters[name] for run in searched.trials}) > 1


def test_the_first_trial_has_the_defaults(searched: Searched) -> None:
    chosen = searched.trials[0].plan.hyperparameters
    assert searched.trials[0].trial.origin == "defaults"
    assert (chosen["freeze"], chosen["learning_rate"], chosen["schedule"]) == ("all", 1e-3, "constant")


def test_each_trial_records_the_hyperparameters_of_its_parent(searched: Searched) -> None:
    chosen = [run.plan.hyperparameters for run in searched.trials]
    assert {(values["filters"], values["pooling"], values["output"]) for values in chosen} == {
        (2, "avg", "softmax")
    }


def test_the_trials_of_a_frozen_backbone_train_the_head_alone(searched: Searched) -> None:
    trainable = {
        model.trainable_parameters
        for run in searched.trials
        if run.model_id and run.plan.hyperparameters["freeze"] == "all"
        for model in [searched.workspace.registry.model(run.model_id)]
    }
    assert trainable <= {15}


@pytest.mark.parametrize("head", ["keep", "new"])
@pytest.mark.large
def test_a_trial_after_another_equals_a_fine_tuning_alone(trained: Workspace, head: str) -> None:
    result = tune(trained, {"freeze": "none", "augmentation": "flip"}, head=head)
    last = result.trials[-1]
    own_names = OWN.keys() - ({"pooling", "head_units", "dropout"} if head == "keep" else set())
    alone = workflows.finetune(
        trained,
        str(last.plan.parent_id),
        "three",
        hyperparameters={name: last.plan.hyperparameters[name] for name in own_names},
        head=head,
        options=TrainingOptions(epochs=1, seed=last.plan.training.seed),
    )
    assert trained.registry.model(str(last.model_id)).manifest == alone.manifest


# Fixed hyperparameters --------------------------------------------------------------------------------------------


def test_hyperparameters_that_are_set_are_fixed(trained: Workspace) -> None:
    values = {"freeze": "1", "learning_rate": "0.003", "schedule": "cosine", "layer_decay": "0.3"}
    result = tune(trained, values, epochs=3, trials=1)
    fixed = {"freeze": "1", "learning_rate": 0.003, "schedule": "cosine", "layer_decay": 0.3}
    for run in result.trials:
        assert {name: run.plan.hyperparameters[name] for name in fixed} == fixed
    assert result.search.plan.fixed == fixed


def test_a_search_with_nothing_left_to_choose_is_refused(trained: Workspace) -> None:
    """Of so few epochs a frozen backbone leaves the learning rate and the schedule alone."""
    with pytest.raises(SearchError) as caught:
        tune(trained, {"freeze": "all", "learning_rate": 0.01, "schedule": "cosine"})
    assert str(caught.value) == (
        "nothing is left to search: --set and other options fix every hyperparameter; "
        "leave one out, or leave --search out"
    )
    assert trained.registry.searches() == []


def test_a_hyperparameter_of_the_backbone_is_refused(trained: Workspace) -> None:
    with pytest.raises(UnknownNameError, match=r"^unknown hyperparameter 'filters'"):
        tune(trained, {"filters": 4})


def test_a_new_head_is_searched_too(trained: Workspace) -> None:
    result = tune(trained, HEAD_ALONE, head="new", trials=1)
    assert {"head_units", "dropout"} <= searched_over(result)
    assert trained.registry.run(result.trials[0].id).plan.candidate.keeps_head is False


# The prefix ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("cache")
def test_activations_of_frozen_layers_are_computed_once_for_all_trials(trained: Workspace) -> None:
    tune(trained, HEAD_ALONE)
    assert (times_reported(trained, KEPT), times_reported(trained, KNOWN)) == (1, 1)


def test_a_second_search_reuses_the_cached_activations(searched: Searched) -> None:
    """All is frozen in the first trial of the first search."""
    searched.workspace.progress.notices.clear()
    tune(searched.workspace, {**HEAD_ALONE, "batch_size": 8}, trials=1)
    assert (times_reported(searched.workspace, KEPT), times_reported(searched.workspace, KNOWN)) == (0, 1)


def test_a_plain_search_learns_nothing_from_a_fine_tuning(searched: Searched) -> None:
    plain = search(
        searched.workspace,
        hyperparameters={},
        dataset="three",
        algorithm="random",
        trials=3,
        warm_start=True,
        max_seconds=1e-6,
    )
    assert [origin for _, origin in plain.search.plan.first] == ["defaults"]


# Going on ------------------------------------------------------------------------------------------------


def interrupt(workspace: Workspace, **fields: Any) -> None:
    """In the first trial."""
    workspace.progress.at_epoch = interrupt_in_trial(1)
    with pytest.raises(InterruptedWork, match=r"continue with: zoo .*search --resume "):
        tune(workspace, **fields)


@pytest.mark.parametrize("dataset", ["three", pytest.param("blobs-reversed", marks=pytest.mark.large)])
def test_an_interrupted_search_resumes_as_if_it_had_not_been(
    of_a_copy: Callable, plugins: Plugins, dataset: str
) -> None:
    """The head keeps what it knows of more classes, and of the same ones in another order; the second trial starts
    from the parent that was found again."""
    with (
        open_registry(of_a_copy() / "registry.db", create=False) as registry,
        open_registry(of_a_copy() / "registry.db", create=False) as other,
    ):
        undisturbed = tune(Workspace(registry, plugins, Watcher()), dataset=dataset, epochs=2)
        workspace = Workspace(other, plugins, Watcher())
        interrupt(workspace, dataset=dataset, epochs=2)
        resumed = resume(workspace)
        assert resumed.results == undisturbed.results
        assert resumed.model.manifest == undisturbed.model.manifest


@pytest.fixture
def stopped(trained: Workspace, parent: Model) -> Workspace:
    """Its search was interrupted in the first trial."""
    interrupt(trained, hyperparameters=HEAD_ALONE, epochs=2)
    return trained


def test_the_model_that_a_search_resumes_from_is_not_deleted(stopped: Workspace, parent: Model) -> None:
    with pytest.raises(
        RegistryError, match=f"^search {interrupted(stopped).id} is not completed and may continue"
    ):
        stopped.registry.delete_models([parent.id])


def test_a_search_whose_parent_is_deleted_does_not_go_on(stopped: Workspace, parent: Model) -> None:
    record = interrupted(stopped)
    stopped.registry.delete_models([parent.id], force=True)
    with pytest.raises(SearchError) as caught:
        searches.resume(stopped, record.id)
    assert str(caught.value) == (
        f"the search cannot be resumed: model {parent.id}, which its trials start from, was deleted; "
        "start a new search from another one"
    )
    assert stopped.registry.search(record.id).state is State.INTERRUPTED


# Other processes -----------------------------------------------------------------------------------------


def results_of(searched: Searched) -> Sequence[object]:
    return [*searched.results, searched.model.manifest]


@pytest.fixture
def two_ways(of_a_copy: Callable, plugins: Plugins, cache: Path) -> Iterator[Callable]:
    """Search here, then `there`; gives what came of both, and what lay in the cache before and after the second."""
    with (
        open_registry(of_a_copy() / "registry.db", create=False) as registry,
        open_registry(of_a_copy() / "registry.db", create=False) as other,
    ):

        def both(there: Callable[[Workspace], Searched]) -> None:
            here = tune(Workspace(registry, plugins, Watcher()), HEAD_ALONE)
            files = _features(cache)
            assert files
            assert results_of(there(Workspace(other, plugins, Watcher()))) == results_of(here)
            assert _features(cache) == files

        yield both


def _features(cache: Path) -> dict[str, int]:
    """Return the files of cached activations with the times of their last change."""
    return {
        str(path.relative_to(cache)): path.stat().st_mtime_ns for path in (cache / "features").rglob("*.bin")
    }


@pytest.mark.large
def test_trials_in_a_child_process_have_the_same_results_and_share_the_cache(
    two_ways: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def there(workspace: Workspace) -> Searched:
        monkeypatch.setattr(running, "TRIALS_OF_A_PROCESS", 1)
        return tune(workspace, HEAD_ALONE)

    two_ways(there)


@pytest.mark.large
def test_workers_on_ray_have_the_same_results_and_share_the_cache(two_ways: Callable) -> None:
    pytest.importorskip("ray", reason="trials on Ray need the extra: pip install 'keras-zoo[ray]'")
    two_ways(lambda workspace: tune(workspace, HEAD_ALONE, cluster=Cluster(None, 2)))
