"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from zoo.workflows import TrainingOptions

SEEDS = 2**32  # as many as NumPy takes

Command = TypeVar("Command", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
dataset_argument = click.argument("dataset", metavar="DATASET")
model_argument = click.argument("model", metavar="MODEL")
strict_option = click.option(
    "--strict", is_flag=True, help="Refuse unreadable images instead of skipping them."
)


def _pairs(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"'{text}' is not of the form name=value")
        pairs[name] = value
    return pairs


set_option = click.option(
    "--set",
    "hyperparameters",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_pairs,
    help="Hold a hyperparameter at a value; repeatable.",
)
freeze_option = click.option(
    "--freeze",
    metavar="N|all|none|LAYER|POINT",
    help="What does not train: the first N layers that have weights, everything before the head, "
    "or everything up to a layer or stage.  [default: none]",
)
weights_option = click.option(
    "--weights", metavar="NAME|none|PATH", help="Pre-trained weights to start from.  [default: none]"
)


def training_options(*, epochs: int) -> Callable[[Command], Command]:
    """--epochs, --image-size is separate, --patience and --seed, with this default number of epochs."""
    options = (
        click.option(
            "--epochs", type=click.IntRange(1), default=epochs, show_default=True, help="The most epochs."
        ),
        click.option(
            "--patience",
            type=click.IntRange(1),
            default=10,
            show_default=True,
            help="Stop after this many epochs without a better validation metric.",
        ),
        click.option(
            "--seed",
            type=click.IntRange(0, SEEDS - 1),
            default=0,
            show_default=True,
            help="Same seed, same result.",
        ),
        strict_option,
    )

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


image_size_option = click.option(
    "--image-size",
    type=click.IntRange(1, 4096),
    help="Pixels a side.  [default: what suits the architecture and the dataset]",
)


def make_options(epochs: int, patience: int, seed: int, image_size: int | None = None) -> TrainingOptions:
    """The options as the workflows take them."""
    from zoo.workflows import TrainingOptions

    return TrainingOptions(epochs=epochs, seed=seed, patience=patience, image_size=image_size)


def with_freeze(hyperparameters: dict[str, str], freeze: str | None) -> dict[str, str]:
    """`--freeze` sets the hyperparameter of that name."""
    return hyperparameters if freeze is None else {**hyperparameters, "freeze": freeze}


def no_weights(weights: str | None) -> str | None:
    """`none` on the command line means None."""
    return None if weights == "none" else weights
