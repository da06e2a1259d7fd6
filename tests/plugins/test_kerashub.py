"""KerasHub's backbones from configurations: every one is listed, built, searched and refused as it should be."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import keras_hub
import pytest
from zoo_plugins import kerashub
from zoo_plugins.kerashub_backbones import installed
from zoo_plugins.kerashub_kinds import KINDS, patch_for

from tests.plugins.explored import build_explored
from tests.plugins.kerashub_presets import SIZE
from zoo import ZooError
from zoo.cli import run
from zoo.interfaces.spaces import Space
from zoo.models.building import SpaceBuilder
from zoo.models.exploration import explore

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier

PAGE = Path(__file__).parents[2] / "docs" / "keras_hub.md"
(ARCHITECTURE,) = kerashub.zoo_architectures()


def built(size: int = SIZE, weights: Path | None = None, **values: Any) -> Classifier:
    return build_explored(
        ARCHITECTURE,
        values,
        image_size=size,
        channels=3,
        class_names=("one", "two"),
        weights=None if weights is None else str(weights),
    )


def refusal(size: int = SIZE, **values: Any) -> str:
    with pytest.raises(ZooError) as refused:
        built(size, **values)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def searched(**options: str) -> dict[str, Any]:
    """Return the plugin's own hyperparameters that are searched, with their values."""
    space = explore(SpaceBuilder(ARCHITECTURE, image_size=SIZE, channels=3), options)
    return {
        hp.name: hp.domain
        for hp in Space.from_config(space.get_config()).hyperparameters
        if "chosen" in hp.name
    }


# Which backbones there are -----------------------------------------------------------------------------------


def test_the_listed_backbones_are_those_of_the_installed_keras_hub() -> None:
    assert installed() == [name for name, kind in KINDS.items() if hasattr(keras_hub.models, kind.class_name)]


def test_every_backbone_for_which_keras_hub_has_a_classifier_of_images_is_listed() -> None:
    classifiers = [
        value
        for value in vars(keras_hub.models).values()
        if isinstance(value, type)
        and issubclass(value, keras_hub.models.ImageClassifier)
        and value.backbone_cls
    ]
    assert {classifier.backbone_cls.__name__ for classifier in classifiers} <= {
        KINDS[name].class_name for name in installed()
    }
    assert len(classifiers) > 8  # otherwise KerasHub has changed how they are found


def test_the_patterns_of_names_fit_every_preset_of_these_backbones() -> None:
    names = [
        preset for name in installed() for preset in getattr(keras_hub.models, KINDS[name].class_name).presets
    ]
    assert [name for name in names if not ARCHITECTURE.has_weights(name)] == []
    assert len(names) > 40


def test_the_list_of_architectures_names_the_backbones_without_importing_keras_hub(tmp_path: Path) -> None:
    code = (
        "import sys; from zoo.cli import run; code = run(['architectures', '--json']); "
        "print([name for name in ('keras', 'keras_hub', 'tensorflow') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    (listed,) = [each for each in json.loads(done.stdout) if each["name"] == "keras-hub"]
    assert "|".join(installed()) in listed["summary"]
    assert done.stderr.splitlines()[-1] == "[]"


def test_without_keras_hub_it_is_listed_and_building_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "keras_hub", None)  # as Python leaves what it cannot import
    assert run(["architectures", "--json"]) == 0
    (listed,) = [each for each in json.loads(capsys.readouterr().out) if each["name"] == "keras-hub"]
    assert "|".join(KINDS) in listed["summary"]
    missing = "KerasHub is not installed: pip install 'keras-zoo[keras-hub]'"
    assert refusal() == missing
    with pytest.raises(ZooError) as refused:
        ARCHITECTURE.fetch_weights("resnet_18_imagenet")
    assert str(refused.value) == missing


def test_the_page_lists_every_backbone_with_its_variants() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (`nano`.*?) \| (yes )?\|$", PAGE.read_text(), flags=re.MULTILINE)
    assert {name: (variants.replace("`", "").split(", "), bool(unit)) for name, variants, unit in rows} == {
        name: ([*kind.variants], kind.as_unit) for name, kind in KINDS.items()
    }


# What is built and searched ----------------------------------------------------------------------------------


def test_the_default_is_a_small_resnet_and_nothing_of_it_is_searched() -> None:
    classifier = built()
    assert classifier.features.shape == (None, 1, 1, 512)
    assert searched() == {}


def test_several_backbones_and_variants_are_searched() -> None:
    assert searched(backbone="vgg,densenet", variant="nano") == {"chosen_backbone": ("vgg", "densenet")}
    assert searched(backbone="vgg", variant="nano,11") == {"chosen_variant": ("nano", "11")}


def test_a_configuration_changes_a_variant() -> None:
    classifier = built(backbone="vgg", config='{"stackwise_num_filters": [8, 8, 24]}')
    assert classifier.features.shape == (None, 4, 4, 24)


