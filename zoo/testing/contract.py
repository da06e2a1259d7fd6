"""The checks by name with their descriptions, how they are run, and how a failure is reported."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from zoo.errors import ContractError, RoundTripError, UnknownNameError, ZooError, in_one_line, text_of
from zoo.plugin_code.advice import advice_on
from zoo.plugin_code.places import place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Subject = TypeVar("Subject")

ARCHITECTURE_CHECKS: Mapping[str, str] = {
    "imports-without-tensorflow": "its module imports neither TensorFlow nor Keras at the top",
    "builds": "it builds for the smallest and larger images of its `sizes`, each number of channels, 2 and 5 classes, "
    "and does not end in a softmax",
    "builds-again": "built again with the same hyperparameters, the network has the same layers",
    "defaults": "the default of every hyperparameter is in its range",
    "presets": "each preset's values are in the search space, and it builds",
    "draws": "30 networks drawn at random from the search space build",
    "predicts": "the outputs of an image are finite and the same each time, in a batch of any other images",
    "trains": "every weight of the backbone gets a gradient, a step lowers the loss, and an epoch of `zoo train` ends",
    "reloads": "trained, stored and loaded in a new process, the network returns equal outputs",
    "freezes-at": "each freeze point is a stage of some network",
    "frozen": "frozen up to each stage, those weights and statistics do not change, others do, and training on cached "
    "activations ends with the same weights",
    "exports": "exported as a SavedModel and as .keras and loaded, the network returns the same outputs",
}
SOURCE_CHECKS: Mapping[str, str] = {
    "imports-without-tensorflow": "its module imports neither TensorFlow nor Keras at the top",
    "recognises": "its sample is recognised, and a path that does not exist is not",
    "loads": "its sample is loaded as LabeledImages of two classes or more",
    "decodes": "every item of the sample is an image that can be decoded",
    "loads-again": "loading the sample again returns the same images, classes and splits",
    "refuses-damage": "an empty file and one of noise with its suffix raise zoo.ZooError",
}
DECODER_CHECKS: Mapping[str, str] = {
    "imports-without-tensorflow": "its module imports neither TensorFlow nor Keras at the top",
    "recognises": "its sample has its magic bytes",
    "header": "width, height and whether it is gray are read from the header of its sample",
    "decodes": "its sample becomes pixels of the size that the header says",
    "decodes-square": "decode_square returns nearly the same pixels as decode",
    "decodes-in-threads": "several threads at once get the same pixels",
    "refuses-damage": "damaged bytes raise an error or become pixels",
}
NEED_SAMPLE = ("loads", "decodes", "loads-again", "header", "decodes-square", "decodes-in-threads")
"""Checks of a source or decoder that need its sample."""

DATASET_CHECKS: Mapping[str, str] = {
    "imports-without-tensorflow": "its module imports neither TensorFlow nor Keras at the top",
    "loads": "load() returns LabeledImages",
    "classes": "there are two classes or more, each with images",
    "decodes": "every item is an image that can be decoded",
    "loads-again": "a second load() returns the same images, classes and splits",
    "splits": "there are images to train and to validate on, and each class has training images",
}

CHECKS_OF: Mapping[str, Mapping[str, str]] = {
    "architectures": ARCHITECTURE_CHECKS,
    "datasets": DATASET_CHECKS,
    "sources": SOURCE_CHECKS,
    "decoders": DECODER_CHECKS,
}
"""The checks of each kind of object that a plugin adds, by its field of `zoo.plugin_code.discovery.Plugin`."""

IMPORTS = "imports"
"""The step before the checks in `zoo plugins check`: the plugin is imported and its hooks are called."""

WEIGHTS = "weights"
"""The check of the weights that `zoo plugins check --weights` names."""

WHERE = signal.SIGUSR1
"""The signal for which the process that runs the checks writes to standard error where it is."""


class Outcome(StrEnum):
    """The outcome of a check."""

    OK = "ok"
    FAILED = "failed"
    STOPPED = "stopped"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class CheckResult:
    """The result of one check of `zoo plugins check`.

    Args:
        subject: the architecture, dataset, source or decoder, or the plugin for `imports`.
        seconds: its duration; None where it was not run.
        message: the problem and how to fix it; empty where there is none.
        details: a table to show, such as of the weights that were loaded.
    """

    subject: str
    check: str
    outcome: Outcome
    seconds: float | None = None
    message: str = ""
    details: str = ""


class NotBuilt(ContractError):
    """The network that this check needs could not be built, or has a fault that an earlier check has reported."""


def run_checks(
    subject: Subject,
    name: str,
    file: str,
    checks: Mapping[str, Callable[[Subject], None]],
    only: str | None,
) -> None:
    """Run all checks in order, or the one of that name, on the subject of this name.

    Args:
        file: where its function is defined; the line is reported for an error that passed it or a file beside it.

    Raises:
        ContractError: a check failed; with several failures it names each and chains them as a group.
        UnknownNameError: there is no check `only`.
    """
    if only is not None:
        if only not in checks:
            raise UnknownNameError("check", only, checks)
        _run(subject, name, file, only, checks[only])
        return
    failures: list[ContractError] = []
    for check, function in checks.items():
        try:
            _run(subject, name, file, check, function)
        except NotBuilt as error:
            failures += [] if failures else [error]
        except ContractError as error:
            failures.append(error)
    if len(failures) == 1:
        raise failures[0]
    if failures:
        messages = "; ".join(str(failure) for failure in failures)
        raise ContractError(
            f"{len(failures)} of {len(checks)} checks failed: {messages}"
        ) from ExceptionGroup(f"failed checks of '{name}'", failures)


def _run(subject: Subject, name: str, file: str, check: str, function: Callable[[Subject], None]) -> None:
    where = f"{name} fails '{check}'"
    try:
        function(subject)
    except ContractError as error:
        kind = NotBuilt if isinstance(error, NotBuilt) else ContractError
        message = error.in_one_line if isinstance(error, RoundTripError) else str(error)
        raise kind(f"{where}: {' '.join(message.split())}") from error.__cause__
    except ZooError as error:
        raise ContractError(f"{where}: {error}") from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # third-party code may raise anything
        raise ContractError(f"{where}: {reason_of(error, file)}: {advice_on(error)}") from error


def reason_of(error: BaseException, file: str = "") -> str:
    """Return the error in one line, with the innermost line of the plugin that it passed.

    Args:
        file: of the plugin; empty: unknown.
    """
    text = in_one_line(text_of(error))
    if isinstance(error, ZooError):
        return text
    reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"{reason}{place_of(error, file)}"


def naming(values: Mapping[str, object]) -> str:
    """Return `filters=8 rate=0.25`, or `the defaults` where there are no values."""
    settings = (
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in values.items()
    )
    return " ".join(settings) or "the defaults"


def some(names: list[str]) -> str:
    """Return the first three names and the number of the others."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"
