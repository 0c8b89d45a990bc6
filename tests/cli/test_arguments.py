import pytest

from tcpwatch.cli.arguments import READ, parse


def test_no_words_mean_the_dashboard_on_everything() -> None:
    options = parse([])
    assert (options.command, options.frames.iface, options.frames.ports, options.frames.portable) == (
        "dashboard",
        None,
        (),
        False,
    )


def test_ports_add_up() -> None:
    assert parse(["-p", "80", "--port", "443"]).frames.ports == (80, 443)
    assert parse([]).frames.ports == ()


def test_options_before_a_command_are_not_lost() -> None:
    options = parse(["-i", "lo0", "-p", "80", "packets", "--json"])
    assert (options.command, options.frames.iface, options.frames.ports) == ("packets", "lo0", (80,))


def test_backend_portable_is_for_every_reader() -> None:
    assert parse(["sockets", "--backend", "portable"]).kernel.portable
    assert parse(["--backend", "portable"]).frames.portable


def test_words_that_only_look_like_options_are_left_alone() -> None:
    assert parse(["--por", "80", "-p81"]).frames.ports == (80, 81)
    assert parse(["why", "--", "--nothing"]).topic == ("--nothing",)
    assert parse(["-r", "-"]).frames.read == "-"


@pytest.mark.parametrize("command", [(), ("sockets",), ("packets",), ("flows",), ("doctor",)])
def test_namespace_is_for_every_reader(command: tuple[str, ...]) -> None:
    assert parse([*command, "--netns", "blue"]).netns == "blue"


@pytest.mark.parametrize("command", [(), ("sockets",), ("doctor",)])
def test_all_namespaces_exclude_one(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert parse([*command, "--all-netns"]).kernel.all_netns
    with pytest.raises(SystemExit, match="2"):
        parse([*command, "--all-netns", "--netns", "blue"])
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("--netns", "blue"), ("--all-netns",), ("--allow-kill",)])
def test_capture_file_has_no_sockets(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse([*words, "-r", "some.pcap"])
    assert "a capture file has no sockets" in capsys.readouterr().err


def test_scenario_with_all_its_words() -> None:
    options = parse(["demo", "half-close", "--headless", "--host", "--pace", "0.25"])
    assert (options.command, options.scenario, options.pace) == ("demo", "half-close", 0.25)
    assert options.headless
    assert options.host


@pytest.mark.parametrize("words", [["--presenter"], ["demo", "handshake", "--presenter"], ["-r", "f", "--presenter"]])
def test_presenter_may_be_asked_for(words: list[str]) -> None:
    options = parse(words)
    assert (options.dashboard if options.command == "demo" else options).presenter
    assert not parse([]).presenter


@pytest.mark.parametrize("command", ["sockets", "packets", "flows", "doctor"])
def test_json_is_short_for_its_format(command: str) -> None:
    assert parse([command]).format == "text"
    assert parse([command, "--json"]).format == parse([command, "--format", "json"]).format == "json"


def test_f_is_short_for_filter() -> None:
    assert parse(["flows", "--f", "port:80", "--fi", "port:81"]).filter == "port:81"
    assert parse(["flows", "--fo", "json", "--f=port:80"]).filter == "port:80"


@pytest.mark.parametrize("command", READ)
def test_options_of_every_command_are_frozen_and_know_it(command: str) -> None:
    options = parse([] if command == "dashboard" else [command])
    assert options.command == command
    with pytest.raises(AttributeError):
        options.netns = "blue"


def test_demo_has_all_options_of_the_dashboard() -> None:
    options = parse(["-w", "f", "--filter", "port:80", "--all-netns", "--allow-kill", "demo", "--lang", "ko"])
    dashboard = options.dashboard
    assert (dashboard.frames.write, dashboard.filter, dashboard.language) == ("f", "port:80", "ko")
    assert dashboard.kernel.all_netns
    assert dashboard.allow_kill


def test_report_looks_for_ten_seconds_unless_it_is_told_otherwise() -> None:
    assert parse(["report"]).looks_s == 10
    words = "report --for 2m -o here --payload -p 80 -i lo --no-bpf --lang ko"
    options = parse(words.split())
    assert (options.looks_s, options.folder, options.payload, options.language) == (120, "here", True, "ko")
    assert (options.frames.iface, options.frames.ports, options.kernel.bpf) == ("lo", (80,), False)


@pytest.mark.parametrize("words", [["--for", "5"], ["--netns", "blue"]])
def test_report_on_a_file_has_nothing_to_look_at(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["report", "-r", "f", *words])
    assert ended.value.code == 2
    assert "for a live picture" in capsys.readouterr().err


def test_explaining_a_file_is_another_command_and_is_done_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(["explain", "-r", "a.pcap"]).command == "explain_file"
    with pytest.raises(SystemExit):
        parse(["explain", "-r", "a.pcap", "--watch", "1"])
    assert "--watch is for a live picture" in capsys.readouterr().err
