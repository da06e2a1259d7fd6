"""Fine-tune a registered model on a dataset, with the front of the network frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_tuner import HyperParameters

from zoo.interfaces import HyperparameterValue, Model, RunKind, RunPlan
from zoo.models.classifier import with_new_head
from zoo.models.freezing import freeze
from zoo.models.hyperparameters import declare
from zoo.models.space import check, choose
from zoo.training.fit import start_fresh
from zoo.workflows.images import in_order_of, prepare, shape_of
from zoo.workflows.loading import load_classifier
from zoo.workflows.training import (
    fit_and_evaluate,
    fit_settings,
    recorded,
    recording,
    tell_parameters,
)
from zoo.workflows.workspace import TrainingOptions, Workspace, environment

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = ("pooling", "head_units", "dropout", "output")


def finetune(
    workspace: Workspace,
    model: str,
    dataset: str,
    *,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    options: TrainingOptions | None = None,
) -> Model:
    """Train a registered model on, on the same or another dataset; the new model's parent is the old one.

    Images become what the parent takes: its size and its channels. The head stays if the dataset has the
    parent's classes and no hyperparameter of the head is given; else a new head takes its place.

    Args:
        model: a reference, such as `digits@best`.
        hyperparameters: zoo's own, `freeze` among them; what is not given is as in the parent's head, or has
            its default.

    Raises:
        ZooError: any of its children, before anything is recorded or after the run is recorded as failed.
        InterruptedWork: the user stopped it.
    """
    options, given = options or TrainingOptions(), dict(hyperparameters or {})
    parent = workspace.registry.model(model)
    before = workspace.registry.run(parent.run_id).plan
    opened = workspace.open_dataset(dataset)
    shape = shape_of(workspace, parent, opened)
    keeps_head = set(opened.images.class_names) == set(parent.class_names) and not given.keys() & set(HEAD)
    class_names = parent.class_names if keeps_head else opened.images.class_names

    start_fresh(options.seed)
    hp = _choose(before.hyperparameters, given, len(class_names))
    classifier = load_classifier(workspace, parent)
    if not keeps_head:
        classifier = with_new_head(classifier, hp, class_names)
        workspace.progress.notice(f"new head for {len(class_names)} classes: {', '.join(class_names[:8])}")
    frozen = freeze(classifier, hp.get("freeze"))
    images = prepare(workspace, opened, shape)
    tell_parameters(workspace, classifier, frozen)
    plan = RunPlan(
        kind=RunKind.FINETUNE,
        architecture=before.architecture,
        architecture_version=before.architecture_version,
        plugin=before.plugin,
        hyperparameters={**before.hyperparameters, **hp.values},
        settings=options.settings(
            image_size=parent.image_size,
            channels=parent.channels,
            keeps_head=keeps_head,
            **images.check_settings,
        ),
        environment=environment(),
        parent_id=parent.id,
    )
    run = workspace.registry.start_run(plan, images.version)
    workspace.progress.run_started(run)
    with recorded(workspace, run):
        trained = fit_and_evaluate(
            classifier,
            in_order_of(images.decoded, class_names),
            plan.hyperparameters,
            fit_settings(workspace, images.decoded, options),
            recording(workspace, run),
        )
        return workspace.registry.complete_run(run.id, trained.content, trained.evaluations)


def _choose(
    parents: Mapping[str, HyperparameterValue], given: Mapping[str, HyperparameterValue], classes: int
) -> HyperParameters:
    """zoo's own hyperparameters: those given, the parent's for the head, defaults for the rest."""
    space = HyperParameters()
    declare(space)
    inherited = {name: parents[name] for name in HEAD if name in parents}
    if classes != 2:
        inherited["output"] = "softmax"
    return choose(space, {**inherited, **check(space, given)})
