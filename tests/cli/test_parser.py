"""What the parser refuses, and in which words; what it accepts is read by tests/cli/test_arguments.py."""

from argparse import ArgumentTypeError

import pytest

from tcpwatch.cli.arguments import parse
from tcpwatch.cli.parser import SEVERITIES, build_parser, duration
from tcpwatch.diagnose.problem import Severity
from tcpwatch.report.formats import FORMATS, Format


@pytest.mark.parametrize("word", ["0", "65536", "-1", "http", "٣", "1e3"])
def test_port_that_is_none_is_refused_by_name(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse([f"--port={word}"])
    assert f"'{word}' is no port" in capsys.readouterr().err


def test_count_must_be_above_zero(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(["packets", "--count", "0"])
    assert "'0' is no count" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--prot", "9"), "there is no option --prot; did you mean --port?"),
        (("packets", "--jsn=1"), "there is no option --jsn; did you mean --json?"),
        (("-x9",), "there is no option -x\n"),
    ],
)
def test_option_that_is_none_is_refused_by_name(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(words)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("word", ["-1", "nan", "1e3", "100", "٣", "soon"])
def test_pace_that_is_none_is_refused_by_name(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(["demo", "refused", f"--pace={word}"])
    assert f"'{word}' is no pace" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["sockets", "packets", "flows", "doctor"])
def test_format_that_is_added_is_offered_by_every_command(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(FORMATS, "csv", Format("csv", "comma-separated values"))
    parser, _ = build_parser()
    with pytest.raises(SystemExit, match="0"):
        parser.parse_args([command, "--help"])
    output = " ".join(capsys.readouterr().out.split())
    assert "--format {text,json,csv}" in output
    assert "csv: comma-separated values (default: text)" in output


def test_format_that_is_none_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(["flows", "--format", "xml"])
    assert "argument --format: invalid choice: 'xml'" in capsys.readouterr().err


def test_severities_are_those_that_problems_have() -> None:
    assert list(Severity) == list(SEVERITIES)


@pytest.mark.parametrize(("word", "length_s"), [("10", 10), ("10s", 10), ("1.5m", 90), ("2h", 7200)])
def test_duration_has_a_unit_or_is_in_seconds(word: str, length_s: float) -> None:
    assert duration(word) == length_s


@pytest.mark.parametrize("word", ["", "5x", "-1", "1e3", "٣s"])
def test_duration_that_is_none_is_refused_by_name(word: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is no time"):
        duration(word)
