import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.kube.quantity import BadQuantity, canonical, form_of, format_nanos, milli, parse, value


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("0.5", "500m"), ("1024Mi", "1Gi"), ("1.5Gi", "1536Mi"), ("1000m", "1"), ("1500", "1500"), ("1000", "1k"),
        ("1e3", "1e3"), ("12e4", "120e3"), ("0.1Mi", "104857600m"), ("512Ki", "512Ki"), ("0.5Ki", "512"), ("-1", "-1"),
        ("0", "0"), ("0Gi", "0"), (".5", "500m"), ("5.", "5"), ("+1", "1"), ("1n", "1n"), ("0.1n", "1n"), ("3E", "3E"),
        ("1048576", "1048576"), ("1000000Ki", "1000000Ki"), ("100m", "100m"), ("2e-3", "2e-3"),
    ],
)  # fmt: skip
def test_canonical(text: str, stored: str) -> None:
    assert canonical(text) == stored


@pytest.mark.parametrize(
    "text", ["", "1.2.3", "x", "1kk", "1 Gi", "--1", "1e", "Mi", "1mi", "1e999", "1" * 300, "\u0661", "1_0"]
)
def test_what_is_no_quantity_is_refused_in_the_words_of_kubernetes(text: str) -> None:
    with pytest.raises(BadQuantity, match="quantities must match the regular expression"):
        parse(text)


def test_whole_numbers_round_up() -> None:
    assert (milli("0.5"), milli("1u"), milli(2), milli(0.25)) == (500, 1, 2000, 250)
    assert (value("1.5"), value("1Ki"), value("100m"), value("-1.5")) == (2, 1024, 1, -1)
    assert (form_of("1Ki"), form_of("1k"), form_of("1e3")) == ("BinarySI", "DecimalSI", "DecimalExponent")


@given(st.integers(-(10**27), 10**27), st.sampled_from(["DecimalSI", "BinarySI", "DecimalExponent"]))
def test_formatting_loses_nothing(nanos: int, form: str) -> None:
    text = format_nanos(nanos, form)  # type: ignore[arg-type]
    assert parse(text) == nanos
    assert canonical(text) == text


@given(st.text(alphabet="0123456789.+-eEinumkKMGTP", max_size=12))
def test_any_text_is_a_quantity_or_refused(text: str) -> None:
    try:
        parse(text)
    except BadQuantity:
        return
    assert parse(canonical(text)) == parse(text)
