"""The filter language for connections. Pure; the same in the dashboard and in the other commands.

    state:close-wait port:9999 proc:java pid:42 host:10.0.0.7 net:10.0.0.0/8 user:www age>60s recvq>0 sendq>0
    netns:blue iface:eth0

Terms side by side mean AND; `or`, `not` and parentheses work as usual; a value in slashes is a regular expression; a
term without a key is searched in all text of a row.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from operator import ge, gt, le, lt

from tcpwatch.errors import UsageError
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.tcp.state import parse_state

Test = Callable[[Connection, int], bool]  # connection, monotonic time in nanoseconds -> passes


class FilterError(UsageError):
    """An invalid filter; `column` is the position of the error, from 1."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(f"filter, column {column}: {message}")
        self.column = column


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    column: int


_TOKEN = re.compile(r"\s*([()]|(?:/(?:\\.|[^/\\])*/|[^\s()])+)")
_TERM = re.compile(r"([a-z][a-z_-]*)(>=|<=|:|>|<|=)(.*)", re.DOTALL)
_AGE = re.compile(r"(\d+)(ms|s|m|h|d)?")
_COMPARE: dict[str, Callable[[int, int], bool]] = {">": gt, "<": lt, ">=": ge, "<=": le}
_UNIT_NS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9, None: 10**9}


def compile_filter(text: str) -> Test:
    """The test for the filter `text`; raises FilterError if it is invalid. An empty filter passes everything."""
    tokens = _tokens(text)
    if not tokens:
        return lambda connection, now_ns: True
    return _Parser(tokens, len(text) + 1).parse()


def _tokens(text: str) -> list[_Token]:
    return [_Token(match[1], match.start(1) + 1) for match in _TOKEN.finditer(text)]


