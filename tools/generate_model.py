"""Write `src/kecs/model/generated/` anew from the model of Amazon ECS that botocore publishes.

    python tools/generate_model.py           writes the files
    python tools/generate_model.py --check   says whether they are current, and exits with 1 when they are not

botocore is needed here and in the tests, never by the program. Gaps of the published model are mended by
`tools/model_patches.json` (JSON Patch over `service-2.json`, with the reason for each) before anything is generated.

What comes out, all of it deterministic and formatted:

- `ecs.py`: a Struct for each structure. Members keep their names, and all may be absent: what is required and in which
  words its absence is refused differs by operation in ECS, so that is left to the validation of each noun. The required
  strings and lists of an operation's own request are "" and [] when absent, because ECS treats both alike.
- `ecs_errors.py`: a class for each exception.
- `ecs_limits.py`: allowed values, required members, and ranges, for validation messages and custom resource schemas.
- `ecs_operations.py`: the table of operations.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonpatch
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape, StructureShape

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src" / "kecs" / "model" / "generated"
PATCHES = ROOT / "tools" / "model_patches.json"

# Integer is 32 bits on the wire, Long 64; timestamps are epoch seconds.
SCALARS = {
    "string": "str",
    "integer": "Integer",
    "long": "Long",
    "double": "float",
    "float": "float",
    "boolean": "bool",
    "timestamp": "float",
}

HEADER = '''"""{summary}

Made by tools/generate_model.py from botocore's model of Amazon ECS {version}; do not edit.
"""

'''


def load_model() -> ServiceModel:
    """Return botocore's model of ECS with the patches applied."""
    description = Loader().load_service_model("ecs", "service-2")
    for patch in json.loads(PATCHES.read_text())["patches"]:
        description = jsonpatch.apply_patch(description, patch["operations"])
    return ServiceModel(description, "ecs")


def structures(model: ServiceModel) -> list[StructureShape]:
    """Return the structures that are no exceptions, each after those that its members name."""
    ordered: dict[str, StructureShape] = {}

    def visit(shape: Shape) -> None:
        if shape.type_name == "list":
            visit(shape.member)
        elif shape.type_name == "map":
            visit(shape.value)
        elif isinstance(shape, StructureShape) and shape.name not in ordered and not is_document(shape):
            for member in shape.members.values():
                visit(member)
            ordered[shape.name] = shape

    for name in model.shape_names:
        shape = model.shape_for(name)
        if isinstance(shape, StructureShape) and not shape.metadata.get("exception"):
            visit(shape)
    return list(ordered.values())


def is_document(shape: Shape) -> bool:
    """Say whether a shape is free-form JSON."""
    return bool(getattr(shape, "is_document_type", False))


def annotation(shape: Shape) -> str:
    """Return the Python type of a shape."""
    if is_document(shape):
        return "Any"
    if shape.type_name == "list":
        return f"list[{annotation(shape.member)}]"
    if shape.type_name == "map":
        return f"dict[str, {annotation(shape.value)}]"
    return SCALARS.get(shape.type_name) or str(shape.name)


def member_line(name: str, shape: Shape, *, required: bool) -> str:
    """Return the line of one member."""
    if required and shape.type_name in ("string", "list"):
        return f"    {name}: {annotation(shape)} = {'[]' if shape.type_name == 'list' else repr('')}"
    return f"    {name}: {annotation(shape)} | None = None"


def operations(model: ServiceModel) -> list[OperationModel]:
    """Return the operations by name."""
    return [model.operation_model(name) for name in sorted(model.operation_names)]


def render_structs(model: ServiceModel) -> Iterator[str]:
    """Yield the lines of `ecs.py`."""
    requests = {op.input_shape.name for op in operations(model) if op.input_shape}
    yield "from typing import Annotated, Any, TypeAlias\n"
    yield "from msgspec import Meta, Struct"
    yield "Integer: TypeAlias = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]"
    yield "Long: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]"
    for shape in structures(model):
        # Without the collector's header: shapes are trees, so no cycle ever waits for it.
        yield f"class {shape.name}(Struct, kw_only=True, omit_defaults=True, gc=False):"
        for name, member in shape.members.items():
            required = shape.name in requests and name in shape.required_members
            yield member_line(name, member, required=required)
        if not shape.members:
            yield "    pass"


