"""`zoo.train`, `zoo.finetune` and `zoo.evaluate`: each a command of the same name, as a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from zoo.errors import TrainingError, UnknownNameError
from zoo.face.arguments import (
    checked,
    dataset_reference,
    hyperparameter_values,
    model_reference,
    refuse_beside_resume,
)
from zoo.face.options import hidden_units, training_options, weights_name
from zoo.face.session import load_all_plugins, opened_registry, watched_workspace
from zoo.interfaces import SPLITS, Evaluation, HyperparameterValue, Model, Progress, RunKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from zoo.face.options import Arguments
    from zoo.registry import Registry

OR_RESUME = "or give resume= the id of an interrupted run"


@checked
def train(
    architecture: str | None = None,
    dataset: str | Path | None = None,
    *,
    resume: str | None = None,
    keep_best: bool = False,
    preset: str | None = None,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    weights: str | Path | None = None,
    freeze: str | int | None = None,
    epochs: int = 20,
    patience: int = 10,
    seed: int = 0,
    image_size: int | None = None,
    class_weights: Literal["balanced", "none"] = "none",
    oversample: bool = False,
    steps_per_epoch: int | None = None,
    fraction: float = 1.0,
    cache_features: Literal["auto", "on", "off"] = "auto",
    cache_dtype: Literal["float32", "float16"] = "float32",
    cache_copies: int | None = None,
    strict: bool = False,
    registry: Registry | str | Path | None = None,
    artifacts: str | Path | None = None,
    plugins_dir: str | Path | None = None,
    progress: bool | Progress = True,
) -> Model:
    """Train an architecture on a dataset and store the weights of its best epoch; `zoo train` as a function.

    Args:
        architecture: a name from `zoo architectures`.
        dataset: the name of a dataset, or a path; see `zoo datasets`.
        resume: the id of an interrupted run, which resumes after its last epoch and keeps its other options.
        keep_best: if stopped, return the model of the best epoch so far instead of leaving a run to resume.
        preset: hyperparameters of a published recipe; `hyperparameters` override it.
        hyperparameters: name -> value; others have their defaults.
        weights: pre-trained weights: a name such as "imagenet", a path or a URL.
        freeze: the layers that do not train: "all", "none", a number of layers, "50%", a layer, a stage, …
        epochs: the maximal number of epochs.
        patience: stop after this many epochs without a better validation metric.
        seed: of initial weights, shuffling and augmentation; the same seed gives the same result.
        image_size: pixels per side; None: a size that suits the architecture and the dataset.
        class_weights: "balanced": images of small classes count more in the training loss.
        oversample: draw images of small classes more often, so that an epoch shows all classes equally often.
        steps_per_epoch: batches in an epoch; None: as many as show each image once.
        fraction: share of each class's training images to train on, above 0 and at most 1.
        cache_features, cache_dtype, cache_copies: caching of the activations of frozen layers; see docs/finetuning.md.
        strict: refuse unreadable images instead of skipping them.
        registry: an open one, a path or a URL; None: ZOO_REGISTRY, or else `registry.db`, created if it does not exist.
        artifacts: the store of weights; None: ZOO_ARTIFACTS, or else `artifacts` beside the registry.
        plugins_dir: a folder of plugin files; None: ZOO_PLUGINS_DIR.
        progress: True: on the screen; False: nowhere; or a `zoo.interfaces.Progress` of your own.

    Returns:
        The record of the model: id, metrics, classes, size.

    Raises:
        ZooError: with one line that says what is wrong and what to do about it.
        InterruptedWork: Ctrl-C, or the notebook's stop button; the message names the run, for `resume`.
    """
    if resume is not None:
        return _resumed(train, RunKind.TRAIN, locals())
    if architecture is None or dataset is None:
        raise TrainingError(f"name the architecture and the dataset, {OR_RESUME}")
    options = training_options(locals())
    values = hyperparameter_values(hyperparameters, freeze=freeze)
    request: dict[str, Any] = {
        "preset": preset,
        "hyperparameters": values,
        "weights": weights_name(weights),
    }
    plugins = load_all_plugins(plugins_dir)
    plugins.architecture(architecture)
    with (
        opened_registry(registry, artifacts, create=True) as opened,
        watched_workspace(opened, plugins, progress, strict=strict) as workspace,
    ):
        from zoo import workflows

        images = workflows.check_training(
            workspace, architecture, dataset_reference(dataset), **request, image_size=image_size
        )
        return workflows.train(
            workspace, architecture, images, **request, options=options, keep_best=keep_best
        )


@checked
def finetune(
    model: str | Model | None = None,
    dataset: str | Path | None = None,
    *,
    resume: str | None = None,
    keep_best: bool = False,
    freeze: str | int | None = None,
    head: str | Sequence[int] | None = None,
    head_epochs: int | None = None,
    unfreeze_epochs: int | None = None,
    layer_decay: float | None = None,
    warmup_epochs: int | None = None,
    batchnorm: Literal["frozen", "train"] | None = None,
    channels: Literal[1, 3] | None = None,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    epochs: int = 10,
    patience: int = 10,
    seed: int = 0,
    image_size: int | None = None,
    class_weights: Literal["balanced", "none"] = "none",
    oversample: bool = False,
    steps_per_epoch: int | None = None,
    fraction: float = 1.0,
    cache_features: Literal["auto", "on", "off"] = "auto",
    cache_dtype: Literal["float32", "float16"] = "float32",
    cache_copies: int | None = None,
    strict: bool = False,
    registry: Registry | str | Path | None = None,
    artifacts: str | Path | None = None,
    plugins_dir: str | Path | None = None,
    progress: bool | Progress = True,
) -> Model:
    """Fine-tune a registered model on the same or another dataset; `zoo finetune` as a function.

    Args:
        model: a reference such as "digits@best", or a record.
        dataset: the name of a dataset, or a path.
        resume, keep_best: as in `zoo.train`.
        freeze: as in `zoo.train`; activations of frozen layers are cached where that saves time.
        head: "keep": classes that the head knows keep their weights; "new": a new head of the same form; numbers such
            as [256, 128]: a new head with hidden layers of so many units; None: "keep" if it knows any class.
        head_epochs: train only the head for so many epochs first.
        unfreeze_epochs: then unfreeze another stage every so many epochs, starting next to the head.
        layer_decay: the learning rate of each stage as a factor of that of the next one.
        warmup_epochs: epochs in which the learning rate rises from 0.
        batchnorm: "frozen": BatchNormalization in trainable layers keeps its statistics.
        channels: rebuild the network for grayscale (1) or RGB (3) images.
        hyperparameters: zoo's own, name -> value; others are as in the parent, or have their defaults.

    All other options are those of `zoo.train`.

    Returns:
        The record of the new model; its `parent_id` is the model from which it was fine-tuned.

    Raises:
        ZooError: with one line that says what is wrong and what to do about it.
        InterruptedWork: Ctrl-C, or the notebook's stop button; the message names the run, for `resume`.
    """
    if resume is not None:
        return _resumed(finetune, RunKind.FINETUNE, locals())
    if model is None or dataset is None:
        raise TrainingError(f"name the model and the dataset, {OR_RESUME}")
    options = training_options(locals())
    values = hyperparameter_values(
        hyperparameters,
        freeze=freeze,
        head_units=hidden_units(head),
        head_epochs=head_epochs,
        unfreeze_epochs=unfreeze_epochs,
        layer_decay=layer_decay,
        warmup_epochs=warmup_epochs,
        batchnorm=batchnorm,
    )
    reference = model_reference(model)
    plugins = load_all_plugins(plugins_dir)
    with (
        opened_registry(registry, artifacts) as opened,
        watched_workspace(opened, plugins, progress, strict=strict) as workspace,
    ):
        from zoo import workflows

        images = workflows.check_finetuning(
            workspace, reference, dataset_reference(dataset), hyperparameters=values, image_size=image_size
        )
        return workflows.finetune(
            workspace,
            reference,
            images,
            hyperparameters=values,
            head=head if head in (None, "keep", "new") else "new",
            channels=channels,
            options=options,
            keep_best=keep_best,
        )


def _resumed(function: Callable[..., Model], kind: RunKind, arguments: Arguments) -> Model:
    """Resume an interrupted run, and return its model."""
    refuse_beside_resume(function, arguments, "keep_best")
    plugins = load_all_plugins(arguments["plugins_dir"])
    with opened_registry(arguments["registry"], arguments["artifacts"]) as opened:
        from zoo import workflows

        run = workflows.check_resumable(opened, plugins, arguments["resume"], kind)
        with watched_workspace(
            opened, plugins, arguments["progress"], strict=arguments["strict"]
        ) as workspace:
            resume = workflows.resume_training if kind is RunKind.TRAIN else workflows.resume_finetuning
            return resume(workspace, run.id, keep_best=arguments["keep_best"])


@checked
def evaluate(
    model: str | Model,
    dataset: str | Path,
    *,
    split: Literal["train", "validation", "test"] = "test",
    strict: bool = False,
    registry: Registry | str | Path | None = None,
    artifacts: str | Path | None = None,
    plugins_dir: str | Path | None = None,
    progress: bool | Progress = True,
) -> Evaluation:
    """Evaluate a model on one split of a dataset and record the metrics; `zoo evaluate` as a function.

    Args:
        model: a reference such as "digits@best", or a record.
        dataset: the name of a dataset, or a path; its classes must be among the model's.

    All other options are those of `zoo.train`.

    Returns:
        Metrics, metrics of each class, true labels (images,) and probabilities (images, classes).

    Raises:
        ZooError: with one line that says what is wrong and what to do about it.
    """
    if split not in SPLITS:
        raise UnknownNameError("split", str(split), SPLITS)
    reference = model_reference(model)
    plugins = load_all_plugins(plugins_dir)
    with opened_registry(registry, artifacts) as opened:
        opened.model(reference)  # refused before TensorFlow is imported
        with watched_workspace(opened, plugins, progress, strict=strict) as workspace:
            from zoo import workflows

            _, _, evaluation = workflows.evaluate(
                workspace, reference, dataset_reference(dataset), split=split
            )
            return evaluation
