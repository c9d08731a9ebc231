"""Files made here, of every kind of writing: what is found of them, asked and refused."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import lzma
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
import xlsxwriter
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from indextracker.files import as_object, as_yaml, detect, grouped, write
from indextracker.files.model import WHOLE_BYTES, Role
from indextracker.files.moments import moments, stamped
from indextracker.files.numbers import number, signs
from indextracker.files.tickers import from_file_name
from indextracker.files.words import role_of

# (day, open, high, low, close, volume); Mondays to Fridays of three weeks, days beyond the 12th.
DAYS = [dt.date(2021, 3, 1) + dt.timedelta(day) for day in range(19) if day % 7 < 5]
BARS = [
    (day, 1010.5 + i, 1020.25 + 2 * i, 1000.75 + i, 1015.3 + 1.5 * i, 1_234_500 + 7 * i)
    for i, day in enumerate(DAYS)
]
ENGLISH = "Date,Open,High,Low,Close,Volume"


def plain(form: str = "%Y-%m-%d", bars: Sequence[tuple[Any, ...]] = BARS) -> str:
    rows = (f"{day:{form}},{o},{h},{low},{c},{v}" for day, o, h, low, c, v in bars)
    return "\n".join([ENGLISH, *rows]) + "\n"


def european(value: float, thousands: str = ".") -> str:
    return f"{value:,.2f}".replace(",", "_").replace(".", ",").replace("_", thousands)


def found(folder: Path, name: str, data: bytes | str) -> dict[str, Any]:
    """What is detected of one file, as JSON has it."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    (proposal,) = detect(path)
    described: dict[str, Any] = json.loads(json.dumps(as_object(proposal)))
    return described


def roles(described: dict[str, Any]) -> list[str]:
    return [column["role"] for column in described["columns"]]


def first_bar(described: dict[str, Any]) -> tuple[Any, ...]:
    record = described["first_record"]
    return tuple(record[name] for name in ("date", "open", "high", "low", "close", "volume"))


FIRST = ("2021-03-01", 1010.5, 1020.25, 1000.75, 1015.3, 1_234_500)
OHLCV = ["date", "open", "high", "low", "close", "volume"]

HEADERS = {
    "cp950": "日期,開盤價,最高價,最低價,收盤價,成交股數",
    "gbk": "日期,开盘价,最高价,最低价,收盘价,成交量",
    "cp949": "일자,시가,고가,저가,종가,거래량",
    "cp932": "日付,始値,高値,安値,終値,出来高",
    "cp1251": "Дата,Открытие,Максимум,Минимум,Закрытие,Объём",
    "cp1254": "Tarih,Açılış(TL),En Yüksek(TL),En Düşük(TL),Kapanış(TL),Lot",
    "cp1252": "Datum,Eröffnung,Höchst,Tiefst,Schluß,Stück",
    "utf-8": "Fecha,Apertura,Máximo,Mínimo,Cierre,Volumen",
}


@pytest.mark.parametrize(("encoding", "header"), HEADERS.items())
def test_encodings_are_told_by_words_of_the_header(
    tmp_path: Path, encoding: str, header: str
) -> None:
    text = plain().replace(ENGLISH, header)
    described = found(tmp_path, "ABC.csv", text.encode(encoding))
    assert described["encoding"] == encoding
    assert roles(described) == OHLCV
    assert first_bar(described) == FIRST


@pytest.mark.parametrize(
    ("codec", "name"),
    [("utf-8-sig", "utf-8-sig (BOM)"), ("utf-16", "utf-16-le (BOM)"), ("utf-16-be", "utf-16-be")],
)
def test_marks_at_the_beginning_are_no_part_of_a_header(
    tmp_path: Path, codec: str, name: str
) -> None:
    described = found(tmp_path, "ABC.csv", plain().encode(codec))
    assert described["encoding"] == name
    assert described["columns"][0]["header"] == "Date"
    assert first_bar(described) == FIRST


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    described = found(tmp_path, "ABC.csv", plain().replace(",", delimiter))
    assert described["delimiter"] == delimiter
    assert first_bar(described) == FIRST


def test_fixed_width_with_empty_cells(tmp_path: Path) -> None:
    lines = [f"{'Trade Date':<14}{'Open':>10}{'High':>10}{'Low':>10}{'Close':>10}{'Volume':>10}"]
    for i, (day, o, h, low, c, v) in enumerate(BARS):
        opened = "" if i == 3 else o
        lines.append(f"{day:%d %b %Y}   {opened:>10}{h:>10}{low:>10}{c:>10.1f}{v:>10}")
    described = found(tmp_path, "ABC.prn", "\n".join(lines))
    assert described["delimiter"] == "fixed width"
    assert (described["date_format"], roles(described)) == ("%d %b %Y", OHLCV)
    assert first_bar(described) == FIRST
    assert described["rows_with_some_price_missing"] == 1


