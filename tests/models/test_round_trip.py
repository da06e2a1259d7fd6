"""A classifier that the registry could not return as it is is refused, and the reason is the right one."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
from keras import layers

from tests.architectures import TINY, architecture_of
from tests.models import odd_layers
from tests.models.odd_layers import (
    Closed,
    Configured,
    Counting,
    Eager,
    Forgetful,
    Incomplete,
    Noisy,
    Numbered,
    Pooling,
    Quitting,
    Raising,
    Refusing,
    Remembering,
    Sharing,
    Surrogate,
    Textual,
    Unregistered,
    Unserializable,
    Whole,
    attending,
    functional,
    locally_registered,
    own_activation,
)
from zoo.errors import ContractError, ZooError
from zoo.models.round_trip import check_round_trip
from zoo.models.variables import named_variables

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier


@pytest.fixture
def built(build: Callable[..., Classifier]) -> Callable[..., Classifier]:
    """Build a classifier with the layers that these functions make, after a convolution."""

    def of(*makes: Callable[[], Any]) -> Classifier:
        def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
            x = layers.Conv2D(2, 3, name="conv")(inputs)
            for make in makes:
                x = make()(x)
            return x

        return build(architecture_of(backbone))

    return of


def refusal(classifier: Classifier, *custom_layers: Any) -> list[str]:
    """Return the three lines of the error, without the words before the reason and the advice."""
    with pytest.raises(ContractError) as caught:
        check_round_trip(classifier, "architecture 'small'", custom_layers)
    where, reason, advice = str(caught.value).splitlines()
    assert (reason[:11], advice[:11]) == ("  because  ", "  fix      ")
    return [where, reason[11:], advice[11:]]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Whole(3),
        lambda: Whole(2, rate=0.5),
        lambda: layers.Normalization(mean=[1.0, 2.0], variance=[2.0, 3.0]),
        lambda: layers.SpectralNormalization(layers.Dense(2)),
        lambda: layers.TimeDistributed(layers.Dense(2)),
        lambda: attending,
        lambda: layers.GaussianNoise(0.5),
        lambda: layers.RandomFlip(),
        lambda: layers.RandomRotation(0.2),
        lambda: Configured("relu", keras.initializers.RandomNormal(), {"class_name": "cat", "n": 3}),
        lambda: Configured("gelu", keras.initializers.RandomNormal(stddev=0.1)),
    ],
)
def test_a_classifier_that_comes_back_passes(built: Callable[..., Classifier], make: Callable) -> None:
    check_round_trip(built(make), "architecture 'small'", [Whole, Configured])


WRONG = [
    (
        lambda: Forgetful(0.5, name="odd"),
        "loaded with other outputs",
        "Forgetful",
        "returns something else for the",
    ),
    (
        lambda: Incomplete(0.5, name="odd"),
        "not be loaded",
        "Incomplete",
        "missing 1 required positional argument",
    ),
    (
        lambda: Unserializable(object(), name="odd"),
        "not be stored",
        "Unserializable",
        "must override `get_config()`",
    ),
    (lambda: Surrogate(name="odd"), "not be stored", "Surrogate", "surrogates not allowed"),
    (lambda: Textual(name="odd"), "not be stored", "Textual", "its variable 'odd/text' holds text"),
    (lambda: Raising(name="odd"), "not be loaded", "Raising", "no such thing"),
    (lambda: Unregistered(name="odd"), "not be loaded", "Unregistered", "it is not registered with Keras"),
    (locally_registered, "not be loaded", "Local", "it is registered, but zoo finds it"),
    (functional(own_activation), "not be loaded", "own_activation", "it is not registered with Keras"),
    (lambda: Numbered(name="odd"), "not be loaded", "Numbered", "its variable 'odd/parts/dense_"),
    (
        lambda: Remembering(name="odd"),
        "loaded with other outputs",
        "Remembering",
        "returns something else for",
    ),
    (
        lambda: Pooling(3, name="odd"),
        "loaded with other outputs",
        "Pooling",
        "of shape (3, 3, 2) instead of (2, 2, 2)",
    ),
    (lambda: Eager(name="odd"), "not predict", "Eager", "no numbers here"),
    (lambda: Noisy(name="odd"), "not predict the same twice", "Noisy", "something else each time"),
]


def test_a_registered_class_is_not_to_be_registered_again(built: Callable[..., Classifier]) -> None:
    assert refusal(built(locally_registered))[1:] == [
        "it is registered, but zoo finds it in another process only if Architecture.custom_layers returns it",
        "return it from Architecture.custom_layers",
    ]
    assert refusal(built(lambda: Unregistered(name="odd")))[1:] == [
        "it is not registered with Keras",
        "register it with keras.saving.register_keras_serializable and return it from Architecture.custom_layers",
    ]


@pytest.mark.parametrize(("make", "what", "layer", "reason"), WRONG)
def test_a_layer_that_does_not_come_back_is_named_with_the_reason(
    built: Callable[..., Classifier], make: Callable, what: str, layer: str, reason: str
) -> None:
    classes = [Forgetful, Incomplete, Unserializable, Raising, Numbered, Remembering, Pooling, Eager, Noisy]
    lines = refusal(built(make), *classes)
    assert lines[0].startswith("architecture 'small': a trained model ")
    assert what in lines[0]
    assert layer in lines[0]
    assert reason in lines[1]


@pytest.mark.parametrize(
    ("method", "what"),
    [("get_config", "not be stored"), ("from_config", "not be loaded")],
)
def test_a_layer_may_raise_what_is_no_exception(
    built: Callable[..., Classifier], monkeypatch: pytest.MonkeyPatch, method: str, what: str
) -> None:
    def ends(*_: object, **__: object) -> None:
        raise GeneratorExit("no more")

    classifier = built(lambda: Raising(name="odd"))
    monkeypatch.setattr(Raising, method, ends)
    where, reason, _ = refusal(classifier, Raising)
    assert what in where
    assert reason == "no more"


def test_the_call_of_a_layer_may_raise_what_is_no_exception(built: Callable[..., Classifier]) -> None:
    where, reason, _ = refusal(built(lambda: Quitting(name="odd")), Quitting)
    assert "a trained model could not predict" in where
    assert reason == "no numbers here"


def test_the_message_says_where_the_layer_is_and_what_to_write(built: Callable[..., Classifier]) -> None:
    lines = Path(odd_layers.__file__).read_text().splitlines()
    where, reason, advice = refusal(built(lambda: Incomplete(1.0, name="odd")), Incomplete)
    line = lines.index(
        "class Incomplete(Custom):"
    )  # counted from 0: the line of its decorator, counted from 1
    assert where == (
        "architecture 'small': a trained model could not be loaded: layer 'odd' "
        f"(Incomplete, {odd_layers.__file__}:{line})"
    )
    assert reason.endswith("missing 1 required positional argument: 'factor'")
    assert advice.startswith("give it get_config() with every argument of its constructor")


def test_what_to_write_for_a_constructor_without_keras_own_arguments(
    built: Callable[..., Classifier],
) -> None:
    _, reason, advice = refusal(built(Closed), Closed)
    assert re.search(r"Closed.__init__\(\) got an unexpected keyword argument '(name|trainable)'", reason)
    assert advice.startswith(
        "hand Keras's own arguments on: def __init__(self, …, **kwargs): super().__init__(**kwargs)"
    )


def test_what_to_write_for_an_unknown_class(built: Callable[..., Classifier]) -> None:
    *_, advice = refusal(built(lambda: Unregistered(name="odd")))
    assert advice.endswith("return it from Architecture.custom_layers")


def test_a_layer_that_two_layers_share_is_refused(built: Callable[..., Classifier]) -> None:
    def pair() -> Any:
        Sharing.shared = layers.Dense(2)
        first, second = Sharing(name="one"), Sharing(name="two")
        Sharing.shared = None
        return lambda x: second(first(x))

    classifier = built(pair)
    assert "share no layer between two layers" in refusal(classifier, Sharing)[2]


def test_zoos_own_error_stays_as_it_is(built: Callable[..., Classifier]) -> None:
    with pytest.raises(ZooError, match="its module has changed: restore it"):
        check_round_trip(built(lambda: Refusing(name="odd")), "architecture 'small'", [Refusing])


def test_a_class_beside_a_returned_one_is_known(built: Callable[..., Classifier]) -> None:
    """Importing the module of one registers both."""
    check_round_trip(built(lambda: Whole(2)), "architecture 'small'", [Noisy])


def test_random_states_and_names_of_layers_are_left_as_they_were(build: Callable[..., Classifier]) -> None:
    def drawn_after(*, checked: bool) -> list[Any]:
        keras.utils.clear_session()
        keras.utils.set_random_seed(0)
        classifier = build(TINY)
        if checked:
            check_round_trip(classifier, "architecture 'tiny'", [])
        kernel = layers.Dense(2)
        kernel.build((2, 2))
        draws = [random.random(), np.random.rand(), *keras.random.normal((2,)).numpy().tolist()]
        return [kernel.name, kernel.kernel.numpy().tolist(), draws]

    assert drawn_after(checked=True) == drawn_after(checked=False)


def test_the_classifier_is_left_as_it_was(build: Callable[..., Classifier]) -> None:
    classifier = build(TINY)
    before = [
        (weight.path, weight.numpy().tobytes(), weight.trainable) for weight in classifier.network.weights
    ]
    check_round_trip(classifier, "architecture 'tiny'", [])
    assert before == [
        (weight.path, weight.numpy().tobytes(), weight.trainable) for weight in classifier.network.weights
    ]


def test_what_a_layer_counts_and_draws_is_left_as_it_was(built: Callable[..., Classifier]) -> None:
    classifier = built(Counting)
    before = {name: weight.numpy() for name, weight in named_variables(classifier.network).items()}
    check_round_trip(classifier, "architecture 'small'", [Counting])
    for name, weight in named_variables(classifier.network).items():
        np.testing.assert_array_equal(weight.numpy(), before[name])


def test_images_that_become_fewer_are_refused(built: Callable[..., Classifier]) -> None:
    classifier = built(lambda: lambda x: keras.ops.reshape(x, (-1, 2 * x.shape[1] * x.shape[2] * x.shape[3])))
    where, reason, _ = refusal(classifier)
    assert "would not predict each image" in where
    assert "reshape" in where
    assert reason == "for 2 images it returns 1 rows, and the network 1 outputs"


@pytest.mark.parametrize(
    "mixed",
    [
        lambda x: x - keras.ops.mean(x, axis=0, keepdims=True),
        lambda x: keras.ops.cumsum(x, axis=0),  # the first image depends on itself alone
        lambda x: keras.ops.flip(keras.ops.cumsum(keras.ops.flip(x, axis=0), axis=0), axis=0),
    ],
)
def test_images_that_are_mixed_are_refused(built: Callable[..., Classifier], mixed: Callable) -> None:
    classifier = built(lambda: mixed)
    assert refusal(classifier)[1] == "the outputs for an image depend on the other images of its batch"


def test_a_network_that_returns_no_numbers_is_refused_with_its_first_such_layer(
    built: Callable[..., Classifier],
) -> None:
    classifier = built(lambda: keras.ops.sqrt, lambda: layers.Dense(2, name="dense"))
    where, reason, _ = refusal(classifier)
    assert where == "architecture 'small': a trained model would predict no numbers: layer sqrt"
    assert reason == "untrained, it returns values that are not finite for noise, and the features are NaN"


def test_before_it_is_adapted_a_network_may_return_no_numbers(built: Callable[..., Classifier]) -> None:
    classifier = built(lambda: keras.ops.sqrt)
    check_round_trip(classifier, "architecture 'small'", [], complete=False)


def test_an_overflow_in_predictions_alone_is_no_fault(built: Callable[..., Classifier]) -> None:
    """As in a deep network, whose statistics are those of no images before its training."""
    large = keras.initializers.Constant(1e30)
    steps = (lambda: layers.Conv2D(2, 1, kernel_initializer=large), layers.BatchNormalization)
    classifier = built(*steps, *steps)
    before = {name: variable.numpy() for name, variable in named_variables(classifier.network).items()}
    check_round_trip(classifier, "architecture 'small'", [])
    for name, variable in named_variables(classifier.network).items():
        np.testing.assert_array_equal(variable.numpy(), before[name])
