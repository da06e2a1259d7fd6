"""Finds the variable of a network for each tensor of a weights file."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

from keras.src.saving import saving_lib  # Keras has no public name for the places of variables in its files

from zoo.errors import ContractError, in_one_line, nearest_names, text_of
from zoo.models.layer_names import automatic_name
from zoo.models.pretrained.layouts import OF_TORCH, fits
from zoo.models.pretrained.tensors import Kind
from zoo.plugin_code.places import file_of, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import keras

    from zoo.models.pretrained.targets import Target
    from zoo.models.pretrained.tensors import StoredTensor, StoredWeights

    Rename = Callable[[str, tuple[int, ...]], str | None]


@dataclass(frozen=True)
class Matching:
    """Pairs of a variable and a tensor.

    Args:
        rule: how they were found, for messages.
        pairs: name of a variable -> its tensor, whatever its shape.
        left_out: names of tensors that are left out on purpose.
    """

    rule: str
    pairs: Mapping[str, StoredTensor]
    left_out: frozenset[str] = frozenset()


def match(
    network: keras.Model,
    targets: Mapping[str, Target],
    stored: StoredWeights,
    layout: str,
) -> Matching:
    """Return the best matching that the kind of file allows.

    Layers that were named in both are matched by name, others as Keras does: by their number among the layers of
    a class in files of Keras 3, and by the order of all layers in older ones.
    """
    places = _places(network, targets) if stored.kind is Kind.KERAS_3 else []
    by_name = _by_name(targets, stored, places, layout)
    if stored.kind is Kind.NAMED:
        return by_name
    if stored.kind is Kind.KERAS_3:
        by_place = _by_place(targets, stored, places)
    else:
        by_place = _in_order(network, targets, stored)
    candidates = (_names_first(by_name, by_place, targets, layout), by_place, by_name)
    return max(filter(None, candidates), key=lambda matching: _count(matching, targets, layout))


def _names_first(
    by_name: Matching, by_place: Matching, targets: Mapping[str, Target], layout: str
) -> Matching | None:
    """Return the layers with own names by name, and those that Keras named by place; None if a name is missing."""
    own = {name for name, target in targets.items() if automatic_name(target.layer) is None}
    pairs = {
        name: tensor
        for name, tensor in by_name.pairs.items()
        if name in own and fits(tensor.shape, targets[name], layout)
    }
    if not pairs or len(pairs) < len(own):
        return None
    used = {id(tensor) for tensor in pairs.values()}
    rest = {name: tensor for name, tensor in by_place.pairs.items() if name not in own}
    return Matching(
        "by name", pairs | {name: tensor for name, tensor in rest.items() if id(tensor) not in used}
    )


def match_renamed(
    targets: Mapping[str, Target], stored: StoredWeights, rename: Rename, layout: str
) -> Matching:
    """Return the matching that a plugin's function describes.

    Raises:
        ContractError: the function returns no name of a variable, or the same one twice.
    """
    pairs: dict[str, StoredTensor] = {}
    left_out = set()
    names = {name: name for name in targets}
    for tensor in stored.tensors:
        name = _renamed(rename, tensor)
        if name is None:
            left_out.add(tensor.name)
            continue
        target = _find(names, name, layout)
        if target is None:
            nearest = " or ".join(f"'{near}'" for near in nearest_names(name, targets))
            advice = f": did you mean {nearest}?" if nearest else "; return None to leave a tensor out"
            raise ContractError(
                f"rename maps tensor '{tensor.name}' of {stored.location} to '{name}', and the network has no such "
                f"variable{advice}"
            )
        if target in pairs:
            raise ContractError(
                f"rename maps two tensors of {stored.location}, '{pairs[target].name}' and '{tensor.name}', to "
                f"'{name}': return None for the one to leave out"
            )
        pairs[target] = tensor
    return Matching("by rename", pairs, frozenset(left_out))


def _renamed(rename: Rename, tensor: StoredTensor) -> str | None:
    try:
        name = rename(tensor.name, tensor.shape)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # third-party code may raise anything
        reason = f"{type(error).__name__}: {in_one_line(text_of(error))}{place_of(error, file_of(rename))}"
        raise ContractError(f"rename fails for tensor '{tensor.name}' {tensor.shape}: {reason}") from error
    if not (name is None or isinstance(name, str)):
        raise ContractError(
            f"rename must return the name of a variable or None, and returns {name!r} for tensor '{tensor.name}'"
        )
    return name


def _count(matching: Matching, targets: Mapping[str, Target], layout: str) -> int:
    """Return the number of variables with a tensor of their shape."""
    return sum(fits(tensor.shape, targets[name], layout) for name, tensor in matching.pairs.items())


# By name --------------------------------------------------------------------------------------------------


def _by_name(
    targets: Mapping[str, Target], stored: StoredWeights, places: Sequence[Place], layout: str
) -> Matching:
    """Match tensors whose name, in one of its spellings, is that of a variable; the first spelling wins."""
    paths = Counter(target.variable.path for target in targets.values())
    index = {
        str(target.variable.path): name
        for name, target in targets.items()
        if paths[target.variable.path] == 1
    }
    if stored.kind is Kind.KERAS_3:
        index |= {place.named: place.variable for place in places}
    index |= {name: name for name in targets}
    pairs: dict[str, StoredTensor] = {}
    rest = list(stored.tensors)
    for spelling in _SPELLINGS[stored.kind]:
        matches: dict[str, list[StoredTensor]] = {}
        for tensor in rest:
            name = _find(index, spelling(tensor), layout)
            if name is not None and name not in pairs:
                matches.setdefault(name, []).append(tensor)
        pairs |= {name: tensors[0] for name, tensors in matches.items() if len(tensors) == 1}
        used = {id(tensor) for tensor in pairs.values()}
        rest = [tensor for tensor in rest if id(tensor) not in used]
    return Matching("by name", pairs)


def _plain(tensor: StoredTensor) -> str:
    return tensor.name.removesuffix(":0")


def _dotted(tensor: StoredTensor) -> str:
    """`block.conv.kernel` as `block/conv/kernel`."""
    return _plain(tensor).replace(".", "/")


def _dotted_layer(tensor: StoredTensor) -> str:
    """`layer1.0.conv1.kernel` as `layer1.0.conv1/kernel`."""
    return "/".join(_plain(tensor).rsplit(".", 1))


def _without_model(tensor: StoredTensor) -> str:
    """`vgg16/conv1/kernel` as `conv1/kernel`."""
    return tensor.name.partition("/")[2]


def _named_place(tensor: StoredTensor) -> str:
    """`layers/conv2d_3/vars/0` as `layers/conv1/vars/0`."""
    parts = tensor.name.split("/")
    return "/".join((parts[0], tensor.layer, *parts[2:]))


_SPELLINGS: Mapping[Kind, tuple[Callable[[StoredTensor], str], ...]] = {
    Kind.KERAS_3: (_named_place,),
    Kind.KERAS_2: (_plain, _without_model),
    Kind.NAMED: (_plain, _dotted_layer, _dotted),
    Kind.NUMBERED: (),
}


def _find(index: Mapping[str, str], name: str, layout: str) -> str | None:
    """Return the variable of this name; in PyTorch's layout also if the name ends as PyTorch's."""
    if name in index:
        return index[name]
    layer, _, part = name.rpartition("/")
    endings = OF_TORCH.get(part, ()) if layout == "torch" else ()
    return next((index[f"{layer}/{end}"] for end in endings if f"{layer}/{end}" in index), None)


# By place -------------------------------------------------------------------------------------------------


def _by_place(targets: Mapping[str, Target], stored: StoredWeights, places: Sequence[Place]) -> Matching:
    """Match by the places in a file of Keras 3: of the network, or of one that contains it."""
    tensors = {tensor.name: tensor for tensor in stored.tensors}
    outer = {""} | {name[: at + 1] for name in tensors for at in _nested(name)}
    candidates = [
        {place.variable: tensors[prefix + place.path] for place in places if prefix + place.path in tensors}
        for prefix in sorted(outer, key=len)
    ]
    return Matching("by place", max(candidates, key=lambda pairs: _count_exact(pairs, targets)))


def _nested(name: str) -> list[int]:
    """Return the positions of `/layers/` in a name, before which a network's name ends."""
    return [match.start() for match in re.finditer("/(?=layers/)", name)]


