"""`tcpwatch ladder`."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import Ended

Tcpwatch = Callable[..., Ended]


def test_first_connection_is_drawn_as_text(tcpwatch: Tcpwatch, capture: Path) -> None:
    ended = tcpwatch("ladder", "-r", capture)
    assert ended.code == 0
    assert ended.out[1].split() == ["10.0.0.1:40000", "10.0.0.2:80"]
    assert "1/3 SYN" in ended.out[3]
    assert sum("▶" in line or "◀" in line for line in ended.out) == 8


def test_number_picks_another(tcpwatch: Tcpwatch, capture: Path) -> None:
    assert tcpwatch("ladder", "-r", capture, "--stream", "1").out[1].split() == ["10.0.0.1:40001", "10.0.0.2:443"]
    assert tcpwatch("ladder", "-r", capture, "-p", "443").out[1].split() == ["10.0.0.1:40001", "10.0.0.2:443"]


def test_picture_is_svg(tcpwatch: Tcpwatch, capture: Path) -> None:
    picture = ElementTree.fromstring("\n".join(tcpwatch("ladder", "-r", capture, "--format", "svg").out))
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"


def test_markdown_has_a_heading(tcpwatch: Tcpwatch, capture: Path) -> None:
    out = tcpwatch("ladder", "-r", capture, "--format", "markdown", "--lang", "ko").out
    assert out[0] == "## 10.0.0.1:40000 ⇄ 10.0.0.2:80"
    assert "the client" not in "".join(out)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--stream", "7"), "there is no segment of connection 7 in it"),
        (("-p", "5"), "there is no TCP segment in it"),
    ],
)
def test_connection_that_is_not_there_is_a_sentence(
    tcpwatch: Tcpwatch, capture: Path, words: tuple[str, ...], why: str
) -> None:
    ended = tcpwatch("ladder", "-r", capture, *words)
    assert ended.code == 2
    assert why in ended.err


def test_ladder_needs_a_file(tcpwatch: Tcpwatch) -> None:
    ended = tcpwatch("ladder")
    assert ended.code == 2
    assert "name it with -r FILE" in ended.err
