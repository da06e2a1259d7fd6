"""Train one architecture on one dataset; the run is in the registry from its first moment to its last."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from zoo.data.units import counted
from zoo.interfaces import (
    CandidatePlan,
    Hyperparameters,
    HyperparameterValue,
    Model,
    RunKind,
    RunPlan,
    TrainingOptions,
)
from zoo.models.building import build_classifier, space_builder
from zoo.models.exploration import explore
from zoo.models.freezing import count_parameters, freeze
from zoo.models.hyperparameters import with_defaults
from zoo.models.space import check, choose
from zoo.models.stages import count_by_stage
from zoo.training.fit import start_fresh
from zoo.training.phases import describe_phases
from zoo.workflows.images import prepare, shape_for
from zoo.workflows.options import preset_of
from zoo.workflows.recording import Training, run_training
from zoo.workflows.weights import find_weights
from zoo.workflows.workspace import Workspace, environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.data.opened import OpenedDataset
    from zoo.models.classifier import Classifier


def train(
    workspace: Workspace,
    architecture_name: str,
    dataset: str | OpenedDataset,
    *,
    preset: str | None = None,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    weights: str | None = None,
    options: TrainingOptions | None = None,
    keep_best: bool = False,
) -> Model:
    """Train a new model.

    Args:
        dataset: what `zoo` takes for DATASET, a name or a path; or one that is open already.
        preset: one of the architecture's presets; `hyperparameters` go before it.
        hyperparameters: values, or their text; what is not given has its default.
        weights: pre-trained weights: a name, a path or a URL.
        keep_best: Ctrl-C completes the run with the model of its best epoch so far, instead of leaving it to be
            resumed.

    Raises:
        ZooError: any of its children, before anything is recorded or after the run is recorded as failed.
        InterruptedWork: the user stopped it; the message says how to resume.
    """
    options = options or TrainingOptions()
    architecture = workspace.plugins.architecture(architecture_name)
    start = find_weights(architecture, weights, workspace.progress)
    given = {**preset_of(architecture, preset), **(hyperparameters or {})}
    opened = workspace.open_dataset(dataset)
    shape = shape_for(workspace, architecture, opened, options.image_size)
    class_names = opened.images.class_names
    space = explore(space_builder(architecture, **asdict(shape)), given)
    hp = choose(space, check(space, given))

    def build() -> Classifier:
        start_fresh(options.seed)
        return build_classifier(
            architecture,
            hp,
            **asdict(shape),
            class_names=class_names,
            weights=start.argument if start else None,
        )

    classifier = build()
    frozen = freeze(classifier, hp.get("freeze"))
    images = prepare(workspace, opened, shape)
    tell_parameters(workspace, classifier, frozen, in_short=not frozen)
    tell_phases(workspace, classifier, hp.values, options.epochs)
    if frozen and architecture.weights and start is None:
        workspace.progress.notice("the frozen layers have random weights: --weights loads trained ones")
    plan = RunPlan(
        kind=RunKind.TRAIN,
        candidate=CandidatePlan(
            architecture.name,
            architecture.version,
            workspace.plugins.provider(architecture.name).provenance,
            **asdict(shape),
            weights=start,
        ),
        hyperparameters=dict(hp.values),
        training=options,
        environment=environment(),
        preset=preset,
        data_check=images.data_check,
    )
    training = Training(build, images.decoded, keep_best)
    return run_training(workspace, workspace.registry.start_run(plan, images.version), training, classifier)


def tell_parameters(
    workspace: Workspace, classifier: Classifier, frozen: tuple[str, ...] = (), *, in_short: bool = False
) -> None:
    """Say before training how many parameters will train: of each stage, or `in_short` of all together."""
    if in_short:
        counts = count_parameters(classifier.network)
        told = f"{counts.trainable:,} trainable and {counts.non_trainable:,} non-trainable parameters"
    else:
        told = "\n".join((f"parameters by stage; {_what_is_frozen(frozen)}", *_stage_lines(classifier)))
    workspace.progress.notice(told)


def tell_phases(
    workspace: Workspace, classifier: Classifier, hyperparameters: Hyperparameters, epochs: int
) -> None:
    """Say before training what trains when, unless it is the same in all epochs."""
    if told := describe_phases(classifier, with_defaults(hyperparameters), epochs):
        workspace.progress.notice(told)


def _what_is_frozen(frozen: tuple[str, ...]) -> str:
    """`frozen: conv1_conv … conv4_block6_3_bn (86 layers)`."""
    if not frozen:
        return "nothing is frozen"
    which = f"frozen: {' … '.join(dict.fromkeys((frozen[0], frozen[-1])))}"
    return f"{which} ({counted(len(frozen), 'variable' if '/' in frozen[0] else 'layer')})"


def _stage_lines(classifier: Classifier) -> list[str]:
    """A table: how many layers with weights each stage has, and how many parameters."""
    stages = count_by_stage(classifier)
    sizes = [(one.layers, one.trainable, one.non_trainable) for one in stages]
    rows = [
        ("stage", "layers", "trainable", "non-trainable"),
        *((one.stage, *(f"{size:,}" for size in row)) for one, row in zip(stages, sizes, strict=True)),
        ("total", *(f"{sum(column):,}" for column in zip(*sizes, strict=True))),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join((row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:]))) for row in rows]
