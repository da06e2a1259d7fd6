"""zoo's own hyperparameters: those of the head and of training, the same for every architecture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.data.augmentation_names import AUGMENTATION_NAMES, parts_of
from zoo.errors import HyperparameterError, ZooError
from zoo.interfaces.decimals import number, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from keras_tuner import HyperParameters

    from zoo.interfaces import HyperparameterValue


@dataclass(frozen=True)
class OwnHyperparameter:
    """One of zoo's own hyperparameters.

    Args:
        parse: converts a value, or its text, to a value in range; raises ValueError with the range in words.
        search: declares the range worth searching, narrower than the allowed one; None: not searched.
    """

    name: str
    default: HyperparameterValue
    summary: str
    parse: Callable[[HyperparameterValue], HyperparameterValue]
    search: Callable[[HyperParameters], object] | None = None

    def check(self, value: HyperparameterValue) -> HyperparameterValue:
        """Return the value with the right type.

        Raises:
            HyperparameterError: it is out of range.
        """
        try:
            return self.parse(value)
        except ValueError as error:
            raise HyperparameterError(f"{self.name} must be {error}, got '{value}'") from None


def declare(hp: HyperParameters, *, maps: bool = True) -> None:
    """Declare all of zoo's own hyperparameters; those that are not searched are fixed.

    Args:
        maps: whether the features are feature maps; otherwise the hyperparameter pooling has no effect and is fixed.
    """
    for own in OWN.values():
        if own.search is None or (own.name == "pooling" and not maps):
            hp.Fixed(own.name, own.default)
        else:
            own.search(hp)


def refuse_pooling(values: Mapping[str, HyperparameterValue], *, maps: bool) -> None:
    """Refuse a value of pooling that the features ignore.

    Raises:
        HyperparameterError: they are no feature maps, and the value is not the default.
    """
    pooling = values.get("pooling", OWN["pooling"].default)
    if not maps and pooling != OWN["pooling"].default:
        raise HyperparameterError(
            f"pooling={pooling} has no effect: the features of this backbone are no feature maps; "
            "leave pooling out"
        )


def with_defaults(values: Mapping[str, HyperparameterValue]) -> dict[str, HyperparameterValue]:
    """Return the values and the defaults of zoo's own that are missing, as in records of an earlier version."""
    return {**{own.name: own.default for own in OWN.values()}, **values}


def backbone_values(hp: HyperParameters) -> tuple[tuple[str, HyperparameterValue], ...]:
    """Return the values of the hyperparameters that are not zoo's own, sorted by name."""
    return tuple(sorted((name, value) for name, value in hp.values.items() if name not in OWN))


def hidden_units(head_units: HyperparameterValue) -> list[int]:
    """`"256,128"` -> [256, 128]; `"0"` -> []."""
    return [int(units) for units in str(head_units).split(",") if int(units)]


def _real(words: str, accept: Callable[[float], bool]) -> Callable[[HyperparameterValue], float]:
    def parse(value: HyperparameterValue) -> float:
        try:
            rate = number(value) if isinstance(value, str) else float(value)
        except ValueError:
            raise ValueError(words) from None
        if not accept(rate):
            raise ValueError(words)
        return rate

    return parse


def _whole(low: int, high: int) -> Callable[[HyperparameterValue], int]:
    def parse(value: HyperparameterValue) -> int:
        words = f"a whole number from {low} to {high}"
        try:
            count = whole_number(str(value))
        except ValueError:
            raise ValueError(words) from None
        if not low <= count <= high:
            raise ValueError(words)
        return count

    return parse


def _one_of(*names: str) -> Callable[[HyperparameterValue], str]:
    def parse(value: HyperparameterValue) -> str:
        if value not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return str(value)

    return parse


def _freeze_spec(value: HyperparameterValue) -> str:
    if not str(value).strip():
        raise ValueError(
            "all, none, a number of layers, a share such as 50%, a layer, a stage, until:LAYER, pattern:GLOB or "
            "LAYER/PREFIX"
        )
    return str(value).strip()


def _units(value: HyperparameterValue) -> str:
    words = "0 for none or whole numbers up to 16384 with commas between, such as 256,128"
    try:
        numbers = [whole_number(part.strip()) for part in str(value).split(",")]
    except ValueError:
        raise ValueError(words) from None
    if not all(0 <= units <= 16384 for units in numbers) or (len(numbers) > 1 and 0 in numbers):
        raise ValueError(words)
    return ",".join(map(str, numbers))


