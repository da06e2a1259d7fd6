"""A backbone that connects to another host without weights is refused before it does."""

from __future__ import annotations

import socket
import threading
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import keras
import pytest

from tests.architectures import architecture_of
from zoo.errors import ContractError
from zoo.models.building import SpaceBuilder, build_classifier
from zoo.models.exploration import explore
from zoo.models.offline import offline
from zoo.models.space import choose

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPE = {"image_size": 8, "channels": 1}
NOWHERE = "weights.invalid"  # a name that is reserved for no host


def with_urllib() -> None:
    urllib.request.urlopen(f"https://{NOWHERE}/net.h5")


def with_keras() -> None:
    keras.utils.get_file(origin=f"http://{NOWHERE}/net.h5")


def with_a_name() -> None:
    socket.create_connection((NOWHERE, 443))


def and_goes_on_without() -> None:
    with suppress(BaseException):
        with_urllib()


def with_an_address() -> None:
    with socket.socket() as connection:
        connection.connect(("192.0.2.1", 443))  # reserved for documentation


def backbone_that(downloads: Callable[[], None]) -> Callable[..., Any]:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        downloads()
        return keras.layers.Conv2D(hp.Int("filters", 2, 4), 3)(inputs)

    return backbone


@pytest.mark.parametrize(
    ("downloads", "host"),
    [
        (with_urllib, NOWHERE),
        (with_keras, NOWHERE),
        (with_a_name, NOWHERE),
        (and_goes_on_without, NOWHERE),
        (with_an_address, "192.0.2.1"),
    ],
)
def test_a_connection_is_refused_with_its_line(downloads: Callable[[], None], host: str) -> None:
    architecture = architecture_of(backbone_that(downloads), "mine")
    with pytest.raises(ContractError) as error:
        explore(SpaceBuilder(architecture, **SHAPE))
    message = str(error.value)
    assert message.startswith(f"architecture 'mine': its backbone connects to {host} ({__file__}:")
    assert message.endswith(
        ") without weights to load: download in Architecture.fetch_weights, or only where it gets `weights`"
    )
    lines = {
        function.__code__.co_firstlineno + number
        for function in (downloads, with_urllib)
        for number in (1, 2)
    }
    assert int(message.partition(f"{__file__}:")[2].partition(")")[0]) in lines


def test_a_proxy_on_this_machine_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(ContractError, match=NOWHERE), offline(architecture_of(backbone_that(with_urllib))):
        with_urllib()


def test_with_weights_a_backbone_may_connect() -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        if weights is not None:
            with pytest.raises(socket.gaierror):
                with_a_name()
        return keras.layers.Conv2D(2, 3)(inputs)

    architecture = architecture_of(backbone, weights=("imagenet",))
    hp = choose(explore(SpaceBuilder(architecture, **SHAPE)), {})
    build_classifier(architecture, hp, **SHAPE, class_names=("a", "b"), weights="imagenet")


def test_an_architecture_that_says_so_may_connect() -> None:
    with pytest.raises(socket.gaierror), offline(architecture_of(backbone_that(with_a_name), online=True)):
        with_a_name()


def test_this_machine_other_threads_and_later_connections_are_left_alone() -> None:
    errors: list[BaseException] = []

    def elsewhere() -> None:
        try:
            with_a_name()
        except OSError as error:
            errors.append(error)

    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        offline(architecture_of(backbone_that(with_a_name))),
    ):
        for host in ("127.0.0.1", "localhost"):
            socket.create_connection((host, server.getsockname()[1])).close()
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    with pytest.raises(socket.gaierror):
        with_a_name()
    assert len(errors) == 1


def test_its_own_error_is_raised() -> None:
    with pytest.raises(ValueError, match="own"), offline(architecture_of(backbone_that(with_a_name))):
        raise ValueError("own")
