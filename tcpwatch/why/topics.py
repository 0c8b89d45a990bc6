"""All explanations by their key, and the search for the one that fits what people type."""

from collections.abc import Iterator
from difflib import get_close_matches

from tcpwatch.errors import UsageError
from tcpwatch.sockets.fields import TCB_ROWS, TCP_INFO_ROWS
from tcpwatch.tcp.state import parse_state
from tcpwatch.why.field_topics import field_topic
from tcpwatch.why.tables.analysis import ANALYSIS
from tcpwatch.why.tables.fields import FIELDS
from tcpwatch.why.tables.flags import FLAGS
from tcpwatch.why.tables.ideas import IDEAS
from tcpwatch.why.tables.notes import NOTES
from tcpwatch.why.tables.programs import PROGRAMS
from tcpwatch.why.tables.queues import QUEUES
from tcpwatch.why.tables.states import STATES
from tcpwatch.why.tables.steps import STEPS
from tcpwatch.why.tables.timers import TIMERS
from tcpwatch.why.topic import Topic

TOPICS = {
    topic.key: topic
    for kind in (STATES, STEPS, FLAGS, FIELDS, QUEUES, TIMERS, ANALYSIS, NOTES, IDEAS, PROGRAMS)
    for topic in kind
}

# Other words for the same: those on tcpwatch's own screen, and those that people use.
ALSO = {
    "unread": "Recv-Q",
    "EMFILE": "descriptor limit",
    "fds": "descriptor limit",
    "EADDRINUSE": "inherited listener",
    "retrans": "retransmission",
    "retransmit": "RTO",
    "tail loss probe": "loss probe",
    "backlog": "accept queue",
    "SYN queue": "half-open queue",
    "SYN flood": "half-open queue",
    "three": "why three",
    "handshake": "why three",
    "four": "why four",
    "close": "why four",
    "filtered": "refused",
    "wscale": "window scale",
    "skmem": "memory",
    "cwnd": "congestion control",
    "bbr": "congestion control",
    "cubic": "congestion control",
    "ISN": "ISS",
    "reordered": "out_of_order",
    "offload": "GSO/GRO",
    "GSO": "GSO/GRO",
    "GRO": "GSO/GRO",
    "TSO": "GSO/GRO",
    "Fast Open": "tfo_syn",
    "time goes back": "capture time",
    "SYN-ACK": "2/3 SYN-ACK",
    "FIN-ACK": "2+3/4 FIN-ACK",
}


def _letters(words: str) -> str:
    """Letters and digits in lower case: `SND.UNA`, `snd_una` and `Snd Una` are the same."""
    return "".join(character for character in words.lower() if character.isalnum())


_BY_LETTERS = {_letters(also): TOPICS[key] for also, key in ALSO.items()} | {
    _letters(key): topic for key, topic in TOPICS.items()
}

# A field's name leads to the topic of its label, and where there is none to its row in the table of fields.
_FIELDS = {
    _letters(word): _BY_LETTERS.get(_letters(row.label)) or field_topic(row)
    for row in (*TCB_ROWS, *TCP_INFO_ROWS)
    for word in (row.name, row.label)
    if word
}


def find_topic(words: str) -> Topic:
    """The explanation of a state, step, flag, field, timer, queue or analysis word, in any spelling.

    Raises UsageError, which names those that are near, where there is none.
    """
    letters = _letters(words)
    if (topic := _BY_LETTERS.get(letters) or _FIELDS.get(letters)) is not None:
        return topic
    try:
        return TOPICS[parse_state(words)]
    except UsageError:
        near = get_close_matches(_letters(words), _BY_LETTERS, n=3)
        hint = f"; near it: {', '.join(dict.fromkeys(_BY_LETTERS[one].key for one in near))}" if near else ""
        raise UsageError(f"no explanation of {words!r}{hint}. `tcpwatch why --list` names them all") from None


def with_related(topics: tuple[Topic, ...]) -> Iterator[Topic]:
    """These topics, then the related ones, each once."""
    related = (TOPICS[key] for topic in topics for key in topic.related)
    return iter(dict.fromkeys((*topics, *related)))
