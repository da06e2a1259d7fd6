#!/usr/bin/env bash
# Keras 3.15: a layer without get_config loses its name when it is rebuilt, unless its **parameter is called "kwargs".
#
# Where a layer does not define get_config, Keras writes the arguments of its constructor into the configuration, and the
# layer's name only if the constructor has a parameter `name`, or one called exactly `kwargs`. `__init__(self, **options)`
# accepts a name all the same. The rebuilt layer gets a new name, such as scale_1, without a word; whatever finds layers or
# variables by their names, as freezing and stored weights do, does not find it.
# zoo (zoo/models/content.py) gives rebuilt layers the names in the stored graph.
#
# Seen with Python 3.11, keras 3.15.1, tensorflow 2.21.0. The script fails if this changes.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/environment"
"$folder/environment/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0

TF_CPP_MIN_LOG_LEVEL=3 "$folder/environment/bin/python" - 2> "$folder/errors" <<'PYTHON'
import keras


@keras.saving.register_keras_serializable(package="findings")
class WithOptions(keras.layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)

    def call(self, inputs):
        return inputs


@keras.saving.register_keras_serializable(package="findings")
class WithKwargs(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        return inputs


inputs = keras.Input((4,))
network = keras.Model(inputs, WithKwargs(name="second")(WithOptions(name="first")(inputs)))
names = [layer.name for layer in keras.models.model_from_json(network.to_json()).layers[1:]]
print(names)
assert "first" not in names and "second" in names
PYTHON
