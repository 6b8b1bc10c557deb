"""Freeing answers from what differs from run to run, so that two servers' answers to the same requests are equal.

Uids, resource versions, generated names and hashes become `uid-1`, `version-2`, … in the order in which they are first
seen, so that sameness still shows: an update that changes nothing keeps its `version-1`.
"""

import re
from typing import Any

Json = Any

_UID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_VERSION_IN_TEXT = re.compile(
    r"(ResourceVersion in precondition: |ResourceVersion in object meta: |resourceVersion\\*\"?: ?\\*\")\d+"
    r"|(does not match the ResourceVersion in record \()\d+"
    r"|(too old resource version: )\d+ \(\d+\)"
    r"|(Too large resource version: )\d+, current: \d+"
)
_HASHES = ("pod-template-hash", "controller-revision-hash")
_PROGRAMS = frozenset({"kubernetes", "kube-controller-manager", "kube-scheduler", "kubelet"})
_AGES = frozenset({"Age", "Created At"})
_AGE = re.compile(r"\d+s")  # in rows whose columns an earlier event has told


class Normal:
    """What has been seen in one test. `token` is in all names that are the test's own."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._known: dict[str, dict[str, str]] = {"uid": {}, "version": {}, "generated": {}, "hash": {}}

    def text(self, text: str) -> str:
        """Return a text without what is of this run alone."""
        text = text.replace(self._token, "token")
        for seen, shown in (*self._known["generated"].items(), *self._known["hash"].items()):
            text = text.replace(seen, shown)
        text = _UID.sub(lambda found: self._ordinal("uid", found[0]), text)
        text = _MICRO_TIME.sub("MICROTIME", _TIME.sub("TIME", text))
        return _VERSION_IN_TEXT.sub(lambda found: "".join(filter(None, found.groups())) + "VERSION", text)

    def body(self, value: Json) -> Json:
        """Return a JSON body without what is of this run alone."""
        self._learn(value)
        return self._value(value, "")

    def _learn(self, value: Json) -> None:
        """Note the generated names and hashes in a body, whose parts are in other places too."""
        if isinstance(value, list):
            for one in value:
                self._learn(one)
        if not isinstance(value, dict):
            return
        prefix, name = value.get("generateName"), value.get("name")
        for key in _HASHES:
            if isinstance(value.get(key), str):
                self._ordinal("hash", value[key])
        if isinstance(prefix, str) and isinstance(name, str) and prefix and name[:-5] == prefix[:58]:
            self._ordinal("generated", name[-5:])
        for _, one in sorted(value.items()):
            self._learn(one)

    def _ordinal(self, what: str, seen: str) -> str:
        known = self._known[what]
        return known.setdefault(seen, f"{what}-{len(known) + 1}")

    def _value(self, value: Json, key: str) -> Json:
        if isinstance(value, str):
            if key == "continue":
                return "CONTINUE" if value else ""
            if key == "storageVersionHash":  # of the group, too, which is the test's own
                return "HASH"
            if key == "resourceVersion" and value.isdigit():
                return "0" if value == "0" else self._ordinal("version", value)
            return self.text(value)
        if isinstance(value, list):
            if key == "managedFields":
                value = sorted(value, key=_manager)
            elif key == "causes":
                value = sorted(value, key=lambda one: (one.get("field", ""), one.get("message", "")))
            return [self._value(one, "") for one in value]
        if isinstance(value, dict):
            return self._object(value)
        return value

    def _object(self, value: dict[str, Json]) -> dict[str, Json]:
        if "items" in value or "columnDefinitions" in value or value.get("kind", "").endswith("List"):
            # The version of a list is that of the whole cluster, in which others write too.
            metadata = value.get("metadata") or {}
            if metadata.get("resourceVersion"):
                value = {**value, "metadata": {**metadata, "resourceVersion": "CLUSTER"}}
        if value.get("type") == "BOOKMARK":  # so is where a watch has come
            value = {**value, "object": _anywhere(value["object"])}
        columns = value.get("columnDefinitions")
        if isinstance(columns, list):  # what columns are described with is documentation
            value = {**value, "columnDefinitions": [{**one, "description": "TEXT"} for one in columns]}
        if isinstance(value.get("rows"), list):
            value = {**value, "rows": [_aged(row, value.get("columnDefinitions") or []) for row in value["rows"]]}
        if value.get("manager") in _PROGRAMS:  # they may be one program, of one name
            value = {**value, "manager": "PROGRAM"}
        # In an order of its own: whoever is seen first must not depend on how a server arranges members.
        return {self.text(key): self._value(one, key) for key, one in sorted(value.items())}


def _anywhere(mark: dict[str, Json]) -> dict[str, Json]:
    """Return a bookmark without the version that it tells, which a table has in the object of its only row."""
    if "rows" in mark:
        return {**mark, "rows": [{**row, "object": _anywhere(row["object"])} for row in mark["rows"]]}
    return {**mark, "metadata": {**mark["metadata"], "resourceVersion": "CLUSTER"}}


def _manager(entry: dict[str, str]) -> tuple[str, ...]:
    """Kubernetes orders managers by the second of their last write, too."""
    return tuple(entry.get(key, "") for key in ("operation", "manager", "subresource", "apiVersion"))


def _aged(row: dict[str, Json], columns: list[dict[str, Json]]) -> dict[str, Json]:
    cells = ["AGE" if isinstance(one, str) and _AGE.fullmatch(one) else one for one in row["cells"]]
    for position, column in enumerate(columns):
        if column["name"] in _AGES or column.get("type") == "date":
            cells[position] = "AGE"
    return {**row, "cells": cells}
