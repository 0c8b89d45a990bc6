"""One page over HTTPS: handshake of TCP, handshake of TLS, the page, the close.

Watch the first bytes of each side: the ClientHello names the server (SNI) and what may be spoken (ALPN), the
ServerHello names the version. All that follows is ciphertext. The certificate is made on the spot.
"""

import shutil
import socket
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from tcpwatch.errors import TcpwatchError
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.scenarios.http import HTTP_REQUEST, HTTP_RESPONSE
from tcpwatch.lab.stage import OPENING, Stage

if TYPE_CHECKING:
    import ssl

SITE = "lab.example"

SCENARIO = Scenario(
    order=30,
    name="https",
    title="the same under TLS, with a certificate made on the spot",
    lessons=(7, 31),
)


def play(stage: Stage) -> None:
    """Ask for one page under TLS and get it."""
    at_browser, at_server = contexts()
    stage.now("A web server listens; a browser connects.", states=("LISTEN", "ESTABLISHED"), steps=OPENING)
    browser, server = stage.pair(stage.listen())
    stage.now(
        "TLS: the browser's ClientHello asks for {name}, the server's ServerHello and certificate answer.",
        name=SITE,
    )
    answering = at_server.wrap_socket(server, server_side=True, do_handshake_on_connect=False)
    Thread(target=answer, args=(answering,), daemon=True).start()
    asking = at_browser.wrap_socket(browser, server_hostname=SITE)
    stage.keep(answering, asking)
    stage.now(
        "{version} is agreed upon. Only the two ends can read request and response; the server closes.",
        states=("FIN-WAIT-2", "CLOSE-WAIT"),
        steps=("1/4 FIN", "2/4 ACK"),
        version=asking.version() or "TLS",
    )
    asking.sendall(HTTP_REQUEST)
    while asking.recv(4096):
        pass
    stage.now("The browser closes too.", states=("TIME-WAIT",), steps=("3/4 FIN", "4/4 ACK"))
    asking.close()


def answer(server: "ssl.SSLSocket") -> None:
    """The server's part: shake hands, read the request, send the page, close."""
    server.do_handshake()
    server.recv(len(HTTP_REQUEST))
    server.sendall(HTTP_RESPONSE)
    server.shutdown(socket.SHUT_WR)


def contexts() -> "tuple[ssl.SSLContext, ssl.SSLContext]":
    """The browser's and the server's side of TLS; the browser trusts the server's certificate and no other."""
    import ssl  # here, because `demo --list` imports every scenario and has no use for it

    at_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory(prefix="tcpwatch-") as folder:
        certificate, key = make_certificate(Path(folder))
        at_server.load_cert_chain(certificate, key)
        at_browser = ssl.create_default_context(cafile=str(certificate))
    for context in (at_browser, at_server):
        context.set_alpn_protocols(["http/1.1"])
    return at_browser, at_server


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for SITE that signs itself, and its key. TcpwatchError where there is no `openssl` to make them."""
    if shutil.which("openssl") is None:
        raise TcpwatchError("the https scenario makes a certificate with the openssl command: install openssl")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    words = f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN={SITE}"
    command = [
        "openssl",
        *words.split(),
        "-addext",
        f"subjectAltName=DNS:{SITE}",
        "-out",
        str(certificate),
        "-keyout",
        str(key),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key
