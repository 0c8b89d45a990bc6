"""What hostile text becomes."""

import pytest

from tcpwatch.report.markup import code_span, escaped, markdown

HOSTILE = "<script>alert(1)</script>`id`|a|\n# x\u202eevil"


def test_html_has_no_element_attribute_or_line_more() -> None:
    assert escaped(HOSTILE) == "&lt;script&gt;alert(1)&lt;/script&gt;`id`|a|␊# x\N{REPLACEMENT CHARACTER}evil"
    assert escaped('" onload="x') == "&quot; onload=&quot;x"
    assert escaped("'&amp;") == "&#x27;&amp;amp;"


def test_markdown_has_no_mark_more() -> None:
    assert markdown(HOSTILE) == ("\\<script\\>alert(1)\\</script\\>\\`id\\`\\|a\\|␊\\# x\N{REPLACEMENT CHARACTER}evil")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("- item", "\\- item"),
        ("1. first", "1\\. first"),
        ("+ item", "\\+ item"),
        ("[a](http://b)", "\\[a\\](http:\\//b)"),
        ("www.example.org", "www\\.example.org"),
        ("![x](y)", "\\!\\[x\\](y)"),
        ("a_b*c*", "a\\_b\\*c\\*"),
        ("&lt;", "\\&lt;"),
        ("==", "\\=="),
    ],
)
def test_markdown_is_shown_as_it_stands(text: str, shown: str) -> None:
    assert markdown(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ss -tanp", "`ss -tanp`"),
        ("a`b", "``a`b``"),
        ("`rm`", "`` `rm` ``"),
        ("a\nb", "`a␊b`"),
    ],
)
def test_code_ends_where_it_ends(text: str, shown: str) -> None:
    assert code_span(text) == shown
