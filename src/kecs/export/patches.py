"""The difference of two objects as patches of Kustomize: a strategic merge patch, and JSON patches for some lists.

A strategic merge patch says least and reads best. Where it cannot say something for certain (the order of containers,
lists that Kubernetes merges by two keys) the whole list is replaced by a JSON patch.
"""

from typing import Any

from kecs.export.emit import Path
from kecs.translate.body import Json

# Lists that Kubernetes merges by a key, by the last step of their path, and whether their order means nothing.
_KEYED = {
    "containers": ("name", False),
    "initContainers": ("name", False),
    "volumes": ("name", True),
    "env": ("name", True),
    "volumeMounts": ("mountPath", True),
    "imagePullSecrets": ("name", True),
}
# Lists that Kubernetes merges by several keys, or that different versions of Kustomize merge differently.
_WHOLE = ("ports", "hostAliases", "topologySpreadConstraints")


class Difference:
    """What has to be done to `old` for it to become `new`, two objects of one kind and name."""

    def __init__(self, old: Json, new: Json) -> None:
        self.operations: list[Json] = []
        self._is_custom = new["kind"] == "Rollout"  # Kustomize does not know how its lists are merged
        self._identity = {key: new[key] for key in ("apiVersion", "kind")}
        self._name = new["metadata"]["name"]
        self.merge = self._of(old, new, ())

    @property
    def patch(self) -> Json | None:
        """The strategic merge patch; None where there is nothing to merge."""
        if not self.merge:
            return None
        meta = {"name": self._name, **self.merge.pop("metadata", {})}
        return {**self._identity, "metadata": meta, **self.merge}

    def _of(self, old: Json, new: Json, path: Path) -> Json:
        made: Json = {key: None for key in old if key not in new}
        for key, value in new.items():
            here = (*path, key)
            if key not in old:
                if key in _WHOLE and isinstance(value, list):
                    self._replace("add", here, value)
                else:
                    made[key] = value
            elif value != old[key]:
                changed = self._changed(old[key], value, here)
                if changed is not None:
                    made[key] = changed
        return made

    def _changed(self, old: Any, new: Any, path: Path) -> Any:
        if isinstance(old, dict) and isinstance(new, dict):
            return self._of(old, new, path) or None
        name = str(path[-1])
        if (
            isinstance(old, list)
            and not self._is_custom
            and isinstance(new, list)
            and (name in _WHOLE or name in _KEYED)
        ):
            return self._list(old, new, path)
        return new

    def _list(self, old: list[Any], new: list[Any], path: Path) -> Any:
        key, unordered = _KEYED.get(str(path[-1]), ("", False))
        before, after = [one.get(key) for one in old], [one.get(key) for one in new]
        kept = [one for one in before if one in after]
        is_simple = kept == [one for one in after if one in before] and (unordered or kept == after)
        if not key or not is_simple or len(set(before)) != len(before) or len(set(after)) != len(after):
            self._replace("replace", path, new)
            return None
        made: list[Json] = [{key: one, "$patch": "delete"} for one in before if one not in after]
        for one in new:
            if one[key] not in before:
                made.append(one)
                continue
            at = before.index(one[key])
            changed = self._of(old[at], one, (*path, at))
            if changed:
                made.append({key: one[key], **changed})
        return made or None

    def _replace(self, verb: str, path: Path, value: Any) -> None:
        pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
        self.operations.append({"op": verb, "path": pointer, "value": value})
