"""What keeps the program from starting, where no door is open yet to tell of it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from kecs import compose
from kecs.backends.backend import Backend
from kecs.server.run import StartError


@pytest.mark.parametrize("secret", [{}, {"data": None}, {"data": {"other": "eA=="}}, {"data": {"key": "not base64"}}])
async def test_a_spoilt_key_of_tokens_is_told_by_its_secret(secret: dict[str, Any]) -> None:
    async def get(*_: Any) -> dict[str, Any]:
        return secret

    backend = cast("Backend", SimpleNamespace(home="home", api=SimpleNamespace(get=get)))
    with pytest.raises(StartError, match=r"the secret home/kecs-pagination has no data\.key in base64") as told:
        await compose._token_key(backend)
    assert "not base64" not in str(told.value)
