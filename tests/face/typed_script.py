"""A script as users write it: `mypy tests/face/typed_script.py` checks that the face has types, and refuses misuse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, assert_type

import zoo
from zoo import search
from zoo.face import Classifier, Prediction, SearchResult
from zoo.interfaces import Evaluation, Model
from zoo.search.loop import TrialLoop

if TYPE_CHECKING:
    from zoo.registry import Registry


def work(registry: Registry) -> None:
    """Never called."""
    result = zoo.search(["convnet", "resnet"], "digits", trials=2, hyperparameters={"blocks": 1})
    assert_type(result, SearchResult)
    assert_type(search("convnet", Path("photos"), max_time="10m", registry=registry), SearchResult)
    assert_type(result.best, Model)
    assert_type(zoo.train("convnet", "digits", epochs=1, freeze=2), Model)
    assert_type(zoo.finetune(result.best, "digits", head=[64]), Model)
    assert_type(zoo.evaluate("digits@best", "digits", split="validation"), Evaluation)
    classifier = zoo.load("digits@best", progress=False)  # type: ignore[call-arg]
    assert_type(classifier, Classifier)
    assert_type(classifier.predict(["seven.png", Path("eight.png")])[0], Prediction)
    zoo.train("convnet", "digits", epoch=1)  # type: ignore[call-arg]
    zoo.train("convnet", "digits", epochs="many")  # type: ignore[arg-type]
    assert_type(TrialLoop.__name__, str)  # the package behind `zoo.search` is still there
