"""Checks of arguments that need no TensorFlow, so that mistakes are reported before its import.

The workflows call the same functions again, so no check can be bypassed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.errors import SearchError, UnknownNameError, nearest_names
from zoo.interfaces.freezing import find_frozen
from zoo.models.hyperparameters import OWN
from zoo.models.pretrained.finding import check_weights
from zoo.workflows.architectures import cached_architecture, hyperparameter_names, may_declare
from zoo.workflows.images import check_image_size, check_rebuilt_size
from zoo.workflows.options import preset_of
from zoo.workflows.search.extending import NOTHING, check_extension
from zoo.workflows.weights import weights_of_each
from zoo.workflows.workspace import start_tensorflow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Architecture, HyperparameterValue
    from zoo.plugins import Plugins
    from zoo.workflows.search.extending import Extension
    from zoo.workflows.workspace import Workspace


def check_training(
    workspace: Workspace,
    architecture_names: str,
    dataset: str,
    *,
    preset: str | None = None,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    weights: str | None = None,
    image_size: int | None = None,
) -> OpenedDataset:
    """Check the arguments of `zoo.workflows.train` or of a search, then import TensorFlow.

    Args:
        architecture_names: one name, or for a search several, separated by commas.

    Returns:
        The dataset, which the workflow takes in place of its name.

    Raises:
        ZooError: an architecture, preset, hyperparameter, weights file, image size or dataset is refused.
    """
    architectures = find_architectures(workspace.plugins, architecture_names)
    for architecture in architectures:
        check_image_size(architecture, image_size)
    values = dict(hyperparameters or {})
    names_of_weights = weights_of_each(architectures, weights)
    for architecture in architectures:
        check_weights(architecture, names_of_weights[architecture.name], workspace.progress)
    if len(architectures) == 1:
        values = {**preset_of(architectures[0], preset), **values}
    _check_hyperparameters(workspace.plugins, architectures, values)
    opened = workspace.open_dataset(dataset)
    start_tensorflow(workspace.progress)
    return opened


def check_finetuning(
    workspace: Workspace,
    model: str,
    dataset: str,
    *,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    freezes: Sequence[str] = (),
    image_size: int | None = None,
) -> OpenedDataset:
    """Check the arguments of a fine-tuning, then import TensorFlow.

    Args:
        freezes: values to compare, instead of the hyperparameter `freeze`.

    Returns:
        The dataset, which the workflow takes in place of its name.

    Raises:
        ZooError: the model, a hyperparameter, a value of `freeze`, the image size or the dataset is refused.
    """
    parent = workspace.registry.model(model)
    check_rebuilt_size(workspace, parent, image_size)
    values = dict(hyperparameters or {})
    for name, value in values.items():
        if name not in OWN:
            raise UnknownNameError("hyperparameter", name, OWN)
        OWN[name].check(value)
    specs = [str(values["freeze"])] if "freeze" in values else list(freezes)
    if specs:
        network = workspace.registry.freezable(parent.id)
        for spec in specs:
            find_frozen(network, spec)
    opened = workspace.open_dataset(dataset)
    start_tensorflow(workspace.progress)
    return opened


def check_resuming(workspace: Workspace, search: str, extension: Extension = NOTHING) -> None:
    """Refuse a search that does not exist or cannot be resumed, then import TensorFlow."""
    resumed = workspace.registry.search(search)
    check_extension(resumed, workspace.registry.runs(search=resumed.id), extension)
    start_tensorflow(workspace.progress)


def find_architectures(plugins: Plugins, names: str) -> list[Architecture]:
    """Return the architectures of these names, separated by commas.

    Raises:
        UnknownNameError: a name is unknown.
        SearchError: a name is repeated.
    """
    architectures = [plugins.architecture(name.strip()) for name in names.split(",")]
    if len({architecture.name for architecture in architectures}) < len(architectures):
        raise SearchError(f"'{names}' names an architecture twice: name it once")
    return architectures


def _check_hyperparameters(
    plugins: Plugins,
    architectures: Sequence[Architecture],
    hyperparameters: Mapping[str, HyperparameterValue],
) -> None:
    """Refuse values out of range for zoo's own hyperparameters, and names that no architecture can declare."""
    for name, value in hyperparameters.items():
        prefix, slash, plain = name.rpartition("/")
        matching = [each for each in architectures if not slash or each.name == prefix]
        if plain in OWN and matching:
            OWN[plain].check(value)
        elif not any(may_declare(each, plain, _provenance(plugins, each)) for each in matching):
            _refuse_name(plugins, architectures, name)


def _refuse_name(plugins: Plugins, architectures: Sequence[Architecture], name: str) -> None:
    """Refuse a hyperparameter, unless the names are only known with TensorFlow and no known one is similar."""
    cached = [cached_architecture(each, _provenance(plugins, each)) for each in architectures]
    available = {*OWN, *(name for built in cached if built for name in hyperparameter_names(built))}
    if None not in cached or nearest_names(name, available):
        raise UnknownNameError("hyperparameter", name, available)


def _provenance(plugins: Plugins, architecture: Architecture) -> str:
    return plugins.provider(architecture.name).provenance
