"""What the threads of a program do, in words. Pure."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import Enum

from tcpwatch.diagnose.message import Message, message
from tcpwatch.sockets.threads import ThreadsSeen, ThreadWait

# Why a thread that is in one of these calls waits.
LOCK = message("for a lock or another thread")
ASLEEP = message("asleep")
PROCESS = message("for another process")
SIGNAL = message("for a signal")
WAITS_FOR = {
    "futex": LOCK,
    "futex_wait": LOCK,
    "futex_waitv": LOCK,
    "nanosleep": ASLEEP,
    "clock_nanosleep": ASLEEP,
    "wait4": PROCESS,
    "waitid": PROCESS,
    "rt_sigtimedwait": SIGNAL,
    "rt_sigsuspend": SIGNAL,
    "pause": SIGNAL,
}
_MOST_SENTENCES, _MOST_FDS = 4, 4


class _Doing(Enum):
    RUN = 0
    STOPPED = 1
    CALL = 2
    KERNEL = 3


_Group = tuple[_Doing, str]
_Says = Callable[[Message, str, Sequence[ThreadWait]], Message]


def threads_in_words(seen: ThreadsSeen) -> tuple[Message, ...]:
    """What the threads do, the most common first: `8 of 8 threads wait in futex (for a lock or another thread)`."""
    groups: dict[_Group, list[ThreadWait]] = defaultdict(list)
    for thread in seen.threads:
        groups[_group(thread)].append(thread)
    ordered = sorted(groups.items(), key=lambda entry: -len(entry[1]))
    shown, rest = ordered[:_MOST_SENTENCES], ordered[_MOST_SENTENCES:]
    sentences = [_SAYS[doing](_who(members, seen.total), what, members) for (doing, what), members in shown]
    if rest:
        sentences.append(message("{count} more do something else", count=sum(len(members) for _, members in rest)))
    if seen.none_takes:
        sentences.append(message("none is in recv or accept"))
    return tuple(sentences)


def _group(thread: ThreadWait) -> _Group:
    if thread.running:
        return _Doing.RUN, ""
    if thread.stopped:
        return _Doing.STOPPED, ""
    return (_Doing.KERNEL, thread.waits_in or "") if thread.syscall is None else (_Doing.CALL, thread.syscall)


def _who(members: Sequence[ThreadWait], total: int) -> Message:
    if len(members) > 1:
        return message("{count} of {total} threads", count=str(len(members)), total=str(total))
    return message("thread {tid}", tid=str(members[0].tid)) if total > 1 else message("its only thread")


def _says_run(who: Message, _: str, members: Sequence[ThreadWait]) -> Message:
    if len(members) > 1:
        return message("{who} run, or wait for a CPU", who=who)
    return message("{who} runs, or waits for a CPU", who=who)


def _says_stopped(who: Message, _: str, members: Sequence[ThreadWait]) -> Message:
    if len(members) > 1:
        return message("{who} are stopped, by a signal, a debugger or the freezer", who=who)
    return message("{who} is stopped, by a signal, a debugger or the freezer", who=who)


def _says_call(who: Message, syscall: str, members: Sequence[ThreadWait]) -> Message:
    many = len(members) > 1
    if (why := WAITS_FOR.get(syscall)) is not None:
        if many:
            return message("{who} wait in {call} ({why})", who=who, call=syscall, why=why)
        return message("{who} waits in {call} ({why})", who=who, call=syscall, why=why)
    fds = sorted({thread.fd for thread in members if thread.fd is not None})
    listed = ", ".join(map(str, fds[:_MOST_FDS])) + (" …" if len(fds) > _MOST_FDS else "")
    call = f"{syscall}(fd {listed})" if fds else syscall
    return (
        message("{who} are in {call}", who=who, call=call)
        if many
        else message("{who} is in {call}", who=who, call=call)
    )


def _says_kernel(who: Message, function: str, members: Sequence[ThreadWait]) -> Message:
    where = f" ({function})" if function else ""
    if len(members) > 1:
        return message("{who} wait in the kernel{where}", who=who, where=where)
    return message("{who} waits in the kernel{where}", who=who, where=where)


_SAYS: Mapping[_Doing, _Says] = {
    _Doing.RUN: _says_run,
    _Doing.STOPPED: _says_stopped,
    _Doing.CALL: _says_call,
    _Doing.KERNEL: _says_kernel,
}