def render_errors(model: ServiceModel) -> Iterator[str]:
    """Yield the lines of `ecs_errors.py`."""
    yield "from typing import Any\n"
    yield "from kecs.model.fault import AwsError"
    for shape in sorted(model.error_shapes, key=lambda shape: shape.name):
        code = shape.metadata.get("error", {}).get("httpStatusCode", 400)
        if shape.metadata.get("fault") or shape.name == "ServerException":
            code = 500
        members = {name: annotation(member) for name, member in shape.members.items() if name.lower() != "message"}
        yield f"class {shape.name}(AwsError):"
        if code != 400:
            yield f"    http_code = {code}"
        if members:
            arguments = ", ".join(f"{name}: {kind} | None = None" for name, kind in members.items())
            yield f"    def __init__(self, message: str, *, {arguments}) -> None:"
            yield "        super().__init__(message)"
            yield from (f"        self.{name} = {name}" for name in members)
            yield "    def members(self) -> dict[str, Any]:"
            yield f"        return {{{', '.join(f'{name!r}: self.{name}' for name in members)}}}"
        elif code == 400:
            yield "    pass"


def render_limits(model: ServiceModel) -> Iterator[str]:
    """Yield the lines of `ecs_limits.py`."""
    enums = {}
    required = {}
    by_member: dict[str, dict[str, str]] = {}
    ranges: dict[str, dict[str, tuple[Any, Any]]] = {}
    for shape in structures(model):
        if shape.required_members:
            required[shape.name] = tuple(shape.required_members)
        for name, member in shape.members.items():
            leaf = member.member if member.type_name == "list" else member
            if getattr(leaf, "enum", None):
                enums[leaf.name] = tuple(leaf.enum)
                by_member.setdefault(shape.name, {})[name] = leaf.name
            low, high = member.metadata.get("min"), member.metadata.get("max")
            if low is not None or high is not None:
                ranges.setdefault(shape.name, {})[name] = (low, high)
    yield "from typing import Final"
    yield "# The allowed values of the enumerations, by the name of the shape."
    for name in sorted(enums):
        yield f"{name}: Final = {enums[name]!r}"
    yield "# Structure → member → the allowed values of it, or of its items."
    yield "BY_MEMBER: Final[dict[str, dict[str, tuple[str, ...]]]] = {"
    for structure in sorted(by_member):
        yield f"{structure!r}: {{{', '.join(f'{m!r}: {e}' for m, e in sorted(by_member[structure].items()))}}},"
    yield "}"
    yield "# Structure → members that the published model calls required."
    yield f"REQUIRED: Final[dict[str, tuple[str, ...]]] = {dict(sorted(required.items()))!r}"
    yield "# Structure → member → least and greatest number, length, or count of items."
    yield f"RANGES: Final[dict[str, dict[str, tuple[float | None, float | None]]]] = {dict(sorted(ranges.items()))!r}"


def render_operations(model: ServiceModel) -> Iterator[str]:
    """Yield the lines of `ecs_operations.py`."""
    metadata = model.metadata
    yield "from typing import Final\n"
    yield "from kecs.model.generated import ecs"
    yield "from kecs.model.operations import Operation, ServiceModel"
    yield f"ECS: Final = ServiceModel(name='ecs', target_prefix={metadata['targetPrefix']!r}, operations={{"
    for operation in operations(model):
        answer = f"ecs.{operation.output_shape.name}" if operation.output_shape else "None"
        errors = tuple(sorted(shape.name for shape in operation.error_shapes))
        request = operation.input_shape.name
        yield f"{operation.name!r}: Operation({operation.name!r}, ecs.{request}, {answer}, {errors!r}),"
    yield "})"


FILES = {
    "ecs.py": ("The structures of Amazon ECS.", render_structs),
    "ecs_errors.py": ("The exceptions of Amazon ECS.", render_errors),
    "ecs_limits.py": ("Allowed values, required members and ranges of Amazon ECS.", render_limits),
    "ecs_operations.py": ("The operations of Amazon ECS.", render_operations),
}


def generate() -> dict[str, str]:
    """Return the text of each generated file by its name."""
    model = load_model()
    texts = {}
    for name, (summary, render) in FILES.items():
        header = HEADER.format(summary=summary, version=model.metadata["apiVersion"])
        texts[name] = formatted(TARGET / name, header + "\n".join(render(model)) + "\n")
    return texts


def formatted(path: Path, text: str) -> str:
    """Return `text` as the project's formatter writes it."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(path), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def main() -> int:
    """Write the files, or with --check compare them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    stale = [name for name, text in generate().items() if not same_or_write(TARGET / name, text, write=not check)]
    if check and stale:
        print(f"not current, run tools/generate_model.py: {', '.join(stale)}", file=sys.stderr)
        return 1
    return 0


def same_or_write(path: Path, text: str, *, write: bool) -> bool:
    """Say whether the file holds `text` already; write it when asked to."""
    same = path.exists() and path.read_text() == text
    if write and not same:
        path.write_text(text)
    return same


if __name__ == "__main__":
    sys.exit(main())
