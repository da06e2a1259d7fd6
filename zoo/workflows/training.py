"""Trains one architecture on one dataset, and records the run."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Protocol

from zoo.data.units import counted
from zoo.interfaces import (
    CandidatePlan,
    Hyperparameters,
    HyperparameterValue,
    Model,
    Once,
    RunKind,
    RunPlan,
    TrainingOptions,
    Weights,
)
from zoo.models.backbone_errors import reported
from zoo.models.building import SpaceBuilder, build_classifier
from zoo.models.exploration import explore
from zoo.models.freezing import count_parameters, freeze
from zoo.models.hyperparameters import refuse_pooling, with_defaults
from zoo.models.layer_comparison import require_built_again
from zoo.models.pretrained.finding import find_weights
from zoo.models.probabilities import describe_softmax
from zoo.models.space import check, choose
from zoo.models.stages import count_by_stage
from zoo.training.fit import start_fresh
from zoo.training.phases import describe_phases
from zoo.workflows.adapting import adapted
from zoo.workflows.images import prepare, shape_for
from zoo.workflows.options import preset_of
from zoo.workflows.origins import watch_origins
from zoo.workflows.recording import Training, run_training
from zoo.workflows.round_trips import require_round_trip
from zoo.workflows.weights import locate_weights, showing_reports
from zoo.workflows.workspace import Workspace, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from keras_tuner import HyperParameters

    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Architecture
    from zoo.models.classifier import Classifier
    from zoo.models.layer_comparison import Layers
    from zoo.models.origins import Origins
    from zoo.workflows.images import Images, InputShape


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
        dataset: a name or a path, as DATASET on the command line; or an opened dataset.
        preset: one of the architecture's presets; `hyperparameters` take precedence.
        hyperparameters: values, or their text; the others have their defaults.
        weights: pre-trained weights: a name, a path or a URL.
        keep_best: Ctrl-C completes the run with the model of its best epoch so far, instead of leaving it to be
            resumed.

    Raises:
        ZooError: before anything is recorded, or after the run is recorded as failed.
        InterruptedWork: the user stopped it; the message says how to resume.
    """
    options = options or TrainingOptions()
    architecture = workspace.plugins.architecture(architecture_name)
    start = find_weights(architecture, weights, workspace.progress)
    values = {**preset_of(architecture, preset), **(hyperparameters or {})}
    opened = workspace.open_dataset(dataset)
    shape = shape_for(workspace, architecture, opened, options.image_size)
    candidate = _candidate(workspace, architecture, shape, start)
    space_builder = SpaceBuilder(architecture, **asdict(shape))
    hp, layers = _choose(space_builder, values)
    build_from = builder(workspace, candidate, opened.images.class_names)

    def build(on_origins: Callable[[Origins], None] | None = None) -> Classifier:
        start_fresh(options.seed)
        return build_from(hp, on_origins)

    classifier = build(watch_origins(workspace.progress, architecture, candidate, hp))
    refuse_pooling(values, maps=classifier.has_maps)
    if start is None:  # weights may choose another network
        require_built_again(architecture, layers, classifier, partial(space_builder.layers_again, hp))
    require_round_trip(classifier, architecture.name, architecture)
    frozen = freeze(classifier, hp.get("freeze"))
    images = prepare(workspace, opened, shape)
    report_parameters(workspace, classifier, frozen, in_short=not frozen)
    report_phases(workspace, classifier, hp.values, options.epochs)
    _warn_of_random_weights(workspace, architecture, candidate, frozen)
    _warn_of_freeze_points(workspace, architecture, classifier)
    if warning := describe_softmax(architecture, classifier.features):
        workspace.progress.notice(warning)

    def prepared(classifier: Classifier) -> Classifier:
        return adapted(classifier, architecture, candidate, images.decoded, options.sampling)

    training = Training(lambda: prepared(build()), images.decoded, keep_best)
    prepared(classifier)
    run = workspace.registry.start_run(
        _plan(architecture, candidate, preset, hp, options, images), images.version
    )
    return run_training(workspace, run, training, classifier)


def _candidate(
    workspace: Workspace, architecture: Architecture, shape: InputShape, weights: Weights | None
) -> CandidatePlan:
    provenance = workspace.plugins.provider(architecture.name).provenance
    return CandidatePlan(
        architecture.name, architecture.version, provenance, **asdict(shape), weights=weights
    )


