"""Yahoo's messages of prices: read, rounded, and as events of quotes.

A message is `PricingData` of Protocol Buffers in base64, in an object of JSON or bare. Its prices
are numbers of 32 bits, such as 94745.078125 for 94745.08. How messages arrive does not belong here.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

SOURCE: Final = "yahoo"

# Fields by number, as Yahoo's own pages declare them; those of options and of bid and ask are left
# out, since no message has been seen to have them, and Protocol Buffers pass over what is unknown.
_FIELDS = {
    1: ("id", "string"),
    2: ("price", "float"),
    3: ("time", "sint64"),
    4: ("currency", "string"),
    5: ("exchange", "string"),
    6: ("quote_type", "int32"),
    7: ("market_hours", "int32"),
    8: ("change_percent", "float"),
    9: ("day_volume", "sint64"),
    10: ("day_high", "float"),
    11: ("day_low", "float"),
    12: ("change", "float"),
    13: ("short_name", "string"),
    15: ("open_price", "float"),
    16: ("previous_close", "float"),
    27: ("price_hint", "sint64"),
}
_QUOTE_TYPES = {
    8: "EQUITY",
    9: "INDEX",
    14: "CURRENCY",
    18: "FUTURE",
    20: "ETF",
    41: "CRYPTOCURRENCY",
}
_MARKET_HOURS = {0: "PRE", 1: "REGULAR", 2: "POST", 3: "EXTENDED"}
# Rounded by the hint, as prices are; a per cent is no price.
_PRICES = ("price", "previous_close", "open_price", "day_high", "day_low", "change")
_TEXTS = ("currency", "exchange", "short_name")


class MalformedError(ValueError):
    """A message cannot be read; it says why."""


def _declared() -> type[Message]:
    """The class of messages.

    It is declared in the older syntax, in which a field that is not in the message is none: in the
    newer one it could not be told from zero, as which market_hours would be PRE.
    """
    file = descriptor_pb2.FileDescriptorProto(name="yahoo_pricing.proto", syntax="proto2")
    message = file.message_type.add(name="PricingData")
    kinds = descriptor_pb2.FieldDescriptorProto
    for number, (name, kind) in _FIELDS.items():
        message.field.add(
            name=name,
            number=number,
            label=kinds.LABEL_OPTIONAL,
            type=getattr(kinds, f"TYPE_{kind.upper()}"),
        )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found: type[Message] = message_factory.GetMessageClass(
        pool.FindMessageTypeByName("PricingData")
    )
    return found


_PRICING_DATA = _declared()


def event_of(message: str | bytes) -> dict[str, Any]:
    """The event of a message as it came over the websocket.

    Raises:
        MalformedError: It is no message of a price.
    """
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
    packed = _unwrapped(text) if text.lstrip().startswith("{") else text
    try:
        pricing = _PRICING_DATA.FromString(base64.b64decode(packed, validate=True))
    except (binascii.Error, DecodeError, ValueError) as error:
        raise MalformedError(f"no PricingData in base64 ({error}): {text[:80]!r}") from None
    values = {field.name: value for field, value in pricing.ListFields()}
    # As which a text comes that is not in UTF-8.
    if any(isinstance(value, bytes) for value in values.values()):
        raise MalformedError(f"a text that is not in UTF-8: {text[:80]!r}")
    for name in ("id", "price", "time"):
        if not values.get(name):
            raise MalformedError(f"a message without {name}: {text[:80]!r}")
    return _event(values)


def rounded(value: float, hint: int | None) -> float:
    """A price of 32 bits as it was meant: by its decimals if told, else the shortest of its kind.

    Args:
        value: The price.
        hint: Its decimals; where there are none told, None or 0.
    """
    if hint and 0 < hint <= 8:
        return round(value, hint)
    return float(str(np.float32(value)))


def instant(milliseconds: int) -> str:
    """Milliseconds since 1970 as text of ISO 8601 in UTC.

    Raises:
        MalformedError: It is no time of this era.
    """
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        raise MalformedError(f"no time in milliseconds since 1970: {milliseconds}") from None
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _unwrapped(text: str) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedError(f"no JSON: {text[:80]!r}") from None
    if not isinstance(found.get("message"), str) or found.get("type", "pricing") != "pricing":
        raise MalformedError(f"no message of a price: {text[:80]!r}")
    message: str = found["message"]
    return message


def _event(values: dict[str, Any]) -> dict[str, Any]:
    hint = values.get("price_hint")
    prices = {name: rounded(values[name], hint) for name in _PRICES if name in values}
    event = {
        "symbol": values["id"],
        "price": prices.pop("price"),
        "time": instant(values["time"]),
        **{name: values[name] for name in _TEXTS if name in values},
        **prices,
    }
    if "day_volume" in values:
        event["day_volume"] = values["day_volume"]
    if "change_percent" in values:
        event["change_percent"] = rounded(values["change_percent"], None)
    # A number that is not known stays one.
    for name, words in (("quote_type", _QUOTE_TYPES), ("market_hours", _MARKET_HOURS)):
        if name in values:
            event[name] = words.get(values[name], str(values[name]))
    if not all(np.isfinite(value) for value in event.values() if isinstance(value, float)):
        raise MalformedError(f"a message of {event['symbol']} with a price that is no number")
    return event | {"source": SOURCE}
