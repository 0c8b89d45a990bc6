"""One environment for every picture: what a terminal or a user has set must not reach it."""

import time

import pytest

SETTINGS = ("NO_COLOR", "COLORTERM", "COLORFGBG", "TEXTUAL_THEME", "SSH_CONNECTION", "SSH_TTY")


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
