"""What ends a run with a message instead of a traceback."""


class RunError(Exception):
    """A run cannot go on; the message says why and what to do."""
