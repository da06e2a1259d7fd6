"""Findings in the order of their severity."""

from __future__ import annotations

from zoo.data.checks.report import Finding, Report, Severity, by_severity


def finding(check: str, severity: Severity) -> Finding:
    return Finding(check, severity, 1, "", "")


NOTE, FIRST, SECOND, ERROR = (
    finding("note", Severity.NOTE),
    finding("first", Severity.WARNING),
    finding("second", Severity.WARNING),
    finding("error", Severity.ERROR),
)


def test_the_worst_finding_comes_first_and_equal_ones_stay_in_order() -> None:
    assert by_severity([NOTE, FIRST, ERROR, SECOND]) == (ERROR, FIRST, SECOND, NOTE)


def test_a_report_returns_the_findings_of_one_severity() -> None:
    report = Report("pets", "/pets", "0" * 64, 2, 2, (ERROR, FIRST, SECOND))
    assert report.of(Severity.WARNING) == (FIRST, SECOND)
    assert report.of(Severity.NOTE) == ()
