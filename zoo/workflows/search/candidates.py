"""The architectures of a search: what each takes, what of it is searched, and which trials come first."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from zoo.errors import HyperparameterError, NotFoundError, SearchError
from zoo.models.bases import Bases
from zoo.models.building import build_classifier
from zoo.models.freezing import freeze
from zoo.workflows.images import InputShape, decode, prepare, shape_for
from zoo.workflows.loading import import_layers
from zoo.workflows.parents import KEEP, NEW, find_parent
from zoo.workflows.weights import (
    find_again,
    find_weights,
    looks_like_path,
    stored_weights,
    weights_settings,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keras_tuner import HyperParameters

    from zoo.data.cache import DecodedDataset
    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Architecture, HyperparameterValue, SearchPlan, Weights
    from zoo.models.classifier import Classifier
    from zoo.workflows.images import Images
    from zoo.workflows.parents import Parent
    from zoo.workflows.workspace import Workspace

    Settings = dict[str, HyperparameterValue | None]


@dataclass(frozen=True)
class Candidate:
    """An architecture of a search.

    Args:
        shape: of the images that it gets.
        weights: pre-trained ones to start from.
        parent: the model to start from, of a search that fine-tunes.
        bases: where what its trials have in common is kept.
    """

    architecture: Architecture
    shape: InputShape
    weights: Weights | None = None
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
                weights=self.weights.argument if self.weights else None,
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
    found = [workspace.plugins.architecture(name.strip()) for name in names.split(",")]
    if len({architecture.name for architecture in found}) < len(found):
        raise SearchError(f"'{names}' names an architecture twice: name it once")
    names_of_weights = {architecture.name: weights for architecture in found}
    if len(found) > 1 and weights is not None:
        names_of_weights = _weights_of_each(workspace, found, weights)
    return tuple(
        Candidate(
            architecture,
            shape_for(workspace, architecture, opened, image_size),
            find_weights(architecture, names_of_weights[architecture.name], workspace.progress),
        )
        for architecture in found
    )


def _weights_of_each(
    workspace: Workspace, found: Sequence[Architecture], weights: str
) -> dict[str, str | None]:
    if looks_like_path(weights):
        raise HyperparameterError(
            f"--weights {weights} is a file, which fits one architecture: search them one by one"
        )
    have = [architecture.name for architecture in found if weights in architecture.weights]
    if not have:
        raise HyperparameterError(
            f"none of {', '.join(one.name for one in found)} has weights '{weights}': leave --weights out"
        )
    for architecture in found:
        if architecture.name not in have:
            workspace.progress.notice(f"{architecture.name} has no weights '{weights}': its are random")
    return {one.name: weights if one.name in have else None for one in found}


def settings_of(candidates: Sequence[Candidate]) -> Settings:
    """What a search stores of its candidates; of several, with the architecture's name in front."""
    settings: Settings = {}
    for one in candidates:
        prefix = "" if len(candidates) == 1 else f"{one.name}/"
        for name, value in {**asdict(one.shape), **weights_settings(one.weights)}.items():
            settings[f"{prefix}{name}"] = value
        if one.parent is not None:
            settings |= {**one.parent.settings, "parent": one.parent.model.id}
    return settings


def restore_candidates(
    workspace: Workspace, plan: SearchPlan, opened: OpenedDataset
) -> tuple[Candidate, ...]:
    """The candidates of a search that goes on.

    Raises:
        SearchError: an architecture has changed since, or the model to fine-tune was deleted.
        HyperparameterError: the weights file to start from has changed since, or is gone.
    """
    found = [workspace.plugins.architecture(name) for name in plan.architectures]
    for architecture, version in zip(found, plan.architecture_version.split(","), strict=True):
        if architecture.version != version:
            raise SearchError(
                f"the search cannot go on: '{architecture.name}' is now version {architecture.version}, "
                f"it began with {version}; start a new search"
            )
    if plan.parent_id is not None:
        return (_restored_parent(workspace, plan, found[0], opened),)
    return tuple(_restored(workspace, architecture, plan) for architecture in found)


def _restored(workspace: Workspace, architecture: Architecture, plan: SearchPlan) -> Candidate:
    own = trial_settings(plan, architecture.name)
    shape = InputShape(int(own["image_size"] or 0), int(own["channels"] or 0))
    weights = find_again(architecture, stored_weights(own), workspace.progress)
    return Candidate(architecture, shape, weights)


def _restored_parent(
    workspace: Workspace, plan: SearchPlan, architecture: Architecture, opened: OpenedDataset
) -> Candidate:
    own = plan.settings
    try:
        model = workspace.registry.model(str(plan.parent_id))
    except NotFoundError:
        raise SearchError(
            f"the search cannot go on: model {plan.parent_id}, which its trials start from, was deleted; "
            "start a new search from another one"
        ) from None
    parent = find_parent(
        workspace,
        model,
        opened,
        {},
        head=KEEP if own["keeps_head"] else NEW,
        image_size=int(own["image_size"] or 0),
        channels=int(own["channels"] or 0),
    )
    return Candidate(architecture, parent.shape, parent=parent)


def trial_settings(plan: SearchPlan, architecture: str) -> Settings:
    """The search's settings as they are for a trial of this architecture."""
    prefix = f"{architecture}/"
    shared = {name: value for name, value in plan.settings.items() if "/" not in name}
    own = {
        name.removeprefix(prefix): value for name, value in plan.settings.items() if name.startswith(prefix)
    }
    return {**shared, **own}


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
