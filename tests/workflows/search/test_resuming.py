"""`workflows.search.resume`: an interrupted search resumes as if it had not been interrupted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.format_plugins import toys
from tests.workflows.search.tiny_searches import (
    FIXED,
    MOODS,
    Searched,
    interrupt_in_trial,
    interrupted,
    resume,
    search,
    workspace_in,
)
from tests.workflows.stopped_runs import TINY
from zoo.errors import InterruptedWork, SearchError
from zoo.interfaces import State
from zoo.plugins import load_plugins
from zoo.workflows import search as searches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from zoo.interfaces import Epoch, Run
    from zoo.plugins import Plugins
    from zoo.workflows import Workspace

pytestmark = pytest.mark.large

EPOCHS = 3


def start(workspace: Workspace, algorithm: str = "grid") -> Searched:
    return search(workspace, algorithm=algorithm, epochs=EPOCHS)


def interrupt(
    workspace: Workspace, *, trial: int = 2, epoch: int = 2, algorithm: str = "grid"
) -> list[Epoch]:
    """Start a search and interrupt it there; returns the epochs of that trial."""
    workspace.progress.at_epoch = interrupt_in_trial(trial, epoch)
    with pytest.raises(InterruptedWork):
        start(workspace, algorithm)
    return epochs_of(workspace, trial)


def epochs_of(workspace: Workspace, trial: int) -> list[Epoch]:
    run = workspace.registry.runs(search=interrupted(workspace).id)[trial - 1]
    return workspace.registry.epochs(run.id)


def checkpoints(workspace: Workspace) -> list[Path]:
    return list(Path(workspace.registry.artifacts.url).glob("checkpoints/*"))


@dataclass(frozen=True)
class Story:
    """A search that was interrupted in its second trial and resumed, beside one that was not interrupted."""

    undisturbed: Searched
    resumed: Searched
    epochs_before: Sequence[Epoch]
    runs_before: Sequence[Run]


@pytest.fixture(scope="module", params=["random", "grid"])
def story(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, plugins: Plugins
) -> Iterator[Story]:
    with (
        workspace_in(tmp_path_factory.mktemp("undisturbed"), plugins) as workspace,
        workspace_in(tmp_path_factory.mktemp("interrupted"), plugins) as other,
    ):
        epochs = interrupt(other, algorithm=request.param)
        runs = other.registry.runs(search=interrupted(other).id)
        yield Story(start(workspace, request.param), resume(other), epochs, runs)


def test_epochs_from_before_stay_as_they_are(story: Story) -> None:
    """An epoch that was trained again would have taken another number of nanoseconds."""
    assert len(story.epochs_before) == 2
    assert story.resumed.epochs(2)[:2] == story.epochs_before


def test_no_epoch_comes_twice(story: Story) -> None:
    assert [epoch.number for epoch in story.resumed.epochs(2)] == [1, 2, 3]


def test_epochs_after_are_those_of_an_undisturbed_search(story: Story) -> None:
    first, second = (
        [epoch.metrics for epoch in searched.epochs(2)] for searched in (story.undisturbed, story.resumed)
    )
    assert first == second


def test_results_are_those_of_an_undisturbed_search(story: Story) -> None:
    assert story.resumed.results == story.undisturbed.results


def test_the_best_model_is_that_of_an_undisturbed_search(story: Story) -> None:
    assert story.resumed.model.manifest == story.undisturbed.model.manifest


def test_trials_that_came_to_their_end_are_not_touched(story: Story) -> None:
    assert story.resumed.trials[0] == story.runs_before[0]


def test_the_trial_that_ran_continues_as_the_same_run(story: Story) -> None:
    assert [trial.id for trial in story.resumed.trials] == [run.id for run in story.runs_before]


def test_after_a_search_no_checkpoint_is_left(story: Story) -> None:
    assert (checkpoints(story.undisturbed.workspace), checkpoints(story.resumed.workspace)) == ([], [])


def test_a_completed_search_is_refused(story: Story) -> None:
    identity = story.resumed.search.id
    with pytest.raises(SearchError) as caught:
        searches.resume(story.resumed.workspace, identity)
    assert str(caught.value) == (
        f"search {identity} is completed: extend it with --trials, --max-time or --target, or start a new one"
    )


# What a kill may leave behind ----------------------------------------------------------------------------


def test_ctrl_c_leaves_a_checkpoint_of_the_running_trial_alone(workspace: Workspace) -> None:
    interrupt(workspace)
    (run,) = workspace.registry.runs(search=interrupted(workspace).id, state=State.INTERRUPTED)
    assert [path.name for path in checkpoints(workspace)] == [run.id]


def test_without_a_checkpoint_the_trial_begins_anew(workspace: Workspace) -> None:
    before = interrupt(workspace, trial=1)
    (path,) = checkpoints(workspace)
    path.unlink()
    resumed = resume(workspace)
    epochs = resumed.epochs(1)
    assert [epoch.number for epoch in epochs] == [1, 2, 3]
    assert [epoch.metrics for epoch in epochs[:2]] == [epoch.metrics for epoch in before]
    assert [epoch.seconds for epoch in epochs[:2]] != [epoch.seconds for epoch in before]


def test_an_epoch_that_only_the_checkpoint_knows_is_not_trained_again(workspace: Workspace) -> None:
    before = interrupt(workspace, trial=1)
    with closing(sqlite3.connect(workspace.registry.url)) as registry, registry:
        registry.execute("DELETE FROM epochs WHERE number = 2")
    assert resume(workspace).epochs(1)[:2] == before


def test_a_search_that_is_interrupted_twice_resumes(workspace: Workspace) -> None:
    interrupt(workspace, trial=1, epoch=1)
    workspace.progress.at_epoch = interrupt_in_trial(1, 2)
    with pytest.raises(InterruptedWork):
        searches.resume(workspace, interrupted(workspace).id)
    before = epochs_of(workspace, 1)
    resumed = resume(workspace)
    assert ([epoch.number for epoch in before], resumed.epochs(1)[:2]) == ([1, 2], before)
    assert {trial.state for trial in resumed.trials} == {State.COMPLETED}


# What is not repeated ------------------------------------------------------------------------------------


def test_failures_are_not_repeated(workspace: Workspace) -> None:
    workspace.progress.at_epoch = interrupt_in_trial(3)
    with pytest.raises(InterruptedWork):
        search(workspace, "moody", MOODS, trials=3)
    before = workspace.registry.runs(search=interrupted(workspace).id)[:2]
    after = resume(workspace).trials
    assert (before[1].state, after[:2], after[2].state) == (State.FAILED, before, State.COMPLETED)


def test_the_watcher_hears_of_the_trials_before(workspace: Workspace) -> None:
    interrupt(workspace, epoch=1)
    reported: list[tuple[int, State]] = []
    workspace.progress.run_ended = lambda run: reported.append((run.trial.number, run.state))
    resume(workspace)
    assert reported == [(1, State.COMPLETED), (2, State.COMPLETED)]


# Other algorithms ----------------------------------------------------------------------------------------


@pytest.mark.large
@pytest.mark.parametrize(
    ("algorithm", "trials", "at"), [("asha", 4, 3), ("hyperband", 3, 2)], ids=["asha", "hyperband"]
)
def test_other_algorithms_resume_too(
    tmp_path: Path, plugins: Plugins, algorithm: str, trials: int, at: int
) -> None:
    chosen = {"algorithm": algorithm, "trials": trials, "epochs": 3}
    values = {"head_units": "0", "augmentation": "none"}
    for name in ("undisturbed", "interrupted"):
        (tmp_path / name).mkdir()
    with (
        workspace_in(tmp_path / "undisturbed", plugins) as workspace,
        workspace_in(tmp_path / "interrupted", plugins) as other,
    ):
        undisturbed = search(workspace, "tiny", values, **chosen)
        other.progress.at_epoch = interrupt_in_trial(at)
        with pytest.raises(InterruptedWork):
            search(other, "tiny", values, **chosen)
        resumed = resume(other)
        assert (resumed.results, resumed.model.manifest) == (
            undisturbed.results,
            undisturbed.model.manifest,
        )


# What cannot be resumed ---------------------------------------------------------------------------------------


def test_a_search_whose_images_a_plugin_now_decodes_differently_is_refused(
    workspace: Workspace, tmp_path: Path, decoding: Callable[[str], Workspace]
) -> None:
    crate, older = toys.sample_crate(tmp_path), decoding("1")
    with pytest.raises(SearchError, match="completed"):
        search(older, "moody", {**FIXED, "mood": "bad"}, dataset=str(crate), trials=1)
    (record,) = workspace.registry.searches()
    newer = decoding("2")
    with pytest.raises(SearchError) as caught:
        searches.resume(newer, record.id)
    assert str(caught.value) == (
        f"search {record.id} cannot be resumed: dataset 'set' was decoded by toy 1, and is now by toy 2; "
        "start a new search"
    )


def test_a_search_of_changed_code_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(SearchError, match="completed"):
        search(workspace, "moody", {**FIXED, "mood": "bad"}, trials=1)
    (record,) = workspace.registry.searches()
    (tmp_path / "changed").mkdir()
    (tmp_path / "changed" / "tiny.py").write_text(TINY.read_text().replace("strides=2", "strides=1"))
    with pytest.raises(SearchError) as caught:
        searches.resume(replace(workspace, plugins=load_plugins(tmp_path / "changed")), record.id)
    assert str(caught.value) == (
        "the search cannot be resumed: the code of 'moody' has changed since: restore that code, or start a new search"
    )


def test_a_search_whose_dataset_has_changed_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("dark", "light"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(0, 255, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    with pytest.raises(SearchError, match="completed"):
        search(workspace, "moody", {**FIXED, "mood": "bad"}, dataset=str(tmp_path / "photos"), trials=1)
    (record,) = workspace.registry.searches()
    (tmp_path / "photos" / "dark" / "0.png").unlink()
    with pytest.raises(SearchError) as caught:
        searches.resume(workspace, record.id)
    assert str(caught.value) == (
        f"search {record.id} cannot be resumed: dataset 'photos' has changed since; start a new search"
    )
