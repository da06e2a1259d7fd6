"""The image backbones of KerasHub, from a configuration with random weights or from a preset with its own.

`--set backbone=vit` builds a backbone of `kerashub_kinds`; `--weights PRESET` loads one with its weights and its
scaling of pixels. A backbone is laid flat, so that it can be frozen up to any layer; one whose layers cannot be stored
one by one is a single layer, `keras_hub_backbone`.
"""

import json
from pathlib import Path

from zoo import Architecture, ZooError, hookimpl
from zoo_plugins.kerashub_backbones import (
    UNIT,
    build,
    choices,
    features,
    import_keras_hub,
    installed,
    rescaled,
)
from zoo_plugins.kerashub_kinds import KINDS
from zoo_plugins.kerashub_presets import (
    fetch_preset,
    interpolation_of,
    is_preset,
    load_preset,
    scaling_of,
    shape_of,
)
from zoo_plugins.tfhub import RANGES

DEFAULT = "resnet"

STAGES = (
    *("csp_stem", "stem", "conv1", "embedder"),
    *(f"stack{number}" for number in range(5)),
    *(f"block{number}" for number in range(1, 15)),
    *(f"stage_{number}" for number in range(5)),
    *("encoder", "top", UNIT),
)


def backbone(hp, inputs, *, weights=None):
    """Scaled pixels, then a backbone of KerasHub."""
    import_keras_hub()
    options = {name: hp.Fixed(name, "") for name in ("backbone", "variant", "config", "input_range")}
    if options["input_range"] not in ("", *RANGES):
        raise ZooError(f"input_range must be one of {'; '.join(RANGES)}, got '{options['input_range']}'")
    if weights is not None and Path(weights).is_dir():
        return _from_preset(weights, inputs, options)
    if weights is not None and not options["backbone"] and is_preset(Path(weights).parent):
        raise ZooError(
            f"{weights} is a file of a preset, whose backbone is not known without its other files: give its folder, "
            f"--weights {Path(weights).parent}"
        )
    name = _chosen(hp, "backbone", options["backbone"] or DEFAULT, installed())
    variants = [*KINDS[name].variants]
    variant = _chosen(hp, "variant", options["variant"] or variants[0], variants)
    return _from_config(name, variant, options, inputs, weights)


def _chosen(hp, option, text, names):
    """Return the value of an option; of several, separated by commas, the one that the search chose."""
    listed = list(dict.fromkeys(part.strip() for part in text.split(",")))
    for each in listed:
        if each not in names:
            raise ZooError(f"keras-hub has no {option} '{each}'{choices(each, names)}")
    return listed[0] if len(listed) == 1 else hp.Choice(f"chosen_{option}", listed)


def _from_config(name, variant, options, inputs, weights):
    """Build a backbone with random weights, or with those of a file."""
    from zoo import load_weights

    kind = KINDS[name]
    model = build(name, {**kind.variants[variant], **_read_config(options["config"])}, inputs.shape[1:])
    if weights is not None:
        load_weights(model, weights)
    scale, offset = RANGES[options["input_range"] or kind.input_range]
    return features(model, kind, rescaled(inputs, scale, offset))


def _read_config(text):
    """Return the arguments of `--set config={…}`."""
    if not text:
        return {}
    try:
        config = json.loads(text)
    except ValueError as error:
        raise ZooError(
            f'config must be a JSON object of KerasHub\'s arguments, such as {{"num_layers": 4}}: {error}, '
            f"got '{text}'"
        ) from None
    if not isinstance(config, dict):
        raise ZooError(f"config must be a JSON object of KerasHub's arguments, got '{text}'")
    return config


def _from_preset(folder, inputs, options):
    """Build the backbone of a preset with its weights, its scaling of pixels and, if they are fixed, its image size."""
    for option in ("variant", "config"):
        if options[option]:
            raise ZooError(
                f"--set {option} has no effect with --weights {folder}, which contains a configuration: leave "
                "one of the two out"
            )
    name, model = load_preset(folder, inputs.shape[1:])
    if options["backbone"] not in ("", name):
        raise ZooError(
            f"--weights {folder} is a preset of the backbone {name}, not of {options['backbone']}: leave "
            "--set backbone out"
        )
    x = resized(inputs, model, folder) if KINDS[name].as_unit else inputs
    scale, offset = RANGES[options["input_range"]] if options["input_range"] else scaling_of(folder)
    return features(model, KINDS[name], rescaled(x, scale, offset))


def resized(inputs, model, folder):
    """Return the pixels at the size that the backbone is fixed to; at their own size if it takes any."""
    from keras import layers

    height, width, _ = shape_of(model)
    if (height or inputs.shape[1], width or inputs.shape[2]) == tuple(inputs.shape[1:3]):
        return inputs
    return layers.Resizing(height, width, interpolation=interpolation_of(folder), name="resizing")(inputs)


def custom_layers():
    """Import KerasHub, which registers the layers that a stored model needs."""
    return [import_keras_hub().models.Backbone]


def preset_patterns():
    """Return patterns of the names of the presets that KerasHub has for these backbones."""
    return [f"{prefix}_*" for name in installed() for prefix in KINDS[name].presets or (name,)]


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="keras-hub",
            backbone=backbone,
            summary=f"KerasHub's image backbones: --set backbone={'|'.join(installed())}, or --weights PRESET",
            reference="https://keras.io/keras_hub/",
            default_size=224,
            channels=3,
            weights=(*preset_patterns(), "kaggle://*", "hf://*"),
            fetch_weights=fetch_preset,
            freeze_points=STAGES,
            custom_layers=custom_layers,
        )
    ]
