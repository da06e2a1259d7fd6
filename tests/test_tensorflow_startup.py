"""TensorFlow's start-up lines stay off the screen, unless the start fails."""

from __future__ import annotations

import os
import threading

import pytest

from zoo.errors import ZooError
from zoo.tensorflow_startup import quiet_start


def chatter(error: BaseException | None = None) -> None:
    """Write to the descriptor itself, as compiled code does, and then raise this."""
    os.write(2, b"chatter\n")
    if error is not None:
        raise error


def test_output_of_the_body_is_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_start():
        chatter()
    assert capfd.readouterr().err == ""


def test_later_output_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_start():
        pass
    chatter()
    assert capfd.readouterr().err == "chatter\n"


def test_the_stream_reaches_the_screen_at_once(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_start() as screen:
        print("starting …", file=screen, flush=True)
        assert capfd.readouterr().err == "starting …\n"


def test_an_unexpected_error_shows_the_output(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="no luck"), quiet_start():
        chatter(ValueError("no luck"))
    assert capfd.readouterr().err == "chatter\n"


@pytest.mark.parametrize("error", [ZooError("known"), KeyboardInterrupt()], ids=["of zoo", "Ctrl-C"])
def test_an_error_that_explains_itself_shows_nothing(
    capfd: pytest.CaptureFixture[str], error: BaseException
) -> None:
    with pytest.raises(type(error)), quiet_start():
        chatter(error)
    assert capfd.readouterr().err == ""


def test_threads_leave_standard_error_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    """As in a notebook where two threads each read a dataset; the first is done while the second is at it."""
    first_is_in, first_is_out = threading.Event(), threading.Event()

    def first() -> None:
        with quiet_start():
            first_is_in.set()
            first_is_out.wait(0.2)  # in vain, unless the second one gets in before
        first_is_out.set()

    def second() -> None:
        first_is_in.wait()
        with quiet_start():
            first_is_out.wait()

    threads = [threading.Thread(target=each) for each in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    chatter()
    assert capfd.readouterr().err == "chatter\n"
