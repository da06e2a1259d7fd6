"""The checks of an architecture. It imports Keras, so `zoo.testing` imports it only to run a check."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from zoo.errors import ContractError, ZooError
from zoo.export import apply_saved_model
from zoo.models.content import from_content, to_content
from zoo.models.freezing import freeze
from zoo.models.heads import new_head
from zoo.models.hyperparameters import backbone_values
from zoo.models.space import check, choose
from zoo.testing.contract import naming, some
from zoo.testing.imports import check_imports
from zoo.testing.networks import CLASSES, Networks, restore, restoring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import keras
    import tensorflow as tf

    from zoo.interfaces import Architecture, Hyperparameters
    from zoo.models.classifier import Classifier

FIVE_CLASSES = ("a", "b", "c", "d", "e")
LARGER = 13  # more pixels a side, at least; odd, so that sizes are not powers of two
SHARES = (0.1, 0.01, 0.001)  # of the loss, by which a step would lower it if the loss were linear
TINY = 1e-30  # in place of a slope of 0
STEP = 0.01
CLOSE = 1e-4  # largest difference of two probabilities
ROUNDING = 1e-6  # relative

_last: Networks | None = None


def networks_of(architecture: Architecture, hyperparameters: Hyperparameters) -> Networks:
    """Return the networks of an architecture, the same ones in calls for the same one, so that checks share them."""
    global _last  # noqa: PLW0603  only one, since networks are large
    if _last is None or _last.architecture is not architecture or _last.fixed != hyperparameters:
        _last = None  # frees the memory before new networks are built
        _last = Networks(architecture, hyperparameters)
    return _last


def _imports_without_tensorflow(networks: Networks) -> None:
    check_imports(networks.architecture.backbone, "zoo_architectures", networks.architecture.name)


def _builds(networks: Networks) -> None:
    architecture, hp = networks.architecture, choose(networks.space, {})
    larger = architecture.image_sizes.at_least(
        architecture.min_size + LARGER
    )  # the same where there is only one
    shapes = [(size, networks.channels) for size in dict.fromkeys((architecture.min_size, larger))]
    if architecture.channels is None:
        shapes.append((architecture.min_size, 1))
    for size, channels in shapes:
        classifier = networks.build(hp, size, channels)
        for names in (CLASSES, FIVE_CLASSES):
            output = new_head(classifier, hp, names).network.output_shape
            if output != (None, len(names)):
                raise ContractError(
                    f"for {len(names)} classes and images of {size}×{size}×{channels} the network returns "
                    f"{output}, not (None, {len(names)}): keep the batch as the first axis of the features"
                )


def _defaults(networks: Networks) -> None:
    defaults = choose(networks.explored, check(networks.explored, networks.fixed)).values
    try:
        checked = check(networks.explored, defaults)
    except ZooError as error:
        raise ContractError(f"a default is out of range: {error}: widen the range") from error
    changed = {name: value for name, value in checked.items() if value != defaults[name]}
    if changed:
        raise ContractError(f"a default is not of the right type: write {naming(changed)}")


def _presets(networks: Networks) -> None:
    for name in networks.architecture.presets:
        hp = networks.preset(name)
        try:
            networks.build(hp)
        except ContractError as error:
            raise ContractError(f"preset '{name}': {error}") from error.__cause__


def _draws(networks: Networks) -> None:
    built: dict[tuple[object, ...], Classifier] = {}
    for hp in networks.drawn():
        own = backbone_values(hp)
        if own in built:
            networks.build_head(built[own], hp)
        else:
            # Further heads need only the shape of the features, which this one keeps.
            built[own] = networks.build_head(networks.build(hp), hp)


def _trains(networks: Networks) -> None:
    import tensorflow as tf

    classifier = networks.classifier
    network, weights = classifier.network, _backbone_weights(classifier)
    with restoring(network) as before:
        with tf.GradientTape() as tape:
            loss = _loss(networks, network)
        gradients = tape.gradient(loss, [weight.value for weight in weights])
        _refuse_untracked(tape.watched_variables(), network)
        _refuse_idle_weights(weights, gradients)
        slope = float(tf.linalg.global_norm(gradients)) ** 2
        for share in SHARES:
            restore(before)  # including the seeds, so that dropout drops the same units
            rate = share * float(loss) / max(slope, TINY)
            for weight, gradient in zip(weights, gradients, strict=True):
                weight.assign_sub(tf.cast(rate * tf.convert_to_tensor(gradient), weight.dtype))
            after = _loss(networks, network)
            if after < loss:
                return
    raise ContractError(
        f"a step against the gradient leaves the loss at {float(after):.4g}, before it was {float(loss):.4g}: "
        "check for a layer with a wrong custom gradient, or for overflow"
    )


def _loss(networks: Networks, network: keras.Model) -> tf.Tensor:
    import keras

    return keras.losses.CategoricalCrossentropy()(networks.labels, network(networks.pixels, training=True))


def _refuse_untracked(variables: Iterable[tf.Variable], network: keras.Model) -> None:
    """Refuse variables that would train but are not tracked by Keras, because a layer reads them from outside."""
    tracked = {id(variable.value) for variable in network.variables}
    untracked = [variable.name for variable in variables if id(variable) not in tracked]
    if untracked:
        raise ContractError(
            f"its layers read variables that belong to no layer and never train ({some(untracked)}): "
            "create them with add_weight in the keras.layers.Layer that reads them"
        )


def _backbone_weights(classifier: Classifier) -> list[keras.Variable]:
    """Return the backbone's weights that train. zoo's head alone would lower the loss whatever the backbone does."""
    layers = [layer for layer in classifier.network.layers if layer.name not in classifier.head]
    return [weight for layer in layers for weight in layer.trainable_variables]


def _refuse_idle_weights(weights: list[keras.Variable], gradients: list[tf.Tensor | None]) -> None:
    if not weights:
        raise ContractError(
            "the backbone has no weights that train: create them in Keras layers, trainable=True"
        )
    idle = [weight.path for weight, gradient in zip(weights, gradients, strict=True) if gradient is None]
    if idle:
        raise ContractError(
            f"{len(idle)} of {len(weights)} weights get no gradient, so they never train ({some(idle)}): "
            "check for stop_gradient, or for NumPy or Python code in a layer"
        )


def _freezes_at(networks: Networks) -> None:
    architecture = networks.architecture
    candidates = chain(
        [choose(networks.space, {}), networks.largest()],
        map(networks.preset, architecture.presets),
        networks.drawn(),
    )
    built: set[object] = set()
    for hp in candidates:
        missing = [point for point in architecture.freeze_points if point not in networks.stages]
        if not missing:
            return
        own = backbone_values(hp)
        if own not in built:
            networks.build(hp)
        built.add(own)
    if networks.stages and networks.options:  # another value of an option may be another network
        return
    raise ContractError(
        f"no network has a layer of the stage {some(missing)}: a stage is every layer whose name begins "
        "with the freeze point, not followed by a digit; rename the layers, or remove the freeze point"
    )


def _frozen(networks: Networks) -> None:
    points = networks.classifier.freeze_points
    weighted = [layer for layer in networks.classifier.network.layers if layer.weights]
    middle = points[(len(points) - 1) // 2] if points else str(len(weighted) // 2)
    for spec in (middle, "all"):
        classifier = new_head(networks.classifier, choose(networks.space, {}), CLASSES)
        with restoring(classifier.network):
            frozen = set(freeze(classifier, spec))
            _check_still(networks, classifier, spec, frozen)


def _check_still(networks: Networks, classifier: Classifier, spec: str, frozen: set[str]) -> None:
    import keras

    network = classifier.network
    before = [
        (layer.name, weight, np.array(weight.numpy())) for layer in network.layers for weight in layer.weights
    ]
    network.compile(keras.optimizers.SGD(STEP), "categorical_crossentropy", run_eagerly=True)
    network.train_on_batch(networks.pixels, networks.labels)
    # As bytes, because NaN differs from itself.
    changed = [
        (name, weight.path) for name, weight, value in before if weight.numpy().tobytes() != value.tobytes()
    ]
    changed_frozen = [path for name, path in changed if name in frozen]
    if changed_frozen:
        raise ContractError(
            f"frozen with --freeze {spec}, {some(changed_frozen)} changed in a training step: a layer must not assign "
            "to its weights while its `trainable` is False"
        )
    parts = {"head": set(classifier.head), "backbone": {name for name, _, _ in before} - {*classifier.head}}
    for part, names in parts.items():
        training = {name for name, weight, _ in before if name in names - frozen and weight.trainable}
        if training and not training & {name for name, _ in changed}:
            raise ContractError(
                f"frozen with --freeze {spec}, no other weight of the {part} changed in a training step: "
                "check for gradients that are zero, or for a layer that sets `trainable` itself"
            )


def _reloads(networks: Networks) -> None:
    classifier = networks.classifier
    _refuse_unknown_layers(networks.architecture, classifier.network)
    content = to_content(classifier)
    again = from_content(replace(content, graph=json.loads(json.dumps(content.graph))))
    outputs, expected = _outputs(again.network, networks), _outputs(classifier.network, networks)
    if not np.array_equal(outputs, expected, equal_nan=True):
        raise ContractError(
            f"rebuilt from its configuration, it returns other outputs, {_distance(outputs, expected)}: "
            "get_config() of a layer must return everything that its call() depends on"
        )


def _refuse_unknown_layers(architecture: Architecture, network: keras.Model) -> None:
    """Refuse custom layer classes that another process could not find when it loads a stored model."""
    own = {type(layer) for layer in network.layers if type(layer).__module__.split(".")[0] != "keras"}
    declared = set(architecture.custom_layers() if architecture.custom_layers else ())
    unknown = sorted(layer.__name__ for layer in own - declared)
    if unknown:
        raise ContractError(
            f"a stored model could not be loaded, since Architecture.custom_layers does not return {some(unknown)}: "
            "write a function that imports and returns it, registered with register_keras_serializable"
        )


def _exports(networks: Networks) -> None:
    network = networks.classifier.network
    with TemporaryDirectory() as folder:
        network.export(folder, format="tf_saved_model", verbose=False)
        outputs = apply_saved_model(Path(folder), networks.pixels)
    expected = _outputs(network, networks)
    # A graph rounds differently from eager operations, and a deep network amplifies the difference.
    nudged = np.array(network(networks.pixels * (1 + ROUNDING), training=False))
    tolerance = CLOSE + 10 * np.max(np.abs(nudged - expected))
    if not np.allclose(outputs, expected, rtol=0, atol=tolerance, equal_nan=True):
        raise ContractError(
            f"exported, it returns other outputs, {_distance(outputs, expected)}: "
            "a layer's call() must not depend on Python or NumPy values that are fixed when it is traced"
        )


def _outputs(network: keras.Model, networks: Networks) -> np.ndarray:
    return np.array(network(networks.pixels, training=False))


def _distance(outputs: np.ndarray, expected: np.ndarray) -> str:
    return f"up to {np.max(np.abs(outputs - expected)):.3g} apart"


CHECKS: Mapping[str, Callable[[Networks], None]] = {
    "imports-without-tensorflow": _imports_without_tensorflow,
    "builds": _builds,
    "defaults": _defaults,
    "presets": _presets,
    "draws": _draws,
    "trains": _trains,
    "freezes-at": _freezes_at,
    "frozen": _frozen,
    "reloads": _reloads,
    "exports": _exports,
}
