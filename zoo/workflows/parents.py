"""The model that a fine-tuning starts from, its head, and its network for other images."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from keras_tuner import HyperParameters

from zoo.errors import HyperparameterError
from zoo.models.bases import Bases
from zoo.models.content import from_content
from zoo.models.heads import new_head, with_classes
from zoo.models.hyperparameters import OWN, declare
from zoo.models.inputs import rebuild
from zoo.models.space import check, choose
from zoo.workflows.images import InputShape, check_rebuilt_size, shape_of
from zoo.workflows.loading import load_content

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import CandidatePlan, HyperparameterValue, Model, ModelContent, RunPlan
    from zoo.models.classifier import Classifier
    from zoo.workflows.workspace import Workspace

KEEP, NEW = "keep", "new"
SHAPE_OF_HEAD = ("pooling", "head_units", "dropout")
HEAD = (*SHAPE_OF_HEAD, "output")


@dataclass(frozen=True, eq=False)
class Parent:
    """A model to start from, as data: building its classifier needs no registry.

    Args:
        plan: of the run that trained it.
        shape: of the images for the new network.
        class_names: of the new network.
        keeps_head: whether its head is kept, with an output for each class, or replaced.
    """

    model: Model
    plan: RunPlan
    content: ModelContent
    shape: InputShape
    class_names: tuple[str, ...]
    keeps_head: bool

    def choose(self, hyperparameters: Mapping[str, HyperparameterValue]) -> HyperParameters:
        """Return zoo's own hyperparameters: these values, the parent's for the head, defaults for the rest.

        Raises:
            UnknownNameError, HyperparameterError: see `zoo.models.space.check`.
        """
        space = own_space()
        return choose(space, {**self.inherited(), **check(space, hyperparameters)})

    def build(self, hp: HyperParameters, bases: Bases | None = None) -> Classifier:
        """Build its classifier for these images and classes, nothing frozen; a new head has the hyperparameters `hp`.

        Args:
            bases: of this parent, see `zoo.models.building.build_classifier`.

        Raises:
            ZooError: the network cannot take such images.
        """

        def build() -> Classifier:
            return rebuild(from_content(self.content), **asdict(self.shape), keep_head=self.keeps_head)

        classifier = (bases or Bases()).get((), build)
        if self.keeps_head:
            return with_classes(classifier, self.class_names, sigmoid=hp.get("output") == "sigmoid")
        return new_head(classifier, hp, self.class_names)

    @property
    def candidate(self) -> CandidatePlan:
        """The candidate of a search that starts from it: its architecture, for these images."""
        return replace(
            self.plan.candidate,
            **asdict(self.shape),
            weights=None,
            parent_id=self.model.id,
            keeps_head=self.keeps_head,
        )

    @property
    def has_batchnorm(self) -> bool:
        """Whether its network has BatchNormalization."""
        return '"BatchNormalization"' in json.dumps(self.content.graph)

    def inherited(self) -> dict[str, HyperparameterValue]:
        """Return the hyperparameters of the parent's head, the defaults of the child's."""
        values = {name: self.plan.hyperparameters.get(name, OWN[name].default) for name in HEAD}
        if len(self.class_names) != 2:
            values["output"] = "softmax"
        return values


def own_space() -> HyperParameters:
    """Return the space of a fine-tuning: zoo's own hyperparameters alone, since the backbone exists already."""
    space = HyperParameters()
    declare(space)
    return space


def find_parent(
    workspace: Workspace,
    model: Model,
    opened: OpenedDataset,
    hyperparameters: Mapping[str, HyperparameterValue],
    *,
    head: str | None = None,
    image_size: int | None = None,
    channels: int | None = None,
) -> Parent:
    """Return the model as the parent of a fine-tuning on the dataset; notices show what changes.

    Args:
        hyperparameters: those that the user has set.
        head: "keep", "new", or None: keep it if it knows a class of the dataset and no hyperparameter of its shape
            is set.
        image_size, channels: of the images; None: those of the model.

    Raises:
        HyperparameterError: the head cannot be kept.
        ArtifactError: the stored model is damaged, or needs a plugin that is not loaded.
    """
    shape = _shape(workspace, model, opened, image_size, channels)
    class_names = opened.images.class_names
    if set(class_names) == set(model.class_names):
        class_names = model.class_names
    content = load_content(workspace, model)
    plan = workspace.registry.run(model.run_id).plan
    parent = Parent(
        model, plan, content, shape, class_names, _keeps_head(model, class_names, hyperparameters, head)
    )
    _report_head(workspace, parent)
    return parent


def _keeps_head(
    model: Model,
    class_names: tuple[str, ...],
    hyperparameters: Mapping[str, HyperparameterValue],
    head: str | None,
) -> bool:
    has_class = any(name in model.class_names for name in class_names)
    shaped = [name for name in SHAPE_OF_HEAD if name in hyperparameters]
    if head == KEEP and not has_class:
        raise HyperparameterError(
            f"the head of model {model.id} cannot be kept: it knows {', '.join(model.class_names[:5])} and none of "
            f"{', '.join(class_names[:5])}; leave --head keep out"
        )
    if head == KEEP and shaped:
        raise HyperparameterError(f"--head keep leaves {shaped[0]} as it is: leave one of the two out")
    return head == KEEP or (head is None and has_class and not shaped)


def _shape(
    workspace: Workspace, model: Model, opened: OpenedDataset, image_size: int | None, channels: int | None
) -> InputShape:
    shape = InputShape(image_size or model.image_size, channels or model.channels)
    check_rebuilt_size(workspace, model, image_size)
    took = InputShape(model.image_size, model.channels)
    if shape == took:
        return shape_of(workspace, model, opened)
    workspace.progress.notice(f"the network is rebuilt for {shape}; model {model.id} takes {took}")
    return shape


def _report_head(workspace: Workspace, parent: Parent) -> None:
    names = parent.class_names
    if not parent.keeps_head:
        workspace.progress.notice(f"new head for {len(names)} classes: {', '.join(names[:8])}")
        return
    kept_classes = [name for name in names if name in parent.model.class_names]
    if len(kept_classes) < len(names):
        new_classes = [name for name in names if name not in kept_classes]
        workspace.progress.notice(
            f"the head knows {len(kept_classes)} of {len(names)} classes; new are {', '.join(new_classes[:8])}"
        )
    elif len(kept_classes) < len(parent.model.class_names):
        workspace.progress.notice(
            f"the head keeps {len(kept_classes)} of its {len(parent.model.class_names)} classes: "
            f"{', '.join(kept_classes[:8])}"
        )
