"""Stacked convolution and pooling, the classic first network for images.

LeCun et al. 1998, "Gradient-based learning applied to document recognition". The presets are the networks of
three published projects: `fingers` counts fingers, `mobi-scan` classifies everyday objects, `chest-xray`
detects pneumonia.
"""

import re

from zoo import Architecture, ZooError, hookimpl

MOST_BLOCKS = 5
MOST_FILTERS = 256


def backbone(hp, inputs, *, weights=None):
    """Blocks of convolution, ReLU and pooling."""
    from keras import layers

    pooling = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}
    blocks = choose_blocks(hp)
    batch_norm = hp.Boolean("batch_norm", default=True)
    pool_kind = pooling[hp.Choice("pool_kind", ["max", "average"])]
    x = layers.Rescaling(1 / 255, name="rescaling")(inputs)
    for i, (filters, kernel, pool) in enumerate(blocks, start=1):
        x = layers.Conv2D(filters, kernel, padding="same", use_bias=not batch_norm, name=f"block{i}_conv")(x)
        if batch_norm:
            # The usual momentum of 0.99 needs thousands of steps; small datasets have hundreds.
            x = layers.BatchNormalization(momentum=0.9, name=f"block{i}_bn")(x)
        x = layers.ReLU(name=f"block{i}_relu")(x)
        # Pooling halves the image whatever the pool's size; a pool of 1 leaves it unchanged.
        x = pool_kind(pool, strides=min(pool, 2), padding="same", name=f"block{i}_pool")(x)
    return x


def choose_blocks(hp):
    """Return (filters, kernel, pool) of each block: searched, each twice as wide as the last, or from `plan`."""
    plan = hp.Fixed("plan", "")
    with hp.conditional_scope("plan", [""]):
        blocks = hp.Int("blocks", 1, MOST_BLOCKS, default=3)
        filters = hp.Int("filters", 8, 64, sampling="log", default=32)
        kernel = hp.Choice("kernel", [3, 5])
    if plan:
        return parse_plan(plan)
    return [(min(filters * 2**i, MOST_FILTERS), kernel, 2) for i in range(blocks)]


def parse_plan(plan):
    """`"6x3/2 16x4/4"` -> [(6, 3, 2), (16, 4, 4)]: filters x kernel / pool of each block."""
    blocks = [re.fullmatch(r"(\d+)x(\d+)/(\d+)", block) for block in plan.split()]
    numbers = [tuple(map(int, block.groups())) for block in blocks if block]
    if not numbers or len(numbers) < len(blocks) or not all(all(block) for block in numbers):
        raise ZooError(
            f"plan must be filters x kernel / pool of each block, such as '6x3/2 16x4/4', got '{plan}'"
        )
    return numbers


def plain(plan, head_units, **hyperparameters):
    """Return the hyperparameters of a network with this plan, without batch normalisation."""
    return {
        "plan": plan,
        "batch_norm": False,
        "pool_kind": "max",
        "pooling": "flatten",
        "head_units": head_units,
        **hyperparameters,
    }


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="convnet",
            backbone=backbone,
            summary="stacked convolution and pooling blocks",
            reference="LeCun et al. 1998, Gradient-based learning applied to document recognition",
            min_size=8,
            freeze_points=tuple(f"block{i}" for i in range(1, MOST_BLOCKS + 1)),
            presets={
                "fingers": plain("6x3/2 16x4/4 16x5/2", "256,128", dropout=0.0),
                "mobi-scan": plain("32x3/2 64x3/2 128x3/2", "128", dropout=0.5, augmentation="classic"),
                "chest-xray": plain(
                    "32x3/2 32x3/2 64x3/2", "64", dropout=0.5, optimizer="rmsprop", output="sigmoid"
                ),
            },
        )
    ]
