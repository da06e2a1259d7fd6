"""The table that moves while a search runs."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from tests.plans import RUN_PLAN, SEARCH_PLAN, candidates, changed
from zoo.display.search_table import SearchTable, TrialLine, duration, range_of, seconds_left, sparkline
from zoo.interfaces import Epoch, EpochProgress, Objective, Run, Search, State, Trial
from zoo.interfaces.spaces import Choice, Condition, Fixed, Float, Int, Space

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPACE = Space((Int("filters", 2, low=1, high=4), Fixed("optimizer", "adam"))).to_config()
JOINT = (
    Choice("architecture", "tiny", values=("tiny", "large")),
    *(
        Int(f"{name}/filters", 2, (Condition("architecture", (name,)),), low=1, high=4)
        for name in ("tiny", "large")
    ),
)
JOINT_SPACE = Space(JOINT).to_config()
LOSS, PARAMS = Objective("val_loss", "min"), Objective("params", "min")
PLAN = changed(SEARCH_PLAN, objectives=(LOSS,), trials=3, epochs=4, space=SPACE)
SEARCH = Search("5ea7c4", PLAN, State.RUNNING, "blobs", 1, "plugin blobs", "host:1", NOW)


def line(
    number: int, losses: list[float], *, chosen: dict[str, Any] | None = None, **fields: Any
) -> TrialLine:
    hyperparameters = chosen or {"filters": number, "optimizer": "adam"}
    plan = changed(RUN_PLAN, hyperparameters=hyperparameters)
    trial = Trial(str(number), number, hyperparameters, epochs=4, origin=fields.pop("origin", None))
    run = Run(f"run{number}", plan, State.RUNNING, "blobs", 1, NOW, trial=trial)
    epochs = [Epoch(i, {"val_loss": loss}, 0.1) for i, loss in enumerate(losses, start=1)]
    return TrialLine(replace(run, **fields), epochs)


def completed(number: int, loss: float, *, seconds: float = 10, **fields: Any) -> TrialLine:
    scores = {"val_loss": loss, **fields.pop("scores", {})}
    ended = {"state": State.COMPLETED, "score": loss, "finished_at": NOW + timedelta(seconds=seconds)}
    return line(number, [loss], scores=scores, **ended, **fields)


def drawn(*lines: TrialLine, **plan: Any) -> str:
    """Return the output for a terminal of 100 columns, with its styles."""
    console = Console(width=100, force_terminal=True, color_system="standard", _environ={})
    search = replace(SEARCH, plan=changed(PLAN, **plan))
    with console.capture() as captured:
        console.print(SearchTable(search, {row.run.id: row for row in lines}))
    return captured.get()


def render(*lines: TrialLine, width: int = 100, **plan: Any) -> list[str]:
    console = Console(width=width)
    search = replace(SEARCH, plan=changed(PLAN, **plan))
    with console.capture() as captured:
        console.print(SearchTable(search, {row.run.id: row for row in lines}))
    return [" ".join(text.split()) for text in captured.get().splitlines()]


def test_a_running_trial_shows_its_best_epoch_so_far() -> None:
    assert render(line(1, [0.9, 0.5, 0.7]))[1] == "1 running 0.5000 3/4 █▁▄ filters=1"


def test_a_completed_trial_shows_its_score() -> None:
    assert render(completed(1, 0.25))[1] == "1 completed 0.2500 1/4 ▅ filters=1"


def test_a_failed_trial_says_why() -> None:
    failed = line(1, [], state=State.FAILED, error="Traceback …\nValueError: no room")
    assert render(failed)[1] == "1 failed – 0/4 ValueError: no room"


def test_a_pruned_trial_says_why() -> None:
    pruned = line(1, [0.9], state=State.PRUNED, error="val_loss 0.9000 at epoch 1 is not among the best")
    assert render(pruned)[1] == "1 pruned 0.9000 1/4 ▅ val_loss 0.9000 at epoch 1 is not among the best"


def test_hyperparameters_that_are_not_searched_are_not_shown() -> None:
    assert "optimizer" not in "".join(render(line(1, [0.9])))


def test_a_choice_that_the_algorithm_did_not_make_says_where_it_comes_from() -> None:
    prior = line(1, [0.9], origin="run 1a2b3c4d on blobs")
    assert render(prior)[1] == "1 running 0.9000 1/4 ▅ (run 1a2b3c4d on blobs) filters=1"


def test_of_several_objectives_each_has_a_column() -> None:
    table = render(completed(1, 0.25, scores={"params": 1234.0}), line(2, [0.5]), objectives=(LOSS, PARAMS))
    assert table[:3] == [
        "trial state val_loss params epoch curve hyperparameters",
        "1 completed 0.2500 1,234 1/4 ▁ filters=1",
        "2 running 0.5000 – 1/4 █ filters=2",
    ]


def test_of_several_architectures_the_name_comes_first() -> None:
    chosen = {"architecture": "tiny", "tiny/filters": 3}
    table = render(line(1, [0.9], chosen=chosen), space=JOINT_SPACE, candidates=candidates("tiny", "large"))
    assert table[1] == "1 running 0.9000 1/4 ▅ tiny filters=3"


def test_the_best_trial_alone_is_bold() -> None:
    _, *rows = drawn(completed(1, 0.5), completed(2, 0.4), line(3, [0.1])).splitlines()
    assert ["\x1b[1m" in row for row in rows[:3]] == [False, True, False]


def test_the_last_line_counts_trials_that_ended_and_names_the_best() -> None:
    lines = [completed(1, 0.5), completed(2, 0.4)]
    assert render(*lines)[-1] == "2 of 3 trials, best val_loss 0.4000 in trial 2"


def test_the_last_line_says_how_long_it_may_still_take() -> None:
    # The running trial began long ago, so that one more trial of 600 s remains.
    lines = [completed(1, 0.5, seconds=600), line(2, [0.1])]
    assert render(*lines)[-1] == "1 of 3 trials, best val_loss 0.5000 in trial 1, about 10 min left"


@pytest.mark.parametrize(
    ("max_seconds", "shown"),
    [
        (7200.5, "about 10 min left, time limit in 2 h 0 min"),
        (300.5, "time limit in 5 min"),
        (0.0, "the time limit is reached"),
    ],
)
def test_under_a_time_limit_the_last_line_says_when_it_comes(max_seconds: float, shown: str) -> None:
    lines = [completed(1, 0.5, seconds=600), line(2, [0.1])]
    last = render(*lines, max_seconds=max_seconds)[-1]
    assert last == f"1 of 3 trials, best val_loss 0.5000 in trial 1, {shown}"


def test_an_interrupted_trial_has_not_ended() -> None:
    assert render(line(1, [0.5], state=State.INTERRUPTED))[-1] == "0 of 3 trials"


# The time left -------------------------------------------------------------------------------------------


def seconds_to_go(ended: list[TrialLine], running: int, *, after: float = 0) -> float | None:
    """Of 8 trials, when those that run have done so for some seconds."""
    under_way = [line(8 - place, []).run for place in range(running)]
    return seconds_left([row.run for row in ended], under_way, 8, NOW + timedelta(seconds=after))


def test_trials_that_are_left_take_as_long_as_others_did() -> None:
    assert seconds_to_go([completed(1, 0.5, seconds=10), completed(2, 0.5, seconds=20)], 1) == 6 * 15


def test_finished_epochs_of_a_running_trial_do_not_count() -> None:
    assert seconds_to_go([completed(1, 0.5, seconds=10)], 1, after=4) == 6 * 10 + 6


def test_concurrent_trials_share_the_remaining_time() -> None:
    assert seconds_to_go([completed(1, 0.5, seconds=10), completed(2, 0.5, seconds=10)], 3) == 20


def test_before_a_trial_has_ended_there_is_no_estimate() -> None:
    assert seconds_to_go([], 1) is None


def test_when_nothing_runs_nothing_is_left() -> None:
    assert seconds_to_go([completed(1, 0.5)], 0) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (40, "40 s"),
        (89, "89 s"),
        (90, "2 min"),
        (59 * 60, "59 min"),
        (7500, "2 h 5 min"),
        (7200, "2 h 0 min"),
    ],
)
def test_a_duration_has_one_or_two_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


# A narrow or a low screen ----------------------------------------------------------------------------------

LONG = {"architecture": "large", "large/filters": 3, "learning_rate": 0.001}
WIDE_SPACE = Space((*JOINT, Float("learning_rate", 1e-3, low=1e-4, high=1e-2))).to_config()


def heads(width: int, epochs: int = 20) -> list[str]:
    """Of a table with a trial of so many epochs."""
    trial = line(1, [0.5] * epochs, chosen=LONG, origin="run 1a2b3c4d on photos")
    return render(trial, width=width, epochs=epochs, space=WIDE_SPACE)[0].split()


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (120, ["trial", "state", "val_loss", "epoch", "curve", "hyperparameters"]),
        (80, ["trial", "state", "val_loss", "epoch", "curve", "hyperparameters"]),
        (60, ["trial", "state", "val_loss", "epoch", "hyperparameters"]),
    ],
)
def test_a_narrow_table_does_without_the_curve_before_all_else(width: int, columns: list[str]) -> None:
    assert heads(width) == columns


def test_a_narrow_table_has_a_shorter_curve() -> None:
    curve = render(line(1, [0.9] + [0.1] * 19), width=80)[1].split()[4]
    assert curve == "▁" * 15


def test_with_a_curve_there_is_room_for_hyperparameters() -> None:
    chosen = {"architecture": "tiny", "tiny/filters": 3, "learning_rate": 0.001}
    row = render(line(1, [0.5] * 20, chosen=chosen), width=80, epochs=20, space=WIDE_SPACE)[1]
    assert row.endswith("▅ tiny filters=3 learning_rate…")


def fitted(*lines: TrialLine, height: int) -> list[str]:
    console = Console(width=100, height=height)
    table = SearchTable(SEARCH, {row.run.id: row for row in lines}, fitted=True)
    with console.capture() as captured:
        console.print(table, height=None)
    return captured.get().splitlines()


def test_a_fitted_table_shows_the_newest_trials_and_the_best() -> None:
    losses = [0.5, 0.1, 0.4, 0.3, 0.6, 0.7]
    table = fitted(*(completed(number, loss) for number, loss in enumerate(losses, start=1)), height=6)
    assert [row.split()[0] for row in table[1:-1]] == ["2", "5", "6"]
    assert table[-1].startswith("6 of 3 trials, best val_loss 0.1000 in trial 2, 3 not shown")


def test_a_fitted_table_that_fits_is_whole() -> None:
    assert len(fitted(completed(1, 0.5), completed(2, 0.4), height=24)) == 4


# Within an epoch -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("epoch", "shown"), [(1, "2/4"), (3, "2.4/4")], ids=["the last one", "this one"])
def test_a_running_trial_shows_the_progress_of_its_epoch(epoch: int, shown: str) -> None:
    trial = line(1, [0.9, 0.5])
    trial.progress = EpochProgress(epoch, 17, 40)
    assert render(trial)[1].split()[3] == shown


def test_a_trial_that_ended_within_an_epoch_shows_whole_ones() -> None:
    trial = line(1, [0.9, 0.5], state=State.INTERRUPTED)
    trial.progress = EpochProgress(3, 17, 40)
    assert render(trial)[1].split()[3] == "2/4"


# The curve -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "bars"), [([], ""), ([0.5, 0.5], "▅▅"), ([0.0, 1.0], "▁█"), ([1.0, 0.5, 0.0], "█▅▁")]
)
def test_a_sparkline_goes_from_the_lowest_to_the_highest(values: list[float], bars: str) -> None:
    assert sparkline(values, *range_of([values])) == bars


def test_a_value_that_is_not_finite_leaves_a_gap() -> None:
    values = [0.0, math.nan, 1.0, math.inf]
    assert sparkline(values, *range_of([values])) == "▁ █ "


def test_all_curves_have_one_scale() -> None:
    """Or else a constant would have the lowest bars, however good it is."""
    perfect, poor = [1.0, 1.0], [0.0, 0.5]
    scale = range_of([perfect, poor])
    assert (sparkline(perfect, *scale), sparkline(poor, *scale)) == ("██", "▁▅")


def test_of_many_values_some_are_left_out_evenly() -> None:
    assert sparkline([0.0, 9.0, 0.0, 9.0, 0.0, 9.0], 0.0, 9.0, bars=3) == "███"
