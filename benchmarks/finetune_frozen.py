"""Times trainings with frozen layers: zoo against Keras Tuner and Keras's `fit`, with the same weights and batches.

`head`: a search for the head of a frozen MobileNetV2. `resnet50`: the same with ResNet50, which takes Keras Tuner most
of an hour. `one`: one fine-tuning of a ResNet50 that is frozen up to conv5. `second`: the search of `head` twice on the
same backbone and dataset.

All start from decoded pixels. zoo starts without cached activations, and is timed until its models are in the registry,
before and after its peer, since the speed of a shared machine varies. zoo draws the trials, and Keras Tuner gets the
same ones. All run in TensorFlow's deterministic mode, which zoo switches on: without it the last digits of ResNet50
differ. TensorFlow tunes the pipelines of zoo's peers, as by default, but not zoo's; sometimes a `fit` waits for that
without using a processor, for up to a minute.

"by hand" is a script that knows the trials and keeps the activations in memory: it does not search, check, test or
record anything. Its last batch of a split is smaller, so that last digits may differ.

Images are noisy gratings and weights are random, since nothing is downloaded; the cost of frozen layers is the same.
"""

from __future__ import annotations

import argparse
import functools
import os
import statistics
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from frozen_peers import PATIENCE, Trial, fit_one, stock_trials, trials_by_hand
from frozen_setting import ALPHA, Case, Place, bench

from zoo.interfaces import Epoch, Progress
from zoo.workflows import TrainingOptions, Workspace, export, finetune, train
from zoo.workflows.search import search, search_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from zoo.interfaces import Model, Run

Result = TypeVar("Result")

SEARCHED = ("learning_rate", "head_units", "dropout")
FIXED = {"pooling": "avg", "augmentation": "none", "freeze": "all"}

HEAD = Case("mobilenet-v2", 8, 1400, 5, 6, rounds=3)
RESNET50 = Case("resnet50", 30, 1400, 10, 10)
ONE = Case("resnet50", 2, 640, 4, rounds=3)


def main() -> None:
    """Print the figures of the given parts, or of all."""
    parts: dict[str, Callable[[Any], None]] = {
        "head": functools.partial(compare_searches, HEAD),
        "resnet50": functools.partial(compare_searches, RESNET50),
        "one": functools.partial(compare_one, ONE),
        "second": functools.partial(search_twice, HEAD),
    }
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(parts)}; all by default")
    for name in ("images", "size", "trials", "epochs"):
        parser.add_argument(f"--{name}", type=int, help="default: those of the target")
    parser.add_argument("--rounds", type=int, help="of a comparison; 1 for `resnet50`, else 3")
    parser.add_argument(
        "--untuned",
        dest="tuned",
        action="store_false",
        help="switch off TensorFlow's pipeline tuner for zoo's peers",
    )
    options = vars(parser.parse_args())
    chosen = options.pop("parts") or list(parts)
    changed = {name: value for name, value in options.items() if value is not None}
    for name in chosen:
        print(f"{name}:", flush=True)
        parts[name](changed)


# Searches ----------------------------------------------------------------------------------------------------


def compare_searches(case: Case, changed: Mapping[str, Any]) -> None:
    """Compare a search for the head by zoo, before and after, with the same trials by Keras Tuner and by hand."""
    case = replace(case, **changed)
    ratios = []
    for number in range(1, case.rounds + 1):
        ours, before = timed_zoo_trials(case)
        with bench(case) as place:
            decoded, values = place.new_cache(), [trial.values for trial in ours]
            theirs, stock = timed(functools.partial(stock_trials, case, place, decoded, values))
            written, by_hand = timed(functools.partial(trials_by_hand, case, place, decoded, values))
        _, after = timed_zoo_trials(case)
        if number == 1:
            print(
                f"  {case.architecture}, frozen; {case.trials} trials of {case.epochs} epochs; {place.description}"
            )
            print_trials(ours, theirs)
        equal = [sum(map(_equal, ours, others)) for others in (theirs, written)]
        print(f"  validation accuracies equal in {equal[0]} of {len(ours)} trials, by hand in {equal[1]}")
        print_time("by hand", by_hand)
        ratios.append(print_times("Keras Tuner", stock, before, after))
    print_ratio(ratios, case.target)


