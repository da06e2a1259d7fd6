"""What a search tries: an architecture, and what its networks begin with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from zoo.models.bases import Bases
from zoo.models.classifier import build_classifier
from zoo.models.freezing import freeze
from zoo.workflows.loading import import_layers

if TYPE_CHECKING:
    from keras_tuner import HyperParameters

    from zoo.interfaces import Architecture
    from zoo.models.classifier import Classifier
    from zoo.workflows.images import InputShape
    from zoo.workflows.parents import Parent


@dataclass(frozen=True)
class Candidate:
    """An architecture of a search.

    Args:
        shape: of the images that it gets.
        weights: pre-trained ones to start from, a name or a path.
        parent: the model to start from, of a search that fine-tunes.
        bases: where what its trials have in common is kept.
    """

    architecture: Architecture
    shape: InputShape
    weights: str | None = None
    parent: Parent | None = None
    bases: Bases = field(default_factory=Bases, compare=False, repr=False)

    @property
    def name(self) -> str:
        """That of the architecture."""
        return self.architecture.name

    def build(self, hp: HyperParameters, class_names: tuple[str, ...]) -> Classifier:
        """Its classifier with these hyperparameters, weights loaded, and frozen as `hp` says.

        It may share layers with the one built before, which is not to be used any more.
        """
        if self.parent is not None:
            import_layers(self.architecture)
            classifier = self.parent.build(hp, self.bases)
        else:
            classifier = build_classifier(
                self.architecture,
                hp,
                **asdict(self.shape),
                class_names=class_names,
                weights=self.weights,
                bases=self.bases,
            )
        freeze(classifier, hp.get("freeze"))
        return classifier
