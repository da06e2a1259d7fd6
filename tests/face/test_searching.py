"""`zoo.search`, and going on with a search."""

from __future__ import annotations

import signal

import pytest

import zoo
from tests.face.conftest import FIXED, Trained
from zoo.errors import InterruptedWork, SearchError, UnknownNameError
from zoo.interfaces import Progress, Run, State


def test_a_result_has_the_search_its_trials_and_the_best_model(trained: Trained) -> None:
    result = trained.result
    assert [trial.trial and trial.trial.number for trial in result.trials] == [1, 2]
    assert result.search.best_model_id == result.best.id
    assert result.best_trial.model_id == result.best.id
    assert result.best_hyperparameters["learning_rate"] == 0.01
    with zoo.open_registry() as registry:
        assert registry.search(result.id) == result.search


def test_a_result_is_shown_in_a_line_and_in_tables(trained: Trained) -> None:
    result = trained.result
    assert repr(result).startswith(f"SearchResult(id='{result.id}', trials=2, best=Model('{result.best.id}'")
    tables = result._repr_html_()
    assert tables.count("<table>") == 2
    assert '<th scope="col">val_accuracy</th>' in tables


def test_only_hyperparameters_that_differ_are_shown(trained: Trained) -> None:
    assert "learning_rate" not in trained.result._repr_html_()


def test_architectures_and_objectives_may_be_several() -> None:
    result = zoo.search(
        ["tiny", "moody"],
        "blobs",
        trials=2,
        epochs=1,
        objective=["val_accuracy", "params"],
        hyperparameters={"mood": "good"},
        progress=False,
    )
    assert result.search.plan.architectures == ("tiny", "moody")
    assert [objective.name for objective in result.search.plan.objectives] == ["val_accuracy", "params"]


class Interrupting(Progress):
    """Presses Ctrl-C when the second trial starts."""

    def run_started(self, run: Run) -> None:
        if run.trial is not None and run.trial.number == 2:
            signal.raise_signal(signal.SIGINT)


def test_an_interrupted_search_resumes() -> None:
    with pytest.raises(InterruptedWork, match="was interrupted"):
        zoo.search("tiny", "blobs", trials=2, epochs=1, hyperparameters=FIXED, progress=Interrupting())
    with zoo.open_registry() as registry:
        (search,) = registry.searches()
        assert search.state is State.INTERRUPTED
        result = zoo.search(resume=search.id, registry=registry, progress=False)
    assert (result.id, result.search.state, len(result.trials)) == (search.id, State.COMPLETED, 2)


def test_options_that_a_resumed_search_would_not_heed_are_refused() -> None:
    with pytest.raises(zoo.ZooError, match="resumed work keeps its original options: leave seed out"):
        zoo.search(resume="1a2b", seed=3)


def test_a_search_needs_architectures_and_a_dataset() -> None:
    with pytest.raises(SearchError, match="name the architectures and the dataset"):
        zoo.search("tiny")


def test_one_unknown_architecture_of_several_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown architecture 'tinny'"):
        zoo.search("tiny,tinny", "blobs")


def test_names_may_have_blanks_between_them_as_on_the_command_line() -> None:
    with pytest.raises(SearchError, match="'tiny, tiny' names an architecture twice"):
        zoo.search("tiny, tiny", "blobs")
