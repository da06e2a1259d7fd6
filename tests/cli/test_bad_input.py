"""Bad input: one line that says what to do, exit code 1, and nothing lost."""

from __future__ import annotations

import json
import resource
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes, which looks to a program as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# Names ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("registry_unchanged")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train tinny blobs", "unknown architecture 'tinny': did you mean 'tiny'?"),
        ("architectures tinny", "unknown architecture 'tinny': did you mean 'tiny'?"),
        (
            "train tiny blob",
            "unknown dataset 'blob': did you mean 'blobs'? or give the path of your images",
        ),
        (
            "best blob",
            (
                "unknown dataset 'blob': did you mean 'blobs'? (a dataset is recorded when it is first trained on, "
                "or by `zoo data add NAME PATH`)"
            ),
        ),
        (
            "evaluate blobs@best blob",
            "unknown dataset 'blob': did you mean 'blobs'? or give the path of your images",
        ),
        (
            "train tiny blobs --preset wild",
            "unknown preset 'wild': did you mean 'wide'? (of architecture tiny)",
        ),
        ("predict blobs@bets x.png", "unknown alias 'bets': did you mean 'best'? (within dataset blobs)"),
        ("best blobs --metric val_acuracy", "unknown metric 'val_acuracy': did you mean 'val_accuracy'?"),
        (
            "best blobs --metric test_accuracy",
            "'test_accuracy' cannot select a model: test metrics are reported, never selected on; use val_accuracy",
        ),
        ("search --resume zzz", "no search 'zzz': `zoo searches` lists them"),
        (
            "predict zzz x.png",
            "no model 'zzz': give an id or the start of one, DATASET@best or DATASET@ALIAS; `zoo models` lists them",
        ),
        (
            "finetune blobs pets",
            "no model 'blobs': that is a dataset; write blobs@best for its best model",
        ),
        (
            "show zzz",
            (
                "no model, run or search 'zzz': give an id or the start of one, DATASET@best or DATASET@ALIAS; "
                "`zoo models` lists them"
            ),
        ),
        (
            "alias blobs@best best",
            (
                "the alias 'best' is reserved: DATASET@best is always the model with the best validation accuracy; "
                "choose another name"
            ),
        ),
    ],
)
def test_an_unknown_name(refused: Callable, arguments: str, message: str) -> None:
    assert refused(*arguments.split()) == message


def test_an_ambiguous_id(refused: Callable, trained: Path) -> None:
    with closing(sqlite3.connect(trained / "registry.db")) as registry, registry:
        registry.execute("UPDATE models SET id = 'abcde' || substr(id, 6)")
        registry.execute("UPDATE runs SET model_id = 'abcde' || substr(model_id, 6)")
        (ids,) = zip(*registry.execute("SELECT id FROM models ORDER BY id"), strict=True)
    listed = ", ".join(f"model {identity}" for identity in ids)
    assert refused("predict", "abcd", "x.png") == (
        f"'abcd' is the start of several ids: {listed}; give more characters"
    )


# Hyperparameters -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("registry_unchanged")
@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("filter=2", "unknown hyperparameter 'filter': did you mean 'filters'?"),
        ("filters=9", "filters must be a whole number from 1 to 4, got '9'"),
        ("filters=2.5", "filters must be a whole number from 1 to 4, got '2.5'"),
        ("filters=many", "filters must be a whole number from 1 to 4, got 'many'"),
        ("learning_rate=fast", "learning_rate must be a number above 0 and at most 10, got 'fast'"),
        ("learning_rate=nan", "learning_rate must be a number above 0 and at most 10, got 'nan'"),
        ("dropout=1", "dropout must be a number from 0 to below 1, got '1'"),
        (
            "augmentation=lite",
            (
                "augmentation must be one of none, flip, light, classic, randaugment, mixup, cutmix, or several of "
                "them, each once, as in classic+mixup, got 'lite'"
            ),
        ),
    ],
)
def test_a_wrong_hyperparameter(refused: Callable, setting: str, message: str) -> None:
    assert refused("train", "tiny", "blobs", "--set", setting) == message


@pytest.mark.usefixtures("registry_unchanged")
def test_a_sigmoid_for_three_classes(refused: Callable) -> None:
    assert refused("train", "tiny", "three", "--set", "output=sigmoid") == (
        "output=sigmoid needs 2 classes, got 3: use softmax"
    )


@pytest.mark.usefixtures("registry_unchanged")
def test_weights_for_an_architecture_without(refused: Callable) -> None:
    assert refused("train", "tiny", "blobs", "--weights", "imagenet") == (
        "architecture 'tiny' has no pre-trained weights to load: leave --weights out"
    )


