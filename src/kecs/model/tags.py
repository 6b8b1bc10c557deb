"""Tags: the rules of ECS for them, and how they are merged and removed.

At most 50 on a resource, keys of 1 to 128 and values of up to 256 characters, no key twice, none that begins with
`aws:` (in any capitals).
"""

import re
from collections.abc import Iterable, Sequence

from kecs.model.errors import InvalidParameterException
from kecs.model.generated import ecs

MOST = 50
_ALLOWED = re.compile(r"[\w\s.:/=+\-@]*")  # letters and digits of any script, spaces and _.:/=+-@


def check(tags: Sequence[ecs.Tag] | None) -> None:
    """Refuse tags that ECS does not take. Raises InvalidParameterException."""
    if not tags:
        return
    if len(tags) > MOST:
        raise InvalidParameterException("The maximum number of tags has been reached.")
    seen: set[str] = set()
    for tag in tags:
        key = tag.key or ""
        _check_key(key)
        if key in seen:
            raise InvalidParameterException("Tag keys must be unique.")
        seen.add(key)
        value = tag.value or ""
        if len(value) > 256:
            raise InvalidParameterException("The tag value can be at most 256 characters.")
        if not _ALLOWED.fullmatch(key + value):
            raise InvalidParameterException(
                "Some of the tags contain invalid characters. Valid characters: UTF-8 letters, spaces, numbers and "
                "_ . / = + - : @."
            )


def _check_key(key: str) -> None:
    if not key:
        raise InvalidParameterException("Tag key should not be null or empty.")
    if len(key) > 128:
        raise InvalidParameterException("The tag key can be at most 128 characters.")
    if key[:4].lower() == "aws:":
        raise InvalidParameterException(f"Tag key {key} is invalid: keys that begin with aws: are reserved.")


def merge(old: Iterable[ecs.Tag] | None, new: Iterable[ecs.Tag]) -> list[ecs.Tag]:
    """Return `old` with `new` put in: a key that is there gets the new value in its place.

    Raises InvalidParameterException when these are more than a resource can have.
    """
    merged = {tag.key: tag for tag in old or ()}
    merged.update((tag.key, ecs.Tag(key=tag.key, value=tag.value or "")) for tag in new)
    if len(merged) > MOST:
        raise InvalidParameterException("The maximum number of tags has been reached.")
    return list(merged.values())


def remove(old: Iterable[ecs.Tag] | None, keys: Iterable[str]) -> list[ecs.Tag]:
    """Return `old` without the tags of these keys."""
    unwanted = set(keys)
    return [tag for tag in old or () if tag.key not in unwanted]
