"""Fine-tune a registered model on a dataset, with the front of the network frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.interfaces import HyperparameterValue, Model, RunKind, RunPlan
from zoo.models.freezing import freeze
from zoo.training.fit import start_fresh
from zoo.workflows.images import in_order_of, prepare
from zoo.workflows.options import TrainingOptions
from zoo.workflows.parents import find_parent
from zoo.workflows.training import (
    fit_and_evaluate,
    fit_settings,
    recorded,
    recording,
    tell_parameters,
    tell_phases,
)
from zoo.workflows.workspace import Workspace, environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keras_tuner import HyperParameters

    from zoo.workflows.images import Images
    from zoo.workflows.parents import Parent


def finetune(
    workspace: Workspace,
    model: str,
    dataset: str,
    *,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    head: str | None = None,
    channels: int | None = None,
    options: TrainingOptions | None = None,
) -> Model:
    """Train a registered model on, on the same or another dataset; the new model's parent is the old one.

    Images become what the parent takes, unless `channels` or the options' image size say otherwise: then the network
    is rebuilt for those, with the same weights. Classes are known by their names: those that the head knows keep their
    weights, in whatever order they come.

    Args:
        model: a reference, such as `digits@best`.
        hyperparameters: zoo's own, `freeze` and those of a schedule among them; what is not given is as in the
            parent's head, or has its default.
        head: "keep", "new", or None: it stays if it knows a class of the dataset and no hyperparameter of its shape is
            given.
        channels: 1 or 3.

    Raises:
        ZooError: any of its children, before anything is recorded or after the run is recorded as failed.
        InterruptedWork: the user stopped it.
    """
    options, given = options or TrainingOptions(), dict(hyperparameters or {})
    opened = workspace.open_dataset(dataset)
    parent = find_parent(
        workspace,
        workspace.registry.model(model),
        opened,
        given,
        head=head,
        image_size=options.image_size,
        channels=channels,
    )
    hp = parent.choose(given)
    start_fresh(options.seed)
    classifier = parent.build(hp)
    frozen = freeze(classifier, hp.get("freeze"))
    images = prepare(workspace, opened, parent.shape)
    tell_parameters(workspace, classifier, frozen)
    tell_phases(workspace, classifier, hp.values, options.epochs)
    run = workspace.registry.start_run(_plan(parent, hp, options, images), images.version)
    workspace.progress.run_started(run)
    with recorded(workspace, run):
        trained = fit_and_evaluate(
            classifier,
            in_order_of(images.decoded, parent.class_names),
            hp.values,
            fit_settings(workspace, images.decoded, options),
            recording(workspace, run),
            progress=workspace.progress,
        )
        return workspace.registry.complete_run(run.id, trained.content, trained.evaluations)


def _plan(parent: Parent, hp: HyperParameters, options: TrainingOptions, images: Images) -> RunPlan:
    before = parent.plan
    return RunPlan(
        kind=RunKind.FINETUNE,
        architecture=before.architecture,
        architecture_version=before.architecture_version,
        plugin=before.plugin,
        hyperparameters={**before.hyperparameters, **hp.values},
        settings=options.settings(**parent.settings, **images.check_settings),
        environment=environment(),
        parent_id=parent.model.id,
    )
