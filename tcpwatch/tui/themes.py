"""Colours: the only place where one is named. Everything else speaks of styles ("trouble", "opening").

The palettes were chosen so that trouble is the only red, opening and closing differ for the colour-blind (blue-green
and orange), and nothing is shown by colour alone.
"""

from collections.abc import Mapping

from textual.theme import Theme

_ANSI_VARIABLES = {
    "ansi-background": "ansi_black",
    "ansi-foreground": "ansi_white",
    "muted": "ansi_bright_black",
    "label": "ansi_cyan",
    "trouble": "ansi_bright_red",
    "caution": "ansi_yellow",
    "opening": "ansi_green",
    "open": "ansi_green",
    "closing": "ansi_yellow",
    "waiting": "ansi_magenta",
    "fresh": "ansi_green",
    "cursor-text": "ansi_default",
    "cursor": "ansi_default",
    "cursor-blurred": "ansi_default",
    "related": "ansi_default",
    "bar": "ansi_default",
    "bar-focused": "ansi_default",
}

DARK = Theme(
    name="tcpwatch-dark",
    dark=True,
    primary="#7aa2d6",
    secondary="#8a93a6",
    accent="#7ab8e0",
    warning="#e0b060",
    error="#f0616d",
    success="#7cc7a2",
    foreground="#d0d5de",
    background="#14171c",
    surface="#14171c",
    panel="#1d2229",
    variables={
        "muted": "#808a9a",
        "label": "#94a5bd",
        "trouble": "#ff6b74",
        "caution": "#e6c06a",
        "opening": "#6fcfa8",
        "open": "#8ccf8a",
        "closing": "#f0a35e",
        "waiting": "#b49ae0",
        "fresh": "#a5e075",
        "cursor-text": "#ffffff",
        "cursor": "#2b5c8f",
        "cursor-blurred": "#2a3038",
        "related": "#1d2833",
        "bar": "#1d2229",
        "bar-focused": "#263445",
        "scrollbar": "#3a4350",
        "scrollbar-hover": "#4a5668",
        "scrollbar-active": "#7ab8e0",
        "scrollbar-background": "#14171c",
        "scrollbar-background-hover": "#14171c",
        "scrollbar-background-active": "#14171c",
    },
)

LIGHT = Theme(
    name="tcpwatch-light",
    dark=False,
    primary="#1f5fa8",
    secondary="#5a6472",
    accent="#0b62a8",
    warning="#8a5a00",
    error="#b8102a",
    success="#11704a",
    foreground="#1f252d",
    background="#fbfbf8",
    surface="#fbfbf8",
    panel="#ecedea",
    variables={
        "muted": "#66707e",
        "label": "#43546b",
        "trouble": "#c0102c",
        "caution": "#8a5a00",
        "opening": "#0a7355",
        "open": "#2f7224",
        "closing": "#a84e00",
        "waiting": "#6a42ab",
        "fresh": "#3d7000",
        "cursor-text": "#ffffff",
        "cursor": "#2468a8",
        "cursor-blurred": "#dcdfe2",
        "related": "#e4eef7",
        "bar": "#ecedea",
        "bar-focused": "#d5e4f3",
        "scrollbar": "#c4c8cc",
        "scrollbar-hover": "#a8aeb5",
        "scrollbar-active": "#0b62a8",
        "scrollbar-background": "#fbfbf8",
        "scrollbar-background-hover": "#fbfbf8",
        "scrollbar-background-active": "#fbfbf8",
    },
)

ANSI = Theme(
    name="tcpwatch-ansi",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    accent="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_bright_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables=_ANSI_VARIABLES,
)

THEMES = (DARK, LIGHT, ANSI)


def theme_for(environ: Mapping[str, str]) -> str:
    """The theme's name for this terminal: the terminal's own 16 colours where it has no more, or NO_COLOR is set.

    `COLORFGBG` ends with the number of the background's colour where a terminal tells it: 7 and 15 are white.
    """
    rich = environ.get("COLORTERM") in ("truecolor", "24bit") or environ.get("TERM", "").endswith(
        ("256color", "direct")
    )
    if "NO_COLOR" in environ or not rich:
        return ANSI.name
    light = environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
    return LIGHT.name if light else DARK.name


def theme_after(name: str) -> str:
    """The name of the next theme; after the last the first."""
    names = [theme.name for theme in THEMES]
    return names[(names.index(name) + 1) % len(names)]
