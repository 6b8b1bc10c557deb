"""Telling the user, once, of what a request has that is kept but not acted on.

A service tells it in its events. A task that was run by itself and a cluster have none, so it is a line in the log of
kecs.
"""

import logging
from collections.abc import Iterable
from functools import lru_cache

log = logging.getLogger(__name__)

_REMEMBERED = 4096  # sentences; one that was forgotten is told again


def warn(subject: str, sentences: Iterable[str]) -> None:
    """Log each sentence about `subject` (`RunTask web:3`) that was not logged before."""
    for sentence in sentences:
        _tell(subject, sentence)


@lru_cache(maxsize=_REMEMBERED)
def _tell(subject: str, sentence: str) -> None:
    log.warning("%s: %s", subject, sentence)
