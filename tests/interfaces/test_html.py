"""The tables that a notebook shows."""

from __future__ import annotations

from zoo.interfaces.html import fields_table, rows_table


def test_a_field_is_a_row_with_its_name_as_the_head() -> None:
    assert fields_table("Model 1a2b", {"parameters": 94186}) == (
        "<table><caption>Model 1a2b</caption><tbody>"
        '<tr><th scope="row">parameters</th><td>94,186</td></tr></tbody></table>'
    )


def test_columns_have_heads_and_rows_are_named_by_their_first_cell() -> None:
    assert rows_table("Classes", ["class", "f1"], [("cat", 0.5)]) == (
        '<table><caption>Classes</caption><thead><tr><th scope="col">class</th><th scope="col">f1</th></tr></thead>'
        '<tbody><tr><th scope="row">cat</th><td>0.5000</td></tr></tbody></table>'
    )


def test_text_is_escaped_wherever_it_stands() -> None:
    evil = "<script>alert('&')</script>"
    for drawn in (fields_table(evil, {evil: evil}), rows_table(evil, [evil], [(evil,)])):
        assert "<script>" not in drawn
        assert "&lt;script&gt;" in drawn


def test_none_is_a_dash_and_a_bool_a_word() -> None:
    assert rows_table("t", ["a", "b", "c"], [(None, "", True)]).count("–") == 2
    assert "<td>True</td>" in fields_table("t", {"bold": True})