def test_decimal_commas_points_between_thousands_and_units(tmp_path: Path) -> None:
    rows = [
        f"{day:%d.%m.%Y};{european(o)};{european(h)};{european(low)};{european(c)};1,23M"
        for day, o, h, low, c, _ in BARS
    ]
    described = found(
        tmp_path, "ABC.csv", "Datum;Erster;Hoch;Tief;Schlusskurs;Stück\n" + "\n".join(rows)
    )
    assert (described["decimal"], described["thousands"]) == (",", ".")
    assert first_bar(described) == (*FIRST[:5], 1_230_000)


@pytest.mark.parametrize(
    ("cell", "decimal", "thousands", "value"),
    [
        ("118,93M", ",", ".", 118_930_000),
        ("0.24K", ".", ",", 240),
        ("1 234,5", ",", " ", 1234.5),
        ("1'234.5", ".", "'", 1234.5),
        ("$1,234.50", ".", ",", 1234.5),
        ("(12.5)", ".", None, -12.5),
        ("12.5-", ".", None, -12.5),
        ("3.2억", ".", None, 320_000_000),
        ("1.68E+12", ".", None, 1.68e12),
        ("abc", ".", None, None),
        ("12 34", ".", None, None),
    ],
)
def test_numbers(cell: str, decimal: str, thousands: str | None, value: float | None) -> None:
    read = number(cell, decimal, thousands)
    assert (None if read is None else float(read)) == value


def test_a_number_that_both_readings_allow_decides_nothing() -> None:
    told = signs(["1.234", "2.345"], quoted=False, delimiter=";")
    assert told.confidence < 0.9
    told = signs(["1.234", "2.345", "2,5"], quoted=False, delimiter=";")
    assert (told.decimal, told.thousands) == (",", ".")


def test_a_banner_and_a_footer_are_no_data(tmp_path: Path) -> None:
    text = "Created on 09-07-2020,https://example.com\n" + plain() + '\n"Remarks:"\n"No advice."\n'
    described = found(tmp_path, "ABC.csv", text)
    assert described["lines_before_header"] == ["Created on 09-07-2020,https://example.com"]
    assert described["data_rows"] == len(BARS)
    lines = [(row["line"], row["why"]) for row in described["non_data_rows"]["first"]]
    after = len(BARS) + 3
    whys = ("blank", "date not parseable", "date not parseable")
    assert lines == list(enumerate(whys, start=after))


def test_a_date_above_the_twelfth_decides_for_all(tmp_path: Path) -> None:
    for form, expected in (("%m/%d/%Y", "%m/%d/%Y"), ("%d/%m/%Y", "%d/%m/%Y")):
        described = found(tmp_path, "ABC.csv", plain(form))
        assert described["date_format"] == expected
        assert described["ask_the_user"] == []
        assert first_bar(described) == FIRST


def test_a_date_that_nothing_decides_is_asked(tmp_path: Path) -> None:
    described = found(tmp_path, "ABC.csv", plain("%m/%d/%Y", BARS[:5]))
    (question,) = described["questions"]
    assert question["about"] == "date_format"
    assert question["answers"] == ["%d/%m/%Y", "%m/%d/%Y"]
    assert described["confidence"]["date_format"] < 0.9


def test_dates_in_both_orders_are_asked_and_not_read_row_by_row(tmp_path: Path) -> None:
    text = f"{ENGLISH}\n13/02/2020,1,2,1,2,3\n02/14/2020,1,2,1,2,3\n15/02/2020,1,2,1,2,3\n"
    described = found(tmp_path, "ABC.csv", text)
    assert any("both orders" in text for text in described["ask_the_user"])
    assert described["data_rows"] == 2


def test_a_month_as_long_in_either_way_is_no_second_format() -> None:
    assert moments(["4-May-2021", "4-June-2021", "4-January-2021"]).format == "%d-%B-%Y"


def test_a_year_of_two_digits_in_front_is_told_by_the_order_of_rows(tmp_path: Path) -> None:
    described = found(tmp_path, "ABC.csv", plain("%y/%m/%d"))
    assert described["date_format"] == "%y/%m/%d"
    assert first_bar(described) == FIRST