def _augmentation(value: HyperparameterValue) -> str:
    try:
        parts = parts_of(str(value))
    except ZooError:
        words = f"one of {', '.join(AUGMENTATION_NAMES)}, or several of them, each once, as in classic+mixup"
        raise ValueError(words) from None
    return "+".join(parts) or "none"


_ROWS = (
    OwnHyperparameter(
        "optimizer", "adam", "how weights are updated", _one_of("adam", "adamw", "sgd", "rmsprop")
    ),
    OwnHyperparameter(
        "learning_rate",
        1e-3,
        "step size of the optimizer at the start",
        _real("a number above 0 and at most 10", lambda rate: 0 < rate <= 10),
        lambda hp: hp.Float("learning_rate", 3e-4, 1e-2, sampling="log", default=1e-3),
    ),
    OwnHyperparameter(
        "schedule",
        "constant",
        "learning rate over time; constant is halved on a plateau, step is divided by 10 at 1/2 and 3/4",
        _one_of("constant", "cosine", "step"),
    ),
    OwnHyperparameter(
        "weight_decay",
        0.0,
        "decoupled decay of all weights but biases and normalisation",
        _real("a number from 0 to below 1", lambda decay: 0 <= decay < 1),
    ),
    OwnHyperparameter("batch_size", 32, "images a step", _whole(1, 65536)),
    OwnHyperparameter(
        "pooling",
        "avg",
        "how the head turns feature maps into a vector",
        _one_of("avg", "max", "flatten"),
        lambda hp: hp.Choice("pooling", ["avg", "max", "flatten"]),
    ),
    OwnHyperparameter(
        "head_units",
        "0",
        "units of the head's hidden dense layers, such as 256,128; 0 for none",
        _units,
        lambda hp: hp.Choice("head_units", ["0", "64", "128"]),
    ),
    OwnHyperparameter(
        "dropout",
        0.2,
        "fraction of the head's inputs dropped in training",
        _real("a number from 0 to below 1", lambda rate: 0 <= rate < 1),
        lambda hp: hp.Float("dropout", 0.0, 0.5, step=0.1, default=0.2),
    ),
    OwnHyperparameter(
        "output", "softmax", "sigmoid: one unit for two classes", _one_of("softmax", "sigmoid")
    ),
    OwnHyperparameter(
        "label_smoothing",
        0.0,
        "weight of the uniform distribution mixed into the labels",
        _real("a number from 0 to below 1", lambda weight: 0 <= weight < 1),
    ),
    OwnHyperparameter(
        "freeze",
        "none",
        "frozen part of the backbone: all, none, N layers, 50%, a layer or stage, until:LAYER, pattern:GLOB",
        _freeze_spec,
    ),
    OwnHyperparameter(
        "batchnorm",
        "train",
        "BatchNormalization that is not frozen: train, or frozen in inference mode",
        _one_of("train", "frozen"),
    ),
    OwnHyperparameter("head_epochs", 0, "first epochs, in which the head alone trains", _whole(0, 100_000)),
    OwnHyperparameter(
        "unfreeze_epochs",
        0,
        "after those, epochs until the next stage trains too, from the head on; 0: all at once",
        _whole(0, 100_000),
    ),
    OwnHyperparameter(
        "unfreeze_rate",
        0.1,
        "factor of the learning rate after head_epochs",
        _real("a number above 0 and at most 1", lambda factor: 0 < factor <= 1),
    ),
    OwnHyperparameter(
        "layer_decay",
        1.0,
        "factor of the learning rate from each stage to the one before it",
        _real("a number above 0 and at most 1", lambda factor: 0 < factor <= 1),
    ),
    OwnHyperparameter(
        "warmup_epochs",
        0,
        "epochs in which the learning rate rises from 0 to where the schedule begins; no plateau halves it then",
        _whole(0, 100_000),
    ),
    OwnHyperparameter(
        "augmentation",
        "none",
        "random changes to training images, such as classic+mixup",
        _augmentation,
        lambda hp: hp.Choice("augmentation", ["none", "light"]),
    ),
)

OWN: Mapping[str, OwnHyperparameter] = {own.name: own for own in _ROWS}
