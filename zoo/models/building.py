"""Builds a classifier from an architecture: its backbone, checked, with a new head."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager, nullcontext, redirect_stdout
from typing import TYPE_CHECKING

import keras
from keras_tuner.engine.hyperparameters import Fixed

from zoo.data.units import counted
from zoo.errors import ContractError, HyperparameterError, ZooError, in_one_line
from zoo.interfaces.stages import in_stage
from zoo.models import hyperparameters
from zoo.models.backbone_errors import call_watched, located
from zoo.models.bases import Bases
from zoo.models.classifier import Classifier
from zoo.models.custom_objects import register_layers
from zoo.models.exploration import ExploringHyperparameters
from zoo.models.graph import find_shape_change, infer_by_default, is_plain_model
from zoo.models.heads import new_head
from zoo.models.keras_errors import reason_of
from zoo.models.layer_comparison import layers_in_time
from zoo.models.offline import offline
from zoo.models.origins import find_origins
from zoo.models.precision import dtype_policy, round_each_result
from zoo.models.pretrained.report import recorded
from zoo.plugin_code.places import definition_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from keras_tuner import HyperParameters

    from zoo.interfaces import Architecture
    from zoo.models.layer_comparison import Layers
    from zoo.models.origins import Origins

SCOPE = re.compile(r"[A-Za-z0-9_.\\/>-]*")  # TensorFlow's names of scopes


def build_classifier(
    architecture: Architecture,
    hp: HyperParameters,
    *,
    image_size: int,
    channels: int,
    class_names: tuple[str, ...],
    weights: str | None = None,
    bases: Bases | None = None,
    on_origins: Callable[[Origins], None] | None = None,
) -> Classifier:
    """Build the architecture's backbone with a new head.

    Args:
        weights: a name in `Architecture.weights`, or the path of a file.
        bases: keeps the backbone for the next classifier of the same architecture, images and weights; building that
            one makes this one invalid.
        on_origins: gets the origins of the values of a backbone that loads weights without a report, which takes two
            further builds. The classifier and later random numbers are the same.

    Raises:
        ContractError: the backbone declares one of zoo's own hyperparameters, or returns no feature tensor.
        HyperparameterError: a sigmoid output for other than two classes, or the backbone declares a hyperparameter
            that has no value because the search space lacks it.
    """

    shape = (image_size, image_size, channels)

    def build() -> Classifier:
        with recorded() as reports:
            backbone = _build_backbone(architecture, hp, shape, weights)
        if on_origins is not None and weights is not None and not reports:
            origins = find_origins(backbone.network, weights, build_again)
            if origins is not None:
                on_origins(origins)
        return backbone

    def build_again(weights: str | None) -> keras.Model:
        return _build_backbone(architecture, hp.copy(), shape, weights).network

    own = hyperparameters.backbone_values(hp)
    with located(architecture):
        backbone = build() if weights is None else (bases or Bases()).get(own, build)
        hyperparameters.declare(hp, maps=backbone.has_maps)
        round_each_result(backbone.network)
        return new_head(backbone, hp, class_names)


def _build_backbone(
    architecture: Architecture, hp: HyperParameters, shape: tuple[int, int, int], weights: str | None
) -> Classifier:
    """Build a classifier without a head."""
    pixels = _pixels(shape)
    features = _call_backbone(architecture, hp, pixels, weights)
    network = _network_between(architecture, pixels, features)
    stages = tuple(
        point
        for point in architecture.freeze_points
        if any(in_stage(layer.name, point) for layer in network.layers)
    )
    return Classifier(network, (), (), stages, architecture.pool)


class SpaceBuilder:
    """The function for `zoo.models.exploration.explore` that declares the hyperparameters of a build.

    It creates no weights, unless the backbone with its defaults cannot be built without them. It keeps the layers of
    the first network, that of the defaults, for a comparison with another one of the same hyperparameters.
    """

    def __init__(self, architecture: Architecture, *, image_size: int, channels: int) -> None:
        self.architecture, self._shape = architecture, (image_size, image_size, channels)
        self._weightless: bool | None = None  # unknown until the first build
        self._first: tuple[Hashable, Layers | None] | None = None

    def __call__(self, hp: HyperParameters) -> None:
        if self._first is None:
            layers = self._build(hp, list_layers=True)  # which declares the values
            self._first = hyperparameters.backbone_values(hp), layers
        else:
            self._build(hp)

    def layers(self, hp: HyperParameters) -> Layers | None:
        """Return the backbone's layers with these hyperparameters; None if another network would need weights."""
        if self._first is not None and self._first[0] == hyperparameters.backbone_values(hp):
            return self._first[1]
        return self.layers_again(hp) if self._weightless else None

    def layers_again(self, hp: HyperParameters) -> Layers | None:
        """Build the backbone with these hyperparameters; return its layers, or None as `_declare` does."""
        return self._build(hp.copy(), list_layers=True)

    def _build(self, hp: HyperParameters, *, list_layers: bool = False) -> Layers | None:
        """Build the backbone, with layers that are named from the start."""
        if self._weightless is not False:
            try:
                with _no_weights():
                    layers = self._declare(hp, list_layers=list_layers)
                self._weightless = True
            except (ZooError, KeyboardInterrupt):
                raise
            except BaseException:
                # Weights are not the cause, and those of an extreme network could fill the memory.
                if self._weightless:
                    raise
                self._weightless = False  # the backbone may read its weights, which do not exist here
            else:
                return layers
        try:
            return self._declare(hp, list_layers=list_layers)
        finally:
            keras.utils.clear_session(free_memory=False)

    def _declare(self, hp: HyperParameters, *, list_layers: bool) -> Layers | None:
        """Build; return the layers, or None for features that `build_classifier` refuses."""
        pixels = _pixels(self._shape)
        with located(self.architecture):
            features = _call_backbone(self.architecture, hp, pixels, None)
        hyperparameters.declare(hp, maps=len(features.shape) == 4)
        if not list_layers:
            return None
        try:
            network = keras.Model(pixels, features)
        except ValueError:
            return None
        infer_by_default(network)
        return layers_in_time(self.architecture, network)