def test_seconds_since_1970_decide_the_order_of_day_and_month(tmp_path: Path) -> None:
    days = [dt.date(2020, 1 + i // 3, 2 + i % 3) for i in range(12)]
    lines = [
        f"{(day - dt.date(1970, 1, 1)).days * 86400},{day:%m/%d/%Y},{100 + i}"
        for i, day in enumerate(days)
    ]
    described = found(tmp_path, "ABC.csv", "unix,date,close\n" + "\n".join(lines))
    assert described["date_format"] == "%m/%d/%Y"
    assert not any(question["about"] == "date_format" for question in described["questions"])


def test_days_as_spreadsheets_count_them(tmp_path: Path) -> None:
    serials = [((day - dt.date(1899, 12, 30)).days, *values) for day, *values in BARS]
    text = "\n".join([ENGLISH, *(",".join(map(str, row)) for row in serials)])
    described = found(tmp_path, "ABC.csv", text)
    assert described["date_format"] == "excel_serial"
    assert first_bar(described) == FIRST


def test_points_put_the_day_first() -> None:
    told = moments(["01.02.2020", "01.03.2020"])
    assert (told.format, told.undecided) == ("%d.%m.%Y", False)


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("8-Oct-15", "%d-%b-%y"),
        ("Jan 2, 2020", "%b %d, %Y"),
        ("2. März 2020", "%d %b %Y"),
        ("mié 2 ene 2020", "%d %b %Y"),
        ("2 février 2020", "%d %B %Y"),
        ("202001021730", "%Y%m%d%H%M"),
        ("20200102173059", "%Y%m%d%H%M%S"),
        ("2020年1月2日", "%Y年%m月%d日"),
        ("110/01/04", "ROC/%m/%d"),
        ("2562-03-04", "BE-%m-%d"),
        ("2023- 10- 09", "%Y- %m- %d"),
        ("2020-09-05 02-PM", "%Y-%m-%d %I-%p"),
        ("2013-04-28 00:00:00 UTC", "%Y-%m-%d %H:%M:%S UTC"),
        ("2022-07-25T09:15:00+05:30", "%Y-%m-%dT%H:%M:%S%z"),
        ("20200102 170000123", "%Y%m%d %H%M%S%f"),
        ("1444276800", "epoch_s"),
        ("1444276800000", "epoch_ms"),
        ("2020-13-01", None),
        ("16.2699", None),
        ("1397/12/04", None),
    ],
)
def test_ways_of_writing_a_day(cell: str, form: str | None) -> None:
    stamp = stamped(cell)
    assert (stamp.form if stamp else None) == form


def test_years_of_the_republic(tmp_path: Path) -> None:
    rows = [
        f'"{day.year - 1911}/{day:%m/%d}","{v:,}","{o:,}","{h:,}","{low:,}","{c:,}",'
        for day, o, h, low, c, v in BARS
    ]
    header = '"日期","成交股數","開盤價","最高價","最低價","收盤價",'
    title = '"110年03月 2330 台積電 各日成交資訊"'
    data = "\r\n".join([title, header, *rows, '"說明:"']).encode("cp950")
    described = found(tmp_path, "STOCK_DAY_2330_202103.csv", data)
    assert (described["encoding"], described["date_format"]) == ("cp950", "ROC/%m/%d")
    assert described["ticker"]["value"] == "2330"
    assert first_bar(described) == FIRST


def test_years_of_thailand(tmp_path: Path) -> None:
    rows = [f"{day:%d/%m/}{day.year + 543},{o},{h},{low},{c},{v}" for day, o, h, low, c, v in BARS]
    header = "วันที่,เปิด,สูงสุด,ต่ำสุด,ปิด,ปริมาณ(หุ้น)"
    described = found(tmp_path, "PTT.csv", "\n".join([header, *rows]))
    assert described["date_format"] == "%d/%m/BE"
    assert first_bar(described) == FIRST


def test_a_close_below_zero_between_low_and_high_is_asked_for(tmp_path: Path) -> None:
    header = "PERMNO,date,TICKER,BIDLO,ASKHI,PRC,VOL,OPENPRC"
    lines = [
        f"14593,{day:%Y%m%d},ABC,{low},{h},{-c if day.day == 3 else c},{v},{o}"
        for day, o, h, low, c, v in BARS
    ]
    described = found(tmp_path, "daily.csv", "\n".join([header, *lines]))
    assert first_bar(described) == FIRST
    assert any(text.startswith("closes below zero") for text in described["ask_the_user"])


