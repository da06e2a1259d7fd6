"""The model that a fine-tuning starts from: what becomes of its head. Most tests look at it before it is trained."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from zoo import workflows
from zoo.errors import HyperparameterError
from zoo.registry import open_registry
from zoo.workflows import TrainingOptions, Workspace
from zoo.workflows.parents import find_parent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.interfaces import Model
    from zoo.models.classifier import Classifier
    from zoo.plugins import Plugins

    Build = Callable[..., Classifier]
    Rows = dict[str, list[float]]

ODD = {"output": "sigmoid", "head_units": "8", "pooling": "max", "dropout": 0.5}


@pytest.fixture
def of_three(trained: Workspace) -> Model:
    """Knows dark, light and middle."""
    return trained.registry.best("three")


@pytest.fixture(scope="module")
def odd_folder(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Path:
    """A registry with a model that knows dark and light, and whose head has nothing of the default one."""
    folder = tmp_path_factory.mktemp("odd")
    with open_registry(folder / "registry.db") as registry:
        options = TrainingOptions(epochs=1)
        workflows.train(Workspace(registry, plugins), "tiny", "blobs", hyperparameters=ODD, options=options)
    return folder


@pytest.fixture
def odd(odd_folder: Path, trained: Workspace) -> Model:
    """That model, in the registry of the other tests too."""
    with open_registry(odd_folder / "registry.db", create=False) as registry:
        run = registry.run(registry.best("blobs").run_id)
        content = registry.load_content(registry.best("blobs").id)
    started = trained.registry.start_run(run.plan, trained.registry.dataset("blobs"))
    return trained.registry.complete_run(started.id, content, [])


@pytest.fixture
def before(trained: Workspace) -> Callable[[Model], Rows]:
    """Each class's weights and bias in the softmax of a stored model."""

    def of(model: Model) -> Rows:
        tensors = trained.registry.load_content(model.id).tensors
        return table(model.class_names, tensors["head_output/kernel"], tensors["head_output/bias"])

    return of


def rows(classifier: Classifier) -> Rows:
    return table(classifier.class_names, *classifier.network.get_layer("head_output").get_weights())


def table(names: tuple[str, ...], kernel: np.ndarray, bias: np.ndarray) -> Rows:
    return {name: row.tolist() for name, row in zip(names, np.vstack([kernel, bias]).T, strict=True)}


@pytest.fixture
def evening(tmp_path: Path) -> str:
    """A folder of two classes, of which the parent knows the first."""
    for name, brightness in (("light", 190), ("night", 0)):
        (tmp_path / "evening" / name).mkdir(parents=True)
        noise = np.random.default_rng(0).integers(0, 60, (30, 8, 8)) + brightness
        for number, pixels in enumerate(noise.astype(np.uint8)):
            Image.fromarray(pixels).save(tmp_path / "evening" / name / f"{number}.png")
    return str(tmp_path / "evening")


def predict(classifier: Classifier) -> np.ndarray:
    """Probabilities of the classes for some images."""
    images = np.random.default_rng(0).integers(0, 255, (9, 8, 8, 1)).astype(np.float32)
    outputs = classifier.network(images).numpy()
    return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs


# Which classes keep their weights ------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", ["blobs", "blobs-reversed"])
def test_the_same_classes_keep_the_head_and_their_order(
    trained: Workspace, build: Build, parent: Model, before: Callable, dataset: str
) -> None:
    built = build(dataset)
    assert (built.class_names, rows(built)) == (parent.class_names, before(parent))
    assert trained.progress.notices == []


def test_images_of_classes_in_another_order_train_their_own_class(
    trained: Workspace, finetune: Callable
) -> None:
    child = finetune("blobs-reversed", "all")
    _, _, evaluation = workflows.evaluate(trained, child.id, "blobs", split="train")
    assert evaluation.metrics["accuracy"] > 0.9


def test_more_classes_preserve_those_of_the_parent(
    trained: Workspace, build: Build, parent: Model, before: Callable
) -> None:
    built = build("three")
    assert built.class_names == ("dark", "light", "middle")
    assert {name: rows(built)[name] for name in parent.class_names} == before(parent)
    assert trained.progress.notices == ["the head knows 2 of 3 classes; new are middle"]


def test_fewer_classes_keep_theirs(
    trained: Workspace, build: Build, of_three: Model, before: Callable
) -> None:
    built, known_rows = build("blobs", model=of_three), before(of_three)
    assert rows(built) == {"dark": known_rows["dark"], "light": known_rows["light"]}
    assert trained.progress.notices == ["the head keeps 2 of its 3 classes: dark, light"]


def test_an_overlap_preserves_the_shared_classes(
    trained: Workspace, build: Build, parent: Model, before: Callable, evening: str
) -> None:
    built, known_rows = build(evening), before(parent)
    assert built.class_names == ("light", "night")
    assert rows(built)["light"] == known_rows["light"]
    assert rows(built)["night"] not in known_rows.values()
    assert trained.progress.notices == ["the head knows 1 of 2 classes; new are night"]


def test_other_classes_get_a_new_head(trained: Workspace, build: Build, parent: Model) -> None:
    assert build("pets").class_names == ("cat", "dog")
    assert trained.progress.notices[1:] == ["new head for 2 classes: cat, dog"]


def test_the_run_and_its_model_know_the_classes(trained: Workspace, finetune: Callable) -> None:
    child = finetune("three", "all")
    assert (child.class_names, child.trainable_parameters) == (("dark", "light", "middle"), 15)
    assert trained.registry.run(child.run_id).plan.candidate.keeps_head is True


# What is asked for ---------------------------------------------------------------------------------------


def test_a_new_head_is_made_where_one_is_asked_for(
    trained: Workspace, build: Build, parent: Model, before: Callable
) -> None:
    rows_of_new, known_rows = rows(build("blobs", head="new")), before(parent)
    assert (rows_of_new["dark"] != known_rows["dark"], rows_of_new["light"] != known_rows["light"]) == (
        True,
        True,
    )
    assert trained.progress.notices == ["new head for 2 classes: dark, light"]


def test_a_new_head_is_like_that_of_the_parent(build: Build, odd: Model) -> None:
    network = build("pets", model=odd).network
    assert network.get_layer("head_pooling").__class__.__name__ == "GlobalMaxPooling2D"
    assert (network.get_layer("head_dense_1").units, network.get_layer("head_dropout").rate) == (8, 0.5)
    assert network.get_layer("head_output").units == 1


def test_hidden_layers_are_kept_with_their_weights(build: Build, odd: Model, trained: Workspace) -> None:
    weights = build("three", model=odd).network.get_layer("head_dense_1").get_weights()
    tensors = trained.registry.load_content(odd.id).tensors
    np.testing.assert_array_equal(weights[0], tensors["head_dense_1/kernel"])


def test_a_child_says_what_head_it_keeps(trained: Workspace, finetune: Callable, odd: Model) -> None:
    child = finetune("blobs", "all", model=odd)
    chosen = trained.registry.run(child.run_id).plan.hyperparameters
    assert {name: chosen[name] for name in ODD} == ODD


@pytest.mark.parametrize("values", [{"head_units": "8,4"}, {"pooling": "max"}, {"dropout": 0.4}])
def test_a_hyperparameter_of_the_heads_shape_asks_for_a_new_one(
    trained: Workspace, build: Build, values: dict
) -> None:
    build("blobs", hyperparameters=values)
    assert trained.progress.notices == ["new head for 2 classes: dark, light"]


@pytest.mark.parametrize("values", [{"head_units": "8,4"}, {"pooling": "max"}, {"dropout": 0.4}])
def test_a_head_that_is_kept_keeps_its_shape(build: Build, values: dict) -> None:
    with pytest.raises(HyperparameterError) as caught:
        build("blobs", head="keep", hyperparameters=values)
    assert str(caught.value) == f"--head keep leaves {next(iter(values))} as it is: leave one of the two out"


def test_a_head_without_a_shared_class_cannot_be_kept(build: Build, parent: Model) -> None:
    with pytest.raises(HyperparameterError) as caught:
        build("pets", head="keep")
    assert str(caught.value) == (
        f"the head of model {parent.id} cannot be kept: it knows dark, light and none of cat, dog; "
        "leave --head keep out"
    )


# Softmax and sigmoid -------------------------------------------------------------------------------------


def test_softmax_becomes_a_sigmoid_that_says_the_same(build: Build) -> None:
    sigmoid = build("blobs", hyperparameters={"output": "sigmoid"})
    assert sigmoid.sigmoid
    np.testing.assert_allclose(predict(sigmoid), predict(build("blobs")), rtol=1e-5)


def test_a_sigmoid_becomes_softmax_that_says_the_same(build: Build, odd: Model) -> None:
    softmax = build("blobs", model=odd, hyperparameters={"output": "softmax"})
    assert not softmax.sigmoid
    np.testing.assert_allclose(predict(softmax), predict(build("blobs", model=odd)), rtol=1e-5)


def test_a_sigmoid_stays_one(build: Build, odd: Model) -> None:
    assert build("blobs", model=odd).sigmoid


def test_a_sigmoid_becomes_softmax_for_more_classes(build: Build, odd: Model) -> None:
    assert build("three", model=odd).network.get_layer("head_output").units == 3


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_two_of_three_classes_are_distinguished_as_before(build: Build, of_three: Model, output: str) -> None:
    both = predict(build("three", model=of_three))[:, :2]
    two = predict(build("blobs", model=of_three, hyperparameters={"output": output}))
    np.testing.assert_allclose(two, both / both.sum(axis=1, keepdims=True), rtol=1e-4)


def test_a_sigmoid_for_three_classes_is_refused(trained: Workspace, finetune: Callable) -> None:
    with pytest.raises(HyperparameterError) as caught:
        finetune("three", hyperparameters={"output": "sigmoid"})
    assert str(caught.value) == "output=sigmoid needs 2 classes, got 3: use softmax"
    assert len(trained.registry.runs()) == 2  # those that come with it


def test_a_parent_travels_to_other_processes(trained: Workspace, parent: Model) -> None:
    source = find_parent(trained, parent, trained.open_dataset("three"), {})
    other = pickle.loads(pickle.dumps(source))
    hp = source.choose({})
    assert rows(other.build(hp))["dark"] == rows(source.build(hp))["dark"]
