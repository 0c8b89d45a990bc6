"""The command line: words -> sources -> Monitor -> a front end. Each command is a module of this room with a `run`.

Law of the room: nothing is imported before it is needed. `--help` and the headless commands never load Textual, and
nothing on the way to the first frame loads scapy.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from tcpwatch.cli.arguments import parse
from tcpwatch.errors import TcpwatchError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run tcpwatch; returns the exit code: 0 done, 1 a check failed, 2 usage or input, 3 privilege, 130 interrupt."""
    arguments = parse(sys.argv[1:] if argv is None else argv)
    command = import_module(f"tcpwatch.cli.{arguments.command}")
    try:
        code: int = command.run(arguments)
        sys.stdout.flush()
        return code
    except TcpwatchError as error:
        sys.stderr.write(f"tcpwatch: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone, which is a quiet end; without this the interpreter complains when it flushes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