class Builder(Protocol):
    """Builds a run's classifier with these hyperparameters."""

    def __call__(
        self, hp: HyperParameters, on_origins: Callable[[Origins], None] | None = None, /
    ) -> Classifier:
        """See `zoo.models.building.build_classifier`."""


def builder(workspace: Workspace, candidate: CandidatePlan, class_names: tuple[str, ...]) -> Builder:
    """Return a function that builds a run's classifier as it is before the first epoch.

    It raises HyperparameterError if the weights file has changed since the run started.
    """
    architecture = workspace.plugins.architecture(candidate.architecture)
    notices = Once(workspace.progress)

    def build_from(hp: HyperParameters, on_origins: Callable[[Origins], None] | None = None) -> Classifier:
        weights = locate_weights(architecture, candidate.weights, workspace.progress, work="run")
        with showing_reports(notices), reported(architecture):
            return build_classifier(
                architecture,
                hp,
                image_size=candidate.image_size,
                channels=candidate.channels,
                class_names=class_names,
                weights=weights.argument if weights else None,
                on_origins=on_origins,
            )

    return build_from


def _choose(
    build: SpaceBuilder, values: Mapping[str, HyperparameterValue]
) -> tuple[HyperParameters, Layers | None]:
    """Return the hyperparameters, and the backbone's layers where they are known; see `SpaceBuilder.layers`."""
    with reported(build.architecture):
        space = explore(build, values)
    hp = choose(space, check(space, values))
    with reported(build.architecture):
        return hp, build.layers(hp)


def _plan(
    architecture: Architecture,
    candidate: CandidatePlan,
    preset: str | None,
    hp: HyperParameters,
    options: TrainingOptions,
    images: Images,
) -> RunPlan:
    return RunPlan(
        kind=RunKind.TRAIN,
        candidate=candidate,
        hyperparameters=dict(hp.values),
        training=options,
        environment=environment(images.decoded.decoders, [architecture]),
        preset=preset,
        data_check=images.data_check,
    )


def report_parameters(
    workspace: Workspace, classifier: Classifier, frozen: tuple[str, ...] = (), *, in_short: bool = False
) -> None:
    """Show how many parameters will train: of each stage, or `in_short` in total."""
    if in_short:
        counts = count_parameters(classifier.network)
        notice = f"{counts.trainable:,} trainable and {counts.non_trainable:,} non-trainable parameters"
    else:
        notice = "\n".join((f"parameters by stage; {_describe_frozen(frozen)}", *_stage_lines(classifier)))
    workspace.progress.notice(notice)


def report_phases(
    workspace: Workspace, classifier: Classifier, hyperparameters: Hyperparameters, epochs: int
) -> None:
    """Show which layers train in which epochs, unless they are the same in all epochs."""
    if phases := describe_phases(classifier, with_defaults(hyperparameters), epochs):
        workspace.progress.notice(phases)


def _warn_of_random_weights(
    workspace: Workspace, architecture: Architecture, candidate: CandidatePlan, frozen: tuple[str, ...]
) -> None:
    if frozen and architecture.weights and candidate.weights is None:
        workspace.progress.notice("the frozen layers have random weights: --weights loads trained ones")


def _warn_of_freeze_points(workspace: Workspace, architecture: Architecture, classifier: Classifier) -> None:
    if architecture.freeze_points and not classifier.freeze_points:
        points = ", ".join(architecture.freeze_points[:5])
        workspace.progress.notice(
            f"no layer of {architecture.name} has a name that begins with one of its freeze points ({points}): the "
            "network has no stages to freeze"
        )


def _describe_frozen(frozen: tuple[str, ...]) -> str:
    """Return `frozen: conv1_conv … conv4_block6_3_bn (86 layers)`."""
    if not frozen:
        return "nothing is frozen"
    which = f"frozen: {' … '.join(dict.fromkeys((frozen[0], frozen[-1])))}"
    return f"{which} ({counted(len(frozen), 'variable' if '/' in frozen[0] else 'layer')})"


def _stage_lines(classifier: Classifier) -> list[str]:
    """Return a table of the number of layers with weights and of parameters in each stage."""
    stages = count_by_stage(classifier)
    sizes = [(stage.layers, stage.trainable, stage.non_trainable) for stage in stages]
    rows = [
        ("stage", "layers", "trainable", "non-trainable"),
        *((stage.stage, *(f"{size:,}" for size in row)) for stage, row in zip(stages, sizes, strict=True)),
        ("total", *(f"{sum(column):,}" for column in zip(*sizes, strict=True))),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join((row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:]))) for row in rows]
