"""The candidates of a search: its architectures, with the shape of their images and their weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from zoo.errors import NotFoundError, SearchError
from zoo.interfaces import CandidatePlan
from zoo.models.bases import Bases
from zoo.models.building import build_classifier
from zoo.models.content import register_layers_of
from zoo.models.freezing import freeze
from zoo.models.pretrained.finding import find_weights
from zoo.workflows.architecture_code import change_of_code
from zoo.workflows.images import InputShape, decode, prepare, shape_for
from zoo.workflows.parents import KEEP, NEW, find_parent
from zoo.workflows.preflight import find_architectures
from zoo.workflows.round_trips import require_round_trip
from zoo.workflows.weights import locate_weights, weights_of_each

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from keras_tuner import HyperParameters

    from zoo.data.cache import DecodedDataset
    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Architecture, SearchPlan
    from zoo.models.classifier import Classifier
    from zoo.models.origins import Origins
    from zoo.workflows.images import Images
    from zoo.workflows.parents import Parent
    from zoo.workflows.workspace import Workspace


@dataclass(frozen=True)
class Candidate:
    """An architecture of a search, ready to be built.

    Args:
        plan: as the search stores it.
        parent: the model to start from, in a search that fine-tunes.
        bases: reuses the backbone in several trials.
    """

    architecture: Architecture
    plan: CandidatePlan
    parent: Parent | None = None
    bases: Bases = field(default_factory=Bases, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The architecture's name."""
        return self.architecture.name

    @property
    def shape(self) -> InputShape:
        """The shape of its images."""
        return InputShape(self.plan.image_size, self.plan.channels)

    def build(self, hp: HyperParameters, class_names: tuple[str, ...]) -> Classifier:
        """Build its classifier with these hyperparameters, load its weights, and freeze its layers.

        Arguments and errors are those of `build_unfrozen`.
        """
        classifier = self.build_unfrozen(hp, class_names)
        freeze(classifier, hp.get("freeze"))
        return classifier

    def build_unfrozen(
        self,
        hp: HyperParameters,
        class_names: tuple[str, ...],
        on_origins: Callable[[Origins], None] | None = None,
    ) -> Classifier:
        """Build its classifier with these hyperparameters, and load its weights.

        It may share layers with the classifier built before, which must no longer be used.

        Args:
            on_origins: see `zoo.models.building.build_classifier`.

        Raises:
            RoundTripError: the registry could not return it as it is.
        """
        if self.parent is not None:
            register_layers_of(self.parent.content.graph, self.architecture)
            classifier = self.parent.build(hp, self.bases)
        else:
            classifier = build_classifier(
                self.architecture,
                hp,
                **asdict(self.shape),
                class_names=class_names,
                weights=self.plan.weights.argument if self.plan.weights else None,
                bases=self.bases,
                on_origins=on_origins,
            )
        require_round_trip(classifier, self.name, self.architecture)
        return classifier


def find_candidates(
    workspace: Workspace, names: str, opened: OpenedDataset, image_size: int | None, weights: str | None
) -> tuple[Candidate, ...]:
    """Return the candidates of these architectures, whose names are separated by commas.

    Of several, those without pre-trained weights of this name start from random ones; notices show which.
    """
    architectures = find_architectures(workspace.plugins, names)
    names_of_weights = weights_of_each(architectures, weights)
    candidates = []
    for architecture in architectures:
        name = names_of_weights[architecture.name]
        if name is None and weights is not None:
            workspace.progress.notice(
                f"{architecture.name} has no weights '{weights}': its weights are random"
            )
        plan = CandidatePlan(
            architecture.name,
            architecture.version,
            workspace.plugins.provider(architecture.name).provenance,
            **asdict(shape_for(workspace, architecture, opened, image_size)),
            weights=find_weights(architecture, name, workspace.progress),
        )
        candidates.append(Candidate(architecture, plan))
    return tuple(candidates)


def restore_candidates(
    workspace: Workspace, plan: SearchPlan, opened: OpenedDataset
) -> tuple[Candidate, ...]:
    """Return the candidates of a search that is resumed.

    Raises:
        SearchError: an architecture has changed since, the model to fine-tune was deleted, or an older zoo did not
            record the shape of the images.
        HyperparameterError: the weights file has changed since, or is missing.
    """
    architectures = [workspace.plugins.architecture(candidate.architecture) for candidate in plan.candidates]
    for architecture, candidate in zip(architectures, plan.candidates, strict=True):
        if architecture.version != candidate.version:
            raise SearchError(
                f"the search cannot be resumed: '{architecture.name}' is now version {architecture.version}, "
                f"it began with {candidate.version}; start a new search"
            )
        if change := change_of_code(architecture, plan.environment):
            raise SearchError(f"the search cannot be resumed: {change} start a new search")
        if not (candidate.image_size and candidate.channels):
            raise SearchError(
                f"the search cannot be resumed: the shape of the images for '{architecture.name}' was not recorded; "
                "start a new search"
            )
    return tuple(
        Candidate(
            architecture,
            replace(candidate, weights=locate_weights(architecture, candidate.weights, workspace.progress)),
            _restore_parent(workspace, candidate, opened),
        )
        for architecture, candidate in zip(architectures, plan.candidates, strict=True)
    )


def _restore_parent(workspace: Workspace, candidate: CandidatePlan, opened: OpenedDataset) -> Parent | None:
    if candidate.parent_id is None:
        return None
    try:
        model = workspace.registry.model(candidate.parent_id)
    except NotFoundError:
        raise SearchError(
            f"the search cannot be resumed: model {candidate.parent_id}, which its trials start from, was deleted; "
            "start a new search from another one"
        ) from None
    return find_parent(
        workspace,
        model,
        opened,
        {},
        head=KEEP if candidate.keeps_head else NEW,
        image_size=candidate.image_size,
        channels=candidate.channels,
    )


def prepare_each(
    workspace: Workspace, opened: OpenedDataset, candidates: Sequence[Candidate]
) -> tuple[Images, dict[str, DecodedDataset]]:
    """Return the dataset checked and recorded for the first candidate, and candidate -> the images in its shape."""
    images = prepare(workspace, opened, candidates[0].shape)
    decoded = {candidates[0].shape: images.decoded}
    for candidate in candidates[1:]:
        if candidate.shape not in decoded:
            decoded[candidate.shape] = decode(workspace, opened, candidate.shape)
    return images, {candidate.name: decoded[candidate.shape] for candidate in candidates}
