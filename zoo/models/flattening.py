"""Lays a network of networks flat: the same computation, made of the innermost layers alone."""

from __future__ import annotations

import inspect
from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import keras

from zoo.errors import ContractError
from zoo.models.graph import calls_in, operations_before, tensors_before
from zoo.models.keras_errors import reason_of
from zoo.models.layer_names import automatic_name, free_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Rename = Callable[[str], str]
    Tensor = Any  # a keras.KerasTensor, which is untyped, or several in a list or a dict


@dataclass(frozen=True, eq=False)
class LaidFlat:
    """A model laid flat.

    Args:
        outputs: what the model returns.
        origins: the id of each tensor that a layer returned -> the tensor of the original model, and those that the
            models around the layer returned. None in place of a tensor that had never been computed.
    """

    outputs: Tensor
    origins: Mapping[int, tuple[Tensor | None, ...]]


def lay_flat(
    model: keras.Model,
    inputs: Tensor,
    *,
    rename: Rename | None = None,
    leave_out: Callable[[keras.Operation], bool] = lambda _: False,
) -> LaidFlat:
    """Do the work of `flatten`.

    Args:
        leave_out: whether to leave out a layer; asked once for each call, in the order of the calls.
    """
    if not is_open(model):
        raise ContractError(_not_flat(model))
    laying = _Laying(model.name, _name_layers(model, inputs, rename), leave_out, _calls_before(inputs))
    return LaidFlat(laying.lay(model, inputs), laying.origins)


def is_open(operation: object) -> bool:
    """Whether it is a model whose layers are known: a functional or Sequential one that does not override `call`."""
    if not isinstance(operation, keras.Sequential) and not (
        isinstance(operation, keras.Model) and isinstance(operation, keras.Function)
    ):
        return False
    return str(type(operation).call.__module__).startswith("keras.src.models.")


def _not_flat(model: object) -> str:
    if isinstance(model, keras.layers.Layer):
        kind = type(model).__name__
        return (
            f"'{model.name}' ({kind}) cannot be laid flat: only its own `call` knows its layers; use it as one layer, "
            f"`model(inputs)`, and return {kind} from Architecture.custom_layers"
        )
    return f"zoo.flatten takes a functional or Sequential keras.Model, got {model!r}"


