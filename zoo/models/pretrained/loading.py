"""Loads a file of pre-trained weights into a network: `zoo.load_weights`. Keras is imported when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.errors import ContractError, WeightsError
from zoo.models.pretrained.layouts import LAYOUTS, fits, in_layout_of_keras
from zoo.models.pretrained.reading import errors_about, open_weights
from zoo.models.pretrained.report import Match, WeightsReport, report
from zoo.models.pretrained.tensors import of_arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import keras
    import numpy as np

    from zoo.models.pretrained.matching import Matching
    from zoo.models.pretrained.targets import Target
    from zoo.models.pretrained.tensors import StoredWeights


def load_weights(
    model: keras.Model | keras.KerasTensor,
    path: str | Path | Mapping[str, np.ndarray],
    rename: Callable[[str, tuple[int, ...]], str | None] | None = None,
    *,
    layout: str = "keras",
    strict: bool = True,
) -> WeightsReport:
    """Load a file of pre-trained weights into a network, such as that of a backbone.

    Without `rename`, tensors are matched with variables by name; in files of Keras, layers that Keras numbered are
    matched by their place instead, as Keras does. Tensors of which the network has no variable, such as those of its
    top, stay unused. No code in a file is run.

    Args:
        model: a network, or the features of one, from which all its layers are found.
        path: of a .npz, .safetensors, .h5, .weights.h5 or .keras file, or of a folder with one, such as a KerasHub
            preset; or arrays by name.
        rename: takes the name and shape of a tensor of the file, and returns the name of its variable, or None to
            leave it out. Variables are named by layer and attribute: `conv1/kernel`, `bn1/moving_mean`,
            `encoder/mlp/0/bias`.
        layout: "torch" if kernels are in PyTorch's layout: they are transposed, and the last part of a name may be
            PyTorch's: `conv1/weight`, `bn1/running_mean`.
        strict: raise an error if a variable gets no tensor of its shape; otherwise it keeps its values.

    Returns:
        A table of what matched, what did not, and shapes that differ. While zoo builds a network, it shows the table.

    Raises:
        WeightsError: the file cannot be read, or does not fit the network.
        ContractError: an argument has the wrong type, or `rename` returns no name of a variable.
    """
    from zoo.models.normalization import finalize
    from zoo.models.pretrained.matching import match, match_renamed
    from zoo.models.pretrained.targets import targets_of

    network = _network_of(model)
    if layout not in LAYOUTS:
        raise ContractError(f"layout must be {' or '.join(map(repr, LAYOUTS))}, got {layout!r}")
    targets = targets_of(network)
    if not targets:
        raise ContractError(f"load_weights: the model '{network.name}' has no weights")
    with _opened(path) as stored:
        if rename is None:
            matching = match(network, targets, stored, layout)
        else:
            matching = match_renamed(targets, stored, rename, layout)
        loaded = _report_of(stored, targets, matching, layout)
        report(loaded)
        if not loaded.matched or (strict and (loaded.misfits or loaded.missing)):
            raise WeightsError(_refusal(targets, matching, loaded, layout))
        with errors_about(stored.location):
            arrays = {
                item.variable: in_layout_of_keras(
                    matching.pairs[item.variable].values(), targets[item.variable], layout
                )
                for item in loaded.matched
            }
    for name, array in arrays.items():
        targets[name].variable.assign(array)
    finalize(network)
    return loaded


def _network_of(model: keras.Model | keras.KerasTensor) -> keras.Model:
    import keras

    if isinstance(model, keras.Model):
        if not model.built:
            raise ContractError(f"load_weights: the model '{model.name}' has no variables yet: call it first")
        return model
    if isinstance(model, keras.KerasTensor):
        from zoo.models.graph import inputs_before

        return keras.Model(inputs_before(model), model)
    raise ContractError(f"load_weights takes a keras.Model or the features of a network, got {model!r}")


@contextmanager
def _opened(path: str | Path | Mapping[str, np.ndarray]) -> Iterator[StoredWeights]:
    if isinstance(path, (str, Path)):
        with open_weights(path) as stored:
            yield stored
    elif isinstance(path, Mapping):
        yield of_arrays(path)
    else:
        raise ContractError(
            f"load_weights needs a path or arrays by name, got {path!r}: call it only where `weights` is not None"
        )


def _report_of(
    stored: StoredWeights, targets: Mapping[str, Target], matching: Matching, layout: str
) -> WeightsReport:
    matched, misfits = [], []
    for name, target in targets.items():
        tensor = matching.pairs.get(name)
        if tensor is None:
            continue
        transposed = tensor.shape != target.shape or (layout == "torch" and name.endswith("kernel"))
        if fits(tensor.shape, target, layout):
            matched.append(Match(tensor.name, tensor.shape, name, target.shape, transposed))
        else:
            misfits.append(Match(tensor.name, tensor.shape, name, target.shape))
    used = {tensor.name for tensor in matching.pairs.values()} | matching.left_out
    return WeightsReport(
        stored.location,
        matching.rule,
        tuple(matched),
        tuple(misfits),
        tuple((name, target.shape) for name, target in targets.items() if name not in matching.pairs),
        tuple((tensor.name, tensor.shape) for tensor in stored.tensors if tensor.name not in used),
        tuple((tensor.name, tensor.shape) for tensor in stored.tensors if tensor.name in matching.left_out),
    )


def _refusal(
    targets: Mapping[str, Target],
    matching: Matching,
    loaded: WeightsReport,
    layout: str,
) -> str:
    """Return in one line why the weights do not fit, with an example, and what to do."""
    count = len(loaded.misfits) + len(loaded.missing)
    parts = [
        f"weights {loaded.location} do not fit the network: {count} of {loaded.variables} variables get nothing"
    ]
    if loaded.misfits:
        misfit = loaded.misfits[0]
        parts.append(
            f"tensor '{misfit.tensor}' is {misfit.shape} and the variable {misfit.variable} {misfit.expected}"
        )
    else:
        name, shape = loaded.missing[0]
        unused = f", but has '{loaded.unused[0][0]}' {loaded.unused[0][1]}" if loaded.unused else ""
        parts.append(f"the file has no tensor for {name} {shape}{unused}")
    parts.append(_advice(targets, matching, loaded, layout))
    return "; ".join(parts)


def _advice(
    targets: Mapping[str, Target],
    matching: Matching,
    loaded: WeightsReport,
    layout: str,
) -> str:
    in_torch = [item for item in loaded.misfits if fits(item.shape, targets[item.variable], "torch")]
    if layout == "keras" and in_torch:
        return "its kernels are in PyTorch's layout: load them with zoo.load_weights(…, layout='torch')"
    if matching.rule == "by rename":
        return "check the names that rename returns"
    if any(name.endswith((".weight", ".running_mean")) for name, _ in loaded.unused):
        return "its names are PyTorch's: map them with zoo.load_weights(…, rename, layout='torch')"
    if not (loaded.matched or loaded.misfits):
        return "give a file of this network, or map its names with zoo.load_weights(…, rename)"
    return "give a file that was saved from the same network, with the same hyperparameters"
