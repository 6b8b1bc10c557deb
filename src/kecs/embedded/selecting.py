"""The rules for label selectors as objects have them: `matchLabels` and `matchExpressions`."""

from typing import Any

from kecs.embedded.problems import Problems, forbidden, invalid, required
from kecs.kube.selectors import label_key_problem, label_value_problem

Json = dict[str, Any]

_WITH_VALUES, _WITHOUT = ("In", "NotIn"), ("Exists", "DoesNotExist")


def check(selector: Json | None, path: str) -> Problems:
    """Return what is wrong with a selector; None selects nothing, and is fine."""
    found: Problems = []
    for key, value in ((selector or {}).get("matchLabels") or {}).items():
        if detail := label_key_problem(key):
            found.append(invalid(f"{path}.matchLabels", key, detail))
        if detail := label_value_problem(value):
            found.append(invalid(f"{path}.matchLabels", value, detail))
    for index, term in enumerate((selector or {}).get("matchExpressions") or ()):
        found += _check_term(term, f"{path}.matchExpressions[{index}]")
    return found


def _check_term(term: Json, path: str) -> Problems:
    found: Problems = []
    operator, values = term.get("operator", ""), term.get("values") or []
    if operator in _WITH_VALUES:
        if not values:
            found.append(required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
    elif operator in _WITHOUT:
        if values:
            why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            found.append(forbidden(f"{path}.values", why))
    else:
        found.append(invalid(f"{path}.operator", operator, "not a valid selector operator"))
    if detail := label_key_problem(term.get("key", "")):
        found.append(invalid(f"{path}.key", term.get("key", ""), detail))
    for index, value in enumerate(values):
        if detail := label_value_problem(value):
            found.append(invalid(f"{path}.values[{index}]", value, detail))
    return found
