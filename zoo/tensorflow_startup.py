"""Keeps TensorFlow's start-up lines off the user's screen."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from zoo.errors import ZooError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of two threads that redirect at the same time, the second would restore the buffer of the first.
_one_at_a_time = threading.RLock()


@contextmanager
def quiet_start() -> Iterator[TextIO]:
    """Buffer what the body writes to file descriptor 2, and show it only if the body fails unexpectedly.

    TF_CPP_MIN_LOG_LEVEL does not affect the lines that TensorFlow 2.21 writes before it sets up logging. It yields a
    stream that is not buffered, for what people must see at once.
    """
    with _one_at_a_time:
        sys.stderr.flush()
        stderr = os.dup(2)
        with tempfile.TemporaryFile() as buffer, os.fdopen(os.dup(stderr), "w", encoding="utf-8") as screen:
            os.dup2(buffer.fileno(), 2)
            try:
                yield screen
            except ZooError:
                raise
            except Exception:
                os.dup2(stderr, 2)
                buffer.seek(0)
                os.write(2, buffer.read())
                raise
            finally:
                os.dup2(stderr, 2)
                os.close(stderr)