@contextmanager
def _no_weights() -> Iterator[None]:
    """Build networks whose variables have no values, which takes a quarter of the time."""
    keras.utils.clear_session(free_memory=False)
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        keras.utils.clear_session(
            free_memory=False
        )  # otherwise Keras would initialize them with the next network


def _pixels(shape: tuple[int, int, int]) -> keras.KerasTensor:
    return keras.Input(shape, name="pixels")


def _call_backbone(
    architecture: Architecture, hp: HyperParameters, pixels: keras.KerasTensor, weights: str | None
) -> keras.KerasTensor:
    """Call the backbone and check its features and declarations."""
    declared, values = {declaration.name for declaration in hp.space}, set(hp.values)
    register_layers(architecture)

    def build() -> keras.KerasTensor:
        return architecture.backbone(hp, pixels, weights=weights)

    # What it prints must not get into the output of a command, such as JSON.
    connections = offline(architecture) if weights is None else nullcontext()
    with dtype_policy(architecture.dtype_policy), redirect_stdout(sys.stderr), connections:
        features = call_watched(
            architecture, build, "its backbone has been building", limited=weights is None
        )
    _check_backbone(architecture, declared, hp, features)
    if not isinstance(hp, ExploringHyperparameters):
        _refuse_unexplored(architecture, values, hp)
    return features


def _refuse_unexplored(architecture: Architecture, values: set[str], hp: HyperParameters) -> None:
    """Refuse hyperparameters that took their defaults because the search space does not contain them.

    Those that are never searched (`hp.Fixed`) are allowed.
    """
    unsearched = {declaration.name for declaration in hp.space if isinstance(declaration, Fixed)}
    unexplored = sorted(hp.values.keys() - values - unsearched)
    if unexplored:
        raise HyperparameterError(
            f"architecture '{architecture.name}': its search space lacks {', '.join(unexplored[:3])}, which would "
            "stay at its default in this network: declare it in every build, or make the hyperparameter "
            "that activates it a scope, `with hp.conditional_scope(NAME, VALUES)`"
            f"{definition_of(architecture.backbone)}"
        )


