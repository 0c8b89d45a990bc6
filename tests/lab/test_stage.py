import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tcpwatch.errors import TcpwatchError
from tcpwatch.lab import stage as stage_module
from tcpwatch.lab.stage import Act, Promise, Stage, set_sysctl


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    naps: list[float] = []
    monkeypatch.setattr("tcpwatch.lab.stage.time.sleep", naps.append)
    return naps


@pytest.fixture
def stage(port: int) -> Iterator[Stage]:
    used = Stage(lambda act: None, port)
    yield used
    for opened in used.opened:
        opened.close()


def test_act_as_a_line_and_back() -> None:
    act = Act(17, "{who} close.", Promise(("CLOSING",), ("1/4 FIN",), ("retransmission",)), {"who": "Both"})
    assert "\n" not in act.line()
    assert Act.from_line(act.line()) == act


def test_text_of_an_act_has_its_values_in_any_language() -> None:
    act = Act(17, "Port {port} listens.", values={"port": 9999})
    assert act.text() == "Port 9999 listens."
    assert act.text(lambda text: text[::-1].replace("}trop{", "{port}")) == ".snetsil 9999 troP"


def test_now_lets_the_last_act_sink_in(slept: list[float]) -> None:
    acts: list[Act] = []
    stage = Stage(acts.append, pace_s=2.5)
    stage.now("one", states=("LISTEN",))
    assert slept == []
    stage.now("two", steps=["1/3 SYN"], analysis=("zero_window",), count=7)
    assert slept == [2.5]
    assert [act.message for act in acts] == ["one", "two"]
    assert [act.values for act in acts] == [{}, {"count": 7}]
    assert [act.promise for act in acts] == [
        Promise(states=("LISTEN",)),
        Promise(steps=("1/3 SYN",), analysis=("zero_window",)),
    ]


def test_now_rests_between_two_acts_until_the_audience_has_followed(slept: list[float]) -> None:
    order: list[str] = []
    stage = Stage(lambda act: order.append(act.message), rest=lambda: order.append("rest"))
    for message in ("one", "two", "three"):
        stage.now(message)
    stage.now("four", soon=True)
    assert order == ["one", "rest", "two", "rest", "three", "four"]


def test_wait_is_long_enough_for_a_delayed_ack(slept: list[float]) -> None:
    Stage(lambda act: None).wait()
    assert slept[0] > 0.04


def test_pair_is_both_ends_of_one_connection(stage: Stage, port: int) -> None:
    client, server = stage.pair(stage.listen())
    assert server.getpeername() == client.getsockname()
    assert client.getpeername() == ("127.0.0.1", port)
    client.send(b"x")
    assert server.recv(10) == b"x"


def test_stage_holds_what_it_opened(stage: Stage) -> None:
    client, _ = stage.pair(stage.listen())
    client.settimeout(0.05)
    with pytest.raises(TimeoutError):  # an end that was let go of would have closed
        client.recv(1)


def test_begin_connect_waits_for_nobody(stage: Stage, port: int) -> None:
    client = stage.begin_connect(port=port)
    assert client.gettimeout() == 0


def test_bound_port_can_be_had_again(stage: Stage, port: int) -> None:
    stage.bound(port).close()
    assert stage.bound(port).getsockname() == ("127.0.0.1", port)


def test_deaf_listener_never_answers(stage: Stage, port: int) -> None:
    try:
        stage.deaf_listener(port)
    except PermissionError:
        pytest.skip("this user may not filter sockets")
    client = stage.bound()
    client.settimeout(0.1)
    with pytest.raises(TimeoutError):
        stage.connect(client)


def test_set_sysctl_of_this_kernel_and_of_another_until_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    at_exit: list[Callable[[], object]] = []
    monkeypatch.setattr(stage_module.atexit, "register", lambda call, *words: at_exit.append(partial(call, *words)))
    monkeypatch.setattr(stage_module, "IPV4_SYSCTLS", tmp_path)
    (tmp_path / "tcp_syncookies").write_text("1")
    set_sysctl("tcp_syncookies", "0")
    set_sysctl("tcp_of_tomorrow", "0")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"tcp_syncookies": "0"}
    at_exit[0]()
    assert (tmp_path / "tcp_syncookies").read_text() == "1"


def test_wait_until_an_end_is_in_a_state(stage: Stage) -> None:
    client, server = stage.pair(stage.listen())
    stage.wait_until(client, "ESTABLISHED")
    server.close()
    client.close()
    again, server = stage.pair(stage.opened[0])
    again.shutdown(socket.SHUT_WR)
    stage.wait_until(again, "FIN-WAIT-2")
    server.close()
    stage.wait_until(again, "CLOSED")


def test_wait_until_has_an_end(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_module, "STATE_WITHIN_S", 0.05)
    with pytest.raises(TcpwatchError, match="no ESTABLISHED within"):
        stage.wait_until(stage.bound(), "ESTABLISHED")


@pytest.mark.e2e
def test_start_gives_a_program_that_is_kept(stage: Stage) -> None:
    started = stage.start("server", "--port", str(stage.port))
    try:
        assert stage.started == [started]
        stage.connect().close()
    finally:
        started.stop()
