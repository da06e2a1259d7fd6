"""`zoo.train`, `zoo.finetune` and `zoo.evaluate`."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

import zoo
from tests.cli.conftest import PLUGIN_FILES
from zoo.errors import HyperparameterError, InterruptedWork, NotFoundError, UnknownNameError
from zoo.interfaces import Epoch, Model, Progress, Run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.face.conftest import Trained


def test_a_training_returns_its_model_which_is_in_the_registry(trained: Trained) -> None:
    with zoo.open_registry() as registry:
        assert registry.model(trained.model.id) == trained.model
        run = registry.run(trained.model.run_id)
    assert (run.plan.architecture, run.plan.training.epochs, run.plan.preset) == (
        "tiny",
        2,
        "wide",
    )
    assert run.plan.hyperparameters["filters"] == 4


def test_a_model_is_shown_in_a_line_and_in_a_table(trained: Trained) -> None:
    model = trained.model
    assert repr(model).startswith(
        f"Model('{model.id}', architecture='tiny', dataset='blobs', dataset_version=1"
    )
    table = model._repr_html_()
    assert f"<caption>Model {model.id}</caption>" in table
    assert f"<td>{model.metrics['test_accuracy']:.4f}</td>" in table


def test_a_finetuning_names_its_parent_and_freezes(trained: Trained) -> None:
    child = zoo.finetune(trained.model, "three", freeze="all", epochs=1, head=[8], progress=False)
    with zoo.open_registry() as registry:
        plan = registry.run(child.run_id).plan
    assert (child.parent_id, plan.hyperparameters["freeze"]) == (trained.model.id, "all")
    assert (plan.hyperparameters["head_units"], len(child.class_names)) == ("8", 3)


def test_an_evaluation_has_metrics_and_an_image_a_row(trained: Trained) -> None:
    evaluation = zoo.evaluate("blobs@best", "blobs", split="validation", progress=False)
    assert evaluation.probabilities.shape == (len(evaluation.labels), 2)
    assert set(evaluation.classes) == {"dark", "light"}
    assert "Metrics of each class" in evaluation._repr_html_()
    assert "probabilities" not in repr(evaluation)


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown split 'tst': did you mean 'test'"):
        zoo.evaluate("blobs@best", "blobs", split="tst")  # type: ignore[arg-type]


def test_an_unknown_model_is_refused(trained: Trained) -> None:
    for call in (zoo.evaluate, zoo.finetune):
        with pytest.raises(NotFoundError, match="no model 'ffff'"):
            call("ffff", "blobs")


def test_an_unknown_architecture_makes_no_registry(tmp_path: Any) -> None:
    with pytest.raises(UnknownNameError, match="unknown architecture 'tinny'"):
        zoo.train("tinny", "blobs")
    assert not (tmp_path / "registry.db").exists()


@pytest.mark.parametrize("call", [zoo.train, zoo.search], ids=["train", "search"])
def test_an_image_size_that_does_not_fit_is_refused(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (PLUGIN_FILES / "tiny.py").read_text(encoding="utf-8")
    source = source.replace("import Architecture,", "import Architecture, Sizes,")
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "tiny.py").write_text(source.replace("min_size=16", "sizes=Sizes.only(16)"))
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(tmp_path / "plugins"))
    with pytest.raises(HyperparameterError, match="images of 8×8 do not fit large, which takes only 16"):
        call("large", "blobs", image_size=8, progress=False)


class Interrupting(Progress):
    """Presses Ctrl-C after the first epoch."""

    def epoch_ended(self, run: Run, epoch: Epoch) -> None:
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_raises_interrupted_work_and_the_run_resumes_later() -> None:
    with pytest.raises(InterruptedWork):
        zoo.train("tiny", "blobs", epochs=3, progress=Interrupting())
    with zoo.open_registry() as registry:
        (run,) = registry.runs()
        assert run.state == "interrupted"
        model = zoo.train(resume=run.id, registry=registry, progress=False)
        assert registry.run(model.run_id).id == run.id


def test_a_stopped_training_that_keeps_its_best_returns_a_model() -> None:
    model = zoo.train("tiny", "blobs", epochs=50, keep_best=True, progress=Interrupting())
    with zoo.open_registry() as registry:
        assert registry.run(model.run_id).state == "completed"


def test_a_finetuning_that_was_stopped_resumes(trained: Trained) -> None:
    with pytest.raises(InterruptedWork):
        zoo.finetune(trained.model, "blobs", epochs=3, progress=Interrupting())
    with zoo.open_registry() as registry:
        (run,) = [run for run in registry.runs() if run.state == "interrupted"]
    assert zoo.finetune(resume=run.id, progress=False).parent_id == trained.model.id


def test_options_that_a_resumed_run_would_not_heed_are_refused() -> None:
    for call in (zoo.train, zoo.finetune):
        with pytest.raises(zoo.ZooError, match="resumed work keeps its original options: leave epochs out"):
            call(resume="1a2b", epochs=3)


def test_the_architecture_to_train_is_required() -> None:
    with pytest.raises(zoo.ZooError, match="name the architecture and the dataset, or give resume="):
        zoo.train()
    with pytest.raises(zoo.ZooError, match="name the model and the dataset, or give resume="):
        zoo.finetune("blobs@best")


def test_handlers_of_signals_are_as_before() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    zoo.train("tiny", "blobs", epochs=1, progress=False)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_it_works_outside_of_the_main_thread(capfd: pytest.CaptureFixture[str]) -> None:
    models: list[Model] = []
    thread = threading.Thread(target=lambda: models.append(zoo.train("tiny", "blobs", epochs=1)))
    thread.start()
    thread.join()
    assert len(models) == 1
    assert "epoch   1/1" in capfd.readouterr().err


def test_progress_false_shows_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    zoo.train("tiny", "blobs", epochs=1, progress=False)
    assert tuple(capfd.readouterr()) == ("", "")
    assert os.path.exists("registry.db")  # noqa: PTH110
