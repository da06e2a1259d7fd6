"""`zoo plot`: its files, output and refusals. The searches are rows of a registry; nothing trains."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.plans import RUN_PLAN, SEARCH_PLAN, changed
from zoo.interfaces import DatasetContent, Objective, State, Trial
from zoo.interfaces.spaces import Fixed, Float
from zoo.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.processes import LeanProcess

ACCURACY, PARAMS = Objective("val_accuracy", "max"), Objective("params", "min")
SPACE = [Float(name, 0.5, low=0.0, high=1.0).to_config() for name in ("rate", "dropout")]


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., str]:
    """Write a search of so many completed trials into the registry here and return its id."""

    def make(*objectives: Objective, trials: int = 5, space: list[Any] = SPACE) -> str:
        with open_registry(tmp_path / "registry.db") as registry:
            counts = {"train": {"one": 3}}
            content = DatasetContent(
                name="digits",
                source="plugin digits",
                fingerprint="a" * 64,
                class_names=("one",),
                counts=counts,
            )
            plan = changed(SEARCH_PLAN, objectives=objectives or (ACCURACY,), space={"space": space})
            search = registry.start_search(plan, registry.record_dataset(content))
            for number in range(1, trials + 1):
                values = {"rate": number / 10, "dropout": number % 2 / 2}
                run_plan = changed(RUN_PLAN, hyperparameters=values)
                run = registry.start_trial(search.id, Trial(str(number), number, values, 3), run_plan)
                scores = {"val_accuracy": number / 10, "params": 10.0 * number}
                wanted = {objective.name: scores[objective.name] for objective in plan.objectives}
                registry.complete_without_model(run.id, wanted)
            registry.end_search(search.id, State.COMPLETED, None)
        return search.id

    return make


def test_three_plots_and_the_importance(zoo: Callable, recorded: Callable[..., str], plain: Callable) -> None:
    search = recorded()
    result = zoo("plot", search)
    assert (result.code, result.err) == (0, "")
    assert plain(result.out) == (
        "importance  ID-importance.png\n"
        "parallel  ID-parallel.png\n"
        "history  ID-history.png\n"
        "\n"
        "hyperparameter  importance\n"
        "rate  #.####\n"
        "dropout  #.####\n"
    )
    assert sorted(path.name for path in Path().glob("*.png")) == [
        f"{search}-{plot}.png" for plot in ("history", "importance", "parallel")
    ]


def test_several_objectives_have_a_front_too(zoo: Callable, recorded: Callable[..., str]) -> None:
    search = recorded(ACCURACY, PARAMS)
    plots = json.loads(zoo("plot", search, "--kind", "all", "--output", "plots", "--json").out)["plots"]
    assert plots == {
        plot: f"plots/{search}-{plot}.png" for plot in ("importance", "parallel", "history", "front")
    }
    assert all(Path(path).exists() for path in plots.values())


@pytest.mark.parametrize("kind", ["history", "front"])
def test_plots_that_need_no_importance_say_nothing_of_it(
    zoo: Callable, recorded: Callable[..., str], kind: str
) -> None:
    search = recorded(ACCURACY, PARAMS, trials=2)
    result = zoo("plot", search, "--kind", kind)
    assert (result.out, result.err) == (f"{kind}  {search}-{kind}.png\n", "")


def test_json(zoo: Callable, recorded: Callable[..., str]) -> None:
    search = recorded(trials=2)
    assert json.loads(zoo("plot", search, "--kind", "history", "--output", "a.svg", "--json").out) == {
        "search": search,
        "objective": "val_accuracy",
        "importance": None,
        "plots": {"history": "a.svg"},
    }


def test_too_few_trials_for_the_importance_leave_the_other_plots(
    zoo: Callable, recorded: Callable[..., str]
) -> None:
    search = recorded(trials=2)
    result = zoo("plot", search)
    assert result.out == f"parallel  {search}-parallel.png\nhistory   {search}-history.png\n"
    assert result.err == (
        "· the importance of hyperparameters needs 4 completed trials, but there are 2: search with more --trials\n"
    )


def test_a_search_that_chose_nothing_has_its_history(zoo: Callable, recorded: Callable[..., str]) -> None:
    search = recorded(space=[Fixed("rate", 0.5).to_config()])
    result = zoo("plot", search)
    assert (result.code, result.out) == (0, f"history  {search}-history.png\n")


def test_no_tensorflow(lean: LeanProcess, recorded: Callable[..., str]) -> None:
    result = lean("plot", recorded())
    assert (result.code, result.imported) == (0, ("optuna", "sklearn", "matplotlib"))


@pytest.mark.parametrize(
    ("trials", "options", "message"),
    [
        (0, [], "no trial of search SEARCH has completed: see `zoo show SEARCH`"),
        (
            2,
            ["--kind", "importance"],
            "the importance of hyperparameters needs 4 completed trials, but there are 2: search with more --trials",
        ),
        (
            5,
            ["--kind", "front"],
            (
                "search SEARCH has one objective, val_accuracy, and a front needs two: "
                "search with --objective val_accuracy,params"
            ),
        ),
        (
            5,
            ["--output", "a.jpg"],
            "cannot write a plot as '.jpg': give a.jpg the suffix .png or .svg, or name a folder",
        ),
    ],
)
def test_refused(
    refused: Callable, recorded: Callable[..., str], trials: int, options: list[str], message: str
) -> None:
    search = recorded(trials=trials)
    assert refused("plot", search, *options) == message.replace("SEARCH", search)
    assert not list(Path().glob("*.png"))


def test_a_run_is_no_search(refused: Callable, recorded: Callable[..., str], tmp_path: Path) -> None:
    search = recorded()
    with open_registry(tmp_path / "registry.db") as registry:
        run = registry.runs(search=search)[0].id
    assert refused("plot", run) == (
        f"'{run}' is a run, and `zoo plot` takes a search: this run is of search {search}"
    )


def test_an_unknown_search(refused: Callable, recorded: Callable[..., str]) -> None:
    recorded()
    assert refused("plot", "zzz") == "no search 'zzz': `zoo searches` lists them"
