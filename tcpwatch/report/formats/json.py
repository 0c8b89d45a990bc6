"""One JSON object a line, with stable keys: what other programs read.

Foreign text was cleaned where it came in; `json` escapes what is left, and what is not finite or no text never gets
here.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from tcpwatch.report.memo import FLAGS_TEXT, Memo
from tcpwatch.report.output import Output
from tcpwatch.report.records.schema import AnyRecord, Schema
from tcpwatch.tcp.event import Event, Step
from tcpwatch.tcp.state import State
from tcpwatch.text.charset import json_in_ascii
from tcpwatch.wire.options import ALIGNED_TIMESTAMPS, TIMESTAMPS_ALONE, parse_options
from tcpwatch.wire.segment import endpoints


def open_writer(schema: Schema[AnyRecord], output: Output) -> Callable[[Iterable[AnyRecord]], None]:
    """What writes records of this schema, by its columns where there is no faster way."""
    line_of: Callable[[Any], str] = FASTER.get(schema.name) or (lambda record: line(schema.as_dict(record)))
    if not output.takes_unicode:
        unescaped = line_of
        line_of = lambda record: json_in_ascii(unescaped(record))  # noqa: E731
    add = output.add

    def write(records: Iterable[AnyRecord]) -> None:
        deque(map(add, map(line_of, records)), maxlen=0)  # a loop that runs in C

    return write


def line(value: object) -> str:
    """The value as one line of JSON, without the line's end."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def with_dropped(object_line: str, frames: int) -> str:
    """The object with a member for what the kernel dropped before it, since the last object that has one."""
    return f'{object_line[:-1]},"dropped_before":{frames}}}'


def packet(event: Event) -> str:
    """A segment as one line, with the columns of PACKETS.

    Put together by hand: a general encoder takes longer than the reading and the analysis of the segment. What most
    segments have in common is kept.
    """
    segment, meaning = event.segment, event.meaning
    return (
        f'{{"frame":{segment.frame},"time_ns":{segment.time_ns},"stream":{event.stream},{ENDS_MEMBERS[segment.ends]},'
        f'"flags":"{FLAGS_TEXT[segment.flags]}","seq":{event.seq},"ack":{event.ack},'
        f'"seq_raw":{segment.seq},"ack_raw":{segment.ack},'
        f'"window":{event.window},"window_raw":{segment.window},"len":{segment.length},'
        f'"options":{_options(segment.option_bytes, segment.options_cut)},'
        f"{_meaning(meaning.step, meaning.analysis, meaning.src_state, meaning.dst_state, meaning.note)},"
        f'"app":{"null" if meaning.app is None else line(meaning.app)},'
        f'"faults":{line(segment.faults) if segment.faults else "[]"}}}'
    )


def _ends(ends: bytes) -> str:
    source, destination = endpoints(ends)
    return f'"src_ip":"{source.ip}","src_port":{source.port},"dst_ip":"{destination.ip}","dst_port":{destination.port}'


ENDS_MEMBERS = Memo(_ends)


@lru_cache(maxsize=1_024)
def _meaning(step: Step | None, analysis: tuple[str, ...], src_state: State, dst_state: State, note: str | None) -> str:
    states = {"src_state": src_state, "dst_state": dst_state}
    return line({"step": step, "analysis": sorted(analysis), **states, "note": note})[1:-1]


def _options(option_bytes: bytes, cut: bool) -> str:
    if cut:
        return line(parse_options(option_bytes, cut).as_dict())
    if not option_bytes:
        return "{}"
    if len(option_bytes) == TIMESTAMPS_ALONE.size and option_bytes.startswith(ALIGNED_TIMESTAMPS):
        ts_val, ts_ecr = TIMESTAMPS_ALONE.unpack(option_bytes)
        return f'{{"ts_val":{ts_val},"ts_ecr":{ts_ecr}}}'
    return line(parse_options(option_bytes).as_dict())


FASTER: Mapping[str, Callable[[Any], str]] = {"packets": packet}
