"""The table of the foreign networks: what `plugin_files` adds, and what becomes of each.

The tests train large networks of Keras Applications up to an inner layer, and whole with ZOO_WHOLE_NETWORKS=1:

    ZOO_WHOLE_NETWORKS=1 pytest -m '' tests/foreign/test_networks.py \\
        -k 'convnext-small or densenet169 or efficientnet-b0 or inception-resnet-v2 or nasnet-mobile'
"""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

PLUGIN_FILES = Path(__file__).parent / "plugin_files"
DATASET = "little-digits"


class Passing(NamedTuple):
    """A network that comes through whole.

    Args:
        architecture: its name; its paper is `Architecture.reference`.
        parameters: of the network with a head for ten classes, on gray images of its default size.
        plugin: what its plugin has that others do not.
        hyperparameters: name -> value; others have their defaults.
        middle: what `--freeze` is when a part of it is frozen; empty: the freeze point in the middle, or 50% of a
            network without any.
    """

    architecture: str
    parameters: int
    plugin: str
    hyperparameters: Mapping[str, str] = MappingProxyType({})
    middle: str = ""


class Built(NamedTuple):
    """A large network that is built, stored, and loaded by another process, and not trained whole, see `TRAINED`.

    Args:
        parameters: of the network with a head for ten classes, on the smallest images in color.
        larger: networks of Keras Applications that differ from it only in the number and widths of their layers.
    """

    architecture: str
    parameters: int
    larger: tuple[str, ...] = ()


class Refused(NamedTuple):
    """A network that is refused before its first epoch.

    Args:
        plugin: what is wrong with its plugin.
        message: the whole message.
    """

    architecture: str
    plugin: str
    message: str


def up_to(layer: str, architecture: str, parameters: int, middle: str = "") -> Passing:
    """The first layers of a network of Keras Applications: with all of DenseNet169, the steps take 190 s."""
    part = f"the layers of Keras Applications up to `{layer}`"
    return Passing(architecture, parameters, part, {"last_layer": layer}, middle)


PASSING = (
    Passing("attention-pooling", 4_698, "TimeDistributed layers"),
    Passing("batch-renorm", 2_748, "a counter, an integer weight that does not train"),
    Passing("capsule", 8_666, "a loop in `call`"),
    Passing("cct", 18_107, "sublayers in lists, dropout inside layers"),
    Passing("conv-mixer", 4_906, "layers without names"),
    Passing("convnext-v2", 9_834, "sublayers built by `call`, without `build`"),
    Passing("densenet-bc", 13_866, "a fixed option"),
    Passing("eanet", 7_978, "sublayers in a dict"),
    Passing("fnet", 9_514, "a layer without weights"),
    Passing("focalnet", 11_896, "sublayers as numbered attributes"),
    Passing("ghostnet", 2_858, "normalisation two layers deep"),
    Passing("gmlp", 6_210, "two sublayers of one name"),
    Passing("highway", 26_938, "weights of one name, in lists"),
    Passing("inception", 6_618, "name scopes around layers and inside them"),
    Passing("involution", 990, "a name scope in `build`"),
    Passing("mlp-mixer", 3_834, "Sequential models inside layers"),
    Passing("mobile-vit", 13_746, "keras.ops between the layers"),
    Passing("nfnet", 9_690, "a subclass of Conv2D with one more weight, which Keras's format leaves out"),
    Passing("patch-convnet", 11_206, "weights without names"),
    Passing("perceiver", 9_066, "weights created in `__init__`, layers called several times"),
    Passing("poolformer", 10_682, "sublayers and weights in dicts of dicts"),
    Passing("resnext", 7_002, "grouped convolutions"),
    Passing("row-rnn", 16_138, "a cell of its own, and Bidirectional"),
    Passing("shared-block", 5_530, "one custom layer, called several times"),
    Passing("shufflenet", 2_046, "Reshape and Permute"),
    Passing(
        "sparse-experts",
        12_022,
        "`add_loss`, a regulariser, sublayers in lists of lists, which Keras's format leaves out before 3.15",
    ),
    Passing("spectral", 8_874, "a wrapper around layers without names"),
    Passing("squeeze-excite", 9_906, "a subclass of Model as a block"),
    Passing("stochastic-depth", 9_866, "a seed generator"),
    Passing("swin", 15_936, "all sublayers created in `build`"),
    Passing("tutorial", 754, "a hypermodel of Keras Tuner"),
    Passing("unet", 23_690, "shortcuts across the network"),
    Passing("vit", 18_602, "a token taken by slicing"),
    up_to("convnext_small_downsampling_block_1", "convnext-small", 1_534_570, "stage_0"),
    up_to("conv3_block12_concat", "densenet169", 1_316_938, "conv2"),
    up_to("block3b_add", "efficientnet-b0", 69_059, "block2"),
    up_to("block35_3_ac", "inception-resnet-v2", 815_354, "50%"),
    up_to("normal_concat_0", "nasnet-mobile", 60_950),
    Passing("hyper-efficientnet", 4_062_381, "the hypermodel of Keras Tuner"),
    Passing("hyper-resnet", 23_585_290, "the hypermodel of Keras Tuner"),
    Passing("hyper-xception", 1_059_594, "the hypermodel of Keras Tuner"),
)