def _count_exact(pairs: Mapping[str, StoredTensor], targets: Mapping[str, Target]) -> int:
    return sum(tensor.shape == targets[name].shape for name, tensor in pairs.items())


@dataclass(frozen=True)
class Place:
    """The place of a variable in a file of Keras 3.

    Args:
        path: such as `layers/conv2d_3/vars/0`.
        named: the same with the name of the network's layer, such as `layers/conv1/vars/0`.
    """

    variable: str
    path: str
    named: str


def _places(network: keras.Model, targets: Mapping[str, Target]) -> list[Place]:
    """Return the places of the variables in a file that Keras would write."""
    recorder = _Recorder()
    saving_lib._save_state(network, recorder, None, "", set())
    names = {id(target.variable): name for name, target in targets.items()}
    return [Place(names[key], path, named) for key, path, named in recorder.places if key in names]


class _Recorder(saving_lib.H5IOStore):  # type: ignore[misc]  # Keras accepts no other class
    """Takes the variables that Keras would write into a file, with their places in it."""

    def __init__(self) -> None:
        self.places: list[tuple[int, str, str]] = []
        self._names: dict[str, str] = {}
        self._path = ""

    def __bool__(self) -> bool:
        return True

    def make(self, path: str, metadata: Mapping[str, str] | None = None) -> _Recorder:
        """The group of a layer; Keras then sets its variables as items."""
        self._path = path
        self._names[path] = (metadata or {}).get("name", "")
        return self

    def __setitem__(self, key: str, value: Any) -> None:  # a variable, or another value of a custom layer
        path = "/".join(filter(None, (self._path, "vars", key)))
        parts = path.split("/")
        named = "/".join((parts[0], self._names.get("/".join(parts[:2]), ""), *parts[2:]))
        self.places.append((id(value), path, named))


