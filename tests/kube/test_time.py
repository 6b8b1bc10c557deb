import pytest

from kecs.kube.time import epoch, rfc3339, rfc3339_micro


def test_forms() -> None:
    assert rfc3339(1767225600.9) == "2026-01-01T00:00:00Z"
    assert rfc3339_micro(1767225600.5) == "2026-01-01T00:00:00.500000Z"
    assert epoch("2026-01-01T01:00:00+01:00") == epoch("2026-01-01T00:00:00Z") == 1767225600
    assert epoch("2026-01-01T00:00:00.500000Z") == 1767225600.5


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01T00:00:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time zone|isoformat"):
        epoch(text)
