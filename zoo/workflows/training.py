"""Train one architecture on one dataset; the run is in the registry from its first moment to its last."""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from zoo.data.units import counted
from zoo.errors import InterruptedWork, RegistryError, ZooError
from zoo.interfaces import (
    Epoch,
    Evaluation,
    Hyperparameters,
    HyperparameterValue,
    Model,
    ModelContent,
    Objective,
    Progress,
    Run,
    RunKind,
    RunPlan,
    State,
)
from zoo.models.building import build_classifier, space_builder
from zoo.models.content import to_content
from zoo.models.freezing import count_parameters, freeze
from zoo.models.hyperparameters import completed
from zoo.models.space import check, choose, explore
from zoo.models.stages import count_by_stage
from zoo.training.evaluate import evaluate
from zoo.training.fit import FitSettings, fit, start_fresh
from zoo.training.phases import describe_phases
from zoo.workflows.images import prepare, shape_for
from zoo.workflows.options import TrainingOptions, preset_of, report_sampling
from zoo.workflows.weights import find_weights, weights_settings
from zoo.workflows.workspace import Workspace, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from zoo.data.cache import DecodedDataset
    from zoo.models.classifier import Classifier

    OnEpoch = Callable[[Epoch, Callable[[], bytes]], bool]

OBJECTIVE = Objective("val_accuracy", "max")


def train(
    workspace: Workspace,
    architecture_name: str,
    dataset: str,
    *,
    preset: str | None = None,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    weights: str | None = None,
    options: TrainingOptions | None = None,
) -> Model:
    """Train a new model.

    Args:
        dataset: what `zoo` takes for DATASET: a name or a path.
        preset: one of the architecture's presets; `hyperparameters` go before it.
        hyperparameters: values, or their text; what is not given has its default.
        weights: pre-trained weights: a name, a path or a URL.

    Raises:
        ZooError: any of its children, before anything is recorded or after the run is recorded as failed.
        InterruptedWork: the user stopped it.
    """
    options = options or TrainingOptions()
    architecture = workspace.plugins.architecture(architecture_name)
    start = find_weights(architecture, weights, workspace.progress)
    given = {**preset_of(architecture, preset), **(hyperparameters or {})}
    opened = workspace.open_dataset(dataset)
    shape = shape_for(workspace, architecture, opened, options.image_size)
    class_names = opened.images.class_names
    space = explore(space_builder(architecture, **asdict(shape), class_names=class_names), given)
    hp = choose(space, check(space, given))
    start_fresh(options.seed)
    classifier = build_classifier(
        architecture, hp, **asdict(shape), class_names=class_names, weights=start.argument if start else None
    )
    frozen = freeze(classifier, hp.get("freeze"))
    images = prepare(workspace, opened, shape)
    tell_parameters(workspace, classifier, frozen, in_short=not frozen)
    tell_phases(workspace, classifier, hp.values, options.epochs)
    if frozen and architecture.weights and start is None:
        workspace.progress.notice("the frozen layers have random weights: --weights loads trained ones")
    plan = RunPlan(
        kind=RunKind.TRAIN,
        architecture=architecture.name,
        architecture_version=architecture.version,
        plugin=workspace.plugins.provider(architecture.name).provenance,
        hyperparameters=dict(hp.values),
        settings=options.settings(
            **asdict(shape), preset=preset, **weights_settings(start), **images.check_settings
        ),
        environment=environment(),
    )
    run = workspace.registry.start_run(plan, images.version)
    workspace.progress.run_started(run)
    with recorded(workspace, run):
        settings = fit_settings(workspace, images.decoded, options)
        trained = fit_and_evaluate(
            classifier,
            images.decoded,
            plan.hyperparameters,
            settings,
            recording(workspace, run),
            progress=workspace.progress,
        )
        return workspace.registry.complete_run(run.id, trained.content, trained.evaluations)


def fit_settings(workspace: Workspace, decoded: DecodedDataset, options: TrainingOptions) -> FitSettings:
    """The options as the training floor takes them; tells what they change about the training images."""
    report_sampling(workspace, decoded, options.sampling)
    return FitSettings(
        options.epochs,
        options.seed,
        options.patience,
        OBJECTIVE,
        sampling=options.sampling,
        features=options.features,
    )


@dataclass(frozen=True)
class Trained:
    """What a training gives: its best epoch, the weights of that, and how they do."""

    best: Epoch
    content: ModelContent
    evaluations: tuple[Evaluation, ...]


def fit_and_evaluate(
    classifier: Classifier,
    decoded: DecodedDataset,
    hyperparameters: Hyperparameters,
    settings: FitSettings,
    on_epoch: OnEpoch,
    checkpoint: bytes | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Fit, then evaluate the best weights on validation and test; see `zoo.training.fit.fit`."""
    best, part = fit(classifier, decoded, hyperparameters, settings, on_epoch, checkpoint, progress)
    evaluations = tuple(
        evaluate(part.classifier, part.data, split)
        for split in ("validation", "test")
        if len(decoded.rows[split])
    )
    return Trained(best, to_content(classifier), evaluations)


def recording(workspace: Workspace, run: Run) -> OnEpoch:
    """What each epoch of a single training does: it goes to the registry and to the watcher."""

    def on_epoch(epoch: Epoch, _: object) -> bool:
        workspace.registry.record_epoch(run.id, epoch)
        workspace.progress.epoch_ended(run, epoch)
        return False

    return on_epoch


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
    if told := describe_phases(classifier, completed(hyperparameters), epochs):
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


@contextmanager
def recorded(workspace: Workspace, run: Run) -> Iterator[None]:
    """Whatever happens inside, the run ends in exactly one final state."""
    try:
        yield
    except KeyboardInterrupt:
        _end(workspace, run, State.INTERRUPTED, None)
        raise InterruptedWork(
            f"run {run.id} was interrupted; give the same command to start it again"
        ) from None
    except BaseException as error:
        told = str(error) if isinstance(error, ZooError) else traceback.format_exc()
        _end(workspace, run, State.FAILED, told)
        raise
    announce(workspace, workspace.registry.run(run.id))


def announce(workspace: Workspace, ended: Run) -> None:
    """Tell the watcher and the plugins that the run is over. A plugin that raises is told about, no more."""
    workspace.progress.run_ended(ended)
    for implementation in workspace.plugins.manager.hook.zoo_run_finished.get_hookimpls():
        try:
            implementation.function(**dict.fromkeys(implementation.argnames, ended))
        except Exception as error:  # a stranger's code may raise anything
            workspace.progress.notice(
                f"zoo_run_finished of plugin {implementation.plugin_name} failed: {type(error).__name__}: {error}"
            )


def _end(workspace: Workspace, run: Run, state: State, error: str | None) -> None:
    """Write down how the run ended. Where even that fails, as on a full disk, the first error is the one to tell."""
    try:
        ended = workspace.registry.end_run(run.id, state, error)
    except RegistryError as unwritten:
        workspace.progress.notice(f"run {run.id} stays '{run.state}' in the registry: {unwritten}")
    else:
        announce(workspace, ended)
