import pytest

from tcpwatch.cli.arguments import parse


def test_no_words_mean_the_dashboard_on_everything() -> None:
    arguments = parse([])
    assert (arguments.command, arguments.iface, list(arguments.port), arguments.portable) == (
        "dashboard",
        None,
        [],
        False,
    )


def test_ports_add_up() -> None:
    assert parse(["-p", "80", "--port", "443"]).port == [80, 443]
    assert list(parse([]).port) == []


def test_options_before_a_command_are_not_lost() -> None:
    arguments = parse(["-i", "lo0", "-p", "80", "packets", "--json"])
    assert (arguments.command, arguments.iface, arguments.port) == ("packets", "lo0", [80])


def test_backend_portable_is_for_every_reader() -> None:
    assert parse(["sockets", "--backend", "portable"]).portable
    assert parse(["--backend", "portable"]).portable


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


def test_words_that_only_look_like_options_are_left_alone() -> None:
    assert parse(["--por", "80", "-p81"]).port == [80, 81]
    assert parse(["why", "--", "--nothing"]).topic == ["--nothing"]
    assert parse(["-r", "-"]).read == "-"


@pytest.mark.parametrize("command", [(), ("sockets",), ("packets",), ("flows",), ("doctor",)])
def test_namespace_is_for_every_reader(command: tuple[str, ...]) -> None:
    assert parse([*command, "--netns", "blue"]).netns == "blue"


@pytest.mark.parametrize("command", [(), ("sockets",), ("doctor",)])
def test_all_namespaces_exclude_one(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert parse([*command, "--all-netns"]).all_netns
    with pytest.raises(SystemExit, match="2"):
        parse([*command, "--all-netns", "--netns", "blue"])
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("--netns", "blue"), ("--all-netns",), ("--allow-kill",)])
def test_capture_file_has_no_sockets(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse([*words, "-r", "some.pcap"])
    assert "a capture file has no sockets" in capsys.readouterr().err


def test_scenario_with_all_its_words() -> None:
    arguments = parse(["demo", "half-close", "--headless", "--host", "--pace", "0.25"])
    assert (arguments.command, arguments.scenario, arguments.pace) == ("demo", "half-close", 0.25)
    assert arguments.headless
    assert arguments.host


@pytest.mark.parametrize("word", ["-1", "nan", "1e3", "100", "٣", "soon"])
def test_pace_that_is_none_is_refused_by_name(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(["demo", "refused", f"--pace={word}"])
    assert f"'{word}' is no pace" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--presenter"], ["demo", "handshake", "--presenter"], ["-r", "f", "--presenter"]])
def test_presenter_may_be_asked_for(words: list[str]) -> None:
    assert parse(words).presenter
    assert not parse([]).presenter
