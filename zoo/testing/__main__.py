"""The process in which `zoo plugins check` runs a plugin's code and reports each check on a pipe. Internal."""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from zoo.errors import ContractError
from zoo.interfaces import Architecture, Dataset, Source
from zoo.plugin_code.advice import advice_on
from zoo.testing import (
    ARCHITECTURE_CHECKS,
    DATASET_CHECKS,
    DECODER_CHECKS,
    SOURCE_CHECKS,
    check_architecture,
    check_dataset,
    check_decoder,
    check_source,
)
from zoo.testing.contract import IMPORTS, NEED_SAMPLE, WEIGHTS, WHERE, NotBuilt, Outcome, reason_of
from zoo.testing.targets import Target, load_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from zoo.interfaces import Hyperparameters
    from zoo.testing.targets import Described, Subjects


def main() -> None:
    """Run the checks of the job in the first argument."""
    job = json.loads(sys.argv[1])
    faulthandler.register(WHERE, all_threads=False)
    threading.Thread(target=_end_with_the_parent, args=(job["lifeline"],), daemon=True).start()
    report = Report(job["report"])
    target = Target(**{name: _tuple(value) for name, value in job["target"].items()})
    loaded: list[Subjects] = []
    if report.run(target.name, IMPORTS, lambda: loaded.append(_load(target))):
        (subjects,) = loaded
        checks = [
            (described.name, *check)
            for described in subjects.described
            for check in _checks(described, subjects, job["hyperparameters"], job["weights"], report)
        ]
        architectures = any(isinstance(described, Architecture) for described in subjects.described)
        if job["weights"] is not None and not architectures:
            checks.append((target.name, WEIGHTS, partial(_refuse_weights, target.name)))
        report.send(plan=[(subject, check) for subject, check, _ in checks])
        if architectures:
            _import_keras()
        for subject, check, function in checks:
            report.run(subject, check, function)
    report.send(done=True)


class Report:
    """The pipe to the parent: a line of JSON for each event."""

    def __init__(self, descriptor: int) -> None:
        self.pipe = os.fdopen(descriptor, "w", encoding="utf-8")
        self._details: list[str] = []

    def send(self, **event: object) -> None:
        """Write one event."""
        self.pipe.write(json.dumps(event) + "\n")
        self.pipe.flush()

    def show(self, details: str) -> None:
        """Report a table with the outcome of the check that runs."""
        self._details.append(details)

    def run(self, subject: str, check: str, function: Callable[[], None]) -> bool:
        """Run one check and report its outcome; return whether it passed."""
        self.send(start=(subject, check))
        outcome, message = Outcome.OK, ""
        try:
            function()
        except NotBuilt:
            outcome = Outcome.NOT_RUN
        except ContractError as error:
            outcome, message = Outcome.FAILED, " ".join(str(error).split())
        self.send(end=(outcome, message, "\n".join(self._details)))
        self._details.clear()
        return outcome is Outcome.OK


def _import_keras() -> None:
    """Import Keras here and, at the same time, in the process that loads stored models, before the first check.

    It takes seconds, which must not count for that check.
    """

    from zoo.testing.fresh_process import start_server

    start_server()
    import zoo.testing.architectures  # noqa: F401


def _load(target: Target) -> Subjects:
    try:
        return load_target(target)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # third-party code may raise anything
        reason = reason_of(error, target.path or "")
        advice = "" if isinstance(error, ContractError) else f": {advice_on(error)}"
        raise ContractError(f"{target.name} fails '{IMPORTS}': {reason}{advice}") from error


def _checks(
    described: Described,
    subjects: Subjects,
    hyperparameters: Hyperparameters,
    weights: str | None,
    report: Report,
) -> Iterator[tuple[str, Callable[[], None]]]:
    if isinstance(described, Architecture):
        for check in ARCHITECTURE_CHECKS:
            yield check, partial(check_architecture, described, check, hyperparameters=hyperparameters)
        if weights is not None:
            yield WEIGHTS, partial(_try_weights, described, weights, hyperparameters, report.show)
    elif isinstance(described, Dataset):
        for check in DATASET_CHECKS:
            yield check, partial(check_dataset, described, check, formats=subjects.formats)
    elif isinstance(described, Source):
        for check in _possible(SOURCE_CHECKS, described.sample):
            yield check, partial(check_source, described, check, formats=subjects.formats)
    else:
        for check in _possible(DECODER_CHECKS, described.sample):
            yield check, partial(check_decoder, described, check)


def _try_weights(
    architecture: Architecture, weights: str, hyperparameters: Hyperparameters, show: Callable[[str], None]
) -> None:
    from zoo.testing.weights import check_weights

    check_weights(architecture, weights, hyperparameters, show)


def _refuse_weights(name: str) -> None:
    raise ContractError(
        f"{name} fails '{WEIGHTS}': it adds no architecture, which could load weights: leave --weights out"
    )


def _possible(checks: Mapping[str, str], sample: object) -> list[str]:
    return [check for check in checks if sample is not None or check not in NEED_SAMPLE]


def _end_with_the_parent(lifeline: int) -> None:
    """End this process when the parent has ended in any way, which closes the other end of the lifeline."""
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def _tuple(value: Any) -> Any:  # JSON, which has no tuples
    return tuple(value) if isinstance(value, list) else value


if __name__ == "__main__":
    main()
