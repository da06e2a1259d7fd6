"""Tree-structured Parzen estimators as an oracle."""

from __future__ import annotations

from tests.search.plain_search import failing, plan, searched, wide_space


def test_tpe_tries_the_whole_space_and_ends() -> None:
    assert len(searched(plan("tpe", trials=50)).started) == 8


def test_tpe_comes_close_to_the_best_point() -> None:
    recorder = searched(plan("tpe", hp=wide_space(), trials=40))
    assert max(score for _, score in recorder.ended if score is not None) > 0.99


def test_tpe_learns_what_good_trials_have_in_common() -> None:
    """Random trials are 0.28 away from x = 0.3 on average."""
    distances = [
        abs(float(values["x"]) - 0.3) for values in searched(plan("tpe", hp=wide_space(), trials=40)).values
    ]
    assert sum(distances[20:]) / 20 < 0.15


def test_failed_trials_do_not_stop_it_from_learning() -> None:
    search = searched(plan("tpe", hp=wide_space(), trials=20), failing(2, 4, 6, 8, 10))
    scores = [score for _, score in search.ended]
    assert (scores.count(None), len(scores)) == (5, 20)
