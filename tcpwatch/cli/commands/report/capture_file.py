"""A report on a capture file: problems as the wire shows them, connections and ladders. It knows no socket."""

import os
from collections import deque
from collections.abc import Iterator

from tcpwatch.capture.last_frames import LastFrames
from tcpwatch.capture.replay import CaptureFile
from tcpwatch.cli.commands.explain import concerns
from tcpwatch.cli.commands.flows import flow_has_port
from tcpwatch.cli.commands.report.files import (
    FLOWS_FILE,
    LADDERS_FILE,
    MADE_BY,
    PACKETS_FILE,
    PROBLEMS_FILE,
    ReportPackets,
    default_folder,
    fill,
    filling,
    remark,
)
from tcpwatch.cli.ladders import choose_ladders
from tcpwatch.cli.options import ReportOptions
from tcpwatch.cli.sources import give_up_privileges
from tcpwatch.cli.streams import say
from tcpwatch.monitor.replay.capture_file import Recorded
from tcpwatch.monitor.replay.tracker import ReplayTracker
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.report import texts
from tcpwatch.report.contents import Contents
from tcpwatch.report.folder import ReportFolder
from tcpwatch.report.records.problems import reported
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.flow import Flow
from tcpwatch.text.clean import clean
from tcpwatch.why.catalog import translation
from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.origin import mark_links
from tcpwatch.wire.segment import Segment

FILES = (PROBLEMS_FILE, FLOWS_FILE, PACKETS_FILE, LADDERS_FILE)
MOST_FLOWS = 100_000  # that were let go of before the end and are told of all the same


def report_on_file(options: ReportOptions, path: str) -> None:
    """Read all of the file and fill the folder; what is damaged in it is told at the end, as an error."""
    file = CaptureFile(path)
    try:
        name = clean(os.path.basename(file.name))
        folder = ReportFolder(options.folder or default_folder(name), FILES)
        with filling(folder):
            give_up_privileges()
            reading = ReportReading(file, frozenset(options.frames.ports))
            recorded = Recorded(name, reading.events(), reading.tracker)
            fill(folder, FILES, contents_of(options, recorded, reading), ReportPackets(reading.last, options.payload))
    finally:
        file.close()
    for irregular, count in file.remarks.items():
        say(f"{irregular}: {count:,}")
    if recorded.damage is not None:
        raise recorded.damage


class WholeTracker(ReplayTracker):
    """It follows the connections to the end of the file, though the pictures end before."""

    def let_go(self) -> None:
        """Keep them: the report lists them all."""


class ReportReading:
    """One pass over the frames of a file with one of the ports: their events, flows, and the last of them."""

    def __init__(self, file: CaptureFile, ports: frozenset[int]) -> None:
        self.last = LastFrames()
        self._gone: deque[Flow] = deque(maxlen=MOST_FLOWS)
        self.tracker = WholeTracker(on_evict=self._gone.extend)
        self._file = file
        self._ports = ports

    def events(self) -> Iterator[Event]:
        """What each segment means. Raises CaptureFileError where the file is damaged."""
        decoder, number = Decoder(), 0
        for frames in self._file.batches():
            segments = [decoder.decode(number + index, *frame) for index, frame in enumerate(frames, 1)]
            number += len(frames)
            mark_links(frames, segments)
            self.last.add(
                "", [frame for frame, segment in zip(frames, segments, strict=True) if self._is_wanted(segment)]
            )
            yield from filter(self._is_wanted_event, self.tracker.receive_segments(segments))

    def flows(self) -> list[Flow]:
        """The connections with one of the ports, in the order of their beginning."""
        flows = [flow for flow in (*self._gone, *self.tracker.flows()) if flow_has_port(flow, self._ports)]
        return sorted(flows, key=lambda flow: flow.stream)

    def _is_wanted(self, segment: Segment | None) -> bool:
        """Without ports all frames are, those without a segment too."""
        if not self._ports:
            return True
        return segment is not None and not self._ports.isdisjoint((segment.source.port, segment.destination.port))

    def _is_wanted_event(self, event: Event) -> bool:
        return self._is_wanted(event.segment)


def contents_of(options: ReportOptions, recorded: Recorded, reading: ReportReading) -> Contents:
    """All that the file shows at its end."""
    recorded.playhead.seek(len(recorded.events))
    snapshot, translate = recorded.snapshot(), translation(options.language)
    ports = frozenset(options.frames.ports)
    chosen = [problem for problem in snapshot.problems if concerns(problem, snapshot, ports)]
    problems = list(reported(snapshot, chosen.__contains__, translate))
    log, flows = PacketLog(len(recorded.events)), reading.flows()
    log.extend(recorded.events)
    ladders, ladders_of = choose_ladders(log, problems, flows, translate)
    first, last = recorded.events[0].segment.time_ns, recorded.events[-1].segment.time_ns
    return Contents(
        subject=recorded.name,
        scope=tuple(f"port {port}" for port in sorted(ports)),
        made_by=MADE_BY,
        taken_ns=last,
        looked_ns=max(0, last - first),
        language=options.language,
        translate=translate,
        problems=problems,
        ladders=ladders,
        ladders_of=ladders_of,
        flows=flows,
        sources=snapshot.sources,
        not_looked_at=snapshot.not_looked_at,
        remarks=tuple(remark(texts.SEGMENTS_BEYOND, recorded.beyond, translate)),
    )
