"""The command line: words -> sources -> Monitor -> a front end. Each command is a module of `commands` with a `run`.

Law of the room: nothing is imported before it is needed. `--help` and the headless commands never load Textual, and
nothing on the way to the first frame loads scapy. Options are parsed once and never changed; `run` is given the options
of its command, and the namespace that --netns has made this process enter.
"""

import gc
import sys
from collections.abc import Sequence
from importlib import import_module

from tcpwatch.cli.arguments import parse
from tcpwatch.cli.streams import finish, forget, open_streams, say
from tcpwatch.errors import TcpwatchError
from tcpwatch.text.clean import clean

INTERRUPTED = 130
NO_THREAD = "can't start new thread"  # how CPython words the refusal of a thread


def main(argv: Sequence[str] | None = None) -> int:
    """Run tcpwatch; returns the exit code: 0 done, 1 failed, 2 usage or input, 3 privilege, 130 interrupt.

    Failed is a check, or output that cannot be written, or a system that refuses memory, files or threads.
    """
    open_streams()
    try:
        code = run(sys.argv[1:] if argv is None else argv)
        finish()
        return code
    except TcpwatchError as error:
        say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return 0  # the reader has gone: a quiet end
    except (OSError, MemoryError, ImportError, RuntimeError) as error:
        if (why := refusal(error)) is None:
            raise
        say(why)
        return 1
    finally:
        forget(sys.stdout, sys.stderr)


def run(argv: Sequence[str]) -> int:
    """Do what the words say; the exit code."""
    try:
        options = parse(argv)
    except SystemExit:  # what argparse had to say may still wait
        finish()
        raise
    gc.disable()  # all that is imported stays: looking for garbage in it takes a tenth of the start
    command = import_module(f"tcpwatch.cli.commands.{options.command}")
    gc.freeze()
    gc.enable()
    entered = None if options.netns is None else import_module("tcpwatch.cli.netns").enter(options.netns)
    code: int = command.run(options, entered)
    return code


def refusal(error: Exception) -> str | None:
    """What the system has refused, as a sentence; None where the error is a fault of the program."""
    if isinstance(error, OSError):
        about = f" ({clean(str(error.filename))})" if error.filename is not None else ""
        return f"the system refuses what is needed: {error.strerror or error}{about}"
    if isinstance(error, MemoryError):
        return "the system refuses what is needed: there is not enough memory (see ulimit -v)"
    if isinstance(error, ImportError):
        return f"a module cannot be loaded: {error}"
    return "the system refuses what is needed: no more threads (see ulimit -u)" if NO_THREAD in str(error) else None
