"""Real segments to capture, and what a source made of them."""

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tcpwatch.capture.frame import Frame, FrameSource
from tcpwatch.capture.packet_socket import ETH_P_ALL
from tests.capture.pcap import frames_of

PATIENCE_S = 5
QUIET_MS = 150  # three times the ring's retirement: what has come by then is all


def connection(host: str, payload: bytes = b"0010HELLOWORLD", port: int = 0) -> int:
    """Open a connection over loopback, send, close both ends in order; returns the listener's port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        port = int(listener.getsockname()[1])
        client = socket.create_connection((host, port))
        server, _ = listener.accept()
        with client, server:
            client.sendall(payload)
            client.shutdown(socket.SHUT_WR)
            while server.recv(65_536):
                pass
        return port


def free_port(host: str) -> int:
    """A port that nothing listens on."""
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        return int(listener.getsockname()[1])


def send(interface: str, *frames: bytes) -> None:
    """Put frames on an interface as they are."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.bind((interface, ETH_P_ALL))
        for frame in frames:
            sender.send(frame)


def drain(source: FrameSource) -> list[Frame]:
    """Every frame until none has come for a while."""
    frames: list[Frame] = []
    while more := source.frames(QUIET_MS):
        frames.extend(more)
    return frames


def until(source: FrameSource, condition: Callable[[], bool]) -> list[Frame]:
    """Read until something is so; the frames that came meanwhile."""
    frames: list[Frame] = []
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"still not so; the source says: {source.message}"
        frames.extend(source.frames(50))
    return frames


class TcpDump:
    """tcpdump at work on the same interface, to compare with."""

    def __init__(self, tcpdump: str, interface: str, expression: str, path: Path, snaplen: int) -> None:
        self._path = path
        options = ["-Z", "root", "-U", "--immediate-mode", "-s", str(snaplen), "-w", str(path)]
        self._process = subprocess.Popen([tcpdump, "-i", interface, *options, expression], stderr=subprocess.PIPE)
        assert self._process.stderr is not None
        assert b"listening on" in self._process.stderr.readline()

    def frames(self, at_least: int) -> list[bytes]:
        """Wait for as many frames, end tcpdump, and give all that it wrote."""
        deadline = time.monotonic() + PATIENCE_S
        while len(frames_of(self._path.read_bytes())) < at_least and time.monotonic() < deadline:
            time.sleep(0.01)
        self.stop()
        return frames_of(self._path.read_bytes())

    def stop(self) -> None:
        """End it, however far it is."""
        if self._process.returncode is None:
            self._process.terminate()
            self._process.communicate()
