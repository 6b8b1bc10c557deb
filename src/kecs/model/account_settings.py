"""Account settings: their names, values and defaults."""

from typing import Final

from kecs.model.errors import InvalidParameterException
from kecs.model.generated import ecs_limits

DEFAULTS: Final[dict[str, str]] = {
    "serviceLongArnFormat": "enabled",
    "taskLongArnFormat": "enabled",
    "containerInstanceLongArnFormat": "enabled",
    "awsvpcTrunking": "disabled",
    "containerInsights": "disabled",
    "fargateFIPSMode": "disabled",
    "tagResourceAuthorization": "off",
    "fargateTaskRetirementWaitPeriod": "7",
    "guardDutyActivate": "off",
    "defaultLogDriverMode": "non-blocking",
    "fargateEventWindows": "disabled",
}
_SWITCHES = ("enabled", "disabled", "on", "off")
_VALUES: Final[dict[str, tuple[str, ...]]] = {
    "containerInsights": (*_SWITCHES, "enhanced"),
    "fargateTaskRetirementWaitPeriod": ("0", "7", "14"),
    "defaultLogDriverMode": ("blocking", "non-blocking"),
}


def check(name: str, value: str | None) -> str:
    """Return the value as it is kept. Raises InvalidParameterException for an unknown setting, or a wrong value."""
    if name not in DEFAULTS:
        raise InvalidParameterException(f"name should be one of [{','.join(ecs_limits.SettingName)}]")
    if value is None:
        return DEFAULTS[name]
    allowed = _VALUES.get(name, _SWITCHES)
    if value not in allowed:
        raise InvalidParameterException(f"value should be one of [{','.join(allowed)}]")
    return value
