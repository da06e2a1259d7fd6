"""Runs one command, and converts its errors into one line and an exit code."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

import click

from zoo.cli.exit_codes import DONE, FAILED, INTERRUPTED
from zoo.cli.group import cli
from zoo.errors import InterruptedWork, RoundTripError, ZooError

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_command(arguments: Sequence[str] | None) -> int:
    """Run it and return the exit code. Unexpected errors keep their traceback.

    Raises:
        KeyboardInterrupt: the user stopped it, and there is nothing to resume.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # the names of files may be any bytes
    try:
        code = cli.main(arguments, prog_name="zoo", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except InterruptedWork as error:
        return _report(str(error), INTERRUPTED)
    except RoundTripError as error:
        where, *lines = str(error).splitlines()
        return _report(f"Error: {where}", FAILED, *lines)
    except ZooError as error:
        return _report(f"Error: {error}", FAILED)
    except click.Abort:
        raise KeyboardInterrupt from None
    return code if isinstance(code, int) else DONE


def _report(message: str, code: int, *more: str) -> int:
    click.echo(" ".join(message.split()), err=True)
    for line in more:
        click.echo(line, err=True)
    return code
