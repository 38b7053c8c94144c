"""What can keep the local stack from starting."""


class DevStackError(Exception):
    """A sentence that says what to do; printed without a traceback."""
