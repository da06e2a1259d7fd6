"""Every architecture on images of another size or number of channels, with the weights that it has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.plugins.hub_modules import built, save_maps, save_network
from zoo.errors import ZooError
from zoo.models.content import to_content
from zoo.models.inputs import rebuild
from zoo.models.space import choose
from zoo.plugins import load_plugins
from zoo.testing.networks import Networks

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.models.classifier import Classifier

ARCHITECTURES = load_plugins().architectures

QUICK = ("convnet", "resnet", "tfhub")

# The first layer that sees the three colours each in its own way, as the network was trained to see them.
IN_COLOUR = {
    "convnext-tiny": "prestem_normalization",
    "densenet121": "scaling",
    "efficientnet-v2": "normalization",
    "resnet50": "flip",
    "resnet101": "flip",
    "resnet152": "flip",
    "tfhub": "module",
    "vgg16": "flip",
    "vgg19": "flip",
}


# A fixture of the module, so that all tests of an architecture share its network, and no two are in memory at once.
@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, id=name, marks=[pytest.mark.large] * (name not in QUICK)) for name in ARCHITECTURES
    ],
)
def networks(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Networks:
    fixed = {"handle": save_network(tmp_path_factory.mktemp("module"))} if request.param == "tfhub" else {}
    return Networks(ARCHITECTURES[request.param], fixed)


def outputs(classifier: Classifier) -> np.ndarray:
    """For gray images."""
    size, channels = classifier.image_size, classifier.channels
    pixels = np.random.default_rng(0).integers(0, 256, (4, size, size, 1)).astype(np.float32)
    return np.asarray(classifier.network(np.repeat(pixels, channels, axis=-1)))


def rebuilt_or_why_not(classifier: Classifier, *, image_size: int, channels: int) -> Classifier | str:
    try:
        return rebuild(classifier, image_size=image_size, channels=channels)
    except ZooError as error:
        return str(error)


@pytest.fixture(scope="module")
def doubled(networks: Networks) -> Classifier:
    """The architecture's network for its smallest images, rebuilt for images of twice the size."""
    small = networks.classifier
    return rebuild(small, image_size=2 * small.image_size, channels=small.channels)


def test_at_twice_the_size_it_is_the_network_of_that_size(networks: Networks, doubled: Classifier) -> None:
    expected = networks.build(choose(networks.space, {}), doubled.image_size)
    expected.network.set_weights(doubled.network.get_weights())
    np.testing.assert_allclose(outputs(doubled), outputs(expected), atol=1e-5)


def test_there_and_back_it_is_the_same(networks: Networks, doubled: Classifier) -> None:
    small = networks.classifier
    back = rebuild(doubled, image_size=small.image_size, channels=small.channels)
    before, after = to_content(small), to_content(back)
    assert replace(after, tensors={}) == replace(before, tensors={})
    assert all(np.array_equal(after.tensors[path], tensor) for path, tensor in before.tensors.items())


def test_it_takes_gray_images_or_says_why_not(networks: Networks) -> None:
    colour, name = networks.classifier, networks.architecture.name
    gray = rebuilt_or_why_not(colour, image_size=colour.image_size, channels=1)
    if name in IN_COLOUR:
        assert f"layer '{IN_COLOUR[name]}" in str(gray)
        assert str(gray).endswith("stay with 3 channels: images of other kinds become RGB")
    else:
        assert not isinstance(gray, str)
        np.testing.assert_allclose(outputs(gray), outputs(colour), atol=1e-3)  # many layers round


def test_it_takes_tiny_images_or_says_why_not(networks: Networks) -> None:
    tiny = rebuilt_or_why_not(networks.classifier, image_size=5, channels=networks.channels)
    if isinstance(tiny, str):
        assert tiny.startswith("the network cannot take images of 5×5×3: layer '")
        assert "\n" not in tiny
    else:
        assert np.isfinite(outputs(tiny)).all()


def test_a_module_for_one_size_says_so(tmp_path: Path) -> None:
    classifier = built(save_maps(tmp_path, (None, 8, 8, 3)))
    with pytest.raises(
        ZooError, match=r"^tfhub module \S+ takes images of 8×8, not 16×16: give --image-size 8$"
    ):
        rebuild(classifier, image_size=16, channels=3)


def test_the_dense_layers_of_vgg_fit_one_size() -> None:
    networks = Networks(ARCHITECTURES["vgg16"], {"fully_connected": True})
    with pytest.raises(
        ZooError, match=r"layer 'fc1' \(Dense\) has weights for 512 features and would get 2,048; "
    ):
        rebuild(networks.classifier, image_size=64, channels=3)
