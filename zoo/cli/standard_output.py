"""Keeps standard output for the results of a command."""

from __future__ import annotations

import os
import sys

OUTPUT, ERROR = 1, 2  # file descriptors


def keep_for_results() -> None:
    """Let only `sys.stdout` write to standard output from now on, until the process ends.

    Redirecting `sys.stdout` while a plugin's code runs is enough for what Python prints. C and C++ code writes to the
    file descriptor, so that becomes standard error, and `sys.stdout` gets one of its own. Nothing changes where
    `sys.stdout` is something else, or standard error is closed.
    """
    before = sys.stdout
    try:
        if before.fileno() != OUTPUT:
            return
        os.fstat(ERROR)
    except (AttributeError, OSError, ValueError):  # sys.stdout or standard error is missing or closed
        return
    before.flush()
    sys.stdout = os.fdopen(os.dup(OUTPUT), "w", encoding=before.encoding, errors=before.errors)
    os.dup2(ERROR, OUTPUT)
