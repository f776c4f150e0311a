"""What can go wrong with the journal, for those who write it and those who need it written."""

from __future__ import annotations


class JournalError(Exception):
    """The journal could not keep or give something; the text is a sentence for the operator."""
