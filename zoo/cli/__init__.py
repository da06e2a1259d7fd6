"""The command line: one command, one file. Nothing here imports TensorFlow before a command needs it."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

import click

from zoo.cli.group import cli
from zoo.errors import InterruptedWork, ZooError

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FAILED, INTERRUPTED = 0, 1, 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `zoo` and exit: 0 done, 1 an error told in one line, 2 wrong usage, 130 interrupted."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run `zoo` and return the exit code. An error of ours, not of the user's, keeps its traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # the names of files may be any bytes
    try:
        code = cli.main(arguments, prog_name="zoo", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except InterruptedWork as error:
        return _tell(str(error), INTERRUPTED)
    except ZooError as error:
        return _tell(f"Error: {error}", FAILED)
    except (KeyboardInterrupt, click.Abort):
        return _tell("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has gone, as in `zoo models | head`; Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code if isinstance(code, int) else DONE


def _tell(message: str, code: int) -> int:
    click.echo(" ".join(message.split()), err=True)
    return code
