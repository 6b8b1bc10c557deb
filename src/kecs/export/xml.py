"""Answers of AWS's query APIs, which are XML, as JSON values.

| an element | becomes |
|---|---|
| with children that are all called `member` or `item` | a list |
| with other children | an object |
| with a text, or with nothing | a text |
"""

from typing import Any
from xml.etree import ElementTree

from kecs.export.problems import Refused

_OF_LISTS = ({"member"}, {"item"})


def read(operation: str, status: int, answer: bytes) -> Any:
    """Return what an operation answered, without the wrapper that is named after it. Raises Refused."""
    try:
        if b"<!DOCTYPE" in answer or b"<!ENTITY" in answer:  # no answer of AWS has one, and they can be made to swell
            raise ElementTree.ParseError
        root = ElementTree.fromstring(answer)  # noqa: S314 -- entities are refused above
    except ElementTree.ParseError:
        raise Refused(operation, f"HTTP {status}", "the answer is no XML") from None
    body = _value(root)
    if status >= 400 or not isinstance(body, dict):
        error = next((one for one in root.iter() if _name(one) == "Error"), root)
        members = {_name(one): one.text or "" for one in error}
        raise Refused(operation, members.get("Code") or f"HTTP {status}", members.get("Message", ""))
    return body.get(f"{operation}Result", body)


def _value(element: ElementTree.Element) -> Any:
    names = {_name(one) for one in element}
    if not names:
        return (element.text or "").strip()
    if names in _OF_LISTS:
        return [_value(one) for one in element]
    return {_name(one): _value(one) for one in element}


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
