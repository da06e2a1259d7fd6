"""The description of an architecture that a plugin returns, which checks itself when it is created."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Protocol

from zoo.interfaces.requirements import (
    is_names,
    require,
    require_backbone,
    require_description,
    require_functions,
)
from zoo.interfaces.sizes import Sizes, is_size

if TYPE_CHECKING:
    from pathlib import Path

    from keras import KerasTensor, Model
    from keras_tuner import HyperParameters

HyperparameterValue = bool | int | float | str
Hyperparameters = Mapping[str, HyperparameterValue]
"""Name -> value, as stored with a run."""

DTYPE_POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")
POOLS = ("avg", "max", "first")
ENDING = "*."  # how a pattern of files begins, such as "*.safetensors"
MIN_SIZE = 32  # pixels per side of the smallest images, unless an architecture says otherwise


class Backbone(Protocol):
    """Layers from pixels to features.

    `inputs` is a KerasTensor (batch, height, width, channels), float32, raw pixels 0-255, which the backbone scales in
    its own layers. `weights` is None, a name from `Architecture.weights`, or the path of a file or folder. The result
    is a KerasTensor: maps (batch, h, w, c), a vector (batch, d), or tokens (batch, n, d), which need
    `Architecture.pool`. Hyperparameters are declared through `hp`.
    """

    def __call__(
        self, hp: HyperParameters, inputs: KerasTensor, *, weights: str | None = None
    ) -> KerasTensor: ...


class Adapt(Protocol):
    """Sets values that depend on the data, such as the statistics of keras.layers.Normalization.

    `network` is the backbone as a Keras model, from pixels to features, whose variables it may assign; they are stored
    with the model. `images` is a tf.data.Dataset of batches of training images, float32 (n, height, width, channels),
    pixels 0-255, at most 4,096 images, which it may read several times. They are the same images in the same order
    in each trial of a search and when a training is resumed, so that equal networks get equal values.
    """

    def __call__(self, network: Model, images: Any) -> object: ...


@dataclass(frozen=True)
class Architecture:
    """A plugin's description of a backbone with its search space, presets and freeze points.

    Args:
        name: lower-case name, unique among all plugins.
        backbone: see `Backbone`.
        summary: a one-line description.
        reference: the paper or code that it follows.
        min_size: the smallest image that the backbone accepts, in pixels per side; smaller images are enlarged. None:
            that of `sizes`, or else 32.
        default_size: the intended pixels per side; None: the dataset's own size.
        channels: 1, 3, or None for either.
        weights: names of pre-trained weights that it can load, such as "imagenet", patterns of names, such as "hf://*",
            and endings of files, such as "*.safetensors".
        fetch_weights: takes such a name and returns the local file or folder of its weights, downloaded if necessary;
            `backbone` then gets that path. Called before work starts, never while networks are built. None: `backbone`
            gets the name.
        presets: name -> hyperparameters, each a published recipe.
        freeze_points: names of its stages, from the input on. A stage is every layer whose name starts with the freeze
            point, unless a digit follows: `block1` includes `block1_conv` and `block1a_bn`.
        version: changes whenever the same hyperparameters would build another network.
        custom_layers: imports and returns the backbone's own Keras layer classes, each registered with
            `keras.saving.register_keras_serializable`. Called before a network is built, and before a stored model
            is rebuilt.
        sizes: the sizes of images that the backbone accepts; others are resized to the nearest. None: all from
            `min_size` on.
        dtype_policy: the Keras policy with which the layers of the backbone are created, one of `DTYPE_POLICIES`:
            their weights are float32, and with a mixed policy they compute in 16 bits. The head is always float32.
        pool: how the head turns tokens, features (batch, n, d), into a vector: "avg" or "max" over the tokens, or
            "first", the class token. It has no effect on other features.
        adapt: prepares the backbone on training images, see `Adapt`. Called before the first epoch of a training that
            starts from random weights.
        online: whether the backbone may connect to another host even without `weights`, because a hyperparameter says
            where its layers come from, as in `tfhub`.

    Raises:
        ContractError: a field has the wrong type or is out of range.
    """

    name: str
    backbone: Backbone
    summary: str
    reference: str
    min_size: int = None  # type: ignore[assignment]  # a number once it is created
    default_size: int | None = None
    channels: int | None = None
    weights: tuple[str, ...] = ()
    fetch_weights: Callable[[str], Path] | None = None
    presets: Mapping[str, Hyperparameters] = field(default_factory=dict)
    freeze_points: tuple[str, ...] = ()
    version: str = "1"
    custom_layers: Callable[[], Iterable[type]] | None = None
    sizes: Sizes | None = None
    dtype_policy: str = "float32"
    pool: str | None = None
    adapt: Adapt | None = None
    online: bool = False

    def __post_init__(self) -> None:
        require_description("architecture", self.name, self.summary, self.reference)
        subject = f"architecture '{self.name}'"
        require_functions(subject, self, "backbone", optional=("custom_layers", "adapt"))
        require_backbone(subject, self.backbone)
        self._check_sizes(subject)
        require(
            self.dtype_policy in DTYPE_POLICIES,
            f"{subject}: dtype_policy must be one of {', '.join(DTYPE_POLICIES)}, got {self.dtype_policy!r}",
        )
        require(
            self.pool is None or self.pool in POOLS,
            f"{subject}: pool must be None or one of {', '.join(POOLS)}, got {self.pool!r}",
        )
        require(
            self.channels is None or (is_size(self.channels) and self.channels in (1, 3)),
            f"{subject}: channels must be 1, 3 or None, got {self.channels!r}",
        )
        require(
            isinstance(self.version, str) and bool(self.version),
            f"{subject}: version must be text, got {self.version!r}",
        )
        require(
            self.fetch_weights is None or (callable(self.fetch_weights) and bool(self.weights)),
            f"{subject}: fetch_weights must be a function, and needs names in weights, got {self.fetch_weights!r}",
        )
        require(
            isinstance(self.online, bool), f"{subject}: online must be True or False, got {self.online!r}"
        )
        for name in ("weights", "freeze_points"):
            require(is_names(getattr(self, name)), f"{subject}: {name} must be a tuple of names")
        require(
            isinstance(self.presets, Mapping) and all(isinstance(p, Mapping) for p in self.presets.values()),
            f"{subject}: presets must map names to hyperparameters",
        )

    def has_weights(self, name: str) -> bool:
        """Whether `weights` contains this name, or a pattern of names that it matches."""
        patterns = (pattern for pattern in self.weights if not pattern.startswith(ENDING))
        return name in self.weights or any(fnmatchcase(name, pattern) for pattern in patterns)

    def reads_file(self, name: str) -> bool:
        """Whether `weights` contains the ending of this file."""
        patterns = (pattern for pattern in self.weights if pattern.startswith(ENDING))
        return any(fnmatchcase(name, pattern) for pattern in patterns)

    @property
    def image_sizes(self) -> Sizes:
        """The sizes of images that the backbone accepts: `sizes`, or all from `min_size` on."""
        return self.sizes or Sizes(smallest=self.min_size)

    def _check_sizes(self, subject: str) -> None:
        """Check `min_size`, `sizes` and `default_size`; set `min_size` where it was left out."""
        require(
            self.min_size is None or is_size(self.min_size),
            f"{subject}: min_size must be 1 or more pixels, got {self.min_size!r}",
        )
        require(
            self.sizes is None or isinstance(self.sizes, Sizes),
            f"{subject}: sizes must be zoo.Sizes, such as Sizes(step=16), got {self.sizes!r}",
        )
        smallest = self.sizes.smallest if self.sizes else self.min_size or MIN_SIZE
        require(
            self.min_size in (None, smallest),
            f"{subject}: min_size is {self.min_size}, but the smallest of its sizes is {smallest}: leave min_size out",
        )
        object.__setattr__(self, "min_size", smallest)
        require(
            self.default_size is None
            or (is_size(self.default_size) and self.default_size in self.image_sizes),
            f"{subject}: default_size must be None or one of its sizes, {self.image_sizes}, got {self.default_size!r}",
        )
