"""A classifier: one flat functional Keras model from raw pixels to class probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from zoo.interfaces.stages import Stage, stages_of
from zoo.models.graph import operations_of

if TYPE_CHECKING:
    import keras

    from zoo.models.trainability import Freezing


@dataclass(frozen=True, eq=False)
class Classifier:
    """A network and everything needed to use it.

    Args:
        network: pixels (batch, image_size, image_size, channels) 0-255 in; probabilities (batch, classes) out,
            or (batch, 1), that of the second class, when the output is sigmoid.
        class_names: in the order of the outputs.
        head: names of the head's layers, from the features on; empty where the network ends with the features,
            without a head, see `zoo.models.heads.new_head`.
        freeze_points: names of the backbone's stages, from the pixels on.
        pool: how a head pools the features where they are tokens; see `zoo.interfaces.Architecture`.
    """

    network: keras.Model
    class_names: tuple[str, ...]
    head: tuple[str, ...]
    freeze_points: tuple[str, ...] = ()
    pool: str | None = None

    @property
    def image_size(self) -> int:
        """Pixels a side."""
        return int(self.network.input_shape[1])

    @property
    def channels(self) -> int:
        """1 or 3."""
        return int(self.network.input_shape[3])

    @property
    def sigmoid(self) -> bool:
        """Whether the output is one sigmoid unit."""
        return int(self.network.output_shape[-1]) == 1

    @cached_property
    def backbone_stages(self) -> tuple[Stage, ...]:
        """The stages before the head, as names and as places in the order of the backbone's layers.

        The graph is traversed once: a network's layers do not change.
        """
        return stages_of(operations_of(self.network), self.head, self.freeze_points)

    @cached_property
    def freezings(self) -> dict[str, Freezing]:
        """The freezings that `zoo.models.freezing.resolve_freeze` has resolved for this network, by specification."""
        return {}

    @property
    def features(self) -> keras.KerasTensor:
        """The backbone's output and the head's input: (batch, h, w, c), (batch, n, d) or (batch, d)."""
        return self.network.get_layer(self.head[0]).input if self.head else self.network.outputs[0]

    @property
    def has_maps(self) -> bool:
        """Whether the features are feature maps, which the hyperparameter pooling pools."""
        return len(self.features.shape) == 4
