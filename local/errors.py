"""What can keep the local stack from starting."""


class LocalError(Exception):
    """A sentence that says what to do; printed without a traceback."""