# In order -------------------------------------------------------------------------------------------------


def _in_order(network: keras.Model, targets: Mapping[str, Target], stored: StoredWeights) -> Matching:
    """Match the tensors of a file with the network's weights in their order."""
    names = {id(target.variable): name for name, target in targets.items()}
    candidates = (
        {names[id(weight)]: tensor for weight, tensor in pairs if id(weight) in names}
        for pairs in _orders(network, stored)
    )
    return Matching("in order", max(candidates, key=lambda pairs: _count_exact(pairs, targets)))


def _orders(
    network: keras.Model, stored: StoredWeights
) -> Iterator[Iterable[tuple[keras.Variable, StoredTensor]]]:
    """Yield pairs of weight and tensor in each order that they may have in the file.

    In files of Keras 1 and 2 the weights of a layer that can train come first; a network inside another is a layer.
    """
    if stored.kind is Kind.NUMBERED:
        yield zip(network.weights, stored.tensors, strict=False)
        return
    layers = [layer for layer in network.layers if layer.weights]
    groups = [list(group) for _, group in groupby(stored.tensors, key=lambda tensor: tensor.layer)]
    yield chain.from_iterable(
        zip(_trainable_first(layer), group, strict=False)
        for layer, group in zip(layers, groups, strict=False)
    )
    whole = _trainable_first(network)
    yield from (zip(whole, group, strict=True) for group in groups if len(group) == len(whole))


def _trainable_first(layer: keras.layers.Layer) -> list[keras.Variable]:
    return [*layer.trainable_weights, *layer.non_trainable_weights]
