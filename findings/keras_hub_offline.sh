#!/usr/bin/env bash
# KerasHub 0.32: without a network, a preset of Hugging Face "has no config.json" instead of being out of reach.
#
# huggingface_hub raises LocalEntryNotFoundError when it can neither connect nor find a file in its cache. That class is
# derived from EntryNotFoundError, "this repository has no such file", which KerasHub's get_file turns into
# FileNotFoundError; check_file_exists returns False, and from_preset advises to make sure that the preset is valid. So a
# user who is merely offline gets a message that blames a valid preset. Presets of Kaggle raise requests' ConnectionError.
# zoo (plugins/zoo_plugins/kerashub_presets.py) calls get_file itself, and looks at the cause of its FileNotFoundError.
#
# Seen with Python 3.11, keras-hub 0.32.0, huggingface-hub 2.4.0. The script fails if this changes.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/environment"
"$folder/environment/bin/pip" install --quiet keras-hub==0.32.0 huggingface-hub==2.4.0 keras==3.15.1 tensorflow==2.21.0

HF_HUB_OFFLINE=1 HF_HOME="$folder/cache" TF_CPP_MIN_LOG_LEVEL=3 "$folder/environment/bin/python" - 2> "$folder/errors" <<'PYTHON'
import keras_hub
from keras_hub.src.utils.preset_utils import get_file

try:
    keras_hub.models.Backbone.from_preset("hf://keras/resnet_18_imagenet")
except ValueError as error:
    print(error)
    assert "has no config.json" in str(error)
    assert "network" not in str(error).lower() and "connect" not in str(error).lower()

try:
    get_file("hf://keras/resnet_18_imagenet", "config.json")
except FileNotFoundError as error:
    print(type(error.__cause__).__name__)
    assert type(error.__cause__).__name__ == "LocalEntryNotFoundError"
PYTHON
