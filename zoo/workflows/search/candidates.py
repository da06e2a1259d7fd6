"""The architectures of a search: what each takes, what of it is searched, and which trials come first."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from zoo.errors import NotFoundError, SearchError
from zoo.interfaces import CandidatePlan
from zoo.models.bases import Bases
from zoo.models.building import build_classifier
from zoo.models.freezing import freeze
from zoo.workflows.images import InputShape, decode, prepare, shape_for
from zoo.workflows.loading import import_layers
from zoo.workflows.parents import KEEP, NEW, find_parent
from zoo.workflows.preflight import find_architectures
from zoo.workflows.weights import find_again, find_weights, weights_of_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keras_tuner import HyperParameters

    from zoo.data.cache import DecodedDataset
    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Architecture, SearchPlan
    from zoo.models.classifier import Classifier
    from zoo.workflows.images import Images
    from zoo.workflows.parents import Parent
    from zoo.workflows.workspace import Workspace


@dataclass(frozen=True)
class Candidate:
    """An architecture of a search, ready to be built.

    Args:
        plan: what the search stores of it.
        parent: the model to start from, of a search that fine-tunes.
        bases: where what its trials have in common is kept.
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
        """The shape of the images that it gets."""
        return InputShape(self.plan.image_size, self.plan.channels)

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
                weights=self.plan.weights.argument if self.plan.weights else None,
                bases=self.bases,
            )
        freeze(classifier, hp.get("freeze"))
        return classifier


def find_candidates(
    workspace: Workspace, names: str, opened: OpenedDataset, image_size: int | None, weights: str | None
) -> tuple[Candidate, ...]:
    """The architectures of these names, with commas between.

    Of several, those that have no pre-trained weights of this name begin without; tells which.
    """
    architectures = find_architectures(workspace.plugins, names)
    names_of_weights = weights_of_each(architectures, weights)
    candidates = []
    for architecture in architectures:
        name = names_of_weights[architecture.name]
        if name is None and weights is not None:
            workspace.progress.notice(f"{architecture.name} has no weights '{weights}': its are random")
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
    """The candidates of a search that goes on.

    Raises:
        SearchError: an architecture has changed since, the model to fine-tune was deleted, or an older zoo did not
            record the shape of the images.
        HyperparameterError: the weights file to start from has changed since, or is gone.
    """
    architectures = [workspace.plugins.architecture(candidate.architecture) for candidate in plan.candidates]
    for architecture, candidate in zip(architectures, plan.candidates, strict=True):
        if architecture.version != candidate.version:
            raise SearchError(
                f"the search cannot go on: '{architecture.name}' is now version {architecture.version}, "
                f"it began with {candidate.version}; start a new search"
            )
        if not (candidate.image_size and candidate.channels):
            raise SearchError(
                f"the search cannot go on: the shape of the images for '{architecture.name}' was not recorded; "
                "start a new search"
            )
    return tuple(
        Candidate(
            architecture,
            replace(candidate, weights=find_again(architecture, candidate.weights, workspace.progress)),
            _find_parent_again(workspace, candidate, opened),
        )
        for architecture, candidate in zip(architectures, plan.candidates, strict=True)
    )


def _find_parent_again(
    workspace: Workspace, candidate: CandidatePlan, opened: OpenedDataset
) -> Parent | None:
    if candidate.parent_id is None:
        return None
    try:
        model = workspace.registry.model(candidate.parent_id)
    except NotFoundError:
        raise SearchError(
            f"the search cannot go on: model {candidate.parent_id}, which its trials start from, was deleted; "
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
    """The dataset for the first candidate, checked and recorded; and, by name, decoded as each candidate takes it."""
    images = prepare(workspace, opened, candidates[0].shape)
    decoded = {candidates[0].shape: images.decoded}
    for one in candidates[1:]:
        if one.shape not in decoded:
            decoded[one.shape] = decode(workspace, opened, one.shape)
    return images, {one.name: decoded[one.shape] for one in candidates}
