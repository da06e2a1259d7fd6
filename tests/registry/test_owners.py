from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

from zoo.registry import owners

HOST = socket.gethostname()


def test_this_process_is_alive() -> None:
    assert owners.alive(owners.this_process())


def test_this_process_is_not_elsewhere() -> None:
    assert not owners.at_work_elsewhere(owners.this_process())


def test_another_living_process_is_elsewhere() -> None:
    assert owners.at_work_elsewhere(f"{HOST}:{os.getppid()}")


def test_a_process_of_another_machine_may_be_alive() -> None:
    assert owners.alive(f"not-{HOST}:{_ended_process()}:5")


def test_an_ended_process_is_dead() -> None:
    assert not owners.alive(f"{HOST}:{_ended_process()}")


def test_a_killed_process_that_nobody_asked_after_is_dead() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it ended, and stays a zombie
    try:
        assert not owners.alive(f"{HOST}:{process.pid}")
    finally:
        assert process.wait() == -signal.SIGKILL


def test_a_later_process_of_the_same_number_is_another_one() -> None:
    owner, _, start = owners.this_process().rpartition(":")
    assert not owners.alive(f"{owner}:{int(start) - 60}")


def test_an_owner_without_a_start_is_read() -> None:
    assert owners.alive(f"{HOST}:{os.getpid()}")


def test_an_unknown_owner_may_be_alive() -> None:
    assert owners.alive(None)


def test_people_see_host_and_process() -> None:
    assert [owners.shown(owner) for owner in ("here:12:345", "here:12", None)] == ["here:12", "here:12", ""]


def _ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid
