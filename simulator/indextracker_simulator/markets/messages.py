"""Messages of prices as the vendor writes them: fields of Protocol Buffers, in base64, in JSON.

The bytes are written here, field by field, as the format's own documents describe them.
"""

from __future__ import annotations

import base64
import json
import struct
from typing import TYPE_CHECKING

from indextracker_simulator.markets.market import CRYPTO, CURRENCY

if TYPE_CHECKING:
    from indextracker_simulator.markets.market import Instrument, Quote

_VARINT, _BYTES, _FLOAT = 0, 2, 5
_REGULAR = 1


def message(instrument: Instrument, quote: Quote, *, wrapped: bool) -> str:
    """Return what is sent of a quote: text in base64, or an object with it."""
    packed = base64.b64encode(pricing_data(instrument, quote)).decode()
    return json.dumps({"type": "pricing", "message": packed}) if wrapped else packed


def pricing_data(instrument: Instrument, quote: Quote) -> bytes:
    """Return the fields of a quote; what is zero or not told of its kind is not written."""
    is_currency = instrument.kind == CURRENCY
    fields = [
        _text(1, instrument.symbol),
        _float(2, quote.price),
        _signed(3, quote.second * 1000),
        b"" if is_currency else _text(4, "USD"),
        _text(5, instrument.exchange),
        _number(6, instrument.kind),
        _number(7, _REGULAR),
        _float(8, quote.change / quote.previous_close * 100),
    ]
    if not is_currency:
        fields += [
            _signed(9, quote.day_volume),
            _float(10, quote.day_high),
            _float(11, quote.day_low),
        ]
    fields += [_float(12, quote.change), _text(13, f"{instrument.symbol} simulated")]
    if instrument.kind != CRYPTO:
        fields += [_float(15, quote.open_price), _float(16, quote.previous_close)]
    return b"".join([*fields, _signed(27, instrument.decimals)])


def _text(number: int, text: str) -> bytes:
    body = text.encode()
    return _tag(number, _BYTES) + _varint(len(body)) + body


def _float(number: int, value: float) -> bytes:
    return _tag(number, _FLOAT) + struct.pack("<f", value) if value else b""


def _number(number: int, value: int) -> bytes:
    return _tag(number, _VARINT) + _varint(value) if value else b""


def _signed(number: int, value: int) -> bytes:
    """Zigzag: small numbers of either sign are short."""
    return _number(number, (value << 1) ^ (value >> 63))


def _tag(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last byte have the eighth bit."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
