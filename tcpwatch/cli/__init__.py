"""The command line: words -> sources -> Monitor -> a front end. Each command is a module of `commands` with a `run`.

Law of the room: nothing is imported before it is needed. `--help` and the headless commands never load Textual, and
nothing on the way to the first frame loads scapy. Options are parsed once and never changed; `run` is given the options
of its command, and the namespace that --netns has made this process enter.
"""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TextIO

from tcpwatch.cli.arguments import parse
from tcpwatch.errors import TcpwatchError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run tcpwatch; returns the exit code: 0 done, 1 a check failed, 2 usage or input, 3 privilege, 130 interrupt."""
    options = parse(sys.argv[1:] if argv is None else argv)
    gc.disable()  # all that is imported stays: looking for garbage in it takes a tenth of the start
    command = import_module(f"tcpwatch.cli.commands.{options.command}")
    gc.freeze()
    gc.enable()
    try:
        entered = None if options.netns is None else import_module("tcpwatch.cli.netns").enter(options.netns)
        code: int = command.run(options, entered)
        return code
    except TcpwatchError as error:
        sys.stderr.write(f"tcpwatch: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return 0  # the reader has gone: a quiet end
    finally:
        flush_or_forget(sys.stdout)
        flush_or_forget(sys.stderr)


def flush_or_forget(stream: TextIO) -> None:
    """Write out what is left; where nobody takes it (a closed pipe, a lost terminal), spare the interpreter the try."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