class _Parser:
    """or = and ("or" and)*;  and = not ("and"? not)*;  not = "not" not | "(" or ")" | term."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens = tokens
        self._end = end
        self._at = 0

    def parse(self) -> Test:
        test = self._parse_or()
        if left := self._peek():
            raise FilterError(left.column, "a parenthesis is closed that was never opened")
        return test

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _accept(self, *words: str) -> bool:
        token = self._peek()
        taken = token is not None and token.text.lower() in words
        self._at += taken
        return taken

    def _parse_or(self) -> Test:
        tests = [self._parse_and()]
        while self._accept("or"):
            tests.append(self._parse_and())
        return tests[0] if len(tests) == 1 else lambda c, now: any(test(c, now) for test in tests)

    def _parse_and(self) -> Test:
        tests = [self._parse_not()]
        while (token := self._peek()) and token.text.lower() not in (")", "or"):
            self._accept("and")
            tests.append(self._parse_not())
        return tests[0] if len(tests) == 1 else lambda c, now: all(test(c, now) for test in tests)

    def _parse_not(self) -> Test:
        token = self._peek()
        if token is None or token.text.lower() in (")", "or", "and"):
            raise FilterError(token.column if token else self._end, "a word is missing here")
        self._at += 1
        if token.text.lower() == "not":
            inner = self._parse_not()
            return lambda c, now: not inner(c, now)
        if token.text == "(":
            inner = self._parse_or()
            if not self._accept(")"):
                raise FilterError(token.column, "this parenthesis is not closed")
            return inner
        return _term(token)


def _term(token: _Token) -> Test:
    match = _TERM.fullmatch(token.text)
    if match is None:
        return _any_text(token.text, token.column)
    key, operator, value = match.groups()
    column = token.column + match.start(3)
    make = _KEYS.get(key)
    if make is None:
        raise FilterError(token.column, f"there is no key {key!r}; there are {' '.join(_KEYS)}")
    if not value:
        raise FilterError(column, f"{key} needs a value")
    return make(operator, value, column)


def _text_test(value: str, column: int) -> Callable[[str], bool]:
    """A test of a text: `/regex/`, or a case-insensitive substring."""
    if len(value) > 1 and value[0] == value[-1] == "/":
        try:
            pattern = re.compile(value[1:-1], re.IGNORECASE)
        except re.error as error:
            raise FilterError(column, f"not a regular expression: {error}") from error
        return lambda text: pattern.search(text) is not None
    wanted = value.lower()
    return lambda text: wanted in text.lower()


def _any_text(value: str, column: int) -> Test:
    test = _text_test(value, column)

    def search(connection: Connection, now_ns: int) -> bool:
        row = connection.row
        owners = " ".join(map(str, connection.owners)) or connection.no_owner or ""
        netns = row.netns.title if row.netns and not row.netns.here else ""
        return test(f"{row.state} {row.local} {row.remote} {owners} {connection.user or ''} {netns}")

    return search


def _state(operator: str, value: str, column: int) -> Test:
    try:
        state = parse_state(value)
    except UsageError as error:
        raise FilterError(column, str(error)) from error
    return lambda c, now: c.row.state is state


def _integer(value: str, column: int) -> int:
    if not value.isdecimal():
        raise FilterError(column, f"{value!r} is not a number")
    return int(value)


def _port(operator: str, value: str, column: int) -> Test:
    port = _integer(value, column)
    return lambda c, now: port in (c.row.local.port, c.row.remote.port)


def _pid(operator: str, value: str, column: int) -> Test:
    pid = _integer(value, column)
    return lambda c, now: any(owner.pid == pid for owner in c.owners)


def _process(operator: str, value: str, column: int) -> Test:
    test = _text_test(value, column)
    return lambda c, now: any(test(owner.command) for owner in c.owners)


def _user(operator: str, value: str, column: int) -> Test:
    return lambda c, now: value in (c.user, str(c.row.uid))


def _host(operator: str, value: str, column: int) -> Test:
    try:
        host = str(ip_address(value))
    except ValueError as error:
        raise FilterError(column, f"{value!r} is not an address") from error
    return lambda c, now: host in (c.row.local.ip, c.row.remote.ip)


def _net(operator: str, value: str, column: int) -> Test:
    try:
        net = ip_network(value, strict=False)
    except ValueError as error:
        raise FilterError(column, f"{value!r} is not a network") from error
    return lambda c, now: ip_address(c.row.local.ip) in net or ip_address(c.row.remote.ip) in net


def _netns(operator: str, value: str, column: int) -> Test:
    """Matches inode, name, container, process or `here`."""
    test = _text_test(value, column)

    def search(connection: Connection, now_ns: int) -> bool:
        netns = connection.row.netns
        return netns is not None and any(map(test, netns.words))

    return search


def _interface(operator: str, value: str, column: int) -> Test:
    """Matches the name or the number of the interface that the socket is bound to."""
    return lambda c, now: c.row.interface != 0 and value in (c.row.interface_name, str(c.row.interface))


def _age(operator: str, value: str, column: int) -> Test:
    match = _AGE.fullmatch(value)
    if match is None:
        raise FilterError(column, f"{value!r} is not a time: 500ms, 60s, 5m, 2h, 1d")
    limit = int(match[1]) * _UNIT_NS[match[2]]
    compare = _comparison(operator, column)
    at_least_is_enough = compare in (gt, ge)  # if the beginning was not seen, the age is only a lower bound
    return lambda c, now: (c.since_seen or at_least_is_enough) and compare(now - c.since_ns, limit)


def _queue(name: str) -> Callable[[str, str, int], Test]:
    def make(operator: str, value: str, column: int) -> Test:
        limit, compare = _integer(value, column), _comparison(operator, column)

        def test(connection: Connection, now_ns: int) -> bool:
            length: int | None = getattr(connection.row, name)
            return length is not None and compare(length, limit)

        return test

    return make


def _comparison(operator: str, column: int) -> Callable[[int, int], bool]:
    if operator not in _COMPARE:
        raise FilterError(column - 1, f"compare with {' '.join(_COMPARE)}")
    return _COMPARE[operator]


_KEYS: dict[str, Callable[[str, str, int], Test]] = {
    "state": _state,
    "port": _port,
    "proc": _process,
    "pid": _pid,
    "user": _user,
    "host": _host,
    "net": _net,
    "netns": _netns,
    "iface": _interface,
    "age": _age,
    "recvq": _queue("recv_q"),
    "sendq": _queue("send_q"),
}
