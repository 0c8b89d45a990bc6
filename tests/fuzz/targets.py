"""What a fuzzer calls with bytes: each target returns, or raises something that is a bug."""

from contextlib import suppress
from io import BytesIO

from tcpwatch.errors import CaptureFileError
from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.files.capture_file import read_records
from tcpwatch.wire.link import LINK_LAYERS
from tcpwatch.wire.options import parse_options
from tcpwatch.wire.payload import describe_payload

LINK_TYPES = sorted(LINK_LAYERS)


def fuzz_file(content: bytes) -> None:
    """A capture file, each of its frames decoded and described."""
    decoder = Decoder()
    with suppress(CaptureFileError):
        for frame, record in enumerate(read_records(BytesIO(content)), 1):
            segment = decoder.decode(frame, *record)
            if segment is not None:
                parse_options(segment.option_bytes).as_dict()
                describe_payload(segment.payload)


def fuzz_frame(content: bytes) -> None:
    """One frame; the first byte chooses its link type."""
    link_type = LINK_TYPES[content[0] % len(LINK_TYPES)] if content else 0
    Decoder().decode(1, 0, link_type, content[1:], len(content))


def fuzz_payload(content: bytes) -> None:
    """A payload, and the same bytes as options."""
    describe_payload(content)
    parse_options(content).as_dict()


TARGETS = (fuzz_file, fuzz_frame, fuzz_payload)
