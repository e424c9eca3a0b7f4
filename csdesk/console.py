"""The managers' console."""

from django.contrib.admin import site

__all__ = ["site"]