BUILT = (
    Built("convnext-small", 49_462_378),
    Built("convnext-base", 87_576_714, larger=("ConvNeXtLarge", "ConvNeXtXLarge")),
    Built("densenet169", 12_659_530),
    Built("densenet201", 18_341_194),
    Built("efficientnet-b0", 4_062_381),
    Built("efficientnet-b1", 6_588_049),
    Built("efficientnet-b2", 7_782_659),
    Built("efficientnet-b3", 10_798_905),
    Built("efficientnet-b4", 17_691_753, larger=("EfficientNetB5", "EfficientNetB6", "EfficientNetB7")),
    Built("efficientnet-v2-m", 53_163_198, larger=("EfficientNetV2L",)),
    Built("inception-resnet-v2", 54_352_106),
    Built("nasnet-mobile", 4_280_286),
    Built("nasnet-large", 84_957_148),
)


def whole(row: Passing) -> Passing:
    """The same network without the option that cuts it."""
    (parameters,) = (built.parameters for built in BUILT if built.architecture == row.architecture)
    return Passing(row.architecture, parameters, row.plugin)


TRAINED = PASSING
"""The networks as the tests train them: those that are cut, whole if the environment asks for it."""

if os.environ.get("ZOO_WHOLE_NETWORKS") == "1":
    TRAINED = tuple(whole(row) if "last_layer" in row.hyperparameters else row for row in PASSING)

NOT_IN_KERAS_FORMAT = {
    "nfnet": "StandardizedConv2D 'stem_conv' saves only 2 of its weights: it needs its own save_own_variables and "
    "load_own_variables",
}
"""Network -> why it cannot be exported to that format, the start of the reason in the message."""

if tuple(map(int, version("keras").split(".")[:2])) < (3, 15):  # the first to save containers in containers
    NOT_IN_KERAS_FORMAT |= dict.fromkeys(("poolformer", "sparse-experts"), "its weight '")

REFUSED = (
    Refused(
        "cbam",
        "a `get_config` that lacks an argument",
        "architecture 'cbam': a trained model could not be loaded: layer 'attention' "
        "(BlockAttention, my-plugins/cbam.py:13)\n  because  "
        "custom_layers.<locals>.BlockAttention.__init__() missing 1 required positional argument: 'reduction'\n"
        "  fix      "
        "give it get_config() with every argument of its constructor and, where one of them is a layer, from_config(); "
        "register the class with keras.saving.register_keras_serializable",
    ),
    Refused(
        "coordinate-attention",
        "a layer of a layer, without `get_config`",
        "architecture 'coordinate-attention': a trained model could not be stored: layer 'attention' "
        "(CoordinateAttention, my-plugins/coordinate_attention.py:13)\n  because  "
        "Object CoordinateAttention was created by passing non-serializable argument values in `__init__()`, and "
        "therefore the object must override `get_config()` in order to be serializable\n  fix      "
        "give it get_config() with every argument of its constructor and, where one of them is a layer, from_config(); "
        "register the class with keras.saving.register_keras_serializable",
    ),
    Refused(
        "late-attention",
        "layers created in `call`",
        "architecture 'late-attention': its backbone cannot be built: ValueError: You cannot add new elements of "
        "state (variables or sub-layers) to a layer that is already built (my-plugins/late_attention.py:24): fix "
        "the plugin, and test it with `zoo plugins check late-attention`",
    ),
    Refused(
        "maxout",
        "a Lambda layer",
        "architecture 'maxout': 'maximum' is a Lambda layer, whose code is not stored, so a trained model could not be "
        "loaded: call keras.ops on the tensors, or write a keras.layers.Layer that does it and return its class from "
        "Architecture.custom_layers (my-plugins/maxout.py:6)",
    ),
    Refused(
        "network-in-network",
        "Sequential models as blocks",
        "architecture 'network-in-network': 'block1' is a model inside the model: lay it flat with "
        "`zoo.flatten(model, inputs)`, or build it on `inputs` (Keras Applications take input_tensor=inputs) "
        "(my-plugins/network_in_network.py:14)",
    ),
    Refused(
        "selective-kernel",
        "a class that only `backbone` knows",
        "architecture 'selective-kernel': a trained model could not be loaded: layer (SelectiveKernel, "
        "my-plugins/selective_kernel.py:10)\n  because  "
        "it is registered, but zoo finds it in another process only if Architecture.custom_layers returns it\n"
        "  fix      return it from Architecture.custom_layers",
    ),
    Refused(
        "tokens",
        "features (batch, n, d)",
        "architecture 'tokens': its features are tokens, (None, 16, 16): write pool='avg', 'max' or 'first' (the class "
        "token) into its Architecture, or pool them in the backbone (my-plugins/tokens.py:6)",
    ),
    Refused(
        "two-heads",
        "two outputs",
        "architecture 'two-heads': backbone returns 2 tensors in a dict: return one, for its one head "
        "(my-plugins/two_heads.py:6)",
    ),
)
