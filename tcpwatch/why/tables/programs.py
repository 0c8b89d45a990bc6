"""What a program, and not its connections, is in trouble with."""

from tcpwatch.why.topic import Topic

PROGRAMS = (
    Topic(
        "descriptor limit",
        "how many files and sockets a process may have open",
        what="RLIMIT_NOFILE: each socket takes a descriptor until close(), in whatever state it is.",
        why="A program that forgets to close its sockets runs into it: first slowly, then for every new connection.",
        then="accept(), socket() and open() fail with EMFILE. Connections that cannot be accepted fill the listener's "
        "queue, and clients are turned away.",
        commands=("prlimit --nofile --pid PID", "ls /proc/PID/fd | wc -l"),
        wireshark="tcp.flags.fin == 1",
        related=("CLOSE-WAIT", "accept queue"),
        source="getrlimit(2), accept(2)",
    ),
    Topic(
        "inherited listener",
        "a child that keeps its parent's listening socket",
        what="fork() gives the child every descriptor of its parent; unless it closes the listener, or that is marked "
        "close-on-exec, the child holds it too.",
        why="The socket lives as long as anybody holds it. When the parent ends, the kernel still completes handshakes "
        "for a queue that nobody empties.",
        then="A new server cannot bind the port (EADDRINUSE), and clients connect and wait in vain until the child "
        "ends.",
        commands=("ss -tlnp", "ls -l /proc/PID/fd"),
        wireshark="tcp.flags.syn == 1",
        related=("LISTEN", "accept queue"),
        source="fork(2), fcntl(2) FD_CLOEXEC",
    ),
    Topic(
        "previous generation",
        "a service restarted, its old process still there",
        what="On a reload many servers start new processes that listen, and let the old ones end with their last "
        "connections.",
        why="Connections that never end keep the old process, with its old settings and its old program, for days.",
        then="It ends when its last connection does, or when somebody ends it.",
        commands=("ps -eo pid,ppid,lstart,args", "ls -l /proc/PID/exe"),
        wireshark="tcp.len > 0",
        related=("LISTEN", "ESTABLISHED"),
        source="the documentation of the server",
    ),
)