def test_a_weights_file_of_a_backbone_is_loaded(tmp_path: Path) -> None:
    kind = KINDS["vgg"]
    saved = getattr(keras_hub.models, kind.class_name)(**kind.variants["nano"])
    saved.save_weights(tmp_path / "vgg.weights.h5")
    classifier = built(backbone="vgg", weights=tmp_path / "vgg.weights.h5")
    expected = saved.get_layer("block1_conv1").get_weights()[0]
    assert (classifier.network.get_layer("block1_conv1").get_weights()[0] == expected).all()


@pytest.mark.parametrize(
    ("size", "patch"), [(224, 16), (196, 14), (64, 8), (32, 4), (28, 4), (49, 7), (97, 16)]
)
def test_patches_suit_the_size_of_the_images(size: int, patch: int) -> None:
    assert patch_for(size) == patch


@pytest.mark.large
@pytest.mark.parametrize("name", installed())
@pytest.mark.parametrize("size", [32, 64, 96, 224])
def test_the_default_of_each_backbone_is_built_for_usual_sizes(name: str, size: int) -> None:
    assert built(size, backbone=name).features.shape[1] >= 1


@pytest.mark.large
@pytest.mark.parametrize(
    ("name", "variant"), [(name, variant) for name in installed() for variant in [*KINDS[name].variants][1:]]
)
def test_every_variant_is_built(name: str, variant: str) -> None:
    assert built(64, backbone=name, variant=variant).features.shape[-1] > 100


def warned(work: Callable[[], object]) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        work()
    return [str(each.message) for each in caught]


@pytest.mark.parametrize("name", [name for name in ("swin", "vit") if name in installed()])
@pytest.mark.large
def test_a_transformer_is_built_without_warnings_about_masks(name: str) -> None:
    assert not [message for message in warned(lambda: built(backbone=name)) if "mask" in message]


def test_the_mask_token_of_a_dino_trains_without_a_warning() -> None:
    def step() -> None:
        variables = built(backbone="dinov2").network.trainable_variables
        gradients = [None if "mask_token" in variable.path else variable * 0 for variable in variables]
        assert None in gradients
        keras.optimizers.SGD().apply(gradients, variables)

    assert not [message for message in warned(step) if "Gradients" in message]


# What is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "size", "message"),
    [
        (
            {"backbone": "resnext"},
            SIZE,
            f"keras-hub has no backbone 'resnext': did you mean resnet? Available: {', '.join(installed())}",
        ),
        (
            {"backbone": "vit,"},
            SIZE,
            f"keras-hub has no backbone ''; available: {', '.join(installed())}",
        ),
        (
            {"backbone": "vgg", "variant": "b0"},
            SIZE,
            "keras-hub has no variant 'b0'; available: nano, 11, 13, 16, 19",
        ),
        ({"input_range": "0,2"}, SIZE, "input_range must be one of 0,1; -1,1; 0,255, got '0,2'"),
        (
            {"backbone": "mit"},
            100,
            "the backbone mit takes images whose side is a multiple of 16 pixels, got 100: --image-size 96 or 112",
        ),
        (
            {"backbone": "vit"},
            97,
            "the backbone vit takes images whose side is a multiple of 16 pixels, got 97: --image-size 96 or 112",
        ),
        (
            {"backbone": "vgg", "config": "{"},
            SIZE,
            'config must be a JSON object of KerasHub\'s arguments, such as {"num_layers": 4}: Expecting property',
        ),
        (
            {"backbone": "vgg", "config": "[1]"},
            SIZE,
            "config must be a JSON object of KerasHub's arguments, got '[1]'",
        ),
        (
            {"backbone": "vit", "config": '{"num_layer": 4}'},
            SIZE,
            "config: ViTBackbone has no 'num_layer' to set: did you mean num_layers? Available: patch_size,",
        ),
        (
            {"backbone": "vgg", "config": '{"image_shape": [8, 8, 3]}'},
            SIZE,
            "config: VGGBackbone has no 'image_shape' to set; available: stackwise_num_repeats, stackwise_num_filters",
        ),
    ],
)
def test_what_cannot_be_built_is_refused_in_one_line(values: dict[str, str], size: int, message: str) -> None:
    assert refusal(size, **values).startswith(message)


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("vgg", {"stackwise_num_filters": [8]}),
        ("vit", {"patch_size": "4"}),
        ("vit", {"patch_size": 0}),
        ("swin", {"window_size": 99}),
        ("resnet", {"block_type": "basic"}),
        ("mit", {"layerwise_strides": None}),
    ],
)
def test_arguments_that_keras_hub_cannot_use_are_refused_in_one_line(
    name: str, config: dict[str, Any]
) -> None:
    message = refusal(backbone=name, config=json.dumps(config))
    assert name in message
    assert "Traceback" not in message
