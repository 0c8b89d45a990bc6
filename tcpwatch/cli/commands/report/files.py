"""Fills a report's folder: each file whole before the next, `index.html` last."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from tcpwatch import __version__
from tcpwatch.capture.frame import Frame
from tcpwatch.capture.last_frames import LastFrames
from tcpwatch.cli.streams import say
from tcpwatch.errors import ReportError
from tcpwatch.report import texts
from tcpwatch.report.contents import Contents
from tcpwatch.report.folder import INDEX, ReportFolder
from tcpwatch.report.formats import FORMATS
from tcpwatch.report.ladder_svg import svg_file
from tcpwatch.report.markdown import problems_as_markdown
from tcpwatch.report.output import Output, write_lines
from tcpwatch.report.page import page
from tcpwatch.report.records.flows import FLOWS
from tcpwatch.report.records.schema import AnyRecord, Schema
from tcpwatch.report.records.sockets import SOCKETS
from tcpwatch.text.quantity import counted
from tcpwatch.why.catalog import Translate
from tcpwatch.wire.files.capture_file import PcapngWriter
from tcpwatch.wire.link import LINKTYPE_ETHERNET
from tcpwatch.wire.payload_cut import PayloadCutter

PROBLEMS_FILE, SOCKETS_FILE, FLOWS_FILE = "problems.md", "sockets.ndjson", "flows.ndjson"
PACKETS_FILE, LADDERS_FILE, DOCTOR_FILE = "packets.pcapng", "ladders.svg", "doctor.txt"
MADE_BY = f"tcpwatch {__version__}"
RECORDS_AT_ONCE = 100
NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9.]+")

NamedFrames = Iterable[tuple[str, Frame]]


class ReportPackets:
    """The last frames as a pcapng file, cut unless their payload was asked for; `remarks` say what is not in it."""

    def __init__(self, last: LastFrames, payload: bool) -> None:
        self._last = last
        self._cutter = None if payload else PayloadCutter()

    def chunks(self) -> Iterator[bytes]:
        """The file, block by block."""
        blocks = _Blocks()
        writer = PcapngWriter(blocks)
        for interface, (time_ns, link_type, data, wire_length) in self._frames():
            writer.write(interface, link_type, time_ns, data, wire_length)
            yield blocks.take()
        if not writer.has_interface:
            writer.declare("", LINKTYPE_ETHERNET)
        yield blocks.take()

    def _frames(self) -> NamedFrames:
        for interface, frame in self._last.all():
            kept = frame if self._cutter is None else self._cutter.cut(frame)
            if kept is not None:
                yield interface, kept

    def remarks(self, translate: Translate) -> Iterator[str]:
        """What is kept of the payload, and how many frames are not there; known once the file is written."""
        yield translate(texts.PAYLOAD_WHOLE if self._cutter is None else texts.PAYLOAD_CUT)
        yield from remark(texts.FRAMES_LEFT_OUT, 0 if self._cutter is None else self._cutter.left_out, translate)
        yield from remark(texts.FRAMES_FALLEN_OUT, self._last.fallen_out, translate)


def remark(text: str, count: int, translate: Translate) -> Iterator[str]:
    """The text with this count; nothing where there are none."""
    if count:
        yield translate(text).format(count=f"{count:,}")


class _Blocks:
    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, block: bytes, /) -> None:
        self._data += block

    def take(self) -> bytes:
        data = bytes(self._data)
        self._data.clear()
        return data


@contextmanager
def filling(folder: ReportFolder) -> Iterator[None]:
    """Until the folder is whole: what breaks it off is told on its page, and on stderr where nobody else does."""
    try:
        yield
    except KeyboardInterrupt:
        folder.note("it was interrupted")
        say(f"interrupted: the report in {folder.name} is not whole, and its {INDEX} says so")
        raise
    except ReportError:
        raise
    except Exception as error:
        folder.note(str(error))
        raise
    finally:
        folder.close()


def fill(folder: ReportFolder, names: Sequence[str], contents: Contents, packets: ReportPackets) -> None:
    """Write these files, then the page; print where it is, and on stderr what is in it.

    Raises ReportError where one cannot be written.
    """
    for name in names:
        folder.write(name, _chunks(name, contents, packets))
    remarks = (*contents.remarks, *(packets.remarks(contents.translate) if PACKETS_FILE in names else ()))
    files = {name: texts.WHAT_FILES_HAVE[name] for name in names}
    folder.finish(b"".join(lines_of(page(replace(contents, files=files, remarks=remarks)))))
    parts = [counted(len(contents.problems), "problem")]
    parts += [] if contents.sockets is None else [counted(len(contents.sockets), "socket")]
    parts += [counted(len(contents.flows), "connection") + " on the wire"] if FLOWS_FILE in names else []
    say(f"the report in {folder.name} is whole: {', '.join(parts)}")
    write_lines([f"{folder.name}/{INDEX}"])


def _chunks(name: str, contents: Contents, packets: ReportPackets) -> Iterable[bytes]:
    """What goes into the file of this name, piece by piece."""
    makers: dict[str, Callable[[], Iterable[bytes]]] = {
        PROBLEMS_FILE: lambda: lines_of(problems_as_markdown(contents)),
        SOCKETS_FILE: lambda: ndjson(SOCKETS, contents.sockets or ()),
        FLOWS_FILE: lambda: ndjson(FLOWS, contents.flows),
        PACKETS_FILE: packets.chunks,
        LADDERS_FILE: lambda: [svg_file(contents.ladders).encode()],
        DOCTOR_FILE: lambda: lines_of(contents.doctor),
    }
    return makers[name]()


def ndjson(schema: Schema[AnyRecord], records: Sequence[AnyRecord]) -> Iterator[bytes]:
    """The records as the json format writes them."""
    pieces: list[bytes] = []
    output = Output(lambda lines: pieces.extend(lines_of(lines)))
    write = FORMATS["json"].open_writer(schema, output)
    for first in range(0, len(records), RECORDS_AT_ONCE):
        write(records[first : first + RECORDS_AT_ONCE])
        output.flush()
        yield b"".join(pieces)
        pieces.clear()


def lines_of(lines: Iterable[str]) -> Iterator[bytes]:
    """The lines as they stand in a file."""
    return (f"{line}\n".encode() for line in lines)


def default_folder(subject: str) -> str:
    """A name in the current folder, with nothing in it that a shell would take for its own."""
    return f"tcpwatch-report-{NOT_IN_A_NAME.sub('-', subject)}-{time.strftime('%Y%m%d-%H%M%S')}"
