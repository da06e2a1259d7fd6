"""The variants of KerasHub's image backbones: what `--set backbone=NAME --set variant=NAME` builds.

Each is the part of KerasHub's configuration that differs from the class's defaults. `nano` ones are small networks of
our own, for small images and quick trials; all others follow the papers that are cited beside them.
"""


def _resnet(blocks, block_type, *, stem=(64,), kernels=(7,), pre_activation=False):
    return {
        "input_conv_filters": list(stem),
        "input_conv_kernel_sizes": list(kernels),
        "stackwise_num_filters": [64, 128, 256, 512],
        "stackwise_num_blocks": blocks,
        "stackwise_num_strides": [1, 2, 2, 2],
        "block_type": block_type,
        "use_pre_activation": pre_activation,
    }


# ResNet: He et al. 2015, table 1; v2: He et al. 2016, Identity mappings; vd: He et al. 2018, Bag of tricks.
_VD = {"stem": (32, 32, 64), "kernels": (3, 3, 3)}
RESNET = {
    "nano": _resnet([1, 1, 1, 1], "basic_block"),
    "18": _resnet([2, 2, 2, 2], "basic_block"),
    "34": _resnet([3, 4, 6, 3], "basic_block"),
    "50": _resnet([3, 4, 6, 3], "bottleneck_block"),
    "101": _resnet([3, 4, 23, 3], "bottleneck_block"),
    "v2-50": _resnet([3, 4, 6, 3], "bottleneck_block", pre_activation=True),
    "vd-18": _resnet([2, 2, 2, 2], "basic_block_vd", **_VD),
    "vd-50": _resnet([3, 4, 6, 3], "bottleneck_block_vd", **_VD),
}


def _dark(filters, depth, **more):
    return {
        "stem_filters": filters // 2,
        "stem_kernel_size": 3,
        "stem_strides": 1,
        "stackwise_depth": depth,
        "stackwise_strides": [2] * len(depth),
        "stackwise_num_filters": [filters * 2**stage for stage in range(len(depth))],
        "bottle_ratio": [0.5],
        "block_type": "dark_block",
        "stage_type": "dark",
        **more,
    }


# Darknet-53: Redmon & Farhadi 2018, YOLOv3; with cross-stage partial connections: Wang et al. 2019, CSPNet.
_CROSS_STAGE = {
    "stage_type": "csp",
    "expand_ratio": [2.0, 1.0],
    "bottle_ratio": [0.5, 1.0],
    "block_ratio": [1.0, 0.5],
    "down_growth": True,
}
CSPNET = {
    "nano": _dark(16, [1, 1, 2, 2], **_CROSS_STAGE),
    "darknet-53": _dark(64, [1, 2, 8, 8, 4]),
    "csp-darknet-53": _dark(64, [1, 2, 8, 8, 4], **_CROSS_STAGE),
}

# Huang et al. 2016, Densely connected convolutional networks, table 1.
DENSENET: dict[str, dict[str, object]] = {
    "nano": {"stackwise_num_repeats": [3, 6, 6], "growth_rate": 12},
    "121": {"stackwise_num_repeats": [6, 12, 24, 16]},
    "169": {"stackwise_num_repeats": [6, 12, 32, 32]},
    "201": {"stackwise_num_repeats": [6, 12, 48, 32]},
}

# Simonyan & Zisserman 2014, Very deep convolutional networks, table 1, A, B, D and E without the dense layers.
_VGG_FILTERS = [64, 128, 256, 512, 512]
VGG = {
    "nano": {"stackwise_num_repeats": [1, 1, 2], "stackwise_num_filters": [32, 64, 128]},
    "11": {"stackwise_num_repeats": [1, 1, 2, 2, 2], "stackwise_num_filters": _VGG_FILTERS},
    "13": {"stackwise_num_repeats": [2, 2, 2, 2, 2], "stackwise_num_filters": _VGG_FILTERS},
    "16": {"stackwise_num_repeats": [2, 2, 3, 3, 3], "stackwise_num_filters": _VGG_FILTERS},
    "19": {"stackwise_num_repeats": [2, 2, 4, 4, 4], "stackwise_num_filters": _VGG_FILTERS},
}

