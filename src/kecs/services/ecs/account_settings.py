"""Account settings, kept in one config map of each account and region."""

from kecs.kube.api import Json
from kecs.kube.errors import AlreadyExists, Conflict, NotFound
from kecs.kube.resources import CONFIG_MAPS
from kecs.model import account_settings as model
from kecs.model import marks, names
from kecs.model.errors import InvalidParameterException, ServerException
from kecs.model.generated import ecs
from kecs.services.context import Context
from kecs.services.ecs.paging import limit_of, position_of
from kecs.services.registry import operation
from kecs.world.listing import page

_ATTEMPTS = 32


def _map_name(ctx: Context) -> str:
    return names.label(f"ecs-account-settings-{ctx.scope.region}-{ctx.scope.account}")


async def _stored(ctx: Context) -> Json:
    try:
        return await ctx.api.get(CONFIG_MAPS, ctx.home, _map_name(ctx))
    except NotFound:
        return {}


async def _change(ctx: Context, key: str, value: str | None) -> None:
    """Set an entry, or remove it; nobody else's change is lost."""
    for _ in range(_ATTEMPTS):
        found = await _stored(ctx)
        data = {**found.get("data", {}), key: value}
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": found.get("metadata") or {"name": _map_name(ctx), "namespace": ctx.home},
            "data": {name: text for name, text in data.items() if text is not None},
        }
        try:
            if found:
                await ctx.api.replace(CONFIG_MAPS, ctx.home, _map_name(ctx), body, manager=marks.MANAGER)
            else:
                await ctx.api.create(CONFIG_MAPS, ctx.home, body, manager=marks.MANAGER)
        except (AlreadyExists, Conflict, NotFound):
            continue
        return
    raise ServerException("The account settings change too often.")


def _principal(ctx: Context, text: str | None) -> str:
    root = f"arn:{ctx.scope.partition}:iam::{ctx.scope.account}:root"
    if text and not text.startswith("arn:"):
        raise InvalidParameterException("Invalid principal ARN.")
    return text or root


def _key(name: str, principal: str) -> str:
    """Return the entry of a setting: config map keys take no slashes and colons."""
    return f"{name}.{names.label(principal)}"


@operation("ecs", "PutAccountSetting")
async def put_account_setting(ctx: Context, request: ecs.PutAccountSettingRequest) -> ecs.PutAccountSettingResponse:
    """Set a setting for the caller, or for the principal that is named."""
    value = model.check(request.name, request.value)
    principal = _principal(ctx, request.principalArn)
    await _change(ctx, _key(request.name, principal), f"{value} {principal}")
    return ecs.PutAccountSettingResponse(setting=_setting(request.name, value, principal))


@operation("ecs", "PutAccountSettingDefault")
async def put_account_setting_default(
    ctx: Context, request: ecs.PutAccountSettingDefaultRequest
) -> ecs.PutAccountSettingDefaultResponse:
    """Set a setting for all principals that have none of their own."""
    value = model.check(request.name, request.value)
    principal = _principal(ctx, None)
    await _change(ctx, _key(request.name, principal), f"{value} {principal}")
    return ecs.PutAccountSettingDefaultResponse(setting=_setting(request.name, value, principal))


@operation("ecs", "DeleteAccountSetting")
async def delete_account_setting(
    ctx: Context, request: ecs.DeleteAccountSettingRequest
) -> ecs.DeleteAccountSettingResponse:
    """Take a setting back: the default holds again."""
    model.check(request.name, None)
    principal = _principal(ctx, request.principalArn)
    await _change(ctx, _key(request.name, principal), None)
    return ecs.DeleteAccountSettingResponse(setting=_setting(request.name, model.DEFAULTS[request.name], principal))


def _setting(name: str, value: str, principal: str) -> ecs.Setting:
    return ecs.Setting(name=name, value=value, principalArn=principal, type="user")


@operation("ecs", "ListAccountSettings")
async def list_account_settings(
    ctx: Context, request: ecs.ListAccountSettingsRequest
) -> ecs.ListAccountSettingsResponse:
    """List the settings that were made; the effective ones include every default."""
    if request.name:
        model.check(request.name, None)
    principal = _principal(ctx, request.principalArn)
    root = _principal(ctx, None)
    data: dict[str, str] = (await _stored(ctx)).get("data", {})
    found: dict[str, ecs.Setting] = {}
    for name, default in model.DEFAULTS.items():
        for owner in (principal, root):
            entry = data.get(_key(name, owner))
            if entry:
                found.setdefault(name, _setting(name, entry.partition(" ")[0], owner))
        if request.effectiveSettings:
            found.setdefault(name, _setting(name, default, root))
    wanted = sorted(
        name
        for name, setting in found.items()
        if (not request.name or name == request.name) and (not request.value or setting.value == request.value)
    )
    keys, position = page(wanted, position_of(ctx, request), limit_of(request, 10, 100))
    return ecs.ListAccountSettingsResponse(
        settings=[found[name] for name in keys],
        nextToken=ctx.tokens.seal(position, ctx.scope, request) if position else None,
    )
