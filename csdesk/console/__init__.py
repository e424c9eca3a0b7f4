"""The managers' console at `/console/`: Django admin under our own look, for whom it is meant."""

from csdesk.console.site import site

__all__ = ["site"]