def test_days_without_a_year_are_no_months(tmp_path: Path) -> None:
    described = found(tmp_path, "ABC.csv", plain("%b %d"))
    assert "no column holds dates" in described["refused"]
    monthly = [(dt.date(2004 + i // 12, i % 12 + 1, 1), *bar[1:]) for i, bar in enumerate(BARS)]
    assert found(tmp_path, "ABC.csv", plain("%b %y", monthly))["date_format"] == "%b %y"


def test_rows_of_several_kinds_are_refused_by_the_column_that_names_them(tmp_path: Path) -> None:
    lines = [
        f"{bar[0]},ABC,{kind},{value}"
        for bar in BARS
        for kind, value in zip(("open", "high", "low", "close", "volume"), bar[1:], strict=True)
    ]
    described = found(tmp_path, "long.csv", "\n".join(["date,ticker,variable,value", *lines]))
    assert "rows of several kinds, by their column 'variable'" in described["refused"]


def test_contracts_that_the_ticker_does_not_tell_are_asked_for(tmp_path: Path) -> None:
    lines = [f"{day},SPY,{o},C,{o},{h},{low},{c}" for day, o, h, low, c, _ in BARS]
    header = "Date,Ticker,Strike,Option Type,Open,High,Low,Close"
    described = found(tmp_path, "chain.csv", "\n".join([header, *lines]))
    assert any(
        text.startswith("contracts: option type, strike") for text in described["ask_the_user"]
    )


def test_the_side_of_a_trade_is_ones_own_only_by_the_day(tmp_path: Path) -> None:
    header, side = "timestamp,price,qty,side", ("buy", "sell")
    rows = [
        f"{10 * i % 24:02}:{7 * i % 60:02}:{i * 11 % 60:02},{100 + i},{i},{side[i % 2]}"
        for i in range(60)
    ]
    ticks = found(tmp_path, "ABC.csv", "\n".join([header, *(f"2021-03-01 {row}" for row in rows)]))
    assert (ticks["kind"], ticks.get("refused")) == ("ticks, not bars", None)
    own = [f"{day},{c},{v},{side[i % 2]}" for i, (day, *_, c, v) in enumerate(BARS)]
    described = found(tmp_path, "own.csv", "\n".join(["date,price,qty,side", *own]))
    assert "an account's own trades" in described["refused"]


def test_a_header_that_lies_is_found_by_the_prices(tmp_path: Path) -> None:
    text = plain().replace(ENGLISH, "Date,High,Low,Close,Vol,Spread")
    described = found(tmp_path, "ABC.csv", text)
    assert roles(described) == OHLCV
    assert any("header contradicts the data" in text for text in described["ask_the_user"])
    assert described["confidence"]["roles"] < 0.9


def test_without_a_header_the_high_is_the_highest(tmp_path: Path) -> None:
    lines = [f"{day},{c},{o},{h},{low},{v}" for day, o, h, low, c, v in BARS[::2]]
    described = found(tmp_path, "ABC.csv", "\n".join(lines))
    assert roles(described)[3:5] == ["high", "low"]
    assert sorted(roles(described)[1:3]) == ["close", "open"]


def test_without_a_header_the_volume_may_stand_in_front(tmp_path: Path) -> None:
    lines = [f"{day},{v},{o},{h},{low},{c}" for day, o, h, low, c, v in BARS]
    described = found(tmp_path, "ABC.csv", "\n".join(lines))
    assert roles(described) == ["date", "volume", "open", "high", "low", "close"]


def test_without_a_header_what_follows_the_volume_is_not_told(tmp_path: Path) -> None:
    lines = [f"{day},{o},{h},{low},{c},{v},{v // 90}" for day, o, h, low, c, v in BARS]
    assert roles(found(tmp_path, "ABC.csv", "\n".join(lines))) == [*OHLCV, "other"]


def test_lines_of_settings_above_the_header_are_no_rows(tmp_path: Path) -> None:
    head = "Start,2021-03-01\nEnd,2021-03-19\n\n"
    head += ",AAPL US Equity,MSFT US Equity\nDates,PX_LAST,PX_LAST\n"
    lines = [f"{day:%m/%d/%Y},{h},{c}" for day, _, h, _, c, _ in BARS]
    described = found(tmp_path, "b.csv", head + "\n".join(lines))
    assert described["instruments"] == ["AAPL US Equity", "MSFT US Equity"]
    assert described["data_rows"] == len(BARS)


def test_a_code_in_a_line_as_long_as_the_rows_is_above_the_header(tmp_path: Path) -> None:
    for line in ("Symbol,7203,,,,", "# ticker: 7203"):
        described = found(tmp_path, "data.csv", f"{line}\n{plain()}")
        assert described["lines_before_header"] == [line]
        assert described["header_lines"] == [ENGLISH]
        assert described["ticker"]["value"] == described["first_record"]["ticker"] == "7203"
        assert first_bar(described) == FIRST


def test_prices_in_cents_are_asked_for(tmp_path: Path) -> None:
    described = found(tmp_path, "ABC.csv", plain().replace("Close", "Close (pence)"))
    assert described["price_scale"] == 1
    assert any("divided by 100" in text for text in described["ask_the_user"])


def test_rows_whose_day_is_not_read_are_asked_for(tmp_path: Path) -> None:
    odd = [line.replace("-03-", "-üç-") for line in plain().splitlines()[1:4]]
    described = found(tmp_path, "ABC.csv", plain() + "\n".join(odd))
    assert described["confidence"]["date_format"] == 0.5
    assert "rows whose date is not read: 3, such as '2021-üç-01'" in described["ask_the_user"]


def test_a_volume_in_thousands_is_asked_for(tmp_path: Path) -> None:
    described = found(tmp_path, "ABC.csv", plain().replace("Volume", "Volume (thousands)"))
    assert roles(described) == OHLCV
    assert any("units of thousands" in text for text in described["ask_the_user"])


def test_an_indicator_called_alike_is_no_volume(tmp_path: Path) -> None:
    text = plain().replace(ENGLISH, "Date,Open,High,Low,Close,Volume MA")
    assert roles(found(tmp_path, "ABC.csv", text)) == [*OHLCV[:5], "other"]


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("Adj. Close", Role.ADJ_CLOSE),
        ("AdjOpen", Role.ADJ_OPEN),
        ("<TICKVOL>", Role.VOLUME),
        ("Closing Price", Role.CLOSE),
        ("Close (USD)", Role.CLOSE),
        ("Kapanış(TL)", Role.CLOSE),
        ("mid.o", Role.OPEN),
        ("next_close", Role.OTHER),
        ("PreClose", Role.OTHER),
        ("MA50", Role.OTHER),
        ("close_time", Role.OTHER),
        ("BidOpen", Role.OPEN),
        ("ask_px_0", Role.ASK),
        ("GOOG.Adjusted", Role.ADJ_CLOSE),
        ("當日收盤價", Role.CLOSE),
        ("近月價格", Role.OTHER),
        ("PAID UP VALUE", Role.OTHER),
        ("Kurs zamknięcia", Role.CLOSE),
        ("Açılış", Role.OPEN),
        ("Højeste", Role.HIGH),
    ],
)
def test_words_of_columns(header: str, role: Role) -> None:
    assert role_of(header)[0] is role


@pytest.mark.parametrize(
    ("name", "ticker"),
    [
        ("aapl.us.txt", "AAPL.US"),
        ("EURUSD1440.csv", "EURUSD"),
        ("BTC_USDT-5m.feather", "BTC/USDT"),
        ("Binance_ETHUSDT_1h.csv", "ETHUSDT"),
        ("oanda_EUR_USD_M5.csv", "EUR/USD"),
        ("HistoricalPrices.csv", None),
        ("2010_D.csv", None),
        ("stock_prices.xlsx", None),
        ("daily_adjusted_IBM.csv", "IBM"),
        ("prices_export_final_v2.csv", None),
        ("sub/folder/RELIANCE.NS.csv", "RELIANCE.NS"),
        ("prices.zip!GAZP.csv", "GAZP"),
    ],
)
def test_tickers_of_file_names(name: str, ticker: str | None) -> None:
    told = from_file_name(name)
    assert (told[0] if told else None) == ticker


@pytest.mark.parametrize("name", ["prices of cookies.csv", "gold.csv", "shop.csv"])
def test_a_word_that_is_written_as_no_code_is_asked_for(tmp_path: Path, name: str) -> None:
    described = found(tmp_path, name, plain())
    assert any(question["about"] == "ticker" for question in described["questions"])
    assert described["confidence"]["ticker"] < 0.9


def test_a_matrix_has_a_price_for_each_instrument(tmp_path: Path) -> None:
    lines = [f"{day},{o},{h},{c}" for day, o, h, _, c, _ in BARS]
    described = found(tmp_path, "prices.csv", "Date,AAPL,BRK.B,^GSPC\n" + "\n".join(lines))
    assert described["kind"] == "wide matrix (one price column per instrument)"
    assert described["instruments"] == ["AAPL", "BRK.B", "^GSPC"]
    assert described["cells_with_price"] == 3 * len(BARS)


def test_columns_of_no_instrument_are_asked_for(tmp_path: Path) -> None:
    lines = [f"{day},{o},{h}" for day, o, h, *_ in BARS]
    described = found(tmp_path, "w.csv", "Date,Temperature,Wind speed\n" + "\n".join(lines))
    assert described["confidence"]["kind"] < 0.9
    assert any("instruments?" in text for text in described["ask_the_user"])


def workbook(sheets: Sequence[str], title_rows: int = 0, offset: int = 0) -> bytes:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"default_date_format": "yyyy-mm-dd"})
    for name in sheets:
        sheet = book.add_worksheet(name)
        for row in range(title_rows):
            sheet.write(row, offset, "Daily prices")
        sheet.write_row(title_rows, offset, ENGLISH.split(","))
        for row, (day, *values) in enumerate(BARS, start=title_rows + 1):
            sheet.write_datetime(row, offset, dt.datetime.combine(day, dt.time()))
            sheet.write_row(row, offset + 1, values)
    book.close()
    return made.getvalue()


