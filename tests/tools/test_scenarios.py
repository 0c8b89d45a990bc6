from pathlib import Path

import pytest

from tcpwatch.lab import recordings as lab_recordings
from tools import lessons, scenarios, translations


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is recorded; nothing is written."""
    names: list[str] = []
    monkeypatch.setattr(lessons, "write", lambda: None)
    monkeypatch.setattr(translations, "write_stubs", lambda: None)
    monkeypatch.setattr(scenarios.recordings, "record_all", lambda wanted: names.extend(wanted) or True)
    return names


def test_scenarios_records_nothing_anew_where_every_recording_is_of_today(recorded: list[str]) -> None:
    assert (scenarios.main([]), recorded) == (0, [])


def test_scenarios_records_what_is_named(recorded: list[str]) -> None:
    assert (scenarios.main(["reset", "http"]), recorded) == (0, ["http", "reset"])


def test_scenarios_of_no_such_name(recorded: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert (scenarios.main(["http", "nothing"]), recorded) == (1, [])
    assert capsys.readouterr().err.startswith("there is no scenario nothing; there are: handshake, http")


def test_recording_that_is_missing_or_has_other_acts_is_out_of_date(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not scenarios.out_of_date("refused")
    refused, reset = lab_recordings.notes_of("refused").read_text(), lab_recordings.notes_of("reset").read_text()
    monkeypatch.setattr(lab_recordings, "folder", lambda: tmp_path)
    assert scenarios.out_of_date("refused")
    (tmp_path / "refused.pcapng").touch()
    (tmp_path / "refused.ndjson").write_text(reset)
    assert scenarios.out_of_date("refused")
    (tmp_path / "refused.ndjson").write_text(refused)
    assert not scenarios.out_of_date("refused")
