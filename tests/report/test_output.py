import pytest

from tcpwatch.report.output import Output


def test_lines_wait_for_a_flush(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    output.add("one")
    output.add("two")
    assert capsys.readouterr().out == ""
    output.flush()
    assert capsys.readouterr().out == "one\ntwo\n"
    output.flush()
    assert capsys.readouterr().out == ""


def test_last_lines_go_out_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    with Output() as output:
        output.add("last")
    assert capsys.readouterr().out == "last\n"


def test_lines_that_could_not_be_written_are_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def write(self, text: str) -> None:
            raise BrokenPipeError

    output = Output()
    output.add("lost")
    monkeypatch.setattr("sys.stdout", Closed())
    with pytest.raises(BrokenPipeError):
        output.flush()
    output.flush()


def test_next_line_is_amended_whenever_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    output.add("one")
    output.amend_next(str.upper)
    output.flush()
    output.add("two")
    output.add("three")
    output.flush()
    output.add("four")
    output.flush()
    assert capsys.readouterr().out == "one\nTWO\nthree\nfour\n"