@dataclass(frozen=True, eq=False)
class _Laying:
    """The work of laying one model flat.

    Args:
        whose: the name of the model.
        names: those of all layers, and of those before the inputs.
        calls: id of a layer -> how many of its calls come before the next one.
    """

    whose: str
    names: set[str]
    leave_out: Callable[[keras.Operation], bool]
    calls: Counter[int]
    origins: dict[int, tuple[Tensor | None, ...]] = field(default_factory=dict)

    def lay(
        self,
        model: keras.Model,
        inputs: Tensor,
        training: bool | None = None,
        around: tuple[Tensor | None, ...] = (),
    ) -> Tensor:
        """Call the layers of the model, and of those inside it; return what the model would.

        Args:
            training: what the model was called with, which Keras passes on to its layers.
            around: tensors that this call and the calls of models around it returned.
        """
        if not isinstance(model, keras.Sequential):
            return self._lay_graph(model, inputs, training, around)
        outputs = self._adapted(model, inputs)[0] if hasattr(model, "inputs") else inputs
        previous = model.inputs[0]._keras_history.operation if hasattr(model, "inputs") else None
        for layer in model.layers:
            originals = (self._first_after(previous, layer), *around)
            outputs = self._call(layer, ((outputs,), {}), training, [originals])
            previous = layer
        return outputs

    def _lay_graph(
        self, model: keras.Model, inputs: Tensor, training: bool | None, around: tuple[Tensor | None, ...]
    ) -> Tensor:
        new = dict(zip(map(id, model.inputs), self._adapted(model, inputs), strict=True))
        for call in calls_in(model):
            if not call.is_input:
                originals = [(tensor, *around) for tensor in call.output_tensors]
                outputs = self._call(call.operation, call.arguments.fill_in(new), training, originals)
                new.update(zip(map(id, call.output_tensors), keras.tree.flatten(outputs), strict=True))
        return keras.tree.map_structure(lambda tensor: new[id(tensor)], model.output)

    def _call(
        self,
        operation: keras.Operation,
        arguments: tuple[tuple[Any, ...], dict[str, Any]],
        training: bool | None,
        originals: Sequence[tuple[Tensor | None, ...]],
    ) -> Tensor:
        """Call one layer, or those inside it.

        Args:
            originals: for each tensor that it returns its origins.
        """
        positional, keywords = arguments
        if training is not None and "training" in inspect.signature(operation.call).parameters:
            keywords = {**keywords, "training": training}
        if is_open(operation):
            return self._open(operation, originals[0], *positional, **keywords)
        if self.leave_out(operation):
            return positional[0]
        try:
            outputs = operation(*positional, **keywords)
        except (ContractError, KeyboardInterrupt):
            raise
        except BaseException as error:  # a third-party layer may raise anything
            raise self._refused(operation, (positional, keywords), error) from error
        self.calls[id(operation)] += 1
        _move_last_call(operation, self.calls[id(operation)] - 1)
        for tensor, origins in zip_longest(keras.tree.flatten(outputs), originals, fillvalue=(None,)):
            self.origins[id(tensor)] = origins
        return outputs

    def _open(
        self,
        model: keras.Model,
        around: tuple[Tensor | None, ...],
        inputs: Tensor,
        training: bool | None = None,
        mask: Any = None,
    ) -> Tensor:
        if any(part is not None for part in keras.tree.flatten(mask)):
            raise ContractError(
                f"'{self.whose}' cannot be laid flat: '{model.name}', a model inside it, is called with mask=, which "
                "its layers would not get; pass the mask to the layers that need it"
            )
        return self.lay(model, inputs, training, around)

    def _first_after(self, previous: keras.Operation | None, layer: keras.layers.Layer) -> Tensor | None:
        """Return what a layer returned when Keras first called it after the previous one of a Sequential model.

        While layers are added to the model, Keras calls all of them again for each one.
        """
        for call in layer._inbound_nodes[self.calls[id(layer)] :]:
            if [node.operation for node in call.parent_nodes] == [previous]:
                return call.output_tensors[0]
        return None

    def _adapted(self, model: keras.Model, inputs: Tensor) -> list[Tensor]:
        """Return a tensor for each input of the model, cast to its type, as Keras does in a call."""
        if isinstance(inputs, dict) and not isinstance(model.input, dict):
            inputs = [inputs.get(tensor.name) for tensor in model.inputs]
        tensors = keras.tree.flatten(inputs)
        if len(tensors) != len(model.inputs):
            raise ContractError(
                f"'{model.name}' cannot be laid flat on {len(tensors)} inputs: it takes {len(model.inputs)}, "
                f"{', '.join(tensor.name for tensor in model.inputs)}"
            )
        return list(map(self._cast, tensors, model.inputs))

    def _cast(self, tensor: Tensor, original: Tensor) -> Tensor:
        """Return a tensor with the type of an input of the original model; None for an optional input."""
        if tensor is None or tensor.dtype == original.dtype:
            return tensor
        cast = keras.ops.cast(tensor, original.dtype)
        # Keras has no public name for the operation that a tensor comes from.
        operation = cast._keras_history.operation
        operation.name = free_name("inputs_cast", self.names)
        self.names.add(operation.name)
        return cast

    def _refused(self, layer: keras.Operation, arguments: Any, error: BaseException) -> ContractError:
        """Return the error that names the layer which does not accept these inputs."""
        shapes = [
            "×".join(map(str, tensor.shape[1:]))
            for tensor in keras.tree.flatten(arguments)
            if isinstance(tensor, keras.KerasTensor)
        ]
        return ContractError(
            f"'{self.whose}' cannot be laid flat on these inputs: layer '{layer.name}' ({type(layer).__name__}) gets "
            f"{' and '.join(shapes) or 'no tensor'} and says: {reason_of(error)}; build the model for images of the "
            "shape of `inputs`"
        )


