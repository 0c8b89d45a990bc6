"""Servers written by others, over IPv4 and IPv6, beside `ss` and `tcpdump`; natively and with the portable sources."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Place, read_until
from tests.e2e.terminal import Terminal, heading_counts

pytestmark = pytest.mark.e2e

HANDSHAKE = ["1/3 SYN", "2/3 SYN-ACK", "3/3 ACK"]
NGINX = """
daemon off; pid %(home)s/pid; error_log stderr;
events {}
http {
    access_log off; client_body_temp_path %(home)s/t; proxy_temp_path %(home)s/t; fastcgi_temp_path %(home)s/t;
    uwsgi_temp_path %(home)s/t; scgi_temp_path %(home)s/t;
    server { listen 8082; listen [::]:8082; location / { return 200 "hello\\n"; } }
}
"""
FETCH = "import urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://%s:%d/').read()"


@contextmanager
def http_server(place: Place, home: Path, host: str) -> Iterator[int]:
    with place.running("python3", "-m", "http.server", "8083", "--bind", host, "--directory", str(home)):
        place.wait_for_listener(8083)
        yield 8083


@contextmanager
def nginx(place: Place, home: Path, host: str) -> Iterator[int]:
    found = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if found is None:
        pytest.skip("needs nginx")
    (home / "nginx.conf").write_text(NGINX % {"home": home})
    with place.running(found, "-c", str(home / "nginx.conf"), "-p", str(home), "-g", "master_process off;"):
        place.wait_for_listener(8082)
        yield 8082


def fetch(place: Place, host: str, port: int) -> None:
    bracketed = f"[{host}]" if ":" in host else host
    assert place.run("python3", "-c", FETCH % (bracketed, port)).returncode == 0


@pytest.mark.parametrize("backend", ["native", "portable"])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("server", [http_server, nginx])
def test_dashboard_shows_another_servers_connection(
    tmux: None, place: Place, program: list[str], tmp_path: Path, server: Any, host: str, backend: str
) -> None:
    with (
        server(place, tmp_path, host) as port,
        Terminal([*place.enter, *program, "-i", "lo", "-p", str(port), "--backend", backend], 120, 36) as terminal,
    ):
        terminal.wait_for("LISTEN")
        fetch(place, host, port)
        screen = terminal.wait_for("TIME-WAIT", *HANDSHAKE, "1/4 FIN", "4/4 ACK")
        listening = place.run("ss", "-Htln", f"sport = :{port}").stdout.splitlines()
        assert heading_counts(screen) == {"TIME-WAIT": 1, "LISTEN": len(listening)}


@pytest.mark.parametrize("backend", ["native", "portable"])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_packets_are_those_that_tcpdump_saw(
    place: Place, program: list[str], tmp_path: Path, host: str, backend: str
) -> None:
    ours = [*program, "packets", "--iface", "lo0", "-p", "8083", "--json", "--backend", backend]
    with (
        http_server(place, tmp_path, host) as port,
        place.running("tcpdump", "-i", "lo", "-Snl", "--immediate-mode", f"tcp port {port}") as tcpdump,
        place.running(*ours) as tcpwatch,
    ):
        read_until("listening on", tcpdump.stderr)
        read_until("capturing", tcpwatch.stderr)
        fetch(place, host, port)
        segments = []
        assert tcpwatch.stdout is not None
        while not segments or segments[-1]["step"] != "4/4 ACK":
            segments.append(json.loads(tcpwatch.stdout.readline()))
        tcpdump.terminate()
        assert tcpdump.stdout is not None
        theirs = [re.findall(r"\.(\d+) > \S+\.(\d+): Flags", line) for line in tcpdump.stdout]
    assert [(str(segment["src_port"]), str(segment["dst_port"])) for segment in segments] == [
        pair for found in theirs for pair in found
    ]
    assert [segment["step"] for segment in segments if segment["step"]][:3] == HANDSHAKE
    assert {segment["src_ip"] for segment in segments} == {host}


@pytest.mark.parametrize("backend", ["native", "portable"])
def test_sockets_are_those_of_ss(place: Place, program: list[str], tmp_path: Path, backend: str) -> None:
    with http_server(place, tmp_path, "::1") as port:
        done = place.run(*program, "sockets", "--json", "--backend", backend)
        [found] = [json.loads(line) for line in done.stdout.splitlines()]
        [theirs] = place.run("ss", "-Htlnp").stdout.splitlines()
    assert (found["state"], found["local_ip"], found["local_port"]) == ("LISTEN", "::1", port)
    assert f"pid={found['owners'][0]['pid']},fd={found['owners'][0]['fd']}" in theirs


def test_unknown_interface_names_those_there_are(place: Place, program: list[str]) -> None:
    done = place.run(*program, "packets", "--iface", "nope0")
    assert done.returncode == 2
    assert re.search(r"no interface nope0; there are: lo", done.stderr)


def test_closed_pipe_is_a_quiet_end(place: Place, program: list[str], tmp_path: Path) -> None:
    with http_server(place, tmp_path, "127.0.0.1"):
        done = place.run("sh", "-c", f"{' '.join(program)} sockets --json | true")
    assert done.stderr == ""
