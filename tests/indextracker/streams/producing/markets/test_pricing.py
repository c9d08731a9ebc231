"""Messages of prices: what they say, how they are rounded, and what is refused."""

import base64
import json
import struct
from pathlib import Path

import pytest

from indextracker.streams.producing.markets.pricing import MalformedError, event_of, rounded


def message(fields: bytes) -> str:
    return base64.b64encode(fields).decode()


def fields(symbol: bytes = b"ABC", price: float = 1.5, *more: bytes) -> bytes:
    """Symbol, price and the time 2025-01-10 11:39:00, field by field, and further ones."""
    time = bytes.fromhex("18c0b095808a65")
    start = b"\x0a" + bytes([len(symbol)]) + symbol + b"\x15" + struct.pack("<f", price)
    return b"".join([start, time, *more])


def test_real_messages_are_read_and_rounded(samples: Path) -> None:
    lines = (samples / "yahoo" / "ws_pricingdata_messages.jsonl").read_text().splitlines()
    found = [event_of(line) for line in lines]
    assert found[0] == {
        "symbol": "BTC-USD",
        "price": 94745.08,
        "time": "2025-01-10T11:39:00Z",
        "currency": "USD",
        "exchange": "CCC",
        "quote_type": "CRYPTOCURRENCY",
        "market_hours": "REGULAR",
        "open_price": 92529.99,
        "day_high": 95227.55,
        "day_low": 92517.22,
        "change": 1431.89,
        "change_percent": 1.5344921,
        "day_volume": 59712028672,
        "source": "yahoo",
    }
    assert [(event["symbol"], event["price"]) for event in found[1:]] == [
        ("EURUSD=X", 1.1533),
        ("JPY=X", 159.355),
        ("BTC-USD", 63391.56),
        ("BTC-USD", 51078.07),
        ("BTC-USD", 47626.27),
    ]
    # Pairs of currencies have neither a currency nor a volume.
    assert not {"currency", "day_volume", "day_high"} & set(found[1])


def test_a_message_is_read_with_its_object_of_json_and_without(samples: Path) -> None:
    wrapped = (samples / "yahoo" / "ws_pricingdata_messages.jsonl").read_text().splitlines()[0]
    bare = json.loads(wrapped)["message"]
    assert event_of(bare) == event_of(wrapped) == event_of(bare.encode())


@pytest.mark.parametrize(
    ("value", "hint", "price"),
    [
        (94745.078125, 2, 94745.08),
        (struct.unpack("<f", struct.pack("<f", 0.1))[0], None, 0.1),
        (struct.unpack("<f", struct.pack("<f", 244.87))[0], 0, 244.87),
        (struct.unpack("<f", struct.pack("<f", 1.23456))[0], 4, 1.2346),
    ],
)
def test_a_price_is_rounded_by_its_hint_or_is_the_shortest(
    value: float, hint: int | None, price: float
) -> None:
    assert rounded(value, hint) == price


def test_hours_that_are_not_told_are_none_and_zero_that_is_told_is_before_the_market() -> None:
    event = event_of(message(fields()))
    assert "market_hours" not in event
    assert event["time"] == "2025-01-10T11:39:00Z"
    assert event_of(message(fields(b"ABC", 1.5, b"\x38\x00")))["market_hours"] == "PRE"


def test_fields_and_kinds_that_are_not_known_do_no_harm() -> None:
    event = event_of(message(fields(b"ABC", 1.5, b"\x30\x63", b"\xd2\x3e\x02hi")))
    assert event["quote_type"] == "99"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no base64 at all",
        "AAAA",
        "{",
        "{}",
        '{"type": "status", "message": "CgdCVEMtVVNE"}',
        '{"type": "pricing", "message": 7}',
        message(fields()[:-1]),
        message(fields(price=0.0)),
        message(fields(price=float("nan"))),
        message(fields(symbol=b"")),
        message(fields()[:10]),
        message(b"\x0a\x03ABC\x15\x00\x00\xc0\x3f\x18" + b"\xfe" + b"\xff" * 8 + b"\x01"),
    ],
)
def test_what_is_no_message_of_a_price_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        event_of(text)
