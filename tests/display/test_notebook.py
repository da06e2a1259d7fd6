"""The progress of a notebook: one output, drawn again in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.display.test_live import COMPLETED, RUN, SEARCH, TRIAL
from zoo.display.notebook import Notebook
from zoo.interfaces import Epoch, EpochProgress, State


class Cell:
    """A notebook's cell: stores its output and the number of updates."""

    def __init__(self) -> None:
        self.outputs: list[Cell] = []
        self.drawn: dict[str, str] = {}
        self.times = 0

    def display(self, drawn: dict[str, str], *, raw: bool, display_id: bool) -> Cell:
        assert raw
        assert display_id
        output = Cell()
        output.update(drawn, raw=True)
        self.outputs.append(output)
        return output

    def update(self, drawn: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.drawn, self.times = drawn, self.times + 1

    @property
    def text(self) -> list[str]:
        """The lines of its only output."""
        (output,) = self.outputs
        return [line.rstrip() for line in output.drawn["text/plain"].splitlines()]


@pytest.fixture
def cell() -> Cell:
    return Cell()


@pytest.fixture
def notebook(cell: Cell) -> Notebook:
    return Notebook(cell.display)


def epoch(number: int) -> Epoch:
    metrics = {"loss": 0.5, "accuracy": 0.5, "val_loss": 0.5, "val_accuracy": number / 10}
    return Epoch(number, metrics, 1.0)


def test_nothing_is_displayed_before_there_is_something_to_show(cell: Cell, notebook: Notebook) -> None:
    notebook.close()
    assert cell.outputs == []


def test_no_line_of_work_in_progress_is_left(cell: Cell, notebook: Notebook) -> None:
    notebook.began("reading digits")
    assert cell.text == ["reading digits …"]
    notebook.close()
    assert cell.text == []


def test_a_training_is_one_output_that_grows(cell: Cell, notebook: Notebook) -> None:
    notebook.notice("images are enlarged")
    notebook.run_started(RUN)
    notebook.epoch_ended(RUN, epoch(1))
    notebook.close()
    assert cell.text == [
        "· images are enlarged",
        "run run1: tiny on blobs",
        "epoch   1/1  loss 0.5000  acc 0.5000  val_loss 0.5000  val_acc 0.1000  1.0 s",
    ]


def test_a_search_has_one_table_in_which_a_trial_is_drawn_again(cell: Cell, notebook: Notebook) -> None:
    running = replace(RUN, trial=TRIAL, search_id=SEARCH.id)
    notebook.search_started(SEARCH)
    notebook.run_started(running)
    notebook.epoch_ended(running, epoch(1))
    notebook.run_ended(replace(COMPLETED, state=State.COMPLETED))
    notebook.close()
    assert [line.split()[:2] for line in cell.text if line.strip().startswith("2 ")] == [["2", "completed"]]


def test_a_training_shows_the_progress_of_its_epoch_until_it_ends(cell: Cell, notebook: Notebook) -> None:
    notebook.run_started(RUN)
    notebook.epoch_advanced(EpochProgress(1, 10, 30))
    notebook.close()
    assert cell.text[-1].split() == ["epoch", "1/1", "━" * 10, "10/30", "steps"]
    notebook.epoch_ended(RUN, epoch(1))
    notebook.close()
    assert "steps" not in " ".join(cell.text)


def test_a_bar_moves_in_its_place_and_a_full_one_stays(cell: Cell, notebook: Notebook) -> None:
    notebook.advanced("decoding images", 1, 4)
    notebook.close()
    assert [line.split()[-1] for line in cell.text] == ["1/4"]
    notebook.advanced("decoding images", 4, 4)
    notebook.notice("done")
    assert [line.split()[-1] for line in cell.text] == ["4/4", "done"]


def test_it_is_not_drawn_for_every_image(cell: Cell, notebook: Notebook) -> None:
    for done in range(1000):
        notebook.advanced("decoding images", done, 1000)
    (output,) = cell.outputs
    assert output.times < 20


def test_the_output_is_escaped_html(cell: Cell, notebook: Notebook) -> None:
    notebook.notice("skipped <script>")
    drawn: dict[str, Any] = cell.outputs[0].drawn
    assert drawn["text/html"].startswith("<pre ")
    assert "&lt;script&gt;" in drawn["text/html"]