def _equal(one: Trial, other: Trial) -> bool:
    return one.accuracy == other.accuracy


def print_trials(ours: Sequence[Trial], theirs: Sequence[Trial]) -> None:
    """Print each trial's accuracies, and the difference of its losses."""
    print("  trial  learning rate  head units  dropout  val_accuracy:    zoo  Keras Tuner  losses differ by")
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True), start=1):
        apart = max(abs(a - b) for a, b in zip(one.losses, other.losses, strict=True))
        rate, units, dropout = (one.values[name] for name in SEARCHED)
        print(
            f"  {number:5}  {rate:13.6f}  {units:>10}  {dropout:7.1f}  "
            f"{one.accuracy:20.6f}  {other.accuracy:11.6f}  {apart:16.1e}"
        )


def timed_zoo_trials(case: Case) -> tuple[list[Trial], Times]:
    """Return the trials of a search by zoo in a new folder, and its times."""
    with bench(case) as place:
        place.new_cache()
        return timed(functools.partial(zoo_trials, case, place))


def zoo_trials(case: Case, place: Place, seed: int = 0, progress: Progress | None = None) -> list[Trial]:
    """Return the trials of zoo's random search."""
    fixed = FIXED | ({"alpha": ALPHA} if case.architecture == "mobilenet-v2" else {})
    with place.workspace(progress) as workspace:
        done, _ = search(
            workspace,
            case.architecture,
            str(place.images),
            search_options=search_options(trials=case.trials),
            hyperparameters=fixed,
            weights=str(place.weights),
            options=TrainingOptions(case.epochs, seed, PATIENCE, case.size),
        )
        runs = workspace.registry.runs(search=done.id)
        return [_zoo_trial(workspace, run) for run in sorted(runs, key=_number)]


def _number(run: Run) -> int:
    assert run.trial is not None
    return run.trial.number


def _zoo_trial(workspace: Workspace, run: Run) -> Trial:
    values = {
        **{name: run.plan.hyperparameters[name] for name in SEARCHED},
        "seed": run.plan.training.seed,
    }
    losses = [epoch.metrics["val_loss"] for epoch in workspace.registry.epochs(run.id)]
    return Trial(values, losses, run.scores["val_accuracy"])


# One fine-tuning ---------------------------------------------------------------------------------------------


def compare_one(case: Case, changed: Mapping[str, Any]) -> None:
    """Compare fine-tuning one model by zoo, before and after, with Keras's `fit` from a file."""
    case = replace(case, **changed)
    ratios = []
    with bench(case) as place, place.workspace() as workspace:
        place.new_cache()
        parent = train(
            workspace,
            case.architecture,
            str(place.images),
            hyperparameters=FIXED | {"dropout": 0.0},
            weights=str(place.weights),
            options=TrainingOptions(1, image_size=case.size),
        )
        path = export(workspace, parent.id, output=place.folder / "parent.keras").path
        for number in range(1, case.rounds + 1):
            ours, before = timed_finetuning(case, place, workspace, parent)
            decoded = place.new_cache()
            theirs, stock = timed(functools.partial(fit_one, case, path, decoded))
            _, after = timed_finetuning(case, place, workspace, parent)
            if number == 1:
                print(f"  {case.architecture}, frozen until conv5; {case.epochs} epochs; {place.description}")
                print_losses(ours, theirs)
            ratios.append(print_times("Keras fit", stock, before, after))
            print_epochs(ours, theirs)
    print_ratio(ratios, case.target)


def timed_finetuning(
    case: Case, place: Place, workspace: Workspace, parent: Model
) -> tuple[list[Epoch], Times]:
    """Return the epochs of zoo's fine-tuning, and its times."""
    place.new_cache()
    work = functools.partial(
        finetune,
        workspace,
        parent.id,
        str(place.images),
        hyperparameters={"freeze": "until:conv5", "learning_rate": 1e-4},
        options=TrainingOptions(case.epochs, patience=PATIENCE),
    )
    child, times = timed(work)
    return workspace.registry.epochs(child.run_id), times


def print_losses(ours: Sequence[Epoch], theirs: Sequence[Epoch]) -> None:
    """Print both losses of each epoch, and how many are equal."""
    equal = 0
    print("  epoch  loss: zoo     Keras fit     val_loss: zoo  Keras fit")
    for epoch, other in zip(ours, theirs, strict=True):
        pairs = [(epoch.metrics[name], other.metrics[name]) for name in ("loss", "val_loss")]
        equal += sum(one == two for one, two in pairs)
        print(f"  {epoch.number:5}  " + "  ".join(f"{one:12.10f}  {two:12.10f}" for one, two in pairs))
    print(f"  losses equal to the last digit: {equal} of {2 * len(ours)}")


def print_epochs(ours: Sequence[Epoch], theirs: Sequence[Epoch]) -> None:
    """Print the time of later epochs, without tracing and caching: the limit of the ratio for many epochs."""
    one, two = (
        statistics.median(epoch.seconds for epoch in epochs[1:] or epochs) for epochs in (ours, theirs)
    )
    print(
        f"  an epoch after the first: zoo {one:.2f} s, Keras fit {two:.2f} s, ratio {two / one:.2f}",
        flush=True,
    )


# The second search -------------------------------------------------------------------------------------------


def search_twice(case: Case, changed: Mapping[str, Any]) -> None:
    """Run two searches with different seeds in one registry; print the number of images that the prefix computes."""
    case = replace(case, **changed)
    with bench(case) as place:
        place.new_cache()
        print(
            f"  {case.architecture}, frozen; {case.trials} trials of {case.epochs} epochs; {place.description}"
        )
        for number, which in enumerate(("first", "second")):
            watcher, began = Watcher(), time.perf_counter()
            zoo_trials(case, place, seed=100 * number, progress=watcher)
            seconds = time.perf_counter() - began
            print(
                f"  {which:6} search {seconds:8.1f} s: the prefix computes {watcher.computed} images",
                flush=True,
            )
            for notice in watcher.notices:
                print(f"    {notice}")
    print("  (target: none in the second search)", flush=True)


class Watcher(Progress):
    """Counts the images whose activations are computed for the cache."""

    def __init__(self) -> None:
        self.computed = 0
        self.notices: list[str] = []
        self._done = 0

    def notice(self, message: str) -> None:
        if "frozen layers" in message:
            self.notices.append(message)

    def advanced(self, work: str, done: int, total: int) -> None:
        if work == "computing activations":
            self.computed += done - self._done
            self._done = done % total  # the next split counts from 0


# Times -------------------------------------------------------------------------------------------------------


class Times(NamedTuple):
    """The time of some work, in seconds.

    Args:
        wall: elapsed time.
        processor: time of all cores, which other users of the machine hardly change.
    """

    wall: float
    processor: float


def timed(work: Callable[[], Result]) -> tuple[Result, Times]:
    """Return the result of the work, and its times."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, Times(time.perf_counter() - wall, time.process_time() - processor)


def print_time(who: str, taken: Times) -> None:
    """Print the times of one side."""
    print(f"  {who:12} {taken.wall:14.1f} s {taken.processor:14.1f} s of processor time")


def print_times(peer: str, theirs: Times, before: Times, after: Times) -> Times:
    """Print the times of both; return the ratios of the peer's times to zoo's."""
    ours = (before, after)
    ratio = Times(*(one / statistics.mean(two) for one, *two in zip(theirs, *ours, strict=True)))
    print_time(peer, theirs)
    walls, processors = (" and ".join(f"{value:.1f}" for value in both) for both in zip(*ours, strict=True))
    print(f"  {'zoo':12} {walls:>14} s {processors:>14} s")
    print(f"  {'ratio':12} {ratio.wall:14.1f}   {ratio.processor:14.1f}", flush=True)
    return ratio


def print_ratio(ratios: Sequence[Times], target: float) -> None:
    """Print the last line of a table."""
    wall, processor = (statistics.median(values) for values in zip(*ratios, strict=True))
    print(f"  {'median':12} {wall:14.1f}   {processor:14.1f}   (target: {target:g} or more)", flush=True)


if __name__ == "__main__":
    main()
