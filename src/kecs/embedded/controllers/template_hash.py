"""The names of a workload's revisions: a hash of the pod template."""

import hashlib
from typing import Any

import msgspec

# Kubernetes's own alphabet for such names: no vowels, so no words.
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_LENGTH = 10
HASH_LABEL = "pod-template-hash"


def template_hash(template: Any, collisions: int | None) -> str:
    """Return the hash of a template. `collisions` tells namesakes with another template apart."""
    text = msgspec.json.encode(template, order="sorted") + (b"" if collisions is None else b"#%d" % collisions)
    number = int.from_bytes(hashlib.sha256(text).digest()[:8], "big")
    letters = []
    for _ in range(_LENGTH):
        number, at = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[at])
    return "".join(letters)