def _network_between(
    architecture: Architecture, pixels: keras.KerasTensor, features: keras.KerasTensor
) -> keras.Model:
    """Build the backbone as a model; refuse a nested model, whose layers could not be frozen one by one.

    A nested model of a class of its own, which its own configuration rebuilds, is a layer like any other.
    """
    whose = f"architecture '{architecture.name}'"
    try:
        backbone = keras.Model(pixels, features)
    except ValueError as error:
        if repeated := re.search(r'The name "(.+?)" is used (\d+) times', str(error)):
            raise ContractError(
                f"{whose}: {repeated[2]} of its layers have the name '{repeated[1]}': give each its own name"
            ) from error
        raise ContractError(
            f"{whose}: its features do not come from its inputs: {reason_of(error)}"
        ) from error
    for layer in backbone.layers:
        if is_plain_model(layer):
            raise ContractError(
                f"{whose}: '{layer.name}' is a model inside the model: lay it flat with "
                "`zoo.flatten(model, inputs)`, or build it on `inputs` (Keras Applications take input_tensor=inputs)"
            )
    _refuse_lambdas(whose, backbone)
    _refuse_names(whose, backbone)
    _refuse_kept_layers(whose, backbone)
    infer_by_default(backbone)
    if change := find_shape_change(backbone):
        kind = type(change.layer).__name__
        raise ContractError(
            f"{whose}: layer '{change.layer.name}' ({kind}) returns {_sizes(change.in_training)} in training and "
            f"{_sizes(change.in_inference)} in predictions: use keras.layers.CenterCrop or Resizing, and "
            "--augmentation for random changes"
        )
    return backbone


def _sizes(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _refuse_lambdas(whose: str, network: keras.Model) -> None:
    """Refuse layers whose code would have to be stored: weights are data, so `zoo.models.content` never loads it."""
    # Keras has no public name for layers inside layers such as TimeDistributed.
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.Lambda):
            raise ContractError(
                f"{whose}: '{layer.name}' is a Lambda layer, whose code is not stored, so a trained model could not "
                "be loaded: call keras.ops on the tensors, or write a keras.layers.Layer that does it and return its "
                "class from Architecture.custom_layers"
            )


def _refuse_names(whose: str, network: keras.Model) -> None:
    """Refuse names of layers that TensorFlow does not take as scopes in a graph, in which the network trains."""
    for layer in network._flatten_layers():  # as above
        if not SCOPE.fullmatch(layer.name):
            raise ContractError(
                f"{whose}: a layer has the name {layer.name!r}: give it one of the letters a to z, digits, '_', '-' "
                "and '.' alone"
            )


def _refuse_kept_layers(whose: str, network: keras.Model) -> None:
    """Refuse layers that were made while the search space was explored, where variables get no values."""
    for layer in network.layers:
        # Keras has no public name for whether a variable has a value.
        if any(variable._value is None for variable in layer.variables):
            raise ContractError(
                f"{whose}: its layer '{layer.name}' was made in an earlier build, and its weights have no values: "
                "make every layer anew in each call of the backbone, and keep none in a global"
            )


def _check_backbone(
    architecture: Architecture, declared: set[str], hp: HyperParameters, features: object
) -> None:
    whose = f"architecture '{architecture.name}'"
    clashes = ({declaration.name for declaration in hp.space} - declared) & set(hyperparameters.OWN)
    if clashes:
        raise ContractError(
            f"{whose} declares {', '.join(sorted(clashes))}, which zoo itself declares: rename it"
        )
    if isinstance(features, list | tuple | dict):
        raise ContractError(
            f"{whose}: backbone returns {counted(len(features), 'tensor')} in a {type(features).__name__}: return one, "
            "for its one head"
        )
    if not isinstance(features, keras.KerasTensor) or len(features.shape) not in (2, 3, 4):
        raise ContractError(
            f"{whose}: backbone must return a tensor (batch, h, w, c), (batch, n, d) or (batch, d), got "
            f"{in_one_line(repr(features))}"
        )
    if 0 in features.shape:
        raise ContractError(
            f"{whose}: its features have the shape {features.shape}, without a single value: slice and pool less, so "
            "that each axis is at least 1"
        )
    if str(features.dtype).startswith(("complex", "string")):
        raise ContractError(f"{whose}: its features are of type {features.dtype}: return real numbers")
    if len(features.shape) == 3 and architecture.pool is None:
        raise ContractError(
            f"{whose}: its features are tokens, {features.shape}: write pool='avg', 'max' or 'first' (the class "
            "token) into its Architecture, or pool them in the backbone"
        )