def test_sheets_with_title_rows_and_an_offset(tmp_path: Path) -> None:
    described = found(tmp_path, "book.xlsx", workbook(["AAPL", "MSFT"], title_rows=2, offset=2))
    assert (described["ticker"]["where"], described["sheets"]) == ("sheet", ["AAPL", "MSFT"])
    assert (described["order"], described["data_rows"]) == ("asc in every sheet", 2 * len(BARS))
    assert first_bar(described) == FIRST
    assert described["last_record"]["ticker"] == "MSFT"


def test_a_sheet_without_a_name_is_no_ticker(tmp_path: Path) -> None:
    described = found(tmp_path, "ABC.xlsx", workbook(["Sheet1"]))
    assert described["ticker"]["value"] == "ABC"


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_typed_files(tmp_path: Path, kind: str) -> None:
    table = pa.table(dict(zip(OHLCV, zip(*BARS, strict=True), strict=True)))
    path = tmp_path / f"ABC.{kind}"
    if kind == "parquet":
        pyarrow.parquet.write_table(table, path)
    else:
        pyarrow.feather.write_feather(table, path)
    (proposal,) = detect(tmp_path)
    described = as_object(proposal)
    assert (described["container"], described["date_format"]) == (kind, "date32[day]")
    assert first_bar(described) == FIRST


