"""Environment variables: the definition's, then the launch's, which win."""

from kecs.translate.body import Json
from kecs.translate.container.command import escape
from kecs.translate.container.part import Part


def environment(part: Part) -> Json:
    """Return `env`. Of two variables of one name the later one counts, as in Docker; Kubernetes would refuse both."""
    values: dict[str, str] = {}
    for source in (part.definition.environment, part.override.environment):
        for variable in source or ():
            if is_name(variable.name or ""):
                values[variable.name or ""] = variable.value or ""
    if not values:
        return {}
    return {"env": [{"name": name, "value": escape(value)} for name, value in values.items()]}


def is_name(name: str) -> bool:
    """Return whether Kubernetes takes `name` for a variable: printable ASCII without an equals sign."""
    return bool(name) and name.isascii() and name.isprintable() and "=" not in name
