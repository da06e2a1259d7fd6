#!/usr/bin/env bash
# Keras Tuner 1.4.8: a Float with a step may never take its maximum, depending on rounding.
#
# hp.Float("x", 0, 1, step=0.25) takes 0, 0.25, 0.5, 0.75, 1. With step=0.1 or 0.2 the last value is 0.9 or 0.8, and 1
# is never drawn, though min_value=0.1, max_value=0.5, step=0.1 does reach 0.5. The number of values is counted with
# floor division (numerical.py, _get_n_values, linear sampling), and 1 // 0.1 is 9.0; the logarithmic branch beside it
# allows for rounding. So a search over dropout from 0 to 0.5 in steps of 0.1 never tries 0.5.
# zoo/interfaces/spaces.py counts as Keras Tuner does, so that a plan promises no value that is never drawn.
#
# Seen with Python 3.11, keras-tuner 1.4.8, keras 3.15.1, tensorflow 2.21.0. The script fails if this changes.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/environment"
"$folder/environment/bin/pip" install --quiet keras-tuner==1.4.8 keras==3.15.1 tensorflow==2.21.0 tensorboard==2.21.0

TF_CPP_MIN_LOG_LEVEL=3 "$folder/environment/bin/python" - 2> "$folder/errors" <<'PYTHON'
from keras_tuner import HyperParameters

SEEN = {
    (0.0, 1.0, 0.25): 1.0,
    (0.0, 1.0, 0.1): 0.9,
    (0.0, 1.0, 0.2): 0.8,
    (0.0, 0.5, 0.1): 0.4,
    (0.1, 0.5, 0.1): 0.5,
    (0.0, 0.7, 0.1): 0.6,
}
for (low, high, step), largest in SEEN.items():
    hp = HyperParameters()
    hp.Float("x", low, high, step=step)
    values = [round(value, 6) for value in hp.space[0].values]
    print(f"{low} to {high} by {step}: largest {values[-1]}")
    assert values[-1] == largest, values
    assert round(hp.space[0].prob_to_value(1.0), 6) == largest
PYTHON
