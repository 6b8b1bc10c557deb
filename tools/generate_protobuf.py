"""Write the table by which protobuf bodies are read: the field numbers of Kubernetes's messages.

The source is the struct tags in the Go modules k8s.io/api, k8s.io/apimachinery and k8s.io/apiextensions-apiserver. They
name a field's JSON name, its number, and by the type whether it may be absent:

    go mod download k8s.io/api@v0.36.3 k8s.io/apimachinery@v0.36.3 k8s.io/apiextensions-apiserver@v0.36.3
    .venv/bin/python tools/generate_protobuf.py
"""

import gzip
import json
import re
import subprocess
from pathlib import Path
from typing import Any

VERSION = "v0.36.3"
TARGET = Path(__file__).parent.parent / "src/kecs/embedded/schemas/protobuf-1.36.json.gz"

# Package of the message -> where its types are, and the group version of its kinds.
PACKAGES = {
    "core/v1": ("api@{}/core/v1", "v1"),
    "apps/v1": ("api@{}/apps/v1", "apps/v1"),
    "authentication/v1": ("api@{}/authentication/v1", "authentication.k8s.io/v1"),
    "authorization/v1": ("api@{}/authorization/v1", "authorization.k8s.io/v1"),
    "autoscaling/v1": ("api@{}/autoscaling/v1", "autoscaling/v1"),
    "autoscaling/v2": ("api@{}/autoscaling/v2", "autoscaling/v2"),
    "coordination/v1": ("api@{}/coordination/v1", "coordination.k8s.io/v1"),
    "discovery/v1": ("api@{}/discovery/v1", "discovery.k8s.io/v1"),
    "networking/v1": ("api@{}/networking/v1", "networking.k8s.io/v1"),
    "policy/v1": ("api@{}/policy/v1", "policy/v1"),
    "rbac/v1": ("api@{}/rbac/v1", "rbac.authorization.k8s.io/v1"),
    "scheduling/v1": ("api@{}/scheduling/v1", "scheduling.k8s.io/v1"),
    "storage/v1": ("api@{}/storage/v1", "storage.k8s.io/v1"),
    "meta/v1": ("apimachinery@{}/pkg/apis/meta/v1", "v1"),
    "runtime": ("apimachinery@{}/pkg/runtime", ""),
    "types": ("apimachinery@{}/pkg/types", ""),
    "intstr": ("apimachinery@{}/pkg/util/intstr", ""),
    "apiextensions/v1": ("apiextensions-apiserver@{}/pkg/apis/apiextensions/v1", "apiextensions.k8s.io/v1"),
}
# Messages whose JSON form is not an object of their fields; the decoder knows each by its name.
SPECIAL = {
    "meta/v1.Time": "time",
    "meta/v1.MicroTime": "microtime",
    "meta/v1.Duration": "duration",
    "meta/v1.FieldsV1": "raw",
    "runtime.RawExtension": "raw",
    "intstr.IntOrString": "intorstring",
    "resource.Quantity": "quantity",
    "apiextensions/v1.JSON": "raw",
    "apiextensions/v1.JSONSchemaPropsOrBool": "schemaorbool",
    "apiextensions/v1.JSONSchemaPropsOrArray": "schemaorarray",
    "apiextensions/v1.JSONSchemaPropsOrStringArray": "schemaorstrings",
    "authentication/v1.ExtraValue": "strings",
    "authorization/v1.ExtraValue": "strings",
    "meta/v1.Verbs": "strings",
}
SCALARS = {"string": "string", "bool": "bool", "float64": "double", "byte": "byte"} | dict.fromkeys(
    ("int", "int8", "int16", "int32", "int64", "uint8", "uint32", "uint64", "rune"), "int"
)
# Kinds without metadata.
UNNAMED_KINDS = frozenset({"meta/v1.DeleteOptions"})

_IMPORT = re.compile(r'^\s+(\w+)?\s*"(k8s\.io/[\w./-]+)"$', re.MULTILINE)
_STRUCT = re.compile(r"^type (\w+) struct ?\{(\}|\n.*?^\})$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^type (\w+) ([\w.\[\]*]+)$", re.MULTILINE)
_FIELD = re.compile(r'^\s+(?:(\w+)\s+)?([\w.\[\]*]+)\s+`json:"([^"]*)"[^`\n]*\bprotobuf:"\w+,(\d+)', re.MULTILINE)


