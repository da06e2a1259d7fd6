"""The options of `zoo finetune` alone: the head, the inputs, and the phases of the training."""

from __future__ import annotations

from typing import Any

import click

from zoo.cli.options import gathered

NUMBERS_OF_UNITS = "NUMBER[,NUMBER…]"

_SCHEDULE = (
    click.option(
        "--head-epochs", metavar="N", help="Train the head alone first, for N epochs.  [default: 0]"
    ),
    click.option(
        "--unfreeze-epochs",
        metavar="N",
        help="After those, open a stage every N epochs, from the head on.  [default: 0, all at once]",
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

schedule_options = gathered("schedule", _SCHEDULE_NAMES, _SCHEDULE)
"""Add the options; the command gets them as `schedule`, hyperparameters of the same names or None."""

head_option = click.option(
    "--head",
    metavar=f"keep|new|{NUMBERS_OF_UNITS}",
    help="keep: classes that the head knows keep their weights; new: another one like it; numbers: a new one with "
    "hidden layers of so many units.  [default: keep, if it knows a class]",
)
channels_option = click.option(
    "--channels", type=click.Choice(["1", "3"]), help="Rebuild the network for gray or RGB images."
)


def given_hyperparameters(
    hyperparameters: dict[str, str], schedule: dict[str, Any], freeze: str | None, head: str | None
) -> dict[str, str]:
    """Those of --set and those that have options of their own; `--head 256,128` sets head_units."""
    named = {name: value for name, value in {**schedule, "freeze": freeze}.items() if value is not None}
    units = {} if head in (None, "keep", "new") else {"head_units": str(head)}
    return {**hyperparameters, **named, **units}


def kind_of_head(head: str | None) -> str | None:
    """`keep`, `new`, or None where the workflow decides."""
    return head if head in (None, "keep") else "new"
