"""The table of what a weights file gave a network."""

from __future__ import annotations

from zoo.models.pretrained.report import Match, WeightsReport, recorded, report, reports_to

MATCHED = tuple(Match(f"t{n}", (3, 4), f"layer{n}/kernel", (4, 3), transposed=n == 0) for n in range(5))
WHOLE = WeightsReport("net.npz", "by name", MATCHED[1:2])
PARTIAL = WeightsReport(
    "net.npz",
    "by rename",
    MATCHED,
    misfits=(Match("t8", (3,), "layer8/bias", (4,)),),
    missing=(("layer9/kernel", (4, 3)),),
    unused=tuple((f"u{n}", ()) for n in range(10)),
    left_out=(("step", ()),),
)


def test_weights_that_fit_are_one_line_and_their_first_tensors() -> None:
    assert str(WHOLE).splitlines() == [
        "weights of net.npz: 1 of 1 variables loaded by name",
        "        tensor  shape   variable       shape",
        "loaded  t1      (3, 4)  layer1/kernel  (4, 3)",
    ]


def test_the_table_shows_each_kind_and_counts_the_rest() -> None:
    summary, *rows = str(PARTIAL).splitlines()
    assert summary == (
        "weights of net.npz: 5 of 7 variables loaded by rename, 1 transposed from PyTorch's layout, 1 of another "
        "shape, 1 not in the file, 10 tensors of the file unused, 1 left out"
    )
    assert rows == [
        "                    tensor      shape   variable       shape",
        "loaded, transposed  t0          (3, 4)  layer0/kernel  (4, 3)",
        "loaded              t1          (3, 4)  layer1/kernel  (4, 3)",
        "loaded              t2          (3, 4)  layer2/kernel  (4, 3)",
        "loaded              and 2 more",
        "other shape         t8          (3,)    layer8/bias    (4,)",
        "missing                                 layer9/kernel  (4, 3)",
        *(f"unused              u{n}          ()" for n in range(8)),
        "unused              and 2 more",
        "left out            step        ()",
    ]


def test_the_whole_table_has_every_row() -> None:
    assert len(PARTIAL.table(whole=True).splitlines()) == 2 + 5 + 1 + 1 + 10 + 1


def test_the_innermost_listener_gets_a_report() -> None:
    outer: list[WeightsReport] = []
    inner: list[WeightsReport] = []
    with reports_to(outer.append):
        with reports_to(inner.append):
            report(WHOLE)
        report(PARTIAL)
    report(WHOLE)
    assert (outer, inner) == ([PARTIAL], [WHOLE])


def test_reports_are_recorded_and_passed_on() -> None:
    outer: list[WeightsReport] = []
    with reports_to(outer.append), recorded() as reports:
        report(WHOLE)
    with recorded() as later:
        report(PARTIAL)
    assert (outer, reports, later) == ([WHOLE], [WHOLE], [PARTIAL])
