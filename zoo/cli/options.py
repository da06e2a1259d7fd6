"""Options and arguments that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from click.core import ParameterSource

from zoo.cli.number_types import NumberRange, WholeRange

if TYPE_CHECKING:
    from zoo.interfaces import TrainingOptions

_METAVARS = {"architecture": "ARCH", "model": "MODEL", "dataset": "DATASET"}
SEEDS = 2**32  # as many as NumPy takes

Command = TypeVar("Command", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
dataset_argument = click.argument("dataset", metavar="DATASET")
model_argument = click.argument("model", metavar="MODEL")
strict_option = click.option(
    "--strict", is_flag=True, help="Refuse unreadable images instead of skipping them."
)


def _pairs(_ctx: click.Context, _param: click.Parameter, specified: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in specified:
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
    help="Fix a hyperparameter at a value; repeatable.",
)
freeze_option = click.option(
    "--freeze",
    metavar="all|none|N|N%|LAYER|POINT|until:…|pattern:…",
    help="The layers to freeze: everything before the head; the first N layers that have weights, or that share of "
    "them; everything up to a layer or the end of a stage; with until: everything before it; with pattern: all "
    "layers whose names match, as in pattern:block_1?_*. `zoo show MODEL --layers` lists them.  "
    "[default: none]",
)
weights_option = click.option(
    "--weights",
    metavar="NAME|none|PATH|URL",
    help="Pre-trained weights to start from: a name that the architecture knows, a file or a folder.  [default: none]",
)


def gathered(
    argument: str, names: Sequence[str], options: Sequence[Callable[[Any], Any]]
) -> Callable[[Command], Command]:
    """Return a decorator that adds options to a command, which gets those of these names as one dictionary."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def call(*arguments: Any, **specified: Any) -> Any:  # parsed by click
            return command(
                *arguments, **{argument: {name: specified.pop(name) for name in names}}, **specified
            )

        decorated: Any = call
        for option in reversed(options):
            decorated = option(decorated)
        return cast("Command", decorated)

    return decorate


_FEATURES = (
    click.option(
        "--cache-features",
        type=click.Choice(["auto", "on", "off"]),
        default="auto",
        show_default=True,
        help="Compute frozen layers once and cache their activations. auto: where that pays.",
    ),
    click.option(
        "--cache-dtype",
        type=click.Choice(["float32", "float16"]),
        default="float32",
        show_default=True,
        help="float16: half the space, fewer digits.",
    ),
    click.option(
        "--cache-copies",
        type=WholeRange(1),
        metavar="K",
        help="With augmentation: cache K augmented copies of each training image.  [default: compute fresh ones]",
    ),
)
_TRAINING_NAMES = (
    "epochs",
    "patience",
    "seed",
    "class_weights",
    "oversample",
    "steps_per_epoch",
    "fraction",
    "cache_features",
    "cache_dtype",
    "cache_copies",
)


def training_options(*, epochs: int) -> Callable[[Command], Command]:
    """Return the options that train, search and finetune share: `training`, for `make_options`, and `strict`.

    Args:
        epochs: their default number.
    """
    shared = (
        click.option(
            "--epochs",
            type=WholeRange(1, 1_000_000),
            default=epochs,
            show_default=True,
            help="Maximum number of epochs.",
        ),
        click.option(
            "--patience",
            type=WholeRange(1),
            default=10,
            show_default=True,
            help="Stop after this many epochs without a better validation metric.",
        ),
        click.option(
            "--seed",
            type=WholeRange(0, SEEDS - 1),
            default=0,
            show_default=True,
            help="Same seed, same result.",
        ),
        click.option(
            "--class-weights",
            type=click.Choice(["balanced", "none"]),
            default="none",
            show_default=True,
            help="balanced: images of small classes count more in the training loss.",
        ),
        click.option(
            "--oversample",
            is_flag=True,
            help="Draw small classes more often: all come equally often in an epoch.",
        ),
        click.option(
            "--steps-per-epoch",
            type=WholeRange(1, 1_000_000),
            help="Batches in an epoch.  [default: as many as show each image once]",
        ),
        click.option(
            "--fraction",
            type=NumberRange(0, 1, min_open=True),
            default=1.0,
            show_default=True,
            help="Share of each class's training images to train on, for a quick try.",
        ),
        *_FEATURES,
    )
    return gathered("training", _TRAINING_NAMES, (*shared, strict_option))


image_size_option = click.option(
    "--image-size",
    type=WholeRange(1, 4096),
    help="Pixels a side.  [default: what suits the architecture and the dataset]",
)


def make_options(training: dict[str, Any], image_size: int | None = None) -> TrainingOptions:
    """Return the options for the workflows.

    Raises:
        HyperparameterError: two options exclude each other.
    """
    from zoo.workflows import training_options

    class_weights = None if training["class_weights"] == "none" else training["class_weights"]
    return training_options(**{**training, "class_weights": class_weights}, image_size=image_size)


resume_run_option = click.option(
    "--resume",
    metavar="ID",
    help="Resume an interrupted run; of the other options only --keep-best may be given.",
)
keep_best_option = click.option(
    "--keep-best",
    is_flag=True,
    help="Ctrl-C ends the run with the model of its best epoch so far.  [default: it waits for --resume]",
)


def given_on_command_line(ctx: click.Context) -> set[str]:
    """Return the names of the parameters on the command line."""
    return {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}


def check_resume_usage(ctx: click.Context, *needed: str) -> None:
    """Require these arguments for a new run, and refuse options that a resumed run has stored."""
    specified = given_on_command_line(ctx)
    if "resume" not in specified:
        if any(ctx.params[name] is None for name in needed):
            raise click.UsageError(f"give {' and '.join(_METAVARS[name] for name in needed)}, or --resume ID")
    elif specified - {"resume", "keep_best", "strict", "as_json"}:
        raise click.UsageError(
            "--resume takes only --keep-best, --strict and --json beside it: the run remembers the rest"
        )


def with_freeze(hyperparameters: dict[str, str], freeze: str | None) -> dict[str, str]:
    """`--freeze` sets the hyperparameter of that name."""
    return hyperparameters if freeze is None else {**hyperparameters, "freeze": freeze}


def no_weights(weights: str | None) -> str | None:
    """`none` on the command line means None."""
    return None if weights == "none" else weights
