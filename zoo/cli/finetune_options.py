"""The options of `zoo finetune` alone: the head, the inputs, and the phases of the training."""

from __future__ import annotations

import re
from typing import Any

import click

from zoo.cli.options import gathered

_SCHEDULE = (
    click.option(
        "--head-epochs", metavar="N", help="Train the head alone first, for N epochs.  [default: 0]"
    ),
    click.option(
        "--unfreeze-epochs",
        metavar="N",
        help="After those, unfreeze a stage every N epochs, from the head on.  [default: 0, all at once]",
    ),
    click.option(
        "--layer-decay",
        metavar="FACTOR",
        help="Learning rate of each stage, as a factor of the next one's.  [default: 1]",
    ),
    click.option(
        "--warmup-epochs",
        metavar="N",
        help="Epochs in which the learning rate rises from 0.  [default: 0]",
    ),
    click.option(
        "--batchnorm",
        metavar="frozen|train",
        help="BatchNormalization in layers that train; frozen ones always keep their statistics.  [default: train]",
    ),
)
_SCHEDULE_NAMES = ("head_epochs", "unfreeze_epochs", "layer_decay", "warmup_epochs", "batchnorm")


def _head(_ctx: click.Context, _param: click.Parameter, values: str | None) -> str | None:
    if values is None or re.fullmatch(r"keep|new|[0-9]+(,[0-9]+)*", values):
        return values
    raise click.BadParameter(f"'{values}' is neither keep, new nor numbers of units such as 256,128")


_HEAD_AND_INPUTS = (
    click.option(
        "--head",
        metavar="keep|new|NUMBER[,NUMBER…]",
        callback=_head,
        help="keep: classes that the head knows keep their weights; new: another one like it; numbers: a new one with "
        "hidden layers of so many units.  [default: keep, if it knows a class]",
    ),
    click.option(
        "--channels", type=click.Choice(["1", "3"]), help="Rebuild the network for gray or RGB images."
    ),
)

tuning_options = gathered("tuning", (*_SCHEDULE_NAMES, "head", "channels"), (*_SCHEDULE, *_HEAD_AND_INPUTS))
"""Add the options; the command gets them as `tuning`, for `make_tuning`."""


def make_tuning(
    tuning: dict[str, Any], hyperparameters: dict[str, str], freeze: str | None
) -> dict[str, Any]:
    """Return the arguments of the workflow; `--head 256,128` sets head_units.

    Args:
        hyperparameters: of --set.
    """
    head, channels = tuning["head"], tuning["channels"]
    options: dict[str, str | None] = {name: tuning[name] for name in _SCHEDULE_NAMES}
    options |= {"freeze": freeze, "head_units": None if head in ("keep", "new") else head}
    values = {name: value for name, value in options.items() if value is not None}
    return {
        "hyperparameters": {**hyperparameters, **values},
        "head": head if head in (None, "keep") else "new",
        "channels": channels and int(channels),
    }
