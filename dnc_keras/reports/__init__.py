"""One page about a run: what it learned, from which images, and how."""

from dnc_keras.reports.page import write_report

__all__ = ["write_report"]
