"""The recordings in the package: one of each scenario, and nothing in them but its segments."""

from io import BytesIO
from ipaddress import IPv4Address
from itertools import chain

import pytest

from tcpwatch.capture.replay import CaptureFile
from tcpwatch.lab.address import PORT
from tcpwatch.lab.recordings import acts_of, folder, segments_of
from tcpwatch.lab.scenarios import SCENARIOS
from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.files.capture_file import PcapngWriter
from tcpwatch.wire.segment import endpoints
from tools.texts import acts_of as acts_written_in

ALL_MAY_TAKE = 300_000
FILES_EACH = 2


def test_recordings_are_small_and_of_scenarios_that_there_are() -> None:
    files = [path for path in folder().rglob("*") if path.suffix in (".pcapng", ".ndjson")]
    assert {path.stem for path in files} == set(SCENARIOS)
    assert len(files) == FILES_EACH * len(SCENARIOS)
    assert sum(path.stat().st_size for path in files) < ALL_MAY_TAKE


@pytest.mark.parametrize("name", SCENARIOS)
def test_recording_holds_nothing_but_frames_of_loopback(name: str) -> None:
    recording = CaptureFile(str(segments_of(name)))
    written, decoder = BytesIO(), Decoder()
    writer = PcapngWriter(written)
    for number, (time_ns, link_type, data, wire_length) in enumerate(chain.from_iterable(recording.batches()), 1):
        writer.write("lo", link_type, time_ns, data, wire_length)
        segment = decoder.decode(number, time_ns, link_type, data, wire_length)
        assert segment is not None
        assert all(IPv4Address(end.ip).is_loopback for end in endpoints(segment.ends))
        assert PORT in [end.port for end in endpoints(segment.ends)]
    recording.close()
    assert written.getvalue() == segments_of(name).read_bytes()


@pytest.mark.parametrize("name", SCENARIOS)
def test_acts_of_a_recording_go_by_the_clock_of_its_segments(name: str) -> None:
    recording = CaptureFile(str(segments_of(name)))
    times = [frame[0] for frames in recording.batches() for frame in frames]
    recording.close()
    acts = [act.time_ns for act in acts_of(name)]
    assert acts == sorted(acts)
    assert acts[0] < times[0] < acts[-1] + 10**10


@pytest.mark.parametrize("name", SCENARIOS)
def test_recording_says_what_its_scenario_says_today(name: str) -> None:
    assert {act.message for act in acts_of(name)} <= set(acts_written_in(name))
