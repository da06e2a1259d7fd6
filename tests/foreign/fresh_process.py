"""Loads models in a process that has not trained them: `python -m tests.foreign.fresh_process REGISTRY MODEL…`.

Prints a JSON object: the id of each model -> its metrics on the test split, or the message of the error.
"""

from __future__ import annotations

import json
import sys

import zoo
from tests.foreign.bits import measure_bits
from tests.foreign.networks import DATASET, PLUGIN_FILES


def measured(registry: str, model: str) -> dict[str, float] | str:
    """The metrics of a model, or why it cannot be loaded."""
    try:
        evaluation = zoo.evaluate(model, DATASET, registry=registry, plugins_dir=PLUGIN_FILES, progress=False)
    except zoo.ZooError as error:
        return str(error)
    return dict(evaluation.metrics)


if __name__ == "__main__":
    measure_bits()
    registry, *models = sys.argv[1:]
    print(json.dumps({model: measured(registry, model) for model in models}))
