"""Which theme a terminal gets."""

import pytest

from tcpwatch.tui.themes import THEMES, theme_after, theme_for


@pytest.mark.parametrize(
    ("environ", "theme"),
    [
        ({"TERM": "xterm-256color"}, "tcpwatch-dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "tcpwatch-dark"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "tcpwatch-light"),
        ({"TERM": "xterm-256color", "COLORFGBG": "15;default;0"}, "tcpwatch-dark"),
        ({"TERM": "xterm"}, "tcpwatch-ansi"),
        ({"TERM": "linux"}, "tcpwatch-ansi"),
        ({}, "tcpwatch-ansi"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "tcpwatch-ansi"),
    ],
)
def test_theme_for(environ: dict[str, str], theme: str) -> None:
    assert theme_for(environ) == theme


def test_theme_after_goes_round_all_of_them() -> None:
    names = [theme.name for theme in THEMES]
    assert [theme_after(name) for name in names] == [*names[1:], names[0]]
