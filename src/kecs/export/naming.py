"""Names for people: kecs gives what is no DNS label a name with a hash, which goes where a tree does not need it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from kecs.model import names


def shortened(originals: Iterable[str], limit: int = 63) -> dict[str, str]:
    """Return, for each name of ECS, a DNS label: without a hash where it is the only one with that label."""
    known = list(dict.fromkeys(originals))
    stems = {one: _stem(one)[:limit].rstrip("-") for one in known}
    counts = Counter(stems.values())
    return {one: stem if counts[stem] == 1 and stem else names.label(one) for one, stem in stems.items()}


def renames(originals: Iterable[str]) -> dict[str, str]:
    """Return the names that change: from what kecs calls objects to what they are called in the tree."""
    return {names.label(one): short for one, short in shortened(originals).items() if names.label(one) != short}


def renamed(value: Any, changes: Mapping[str, str]) -> Any:
    """Return a JSON value in which names, and names that begin with them, are changed. The old ones carry hashes."""
    if not changes:
        return value
    pattern = re.compile(f"({'|'.join(map(re.escape, changes))})(?=$|[-./])")
    return _renamed(value, pattern, changes)


def _renamed(value: Any, pattern: re.Pattern[str], changes: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        match = pattern.match(value)
        return changes[match[1]] + value[match.end() :] if match else value
    if isinstance(value, list):
        return [_renamed(one, pattern, changes) for one in value]
    if isinstance(value, dict):
        return {key: one if key == "data" else _renamed(one, pattern, changes) for key, one in value.items()}
    return value


def _stem(name: str) -> str:
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return stem if not stem or stem[0].isalpha() else f"x-{stem}"