# Chollet 2016, Xception, figure 5.
XCEPTION = {
    "nano": {
        "stackwise_conv_filters": [[16, 32], [64, 64], [128, 128], [128, 128], [256]],
        "stackwise_pooling": [False, True, True, False, False],
    },
    "41": {
        "stackwise_conv_filters": [
            [32, 64], [128, 128], [256, 256], [728, 728], *[[728, 728, 728]] * 8, [728, 1024], [1536, 2048],
        ],
        "stackwise_pooling": [False, True, True, True, *[False] * 8, True, False],
    },
}  # fmt: skip


def _efficientnet(width, depth):
    return {
        "stackwise_width_coefficients": [width] * 7,
        "stackwise_depth_coefficients": [depth] * 7,
        "stackwise_kernel_sizes": [3, 3, 5, 3, 5, 5, 3],
        "stackwise_num_repeats": [1, 2, 2, 3, 3, 4, 1],
        "stackwise_input_filters": [32, 16, 24, 40, 80, 112, 192],
        "stackwise_output_filters": [16, 24, 40, 80, 112, 192, 320],
        "stackwise_expansion_ratios": [1, 6, 6, 6, 6, 6, 6],
        "stackwise_squeeze_and_excite_ratios": [0.25] * 7,
        "stackwise_strides": [1, 2, 2, 2, 1, 2, 1],
        "stackwise_block_types": ["v1"] * 7,
    }


def _efficientnet_v2(repeats, inputs, outputs):
    return {
        "stackwise_width_coefficients": [1.0] * 6,
        "stackwise_depth_coefficients": [1.0] * 6,
        "stackwise_kernel_sizes": [3] * 6,
        "stackwise_num_repeats": repeats,
        "stackwise_input_filters": inputs,
        "stackwise_output_filters": outputs,
        "stackwise_expansion_ratios": [1, 4, 4, 4, 6, 6],
        "stackwise_squeeze_and_excite_ratios": [0.0, 0.0, 0.0, 0.25, 0.25, 0.25],
        "stackwise_strides": [1, 2, 2, 2, 1, 2],
        "stackwise_block_types": ["fused"] * 3 + ["unfused"] * 3,
    }


# Tan & Le 2019, EfficientNet, table 1 and its code's widths and depths; 2021, EfficientNetV2, table 4.
EFFICIENTNET = {
    "nano": _efficientnet(0.35, 0.35),
    "b0": _efficientnet(1.0, 1.0),
    "b1": _efficientnet(1.0, 1.1),
    "b2": _efficientnet(1.1, 1.2),
    "b3": _efficientnet(1.2, 1.4),
    "v2-s": _efficientnet_v2([2, 4, 4, 6, 9, 15], [24, 24, 48, 64, 128, 160], [24, 48, 64, 128, 160, 256]),
}


