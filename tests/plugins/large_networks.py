"""The architectures whose tests take long; what is marked `large` by these is left to .ci/run."""

# The layers of resnet50 and resnet50-v2, only more of them.
DEEPER = ("resnet101", "resnet101-v2", "resnet152", "resnet152-v2")

# Keras's own networks too, for which freezing and export take ten seconds each.
LARGE = (
    "convnext-tiny", "densenet121", "efficientnet-v2", "inception-v3", "keras-hub", "mobilenet-v3", "resnet50",
    "resnet50-v2", "xception",
)  # fmt: skip
