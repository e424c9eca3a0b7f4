"""What is wrong with a file as a whole."""

from csdesk.errors import Invalid


class BadTable(Invalid):
    """The file is no table that can be read; the detail says why and what to do."""
