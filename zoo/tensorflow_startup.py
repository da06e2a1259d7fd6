"""Keeps TensorFlow's start-up lines off the user's screen."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from zoo.errors import ZooError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def quiet_start() -> Iterator[TextIO]:
    """Hold back what is written to file descriptor 2 inside, and show it only if the code inside fails unexpectedly.

    TF_CPP_MIN_LOG_LEVEL does not reach the lines that TensorFlow 2.21 writes before its logging is set up. What is
    written to the stream that it yields is shown at once.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held, os.fdopen(os.dup(kept), "w", encoding="utf-8") as shown:
        os.dup2(held.fileno(), 2)
        try:
            yield shown
        except ZooError:
            raise
        except Exception:
            os.dup2(kept, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
