"""The send window as a bar."""

from tcpwatch.tui.detail.send_window import SendWindow, window_bar
from tcpwatch.tui.paint.line import width_of


def text(window: SendWindow, width: int = 100) -> str:
    return "".join(part for part, _ in window_bar(window, width))


def test_bar_names_its_parts() -> None:
    bar = text(SendWindow(acked=1_204, in_flight=500, wnd=65_536, unsent=0))
    assert [part.strip("█▒·▕ ") for part in bar.split("▏")[:-1]] == [
        "acked 1 204",
        "in flight 500",
        "usable 65 036",
        "beyond",
    ]


def test_bar_fills_its_width() -> None:
    assert width_of(window_bar(SendWindow(1, 0, 65_536, 0), 100)) == 100


def test_bar_shares_its_middle_between_flight_and_usable() -> None:
    half = text(SendWindow(0, 500, 1_000, 0))
    assert abs(half.count("▒") - half.count("·")) < 6
    full = text(SendWindow(0, 1_000, 1_000, 0))
    assert full.count("▒") > 4 * full.count("·")


def test_bar_without_a_known_window_says_so() -> None:
    assert "usable unknown" in text(SendWindow(0, 5, None, None))


def test_connection_not_seen_to_begin_has_acknowledged_nobody_knows_how_much() -> None:
    assert "acked unknown" in text(SendWindow(None, 5, 10, None))


def test_bar_shows_what_waits_beyond() -> None:
    assert "unsent 20 480" in text(SendWindow(0, 5, 5, 20_480))


def test_bar_of_a_closed_window() -> None:
    assert "usable 0" in text(SendWindow(0, 0, 0, 0))
