"""The command line: one command, one file. Nothing here imports TensorFlow before a command needs it."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from zoo.cli.exit_codes import FAILED, INTERRUPTED
from zoo.cli.standard_output import keep_for_results

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `zoo` and exit: 0 done, 1 an error in one line, 2 wrong usage, 130 interrupted."""
    # In the background of a shell, or under nohup, interrupts must be ignored.
    numbers = [each for each in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(each) != signal.SIG_IGN]
    for number in numbers:
        signal.signal(number, _stop)
    if "--json" in (sys.argv[1:] if arguments is None else arguments):
        keep_for_results()
    code = run(arguments)
    for number in numbers:
        signal.signal(
            number, signal.SIG_IGN
        )  # the work has ended, and Python's own exit must not be interrupted
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run `zoo` and return the exit code. Unexpected errors keep their traceback."""
    try:
        from zoo.cli.running import run_command

        return run_command(arguments)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone, as in `zoo models | head`; Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _stop(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
