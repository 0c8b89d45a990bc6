"""`python -m tests.fuzz [TARGET] [libFuzzer arguments] [seeds]`: the targets under atheris, until one fails."""

import sys

import atheris

from tests.fuzz.targets import TARGETS

NAMED = {target.__name__: target for target in TARGETS}


def main() -> None:
    """Run one target, `fuzz_file` where none is named."""
    target = NAMED[sys.argv.pop(1)] if sys.argv[1:] and sys.argv[1] in NAMED else NAMED["fuzz_file"]
    atheris.instrument_all()
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