def test_no_weights_is_no_mistake(zoo: Callable) -> None:
    assert zoo("train", "tiny", "blobs", "--weights", "none", "--epochs", 1).code == 0


# Images --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("registry_unchanged")
def test_a_missing_folder(refused: Callable, tmp_path: Path) -> None:
    assert refused("train", "tiny", "./gone") == f"there is no folder '{tmp_path}/gone'; check the path"


@pytest.mark.usefixtures("registry_unchanged")
def test_an_empty_folder(refused: Callable, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert refused("train", "tiny", "./empty").startswith(f"the folder '{tmp_path}/empty' has no images; ")


@pytest.mark.usefixtures("registry_unchanged")
def test_one_class_only(refused: Callable, photos: Path) -> None:
    (photos / "dog").rename(photos.parent / "elsewhere")
    assert refused("search", "tiny", photos).startswith(
        f"the folder '{photos}' holds only one class, 'cat'; "
    )


@pytest.mark.usefixtures("registry_unchanged")
def test_a_class_without_an_image(refused: Callable, photos: Path) -> None:
    (photos / "emu").mkdir()
    assert refused("finetune", "blobs@best", photos).startswith(
        f"class folder '{photos}/emu' contains no image (.jpg, "
    )


@pytest.mark.usefixtures("registry_unchanged")
def test_a_class_without_a_readable_image(refused: Callable, photos: Path) -> None:
    for number, path in enumerate((photos / "dog").iterdir()):
        path.write_bytes(b"broken %d" % number)
    assert refused("train", "tiny", photos) == (
        "no image of class 'dog' can be read; replace its images or remove the class"
    )


@pytest.fixture
def damaged_photos(photos: Path) -> Path:
    whole = (photos / "cat" / "00.png").read_bytes()
    (photos / "cat" / "corrupt.png").write_bytes(b"no image")
    (photos / "cat" / "truncated.png").write_bytes(whole[:100])
    (photos / "dog" / "empty.png").write_bytes(b"")
    (photos / "dog" / "notes.txt").write_text("no image")
    return photos


def test_damaged_images_are_named_and_counted(zoo: Callable, damaged_photos: Path) -> None:
    result = zoo("train", "tiny", damaged_photos, "--epochs", 1)
    line = next(line for line in result.err.splitlines() if "skipped" in line)
    assert result.code == 0
    assert line.startswith("· skipped 4 files: ")
    assert all(f"{name} (" in line for name in ("corrupt.png", "truncated.png", "notes.txt"))
    assert line.endswith(" and 1 more")


@pytest.mark.usefixtures("registry_unchanged")
def test_damaged_images_are_an_error_if_strict(refused: Callable, damaged_photos: Path) -> None:
    message = refused("train", "tiny", damaged_photos, "--strict")
    assert message.startswith("unreadable images, 3 in all: ")
    assert message.endswith("; replace them or leave out --strict")


@pytest.mark.usefixtures("registry_unchanged")
@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("gone.png", "no such file or directory; check the path"),
        ("x.png", "not an image; zoo reads .jpg, .jpeg, .png, .webp, .bmp, .gif, .tif, .tiff"),
        (".", "is a directory; name the files in it"),
    ],
)
def test_predict_a_file_that_is_no_image(
    refused: Callable, tmp_path: Path, name: str, complaint: str
) -> None:
    (tmp_path / "x.png").write_text("x")
    assert refused("predict", "blobs@best", name) == f"cannot read the image '{name}': {complaint}"


