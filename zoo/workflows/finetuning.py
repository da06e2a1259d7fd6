"""Fine-tunes a registered model on a dataset, with the first layers of the network frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.interfaces import HyperparameterValue, Model, RunKind, RunPlan, TrainingOptions
from zoo.models.freezing import freeze
from zoo.models.hyperparameters import refuse_pooling
from zoo.training.fit import start_fresh
from zoo.workflows.images import in_order_of, prepare
from zoo.workflows.parents import find_parent
from zoo.workflows.recording import Training, run_training
from zoo.workflows.round_trips import require_round_trip
from zoo.workflows.training import report_parameters, report_phases
from zoo.workflows.workspace import Workspace, environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keras_tuner import HyperParameters

    from zoo.data.opened import OpenedDataset
    from zoo.models.classifier import Classifier
    from zoo.workflows.images import Images
    from zoo.workflows.parents import Parent


def finetune(
    workspace: Workspace,
    model: str,
    dataset: str | OpenedDataset,
    *,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    head: str | None = None,
    channels: int | None = None,
    options: TrainingOptions | None = None,
    keep_best: bool = False,
) -> Model:
    """Continue to train a registered model on the same or another dataset; the new model's parent is the old one.

    Images are converted to the parent's size and channels. With `channels` or an image size in the options, the network
    is rebuilt for those instead, with the same weights. Classes are matched by name: those that the head knows keep
    their weights, in any order.

    Args:
        model: a reference, such as `digits@best`.
        hyperparameters: zoo's own, including `freeze` and those of the schedule. The others have the values of the
            parent's head, or their defaults.
        head: "keep", "new", or None: keep it if it knows a class of the dataset and no hyperparameter of its shape is
            set.
        channels: 1 or 3.
        keep_best: see `zoo.workflows.training.train`.

    Raises:
        ZooError: before anything is recorded, or after the run is recorded as failed.
        InterruptedWork: the user stopped it; the message says how to resume.
    """
    options, values = options or TrainingOptions(), dict(hyperparameters or {})
    opened = workspace.open_dataset(dataset)
    parent = find_parent(
        workspace,
        workspace.registry.model(model),
        opened,
        values,
        head=head,
        image_size=options.image_size,
        channels=channels,
    )
    hp = parent.choose(values)

    def build() -> Classifier:
        start_fresh(options.seed)
        return parent.build(hp)

    classifier = build()
    refuse_pooling(values, maps=classifier.has_maps)
    name = parent.model.architecture
    require_round_trip(classifier, name, workspace.plugins.architectures.get(name))
    frozen = freeze(classifier, hp.get("freeze"))
    images = prepare(workspace, opened, parent.shape)
    report_parameters(workspace, classifier, frozen)
    report_phases(workspace, classifier, hp.values, options.epochs)
    training = Training(build, in_order_of(images.decoded, parent.class_names), keep_best)
    run = workspace.registry.start_run(_plan(parent, hp, options, images), images.version)
    return run_training(workspace, run, training, classifier)


def _plan(parent: Parent, hp: HyperParameters, options: TrainingOptions, images: Images) -> RunPlan:
    return RunPlan(
        kind=RunKind.FINETUNE,
        candidate=parent.candidate,
        hyperparameters={**parent.plan.hyperparameters, **hp.values},
        training=options,
        environment=environment(images.decoded.decoders),
        data_check=images.data_check,
    )
