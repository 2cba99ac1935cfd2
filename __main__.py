"""The command line: ``python -m retrograd train``."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

from retrograd.training.errors import RunError
from retrograd.training.options import parser

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0 only if all went well."""
    options = parser().parse_args(argv)
    try:
        from retrograd.training.checkpoint import read_checkpoint
        from retrograd.training.run import train

        state = None
        if options.resume is not None:
            # What the command line leaves out is as it was in the run that goes on.
            state = read_checkpoint(options.resume)
            options = parser(state["options"]).parse_args(argv)
        train(options, state)
    except RunError as error:
        print(f"retrograd: error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        # Every file's error is a RunError by now: this is the output's own, a pipe or disk behind it.
        with contextlib.suppress(OSError):
            print(f"retrograd: error: cannot print: {error}", file=sys.stderr)
        _drop_output()
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _drop_output() -> None:
    """Send what is still to be printed nowhere, so that Python's last flush finds no fault."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for handle in (1, 2):
        os.dup2(nowhere, handle)


if __name__ == "__main__":
    sys.exit(main())