@pytest.mark.parametrize(
    ("packed", "name"), [(gzip.compress, "ABC.csv.gz"), (lzma.compress, "ABC.csv.xz")]
)
def test_packed_files(tmp_path: Path, packed: Any, name: str) -> None:
    described = found(tmp_path, name, packed(plain().encode()))
    assert described["container"] == name.rpartition(".")[2]
    assert described["ticker"]["value"] == "ABC"
    assert first_bar(described) == FIRST


def test_members_of_an_archive_and_a_path_that_leaves_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("us/ABC.csv", plain())
        archive.writestr("../evil.csv", plain())
    good, bad = detect(tmp_path)
    assert (good.name, good.refusal) == ("all.zip!us/ABC.csv", None)
    assert bad.refusal is not None
    assert "leaves the folder" in bad.refusal


def test_a_link_that_leaves_the_folder_is_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "prices", tmp_path / "secret.csv"
    inside.mkdir()
    outside.write_text(plain())
    (inside / "ABC.csv").symlink_to(outside)
    (proposal,) = detect(inside)
    assert "leaves the folder" in str(proposal.refusal)


def zipped(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.csv", data)
    return made.getvalue()


def fractions(form: str) -> str:
    """Prices of bonds: whole numbers, 32nds and their quarters, as the form has them."""
    lines = [
        f"{day},{','.join([form.format(101 + i % 3, i * 2, '0257'[i % 4])] * 4)},{v}"
        for i, (day, *_, v) in enumerate(BARS)
    ]
    return "\n".join([ENGLISH, *lines]) + "\n"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.csv", b"", "empty"),
        ("bomb.zip", zipped(bytes(30_000_000)), "bomb"),
        ("bomb.csv.gz", gzip.compress(b"0" * 30_000_000), "bomb"),
        ("line.csv", b"1,2," * 2**20, "a line of"),
        ("columns.csv", b",".join([b"1"] * 30_000) + b"\n", "columns"),
        ("page.csv", b"<!DOCTYPE html>\n<html>404</html>\n", "page"),
        ("page.xls", b"<table><tr><td>Date</td><td>Close</td></tr></table>", "a page of HTML"),
        ("rows.json", b'[{"date": "2021-03-01", "close": 11.5}]', "JSON"),
        ("bonds.csv", fractions("{}'{:02}{}").encode(), "in fractions, such as 101'000"),
        ("notes.csv", fractions("{}-{:02}").encode(), "in fractions, such as 101-00"),
        ("old.csv", fractions("{} {}/32").encode(), "in fractions, such as 101 0/32"),
        ("two.csv", f"{plain()}\nDate,Amount\n2021-03-05,0.22\n".encode(), "line 18 (Date,Amount)"),
        ("picture.csv", bytes(range(256)) * 40, "no text"),
        ("cut.csv.gz", gzip.compress(plain().encode())[:-20], "unpacked"),
        ("no.zip", b"PK\x03\x04" + bytes(100), "archive"),
        ("no.parquet", b"PAR1" + bytes(100), "cannot be read"),
        ("notes.txt", b"Buy low, sell high.\nAnd wait, for long.\n", ""),
        ("companies.csv", b"Symbol,Name,Sector\n" + b"AA,Company,Tech\n" * 30, "no price file"),
        ("own.csv", b"Date,Side,Ticker,Price,Fee\n" + b"2020-01-02,BUY,AA,5,1\n" * 9, "own trades"),
    ],
)
def test_what_is_no_price_file_is_refused_with_the_reason(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    described = found(tmp_path, name, data)
    assert described["kind"] == "no prices"
    assert described["refused"]
    assert reason in described["refused"]


def test_a_large_file_is_read_in_samples(tmp_path: Path) -> None:
    path = tmp_path / "ABC.csv"
    line = "1999-12-31,10.5,12.5,9.5,11.5,1000\n"
    with path.open("w") as file:
        file.write(plain())
        file.write(line * (WHOLE_BYTES // len(line) + 1))
        file.write("2030-01-01,10.5,12.5,9.5,11.5,1000")
    (proposal,) = detect(path)
    described = as_object(proposal)
    assert (described["whole"], described["data_rows"]) == (False, None)
    assert first_bar(described) == FIRST
    last = described["last_record"]
    assert isinstance(last, dict)
    assert last["date"] == "2030-01-01"
    assert "check_sums" not in described


def test_files_of_one_layout_make_one_yaml_which_answers_outlive(tmp_path: Path) -> None:
    for name in ("AAA", "BBB"):
        (tmp_path / f"{name}.csv").write_text(plain())
    (tmp_path / "CCC.csv").write_text(plain("%m/%d/%Y", BARS[:5]))
    layouts = grouped(list(detect(tmp_path)))
    assert sorted(len(layout.proposals) for layout in layouts) == [1, 2]
    (asked,) = (layout for layout in layouts if len(layout.proposals) == 1)
    document = yaml.safe_load(as_yaml(asked))
    assert document["confirmed"] is False
    assert document["questions"][0]["possible"] == ["%d/%m/%Y", "%m/%d/%Y"]
    into = tmp_path / "layouts"
    assert len(write(layouts, into)) == 2
    confirmed = into / f"{asked.name}.yml"
    confirmed.write_text(confirmed.read_text().replace("confirmed: false", "confirmed: true"))
    assert write(grouped(list(detect(tmp_path, besides=into))), into) == []
    assert yaml.safe_load(confirmed.read_text())["confirmed"] is True


def test_files_of_one_layout_decide_dates_together(tmp_path: Path) -> None:
    (tmp_path / "AAA.csv").write_text(plain("%m/%d/%Y", BARS[:5]))
    (tmp_path / "BBB.csv").write_text(plain("%m/%d/%Y"))
    (layout,) = grouped(list(detect(tmp_path)))
    assert layout.description["date_format"] == "%m/%d/%Y"
    assert yaml.safe_load(as_yaml(layout))["questions"] == []


def test_instruments_side_by_side_are_told_by_a_second_line(tmp_path: Path) -> None:
    header = "Price,Close,Close,Open,Open\nTicker,AAPL,MSFT,AAPL,MSFT\nDate,,,,\n"
    lines = [f"{day},{c},{h},{o},{low}" for day, o, h, low, c, _ in BARS]
    described = found(tmp_path, "prices.csv", header + "\n".join(lines))
    assert described["instruments"] == ["AAPL", "MSFT"]
    assert any("side by side" in text for text in described["ask_the_user"])


def test_trades_and_quotes_are_ticks(tmp_path: Path) -> None:
    trades = [
        f"{i},{o},{v},{1_609_459_200_000 + 1037 * i}" for i, (_, o, *_, v) in enumerate(BARS * 4)
    ]
    described = found(tmp_path, "t.csv", "id,price,qty,time\n" + "\n".join(trades))
    assert (described["kind"], described["frequency"]) == ("ticks, not bars", "tick")
    quotes = [f"{1_609_459_200 + 7 * i},{o},{o + 0.01}" for i, (_, o, *_) in enumerate(BARS)]
    described = found(tmp_path, "q.csv", "\n".join(quotes))
    assert roles(described) == ["datetime", "bid", "ask"]


def test_no_column_of_a_list_is_a_price_for_want_of_another(tmp_path: Path) -> None:
    text = "SYMBOL,DATE OF LISTING,PAID UP VALUE,MARKET LOT\n" + "ABC,06-OCT-2008,5,1\n" * 20
    described = found(tmp_path, "listed.csv", text)
    assert described["kind"] == "no prices"


DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from([",", ";", "\t", "|"]),
        "form": st.sampled_from(
            ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%d-%b-%y", "%Y/%m/%d"]
        ),
        "comma": st.booleans(),
        "order": st.permutations(range(1, 6)),
        "descending": st.booleans(),
        "header": st.sampled_from(
            [
                ["Date", "Open", "High", "Low", "Close", "Volume"],
                ["Datum", "Erster", "Hoch", "Tief", "Schlusskurs", "Stück"],
                ["Дата", "Откр.", "Макс.", "Мин.", "Закр.", "Объём"],
                ["日期", "开盘价", "最高价", "最低价", "收盘价", "成交量"],
            ]
        ),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
        "ending": st.sampled_from(["\n", "\r\n"]),
        "seed": st.floats(0.5, 90_000),
    }
)  # fmt: skip


@given(DIALECTS)
@settings(max_examples=60)
def test_a_file_in_any_dialect_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, dialect: dict[str, Any]
) -> None:
    """Whatever way of writing: the roles, the first bar and the sum come out as they went in."""
    price = round(dialect["seed"], 2)
    bars = [
        (day, price + i, price + i + 0.5, price * 0.5 + i / 2, price + i + 0.25, 1000 + i)
        for i, day in enumerate(DAYS)
    ]
    bars = bars[::-1] if dialect["descending"] else bars
    order = [0, *dialect["order"]]

    def cell(value: Any) -> str:
        if isinstance(value, dt.date):
            return value.strftime(dialect["form"])
        text = f"{value:.4f}" if isinstance(value, float) else str(value)
        text = text.replace(".", ",") if dialect["comma"] else text
        return f'"{text}"' if dialect["delimiter"] in text else text

    rows = [dialect["header"], *bars]
    lines = [
        dialect["delimiter"].join(
            row[place] if row is dialect["header"] else cell(row[place]) for place in order
        )
        for row in rows
    ]
    data = (dialect["ending"].join(lines) + dialect["ending"]).encode(dialect["encoding"])
    described = found(tmp_path_factory.mktemp("dialect"), "ABC.csv", data)
    assert roles(described) == [OHLCV[place] for place in order]
    record = described["first_record"]
    assert record["date"] == bars[0][0].isoformat()
    for name, value in zip(OHLCV[1:], bars[0][1:], strict=True):
        assert record[name] == pytest.approx(value, abs=1e-4)
    assert described["check_sums"]["sum_close"] == pytest.approx(sum(bar[4] for bar in bars))
    assert described["order"] == ("desc" if dialect["descending"] else "asc")
    assert described["ask_the_user"] == []


@pytest.mark.parametrize(
    "bytes_at",
    [{10: 0, 21: 255, 25: 255}, {10: 99}],
    ids=["a member that goes on behind the end", "a packing that is not known"],
)
def test_a_damaged_archive_is_refused_and_ends_nothing(
    tmp_path: Path, bytes_at: dict[int, int]
) -> None:
    with zipfile.ZipFile(tmp_path / "some.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ABC.csv", plain())
    body = bytearray((tmp_path / "some.zip").read_bytes())
    # Of the directory's entry: how the member is packed, and its sizes.
    for place, value in bytes_at.items():
        body[body.index(b"PK\1\2") + place] = value
    (tmp_path / "some.zip").write_bytes(body)
    (tmp_path / "sound.csv").write_text(plain())
    damaged, sound = detect(tmp_path)
    assert "the archive cannot be read: " in str(damaged.refusal)
    assert sound.refusal is None


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ABC.csv"
    path.write_text(plain())
    path.chmod(0)
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (proposal,) = detect(tmp_path)
    assert "cannot be read" in str(proposal.refusal)