def _mobilenet_v3(stages, last, first):
    """Return V3 of these stages, each a list of (kernel, expanded filters, filters, squeezed, activation, stride)."""
    columns = [list(zip(*stage, strict=True)) for stage in stages]
    kernels, expanded, filters, squeezed, activations, strides = (
        [list(stage[column]) for stage in columns] for column in range(6)
    )
    return {
        "stackwise_expansion": expanded,
        "stackwise_num_blocks": [len(stage) for stage in stages],
        "stackwise_num_filters": filters,
        "stackwise_kernel_size": kernels,
        "stackwise_num_strides": strides,
        "stackwise_se_ratio": [[0.25 if each else None for each in stage] for stage in squeezed],
        "stackwise_activation": activations,
        "stackwise_padding": [[kernel // 2 for kernel in stage] for stage in kernels],
        "output_num_filters": 1024,
        "depthwise_filters": 16,
        "last_layer_filter": last,
        **first,
    }


_RELU, _SWISH = "relu", "hard_swish"
_SHRUNK = {"depthwise_stride": 2, "depthwise_residual": False, "squeeze_and_excite": 0.5}

# Howard et al. 2019, Searching for MobileNetV3, tables 1 and 2.
MOBILENET = {
    "nano": _mobilenet_v3(
        [
            [(3, 48, 24, False, _RELU, 2), (3, 48, 24, False, _RELU, 1)],
            [(5, 96, 40, True, _SWISH, 2), (5, 96, 40, True, _SWISH, 1)],
        ],
        last=160,
        first=_SHRUNK,
    ),
    "v3-small": _mobilenet_v3(
        [
            [(3, 72, 24, False, _RELU, 2), (3, 88, 24, False, _RELU, 1)],
            [(5, 96, 40, True, _SWISH, 2), *[(5, 240, 40, True, _SWISH, 1)] * 2],
            [(5, 120, 48, True, _SWISH, 1), (5, 144, 48, True, _SWISH, 1)],
            [(5, 288, 96, True, _SWISH, 2), *[(5, 576, 96, True, _SWISH, 1)] * 2],
        ],
        last=576,
        first=_SHRUNK,
    ),
    "v3-large": _mobilenet_v3(
        [
            [(3, 64, 24, False, _RELU, 2), (3, 72, 24, False, _RELU, 1)],
            [(5, 72, 40, True, _RELU, 2), *[(5, 120, 40, True, _RELU, 1)] * 2],
            [
                (3, 240, 80, False, _SWISH, 2),
                (3, 200, 80, False, _SWISH, 1),
                *[(3, 184, 80, False, _SWISH, 1)] * 2,
            ],
            [(3, 480, 112, True, _SWISH, 1), (3, 672, 112, True, _SWISH, 1)],
            [(5, 672, 160, True, _SWISH, 2), *[(5, 960, 160, True, _SWISH, 1)] * 2],
        ],
        last=960,
        first={"depthwise_stride": 1, "depthwise_residual": True, "squeeze_and_excite": None},
    ),
}


def _mobilenet_v5(stages):
    """Return V5 of these stages, each (block type, filters of its blocks); the first block of each halves the map."""
    blocks = [len(filters) for _, filters in stages]

    def each(value, **of_type):
        return [[of_type.get(kind, value)] * count for (kind, _), count in zip(stages, blocks, strict=True)]

    return {
        "stackwise_block_types": [[kind] * len(filters) for kind, filters in stages],
        "stackwise_num_blocks": blocks,
        "stackwise_num_filters": [filters for _, filters in stages],
        "stackwise_strides": [[2] + [1] * (count - 1) for count in blocks],
        "stackwise_act_layers": each("gelu"),
        "stackwise_exp_ratios": each(4.0),
        "stackwise_se_ratios": each(0.0),
        "stackwise_dw_kernel_sizes": each(0, uir=5),
        "stackwise_dw_start_kernel_sizes": each(0, uir=3),
        "stackwise_dw_end_kernel_sizes": each(0),
        "stackwise_exp_kernel_sizes": each(0, er=3),
        "stackwise_pw_kernel_sizes": each(0, er=1),
        "stackwise_num_heads": each(0),
        "stackwise_key_dims": each(0),
        "stackwise_value_dims": each(0),
        "stackwise_kv_strides": each(0),
        "stackwise_use_cpe": each(False),
        "use_msfa": False,
    }


# Qin et al. 2024, MobileNetV4, of whose blocks it consists; KerasHub has one published V5, of 300 million parameters.
MOBILENETV5 = {
    "nano": _mobilenet_v5([("er", [24]), ("uir", [48, 48]), ("uir", [96, 96])]),
    "small": _mobilenet_v5([("er", [32, 32]), ("er", [64, 64]), ("uir", [128] * 4), ("uir", [256] * 4)]),
}


def _hgnet(stem, stages, light):
    """Return HGNetV2 with these stages, each (in, inner, out, blocks, layers, kernel size)."""
    return {
        "depths": [stage[3] for stage in stages],
        "embedding_size": stem[-1],
        "hidden_sizes": [stage[2] for stage in stages],
        "stem_channels": stem,
        "hidden_act": "relu",
        "use_learnable_affine_block": light,
        "stackwise_stage_filters": [list(stage) for stage in stages],
        "apply_downsample": [False] + [True] * (len(stages) - 1),
        "use_lightweight_conv_block": [number > 1 for number in range(len(stages))],  # the later stages
    }


# Zhao et al. 2023, DETRs beat YOLOs on real-time object detection, whose code has the networks B0 to B6.
HGNETV2 = {
    "nano": _hgnet(
        [3, 8, 8], [(8, 8, 32, 1, 3, 3), (32, 16, 64, 1, 3, 3), (64, 32, 128, 1, 3, 5)], light=True
    ),
    "b0": _hgnet(
        [3, 16, 16],
        [(16, 16, 64, 1, 3, 3), (64, 32, 256, 1, 3, 3), (256, 64, 512, 2, 3, 5), (512, 128, 1024, 1, 3, 5)],
        light=True,
    ),
    "b4": _hgnet(
        [3, 32, 48],
        [
            (48, 48, 128, 1, 6, 3),
            (128, 96, 512, 1, 6, 3),
            (512, 192, 1024, 3, 6, 5),
            (1024, 384, 2048, 1, 6, 5),
        ],
        light=False,
    ),
}


def _mit(dims, depths):
    stages = len(dims)
    return {
        "layerwise_depths": depths,
        "num_layers": stages,
        "hidden_dims": dims,
        "layerwise_num_heads": [1, 2, 5, 8][:stages],
        "layerwise_sr_ratios": [8, 4, 2, 1][:stages],
        "layerwise_patch_sizes": [7, 3, 3, 3][:stages],
        "layerwise_strides": [4, 2, 2, 2][:stages],
        "max_drop_path_rate": 0.1,
    }


# Xie et al. 2021, SegFormer, table 6.
MIT = {
    "nano": _mit([16, 32, 80], [1, 1, 1]),
    "b0": _mit([32, 64, 160, 256], [2, 2, 2, 2]),
    "b1": _mit([64, 128, 320, 512], [2, 2, 2, 2]),
    "b2": _mit([64, 128, 320, 512], [3, 4, 6, 3]),
}


def _transformer(width, layers, heads, hidden="intermediate_dim", **more):
    return {"hidden_dim": width, "num_layers": layers, "num_heads": heads, hidden: 4 * width, **more}


# Dosovitskiy et al. 2020, An image is worth 16×16 words, table 1; tiny and small: Touvron et al. 2020, DeiT, table 1.
_SIZES = {"nano": (96, 6, 3), "tiny": (192, 12, 3), "small": (384, 12, 6), "base": (768, 12, 12)}
VIT = {name: _transformer(*size, hidden="mlp_dim") for name, size in _SIZES.items()}
DEIT = {name: _transformer(*size) for name, size in _SIZES.items()}

# Oquab et al. 2023, DINOv2; Siméoni et al. 2025, DINOv3: the same transformers, with position embeddings and registers
# of their own.
DINO = {name: _transformer(*size) for name, size in _SIZES.items() if name != "tiny"}


def _swin(width, depths, heads):
    return {"embed_dim": width, "depths": depths, "num_heads": heads}


# Liu et al. 2021, Swin Transformer, section 3.3.
SWIN = {
    "nano": _swin(48, [2, 2, 2], [2, 4, 8]),
    "tiny": _swin(96, [2, 2, 6, 2], [3, 6, 12, 24]),
    "small": _swin(96, [2, 2, 18, 2], [3, 6, 12, 24]),
    "base": _swin(128, [2, 2, 18, 2], [4, 8, 16, 32]),
}


def _vit_det(width, layers, heads, attending):
    return {
        "hidden_size": width,
        "num_layers": layers,
        "num_heads": heads,
        "intermediate_dim": 4 * width,
        "global_attention_layer_indices": attending,
    }


# Li et al. 2022, Exploring plain vision transformer backbones for object detection, section 4.
VIT_DET = {
    "nano": {**_vit_det(96, 4, 3, [1, 3]), "num_output_channels": 64},
    "base": _vit_det(768, 12, 12, [2, 5, 8, 11]),
}