def _name_layers(model: keras.Model, inputs: Tensor, rename: Rename | None) -> set[str]:
    """Give each layer its name in the flat network; return these names and those of the layers before the inputs."""
    named: set[int] = set()
    layers = list(_layers_in(model, ()))
    own = {id(layer) for layer, _ in layers}
    taken = {operation.name for operation in operations_before(inputs) if id(operation) not in own}
    for layer, path in layers:
        if id(layer) in named:
            continue
        name = _name_of(path) if rename is None else rename("/".join(path))
        if rename is None:
            name = free_name(name, taken)
        elif not isinstance(name, str) or not name or "/" in name or name in taken:
            raise ContractError(
                f"'{model.name}' cannot be laid flat: `rename` returns {name!r} for the layer {'/'.join(path)}, "
                f"{'the name of another layer' if name in taken else 'which is no name of a layer'}; return another"
            )
        _set_name(layer, name)
        named.add(id(layer))
        taken.add(name)
    return taken


def _layers_in(
    model: keras.Model, around: tuple[str, ...]
) -> Iterator[tuple[keras.Operation, tuple[str, ...]]]:
    """Yield each layer with its path, in the order of the calls; one that is called twice may come twice."""
    if isinstance(model, keras.Sequential):
        operations = list(model.layers)
    else:
        operations = [call.operation for call in calls_in(model) if not call.is_input]
    counts: Counter[str] = Counter()
    names: dict[int, str] = {}
    for operation in operations:
        if id(operation) not in names:
            names[id(operation)] = _own_name(operation, counts)
        path = (*around, names[id(operation)])
        if is_open(operation):
            yield from _layers_in(operation, path)
        else:
            yield operation, path


def _own_name(operation: keras.Operation, counts: Counter[str]) -> str:
    """Return its name; one that Keras has made up with a number that does not depend on other networks."""
    base = automatic_name(operation)
    if base is None:
        return str(operation.name)
    number = counts[base] + is_open(operation)
    counts[base] += 1
    return f"{base}_{number}" if number else base


def _name_of(path: tuple[str, ...]) -> str:
    """Join a path to a name: `("stage1", "stage1_block2", "conv")` -> `stage1_block2_conv`."""
    *around, name = path
    for block in reversed(around):
        if not name.startswith(f"{block}_"):
            name = f"{block}_{name}"
    return name


def _set_name(layer: keras.Operation, name: str) -> None:
    layer.name = name
    # Keras 3.10 stores the arguments of a layer without `get_config`, the former name among them.
    arguments = getattr(layer, "_auto_config", None)
    if arguments is not None and "name" in arguments.config:
        arguments.config["name"] = name


def _calls_before(inputs: Tensor) -> Counter[int]:
    """Return id of a layer -> the number of its calls up to the last one that the inputs come from.

    A model that is laid flat once more, on its own outputs, calls its layers after that: Keras builds a stored network
    in the order of the calls of each layer.
    """
    histories = [tensor._keras_history for tensor in tensors_before(inputs)]
    calls: Counter[int] = Counter()
    for history in histories:
        calls[id(history.operation)] = max(calls[id(history.operation)], history.node_index + 1)
    return calls


def _move_last_call(layer: keras.Operation, place: int) -> None:
    """Put the last call of a layer before earlier ones, so that `layer.output` is that in the flat network."""
    calls = layer._inbound_nodes
    calls.insert(place, calls.pop())
    for number, call in enumerate(calls):
        for tensor in call.output_tensors:
            tensor._keras_history = tensor._keras_history._replace(node_index=number)
