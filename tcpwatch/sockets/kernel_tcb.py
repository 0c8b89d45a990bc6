"""The TCB that `struct tcp_info` and the two queues imply: how far each direction has come since its initial number.

Every user may read these counters, and the arithmetic on them is exact. Only ISS and IRS themselves are not in them: a
SYN that was captured gives those, and `anchored` then makes the numbers absolute. Where the kernel's own numbers can be
read, which are absolute, it is ISS and IRS that follow: the kernel does not keep them.
"""

from dataclasses import replace

from tcpwatch.sockets.fields import TCB_ROWS
from tcpwatch.sockets.row import KernelRecord, SocketRow
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.seqnum import wrap
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb

SYN = 1  # a SYN and a FIN take one number each (RFC 9293 §3.4)
FIN = 1

# Variables that `Tcb` has no attribute for are read from the kernel's record under their own name.
_OTHERS = tuple(row.name for row in TCB_ROWS if row.name not in Tcb.__slots__)

_FIN_QUEUED = frozenset({State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSING, State.LAST_ACK})


def tcb_of(row: SocketRow) -> Tcb | None:
    """The best TCB that the kernel gives: its own, with the ISS and IRS that its counters imply; else the relative."""
    relative = relative_tcb(row)
    if row.record is None:
        return relative
    tcb = _own_tcb(row.record)
    if tcb is None or relative is None:
        return tcb
    iss, irs = _origin(tcb.snd_una, relative.snd_una), _origin(tcb.rcv_nxt, relative.rcv_nxt)
    return replace(tcb, iss=iss, irs=irs, initiated=relative.initiated)


def _own_tcb(record: KernelRecord) -> Tcb | None:
    tcb = record.tcb
    if tcb is None or not _OTHERS:
        return tcb
    return replace(tcb, others={name: value for name in _OTHERS if (value := record.value(name)) is not None})


def relative_tcb(row: SocketRow) -> Tcb | None:
    """The TCB of `row`, counted from ISS = 0 and IRS = 0; None where the kernel gives no `tcp_info` of a connection.

    Offsets grow past 2**32 with what was transferred. `rcv_wnd` is the window as last advertised. On Linux before 4.19
    it is unknown who opened the connection, which leaves the numbers of the sending half out.
    """
    info = row.info
    if info is None or row.state is State.LISTEN:
        return None
    initiated = _initiated(row, info)
    snd_una = None if initiated is None or info.bytes_acked is None else info.bytes_acked + (0 if initiated else SYN)
    synchronized = row.state is not State.SYN_SENT
    rcv_nxt = SYN + info.bytes_received if synchronized and info.bytes_received is not None else None
    return Tcb(
        source=Source.RELATIVE,
        snd_una=snd_una,
        snd_nxt=_sum(snd_una, _in_flight(row, info)),
        snd_wnd=info.snd_wnd if synchronized else None,
        snd_wscale=info.snd_wscale if synchronized else None,
        rcv_nxt=rcv_nxt,
        rcv_wnd=info.rcv_wnd,
        rcv_wscale=info.rcv_wscale if synchronized else None,
        write_seq=_sum(snd_una, row.send_q),
        copied_seq=None if rcv_nxt is None or row.recv_q is None else rcv_nxt - row.recv_q,
        mss=info.snd_mss,
        initiated=initiated,
    )


def anchored(tcb: Tcb, iss: int, irs: int) -> Tcb:
    """A relative `tcb` in absolute 32-bit numbers, given the two initial sequence numbers; another one as it is."""
    if tcb.source is not Source.RELATIVE:
        return tcb
    return replace(
        tcb,
        source=Source.DERIVED,
        iss=iss,
        irs=irs,
        snd_una=_from(iss, tcb.snd_una),
        snd_nxt=_from(iss, tcb.snd_nxt),
        write_seq=_from(iss, tcb.write_seq),
        rcv_nxt=_from(irs, tcb.rcv_nxt),
        copied_seq=_from(irs, tcb.copied_seq),
    )


def _initiated(row: SocketRow, info: TcpInfo) -> bool | None:
    """Whether this end sent the first SYN.

    Linux counts the acknowledgment of an initiator's SYN in `bytes_acked`, but not that of a SYN-ACK. So of the numbers
    used up, those that neither data nor a FIN that was sent explains are the initiator's SYN.
    """
    in_flight = _in_flight(row, info)
    if info.bytes_acked is None or info.bytes_sent is None or info.bytes_retrans is None or in_flight is None:
        return None
    fin_sent = FIN if row.state in _FIN_QUEUED and info.notsent_bytes == 0 else 0
    return info.bytes_acked + in_flight - (info.bytes_sent - info.bytes_retrans) - fin_sent >= SYN


def _in_flight(row: SocketRow, info: TcpInfo) -> int | None:
    """SND.NXT - SND.UNA: the send queue (SND.UNA to write_seq) without what was not sent yet."""
    return None if row.send_q is None or info.notsent_bytes is None else row.send_q - info.notsent_bytes


def _sum(start: int | None, length: int | None) -> int | None:
    return None if start is None or length is None else start + length


def _origin(number: int | None, offset: int | None) -> int | None:
    return None if number is None or offset is None else wrap(number - offset)


def _from(initial: int, offset: int | None) -> int | None:
    return None if offset is None else wrap(initial + offset)
