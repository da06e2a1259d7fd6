"""Optuna's log lines and warnings are suppressed, for a while."""

from __future__ import annotations

import logging
import warnings

import optuna
import pytest

from zoo.search.optuna_logging import without_optuna_logs

LOGGER = "optuna.test"


def test_log_lines_are_suppressed_inside_and_shown_afterwards(caplog: pytest.LogCaptureFixture) -> None:
    optuna.logging.enable_propagation()
    try:
        with caplog.at_level(logging.INFO), without_optuna_logs():
            logging.getLogger(LOGGER).info("inside")
        logging.getLogger(LOGGER).info("outside")
    finally:
        optuna.logging.disable_propagation()
    assert set(caplog.messages) == {"outside"}


def test_the_verbosity_is_as_before_after_an_error() -> None:
    before = optuna.logging.get_verbosity()
    with pytest.raises(ValueError, match="went wrong"), without_optuna_logs():
        raise ValueError("went wrong")
    assert optuna.logging.get_verbosity() == before


def test_only_warnings_about_experimental_features_are_suppressed(recwarn: pytest.WarningsRecorder) -> None:
    with without_optuna_logs():
        warnings.warn("new", optuna.exceptions.ExperimentalWarning, stacklevel=1)
        warnings.warn("old", UserWarning, stacklevel=1)
    assert [str(warning.message) for warning in recwarn] == ["old"]
