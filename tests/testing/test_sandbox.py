"""A plugin's checks run in a child process, which is stopped in time and never outlives them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.testing.plugin_files import IMAGES, NETWORK, write_plugin
from zoo.testing.contract import DATASET_CHECKS, CheckResult, Outcome
from zoo.testing.sandbox import Limits, check_in_child
from zoo.testing.targets import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Checked = Callable[..., dict[str, CheckResult]]

SLEEP, LOOP = "import time; time.sleep(1000)", "while True: pass"


class RecordedChecks:
    """Records the checks that are planned, started and ended."""

    def __init__(self) -> None:
        self.plans: list[list[tuple[str, str]]] = []
        self.events: list[tuple[str, str]] = []

    def planned(self, checks: Sequence[tuple[str, str]]) -> None:
        self.plans.append(list(checks))

    def started(self, subject: str, check: str) -> None:
        self.events.append(("started", check))

    def ended(self, result: CheckResult) -> None:
        self.events.append((str(result.outcome), result.check))


@pytest.fixture
def watcher() -> RecordedChecks:
    return RecordedChecks()


@pytest.fixture
def checked(tmp_path: Path, watcher: RecordedChecks) -> Checked:
    """Check the plugin file of this text and body within these limits; the name of each check -> its result."""

    def check(text: str, body: str = "pass", **limits: float) -> dict[str, CheckResult]:
        path = write_plugin(tmp_path, text, body)
        results = check_in_child(Target("mine", str(path)), {}, Limits(**limits), watcher)
        return {result.check: result for result in results}

    return check


def outcomes(results: dict[str, CheckResult]) -> list[str]:
    return [str(result.outcome) for result in results.values()]


def test_each_check_has_a_result_in_order(checked: Checked, watcher: RecordedChecks) -> None:
    results = checked(IMAGES, "return 3")
    assert list(results) == ["imports", *DATASET_CHECKS]
    assert outcomes(results) == ["ok", "ok", "failed", *["not run"] * 4]
    assert results["loads"].message == "mine fails 'loads': load() returns int: return zoo.LabeledImages"
    assert [result.seconds is None for result in results.values()] == [False] * 3 + [True] * 4


def test_the_watcher_hears_of_the_plan_and_of_each_check(checked: Checked, watcher: RecordedChecks) -> None:
    checked(IMAGES, "return 3")
    assert watcher.plans == [
        [("mine", "imports")],
        [("mine", "imports"), *(("mine", name) for name in DATASET_CHECKS)],
    ]
    assert watcher.events[:6] == [
        ("started", "imports"),
        ("ok", "imports"),
        ("started", "imports-without-tensorflow"),
        ("ok", "imports-without-tensorflow"),
        ("started", "loads"),
        ("failed", "loads"),
    ]


def test_the_output_of_a_plugin_breaks_nothing(checked: Checked) -> None:
    results = checked("import os; print('{}'); os.write(1, b'{}')\n" + IMAGES, "print('[1]'); return 3")
    assert "load() returns int" in results["loads"].message


@pytest.mark.parametrize(
    ("text", "body", "check", "last"),
    [
        (LOOP, "", "imports", LOOP),
        (IMAGES, LOOP, "loads", LOOP),
        pytest.param(IMAGES, SLEEP, "loads", SLEEP, marks=pytest.mark.large),
        pytest.param(NETWORK, SLEEP, "builds", SLEEP, marks=pytest.mark.large),
    ],
    ids=["while it is imported", "in a loop", "asleep", "in a backbone"],
)
def test_a_check_that_takes_too_long_is_stopped_and_the_last(
    checked: Checked, text: str, body: str, check: str, last: str
) -> None:
    results = checked(text, body, seconds=2)
    after = list(results).index(check) + 1
    assert results[check].outcome is Outcome.STOPPED
    message = re.fullmatch(
        rf"mine fails '{check}': stopped after 2 s \((.+):(\d+)\): check for an endless loop, or allow more with "
        "--timeout SECONDS",
        results[check].message,
    )
    assert message
    lines = Path(message[1]).read_text().splitlines()
    assert lines[int(message[2]) - 1].strip() in last
    assert set(outcomes(results)[after:]) <= {"not run"}


MEMORY = (
    "mine fails '{}': stopped, since it takes more than {} GB of memory: make its networks or images smaller, or "
    "allow more with --memory GB"
)


def test_a_plugin_that_takes_too_much_memory_is_stopped(checked: Checked) -> None:
    results = checked(
        IMAGES, "taken = []\n    while True: taken.append(bytearray(20_000_000))", gigabytes=0.5
    )
    assert results["loads"].message == MEMORY.format("loads", 0.5)


@pytest.mark.large
def test_a_backbone_that_takes_too_much_memory_is_stopped(checked: Checked) -> None:
    results = checked(NETWORK, "taken = []\n    while True: taken.append(b'x' * 20_000_000)", gigabytes=2)
    assert results["builds"].message == MEMORY.format("builds", 2)


def test_a_child_of_the_plugin_counts_too_and_is_ended(checked: Checked) -> None:
    script = f"x = bytearray(900_000_000); {SLEEP}"
    results = checked(
        IMAGES, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {script!r}])", gigabytes=0.5
    )
    assert results["loads"].message == MEMORY.format("loads", 0.5)
    left = [child for child in psutil.process_iter(["cmdline"]) if script in (child.info["cmdline"] or [])]
    _, alive = psutil.wait_procs(left, timeout=10)  # a large process takes a moment to end
    assert alive == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "import os; os._exit(3)",
            "the process ended itself with exit code 3: check for calls of os._exit",
        ),
        (
            "import os; os.kill(os.getpid(), 11)",
            "the process was ended by SIGSEGV: check for a crash in compiled code",
        ),
    ],
    ids=["exit", "crash"],
)
def test_a_process_that_ends_early_is_a_failure(checked: Checked, body: str, message: str) -> None:
    results = checked(IMAGES, body)
    assert (results["loads"].outcome, results["loads"].message) == (
        Outcome.FAILED,
        f"mine fails 'loads': {message}",
    )