@pytest.mark.usefixtures("registry_unchanged")
def test_predict_continues_after_a_file_that_is_no_image(zoo: Callable, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("x")
    Image.new("L", (8, 8)).save(tmp_path / "good.png")
    result = zoo("predict", "blobs@best", "x.png", "good.png", "--json")
    assert [prediction["file"] for prediction in json.loads(result.out)] == ["good.png"]
    assert result.err == "· reading 2 images …\n· skipped 1 file: x.png (not an image)\n"


@pytest.mark.usefixtures("registry_unchanged")
def test_predict_a_file_that_is_no_image_is_an_error_if_strict(refused: Callable, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("x")
    Image.new("L", (8, 8)).save(tmp_path / "good.png")
    assert refused("predict", "blobs@best", "good.png", "x.png", "--strict").startswith(
        "cannot read the image"
    )


@pytest.mark.usefixtures("registry_unchanged")
def test_artifacts_that_would_be_gone(refused: Callable) -> None:
    assert refused("--artifacts", "memory://here", "train", "tiny", "blobs") == (
        "artifacts in memory are lost when this command ends: name a folder or a URL"
    )


@pytest.mark.usefixtures("registry_unchanged")
def test_evaluate_with_a_class_that_the_model_does_not_know(refused: Callable) -> None:
    assert refused("evaluate", "blobs@best", "three") == (
        "the model does not know middle of dataset 'three': its classes are dark, light; fine-tune it on the "
        "dataset first (`zoo finetune`)"
    )


# Plugins -------------------------------------------------------------------------------------------------


def test_a_plugin_folder_that_does_not_exist(refused: Callable) -> None:
    assert refused("--plugins-dir", "gone", "architectures") == (
        "plugin folder gone is not a folder: check --plugins-dir or ZOO_PLUGINS_DIR"
    )


# The registry and the artifacts --------------------------------------------------------------------------


def test_a_registry_from_a_newer_zoo(refused: Callable, trained: Path) -> None:
    with closing(sqlite3.connect(trained / "registry.db")) as registry, registry:
        registry.execute("UPDATE alembic_version SET version_num = '9999'")
    before = (trained / "registry.db").read_bytes()
    message = refused("train", "tiny", "blobs")
    assert message.startswith(
        f"the registry {trained}/registry.db is from a newer zoo (schema 9999): upgrade "
    )
    assert (trained / "registry.db").read_bytes() == before


@pytest.mark.parametrize("command", ["models", "train tiny blobs"])
def test_a_registry_that_is_no_database(refused: Callable, tmp_path: Path, command: str) -> None:
    (tmp_path / "registry.db").write_text("my shopping list")
    message = refused(*command.split())
    assert message.startswith(f"cannot use the registry {tmp_path}/registry.db: file is not a database; ")
    assert (tmp_path / "registry.db").read_text() == "my shopping list"


@pytest.mark.parametrize(
    "command",
    [
        "predict blobs@best x.png",
        "evaluate blobs@best blobs",
        "finetune blobs@best pets",
        "finetune blobs@best pets --search",
        "finetune blobs@best pets --compare",
    ],
)
def test_a_flipped_byte_in_the_weights(
    refused: Callable, zoo: Callable, trained: Path, contents: Callable, command: str
) -> None:
    Image.new("L", (8, 8)).save("x.png")
    model = json.loads(zoo("best", "blobs", "--json").out)
    digest = _first_tensor(trained / "artifacts", model["manifest"])
    blob = trained / "artifacts" / digest[:2] / digest[2:]
    damaged = bytearray(blob.read_bytes())
    damaged[-1] ^= 1
    blob.write_bytes(damaged)
    before = contents()
    message = refused(*command.split())
    assert message.startswith(f"model {model['id']}: variable '")
    assert f"artifact {digest} is damaged: the bytes at {blob} have SHA-256 " in message
    assert contents() == before


def _first_tensor(artifacts: Path, manifest: str) -> str:
    variables = json.loads((artifacts / manifest[:2] / manifest[2:]).read_bytes())["variables"]
    return str(variables[0]["sha256"])


def test_a_registry_where_none_can_be(refused: Callable, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    message = refused("--registry", "file/registry.db", "train", "tiny", "blobs")
    assert message.startswith(f"cannot reach the registry {tmp_path}/file/registry.db: ")


def test_artifacts_where_none_can_be(refused: Callable, zoo: Callable, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    message = refused("--artifacts", "file/artifacts", "train", "tiny", "blobs", "--epochs", 1)
    assert message.startswith(f"cannot write artifact {tmp_path}/file/artifacts/")
    (run,) = json.loads(zoo("runs", "--json").out)
    assert (run["state"], run["error"], run["model_id"]) == ("failed", message, None)


@pytest.mark.usefixtures("registry_unchanged")
def test_a_cache_where_none_can_be(
    refused: Callable, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file" / "cache"))
    assert refused("train", "tiny", photos).startswith(
        f"cannot write the cache '{tmp_path}/file/cache/decoded': "
    )


def test_no_room_for_the_registry(refused: Callable, zoo: Callable, trained: Path) -> None:
    models = zoo("models").out
    with _largest_file(40_000):
        message = refused("train", "tiny", "blobs", "--epochs", 20)
    assert message.startswith(
        f"cannot use the registry {trained}/registry.db: disk I/O error; free some space"
    )
    assert zoo("models").out == models


def test_no_room_for_the_artifacts(refused: Callable, zoo: Callable, trained: Path) -> None:
    models = zoo("models").out
    wide = ["--set", "head_units=16384,16", "--set", "pooling=flatten"]
    with _largest_file(700_000):
        message = refused("train", "tiny", "blobs", "--epochs", 1, *wide)
    assert message.startswith(f"cannot write artifact {trained}/artifacts/")
    assert "file too large; free some space" in message
    assert zoo("models").out == models
    assert json.loads(zoo("runs", "--limit", 1, "--json").out)[0]["state"] == "failed"