class Source:
    """All types of the packages: the fields of the structs, and what the other named types stand for."""

    def __init__(self, modules: Path) -> None:
        self.structs: dict[str, list[tuple[str, str, int]]] = {}
        self.named: dict[str, str] = {}
        paths = {"k8s.io/" + where.replace("@{}", ""): package for package, (where, _) in PACKAGES.items()}
        paths["k8s.io/apimachinery/pkg/api/resource"] = "resource"
        for package, (where, _) in PACKAGES.items():
            for file in sorted((modules / "k8s.io" / where.format(VERSION)).glob("*.go")):
                if not file.name.startswith("zz_") and not file.name.endswith(("_test.go", ".pb.go")):
                    self._read(file.read_text(), package, paths)

    def _read(self, text: str, package: str, paths: dict[str, str]) -> None:
        aliases = {alias or path.rpartition("/")[2]: paths.get(path, path) for alias, path in _IMPORT.findall(text)}
        for name, body in _STRUCT.findall(text):
            fields = [
                (_qualified(go_type, package, aliases), tag, int(number))
                for _, go_type, tag, number in _FIELD.findall(body)
            ]
            self.structs.setdefault(f"{package}.{name}", fields)
        for name, base in _NAMED.findall(text):
            self.named[f"{package}.{name}"] = _qualified(base, package, aliases)

    def field(self, field: tuple[str, str, int]) -> list[Any]:
        """Return `[number, JSON name, type, flags]`; flags are r (repeated), k (map), p (may be absent), n (inline)."""
        go_type, tag, number = field
        name, _, rest = tag.partition(",")
        resolved, flags = self._resolve(go_type)
        if flags == "r" and resolved == "byte":
            resolved, flags = "bytes", ""
        return [number, name, resolved, flags + ("n" if "inline" in rest and not name else "")]

    def _resolve(self, go_type: str) -> tuple[str, str]:
        if go_type.startswith("*"):
            resolved, more = self._resolve(go_type[1:])
            return resolved, more or "p"
        if go_type.startswith("[]"):
            return self._resolve(go_type[2:])[0], "r"
        if go_type.startswith("map["):
            resolved, more = self._resolve(go_type.partition("]")[2])
            return ("bytes" if resolved == "byte" and more == "r" else resolved), "k"
        if go_type in SCALARS or go_type in SPECIAL or go_type in self.structs:
            return SCALARS.get(go_type) or SPECIAL.get(go_type) or go_type, ""
        return self._resolve(self.named[go_type])


def _qualified(go_type: str, package: str, aliases: dict[str, str]) -> str:
    """Return a type with the package of each name in it: `[]core/v1.Container`."""
    prefix = re.match(r"(?:\*|\[\]|map\[[\w.]+\])*", go_type)[0]  # type: ignore[index]
    alias, dot, name = go_type[len(prefix) :].rpartition(".")
    if not dot and name in SCALARS:
        return go_type
    return f"{prefix}{aliases.get(alias, alias) if dot else package}.{name}"


def main() -> None:
    """Read the modules and write the table."""
    cache = subprocess.run(["go", "env", "GOMODCACHE"], check=True, capture_output=True, text=True).stdout.strip()
    source = Source(Path(cache))
    kinds = {
        f"{PACKAGES[package][1]}/{kind}": name
        for name, fields in source.structs.items()
        for package, _, kind in [name.rpartition(".")]
        if any(tag.startswith("metadata") for _, tag, _ in fields) or name in UNNAMED_KINDS
    }
    messages: dict[str, list[list[Any]]] = {}
    waiting = list(kinds.values())
    while waiting:
        name = waiting.pop()
        if name not in messages:
            messages[name] = [source.field(field) for field in source.structs[name]]
            waiting += [field[2] for field in messages[name] if field[2] in source.structs]
    table = {"version": VERSION, "kinds": dict(sorted(kinds.items())), "messages": dict(sorted(messages.items()))}
    TARGET.write_bytes(gzip.compress(json.dumps(table, separators=(",", ":")).encode(), mtime=0))
    print(f"{len(kinds)} kinds, {len(messages)} messages, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
