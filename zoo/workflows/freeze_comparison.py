"""Compares fine-tunings of one model with different layers frozen, and a training from scratch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zoo.errors import HyperparameterError, InterruptedWork, ZooError
from zoo.interfaces import TrainingOptions
from zoo.models.freezing import freeze
from zoo.models.hyperparameters import OWN
from zoo.workflows.finetuning import finetune
from zoo.workflows.loading import load_classifier
from zoo.workflows.parents import HEAD
from zoo.workflows.training import train

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import HyperparameterValue, Model
    from zoo.workflows.workspace import Workspace

SCRATCH = "from scratch"
_OF_PARENTS = ("freeze", "head_epochs", "unfreeze_epochs", "unfreeze_rate", "layer_decay")


@dataclass(frozen=True)
class FreezeResult:
    """The result of one training of the comparison.

    Args:
        way: the value of `--freeze`, or "from scratch".
        seconds: from the start of its run to its end.
    """

    way: str
    model: Model
    seconds: float


def compare_freezing(
    workspace: Workspace,
    model: str,
    dataset: str | OpenedDataset,
    freezes: Sequence[str],
    *,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    head: str | None = None,
    channels: int | None = None,
    options: TrainingOptions | None = None,
) -> tuple[FreezeResult, ...]:
    """Fine-tune the model once for each value of `freezes`, then train its architecture from scratch; see `finetune`.

    The training from scratch has the same options, the same image size and the parent's hyperparameters, except those
    that only apply to a trained network; where the architecture takes any number of channels, it uses the
    dataset's own. If it fails, for example without the architecture's plugin, a notice says so, and it is left out.

    Raises:
        FreezeError: a value names missing layers; nothing is trained.
        HyperparameterError: a value is repeated.
    """
    options, values = options or TrainingOptions(), dict(hyperparameters or {})
    if len(set(freezes)) < len(freezes):
        raise HyperparameterError(f"--freeze {','.join(freezes)} repeats a value: compare different ones")
    parent = workspace.registry.model(model)
    classifier = load_classifier(workspace, parent)
    for spec in freezes:
        freeze(classifier, spec)
    results = []
    for spec in freezes:
        workspace.progress.notice(f"fine-tuning with --freeze {spec}")
        child = finetune(
            workspace,
            parent.id,
            dataset,
            hyperparameters={**values, "freeze": spec},
            head=head,
            channels=channels,
            options=options,
        )
        results.append(_result(workspace, spec, child))
    before = dict(workspace.registry.run(parent.run_id).plan.hyperparameters)
    if not classifier.has_maps:
        before.pop("pooling", None)  # which had no effect
    scratch = _from_scratch(workspace, parent, dataset, before, values, results[0].model, options)
    return (*results, *([_result(workspace, SCRATCH, scratch)] if scratch else []))


def _from_scratch(
    workspace: Workspace,
    parent: Model,
    dataset: str | OpenedDataset,
    before: Mapping[str, HyperparameterValue],
    values: Mapping[str, HyperparameterValue],
    like: Model,
    options: TrainingOptions,
) -> Model | None:
    """Train the same architecture on the same images; None where that fails.

    Args:
        before: the hyperparameters of the parent.
        values: those that the user has set.
        like: a model on these images.
    """
    inherited = {name: value for name, value in before.items() if name not in OWN or name in HEAD}
    requested = {name: value for name, value in values.items() if name not in _OF_PARENTS}
    if len(like.class_names) != 2:
        inherited["output"] = "softmax"
    workspace.progress.notice(f"training {parent.architecture} from scratch")
    try:
        return train(
            workspace,
            parent.architecture,
            dataset,
            hyperparameters={**inherited, **requested},
            options=replace(options, image_size=like.image_size),
        )
    except InterruptedWork:
        raise
    except ZooError as error:
        workspace.progress.notice(f"not compared with a training from scratch: {error}")
        return None


def _result(workspace: Workspace, way: str, model: Model) -> FreezeResult:
    run = workspace.registry.run(model.run_id)
    assert run.finished_at is not None  # noqa: S101  it is completed
    return FreezeResult(way, model, (run.finished_at - run.started_at).total_seconds())
