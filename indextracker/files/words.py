"""The words by which files name their columns, in many languages, and what they make of a header.

Words alone: whether the cells agree is decided in `roles`. Accents, case and signs do not count.
A market's or a vendor's name does not belong here; a language's word does.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from indextracker.files.model import Role

# Letters that do not come apart into a letter and an accent.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d", "æ": "ae", "œ": "oe"})
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_A_WORD = re.compile(r"[^\w%#]+|_+")

# By language: English, German, French, Spanish, Portuguese, Italian, Polish, Russian, Ukrainian,
# Turkish, Dutch, Swedish, Norwegian, Danish, Finnish, Czech, Hungarian, Romanian, Greek, Hebrew,
# Arabic, Chinese, Japanese, Korean, Vietnamese, Indonesian, Thai.
_WHEN = """
date|dates|day|datetime|date time|timestamp|time stamp|trade date|trading date|trading day
session date|business date|period|time|hour|local time|gmt time|utc time|open time|opentime
snapped at|start time|time open|bar time|dt|ts|ymd|yyyymmdd|as of|observation date|quote date
dtyyyymmdd|datum|zeit|uhrzeit|zeitstempel|zeitpunkt|handelstag|jour|heure|date heure|seance
horodatage|fecha|hora|fecha hora|data|dia|data hora|data pregao|data do pregao|giorno|ora
data ora|dzien|czas|godzina|дата|время|дата время|день|час|tarih|saat|tarih saat|tijd|tid|dato
paiva|paivamaara|aika|cas|datum cas|ido|idopont|ημερομηνια|תאריך|التاريخ|تاريخ|ngay
ngay giao dich|tanggal|วนท|วันที่|日期|日付|日付け|年月日|日時|時間|时间|時刻|交易日期|成交日期|成交時間|交易時間|成交时间|交易时间|날짜|일자
일시|시간|시각|체결시간|거래일|資料日期|交易日|年月|年度|月份
"""
_OPEN = """
prcod
opn pric|open pric|openpx|opn pr|bidopen|first price|initial price|開盤指數|开盘指数|開盤參考價 none
mid o|openprc|오픈
open|opening|open price|opening price|price open|px open|first|opn|op|o|openprice|opened|eroffn
eroffnung|eroeffnung|eroffnungskurs|eroeffnungskurs|erster|anfangskurs|ouverture|ouv
cours ouverture|premier|apertura|abertura|abert|preco abertura|preco de abertura|precio apertura
precio de apertura|aperturas|prezzo apertura|prezzo di apertura|ap|oppen|aben|mo|avaa|otwarcie
kurs otwarcia|открытие|откр|цена открытия|открытия|відкриття|відкр|acilis|acilis fiyati|openen
openingskoers|oppning|oppningskurs|oppnings|apning|apningskurs|abning|abningskurs|avaus
avauskurssi|otevreni|oteviraci|oteviraci kurz|nyito|nyitoar|nyito ar|deschidere|pret deschidere
ανοιγμα|פתיחה|שער פתיחה|الافتتاح|افتتاح|سعر الافتتاح|เปิด|開|开|開盤|開盤價|开盘|开盘价|今开|今開|始値|시가|mo cua
gia mo cua|pembukaan|buka|เปด|ราคาเปด|開市|開市價|開盘价
"""
_HIGH = """
prchd
مرتفع|اعلى
hgh pric|high pric|highpx|hi pr|最高指數|最高指数|maximum price|max price
mid h|askhi
high|highest|high price|highest price|price high|px high|max|maximum|day high|hi|h|highprice
daily high|hoch|hochst|hoechst|hochstkurs|hoechstkurs|tageshoch|hochster|plus haut|haut
cours plus haut|le plus haut|maximo|maxima|max|precio maximo|preco maximo|alto|massimo
prezzo massimo|maior|el mas alto|mas alto|najwyzszy|kurs max|najwyzszy kurs|max kurs|maks|макс
максимум|максимальная|максимальная цена|макс цена|высокий|найвища|yuksek|en yuksek|hoog|hoogste
hoogste koers|hogst|hogsta|hogstakurs|hog|hoy|hoyest|hoyeste|hoj|hojeste|hojst|ylin|korkein
nejvyssi|vysoky|legmagasabb|legmagasabb ar|maximum ar|max ar|maxim|pret maxim|υψηλο|υψηλοτερο|גבוה|שער גבוה
الاعلي|اعلي|الأعلى|أعلى|高|สูง|korkea|hog|最高|最高價|最高价|高値|고가|cao|cao nhat|gia cao nhat|tertinggi
สงสด|ราคาสงสด
"""
_LOW = """
prcld
منخفض|ادنى
lw pric|low pric|lowpx|lo pr|最低指數|最低指数|minimum price|min price
mid l|bidlo
low|lowest|low price|lowest price|price low|px low|min|minimum|day low|lo|l|lowprice|daily low
tief|tiefst|tiefstkurs|tagestief|niedrig|tiefster|plus bas|bas|cours plus bas|le plus bas|minimo
minima|precio minimo|preco minimo|bajo|baixo|minimo|prezzo minimo|menor|mas bajo|najnizszy
kurs min|najnizszy kurs|min kurs|мин|минимум|минимальная|минимальная цена|мин цена|низкий
найнижча|dusuk|en dusuk|laag|laagste|laagste koers|lagst|lagsta|lagstakurs|lag|lav|lavest
laveste|alin|matalin|nejnizsi|nizky|legalacsonyabb|legalacsonyabb ar|minimum ar|min ar|minim|pret minim|χαμηλο
χαμηλοτερο|נמוך|שער נמוך|الادني|ادني|الأدنى|أدنى|低|ต่ำ|matala|最低|最低價|最低价|安値|저가|thap|thap nhat
gia thap nhat|terendah|ตำสด|ราคาตำสด
"""
_CLOSE = """
prccd|prc
cls pric|close pric|closepx|cl pr|收盘指数|closing value|closing index value|settled close
mid c
close|closing|close price|closing price|price close|px close|close last|last close|cls|c
closeprice|closed|adj none close|schluss|schlusskurs|schlußkurs|schluss kurs|cloture|clot
cours cloture|fermeture|cours de cloture|cierre|precio cierre|precio de cierre|fechamento|fech
preco fechamento|preco de fechamento|chiusura|prezzo chiusura|prezzo di chiusura|zamkniecie
kurs zamkniecia|закрытие|закр|цена закрытия|закриття|kapanis|kapanis fiyati|slot|slotkoers|sluit
sluiting|stangning|stangningskurs|stangnings|slutt|slutkurs|sluttkurs|lukke|lukkekurs|paatos
paatoskurssi|zaviraci|zaviraci kurz|zavreni|zaro|zaroar|zaro ar|inchidere|pret inchidere
κλεισιμο|סגירה|שער סגירה|נעילה|שער נעילה|الاغلاق|الإغلاق|اغلاق|سعر الإغلاق|收盤|收盤價|收盤指數|收盘|收盘价|終値
종가|dong cua|gia dong cua|penutupan|tutup|ปด|ราคาปด|收市|收市價
"""
_LAST = """
last pric|成交價格|成交价格|成交价|成交均价 none|現價|最後成交價
last|last price|last traded price|ltp|last trade|latest|px last|lastprice|zuletzt|letzter
letzter kurs|dernier|dernier cours|ultimo|ultimo precio|ultimo preco|ultima|ultimo prezzo
ostatni|ostatnio|последняя|последняя цена|последний|остання|son|son fiyat|laatste|senaste|sist
siste|seneste|viimeisin|posledni|utolso|ultimul|τελευταια|אחרון|现价|最新价|ล่าสุด|อัตราล่าสุด|الأخير
آخر|最新價|成交價|成交价|現在値|현재가|체결가|lan cuoi|terakhir|ลาสด
"""
_PRICE = """
price|px|rate|quote|mid|mid price|spot|usd price|price usd|trade price|index value|level|fixing
nav|rate usd|kurs|preis|simdi|cours|prix|precio|preco|prezzo|cotacao|cotizacion|cena|цена|курс
fiyat|koers|pris|hinta|ar|pret|τιμη|שער|السعر|سعر|價格|价格|価格|指數|指数|값|가격|지수|gia|harga|ราคา|ціна|净值
淨值|单位净值
"""
_VALUE = """
value|obs value|val|wert|valeur|valor|valore|wartosc|значение|deger|waarde|varde|verdi|vaerdi
arvo|値|값|gia tri|nilai
"""
_PIECES = """
cshtrd|成交仟股|成交千股|成交股數(仟股)|trading volume|volume traded
ttl tradg vol|ttl trd vol|total traded volume|no of contracts|成交口數|成交股數(股)|成交張數
shares|shares traded|share volume|stuck|stuecke|stucke|stuck volumen|umsatz stuck|volumen stuck
titres|nombre de titres|total trade quantity|total traded quantity|traded quantity
trade quantity|ttl trd qnty|no of shares|number of shares|number of shares traded|quantity|qty|trade volume
traded volume|volume shares|tottrdqty|deliverable none|titulos|cantidad|quantidade|quantita
wolumen|wol|交易量|交易股數|ilosc|количество|кол во|объем в шт|adet|lot|成交股數|成交股数|成交量|出来高|거래량
tick volume|tickvol|tick vol|ticks|number of ticks|klgd|khoi luong|khoi luong gd
khoi luong giao dich|売買高|成交數量|成交数量|總成交股數
"""
_VOLUME = """
נפח|tot vol
volume|vol|volumes|total volume|vol total|v|vlm|px volume|traded vol|day volume|basevolume
volume base|volume from|volumefrom|real volume|amount|size|volumen|volumen total|volum
volume total|obj|obrot none|объем|обьем|об|обсяг|hacim|hac|omzet none|volym|volyymi|vaihto|objem
forgalom none|forgalom db|volumul|ογκος|מחזור|מחזור יחידות|حجم|الحجم|حجم التداول|kl|ปรมาณ|総出来高|手数
"""
_TURNOVER = """
ttl trf val|tottrdval|net trdval|net traded value|total turnover|turnover rs|quote asset vol
turnover|trade value|traded value|turnover lacs|turnover inr|dollar volume|quote volume
quote asset volume|volume usd|volume usdt|volumeto|volume to|turnover usd|umsatz|umsatz euro
volumen euro|capitaux|efectivo|montant|volume financeiro|financeiro|controvalore|obrot|оборот
hacim tl|omzet|omsattning|omsetning|omsaetning|liikevaihto|forgalom|rulaj|τζιρος|成交金額|成交金额|成交額
成交额|売買代金|거래대금|gia tri giao dich|gtgd|nilai transaksi
"""
_TICKER = """
ticker|tic|#ric|sym root|symbol|sym|instrument|security|security id|scrip|stock symbol|stock code|code|ric
isin|cusip|asset|pair|contract|underlying|sc code|secid|tckr symb|tckrsymb|wind code|windcode
ts code|order book id|act symbol|kurzel|kuerzel|wertpapier|valeur none
simbolo|simbolo bursatil|papel|ativo|codigo|codneg|titolo|walor|символ|тикер|инструмент|бумага
hisse|sembol|kod|aandeel|aktie|osake|σύμβολο|סימול|الرمز|證券代號|證券代码|证券代码|股票代碼|股票代號|股票代码|代碼|代码|代號
品种|合约|合約|銘柄コード|コード|종목코드|종목|단축코드|ma ck|ma|ma chung khoan|kode|kode saham|หลกทรพย|商品代號|商品代碼|商品|契約
"""
_NAMES = """
isin|isin number|cusip|permno|figi|wkn|sedol
name|company|company name|stock|stock name|sc name|coin|market|security name|instrument name
nazwa|naam|nombre|nome|bezeichnung|наименование|название|證券名稱|证券名称|股票名稱|股票名称|名稱|名称|銘柄|銘柄名|종목명|이름
ten|nama
"""
_OPEN_INTEREST = """
open interest|openinterest|openint|open int|oi|opint|previous day open interest
prev day open interest|open interest contracts|interes abierto|contratos em aberto
открытый интерес|持仓量|持倉量|未平倉|未沖銷契約數|未平倉量|建玉|미결제|미결제약정
"""
_SETTLE = """
settle|settlement|settlement price|settle price|settlementprice|daily settlement
abrechnungspreis|abrechnungskurs|ajuste|liquidacion|preco de ajuste|расчетная цена|结算价|結算價|清算値
정산가|sett price|sttlmpric
"""
_BID = """
kop|kopkurs|kjop
bid|bid price|best bid|geld|geldkurs|kauf|compra|denaro|買價|买价|买一价|買氣配|매수호가|bidprice
"""
_ASK = """
salj|saljkurs|selg
ask|ask price|offer|best ask|brief|briefkurs|venta|venda|lettera|賣價|卖价|卖一价|매도호가|askprice
brief
"""
# A column with one of these is made of prices, is of another day, or is another thing altogether.
_TAINTS = """
face|paid|par|book|nominal|strike|expiry|issue|到期月份|近月|遠月
next|tomorrow|future|label|target|pred|predicted|forecast|signal|prev|previous|preclose|pre
yesterday|prior|vortag|prevclose|change|chg|pct|percent|%|chg%|var|var%|diff|difference|delta
return|returns|ret|log|prevreturn|variation|veranderung|diferencia|variacao|zmiana|изм|изменение
fark|变动|涨跌|漲跌|漲跌價差|涨跌幅|涨跌额|변동|대비|등락률|등락|전일비|変化|前日比|ma|sma|ema|wma|hma|avg|average|mean|median
std|stdev|rsi|macd|atr|obv|adx|bollinger|upper|lower|band|rolling|momentum|volatility|zscore
rank|trend|limit|ytd|52w|52wk|52week|weeks|circuit|acc|accumulated|cum|cumulative|delivery
deliverable|dlvry|taker|maker|buy|sell|spread|trades|count|ratio|coefficient|factor|marketcap
cap|capitalization|dividend|dividends|split|splits|earnings|signal|hint|range|body|shadow|昨收|前收盤
前收盘|前收|전일|예측
"""
_ADJUSTED = """
adj|adjusted|adjust|ajustado|ajuste|ajusté|bereinigt|скорр|調整後|调整后|後復權|前复权|复权|수정|adjclose
corrige|rettificato
"""
_ADJ_CLOSE = """
adjclose|adj close price|調整後終値|終値調整値|修正後終値|수정종가|수정주가|複權收盤|cierre ajustado|fechamento ajustado
bereinigter schlusskurs
"""


def _listed(words: str) -> frozenset[str]:
    return frozenset(
        normalised(word) for line in words.strip().splitlines() for word in line.split("|")
    ) - {""}


def normalised(header: str) -> str:
    """Words of a header: without case, accents and signs; words written together come apart."""
    apart = _CAMEL.sub(" ", header.strip().lstrip("\ufeff"))
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", apart.casefold())
        if unicodedata.category(letter) != "Mn"
    )
    composed = unicodedata.normalize("NFC", plain).translate(_LETTERS)
    return " ".join(_NOT_A_WORD.sub(" ", composed).split())


WHEN = _listed(_WHEN)
VALUE = _listed(_VALUE) | {"amount", "size"}
# How words of writing without blanks begin that are of another day, another kind, or adjusted.
_TAINTED_BEGINNINGS = (
    "前",
    "昨",
    "近月",
    "遠月",
    "远月",
    "歷史",
    "历史",
    "最佳",
    "最後最佳",
    "最后最佳",
    "平均",
    "加權",
    "加权",
    "漲",
    "涨",
    "均",
    "預",
    "预",
    "次日",
    "隔日",
    "到期",
    "履約",
    "履约",
    "価差",
    "價差",
    "전일",
    "예상",
)
_ADJUSTED_BEGINNINGS = (
    "調整",
    "调整",
    "還原",
    "还原",
    "复权",
    "後復權",
    "前复权",
    "修正",
    "수정",
)
TURNOVER = _listed(_TURNOVER)
TAINTS = _listed(_TAINTS)
ADJUSTED = _listed(_ADJUSTED)
# Several words of one role, the more telling ones first: of two columns the first found counts.
RANKED: tuple[tuple[Role, frozenset[str], int], ...] = (
    (Role.OPEN, _listed(_OPEN), 3),
    (Role.HIGH, _listed(_HIGH), 3),
    (Role.LOW, _listed(_LOW), 3),
    (Role.CLOSE, _listed(_CLOSE), 5),
    (Role.LAST, _listed(_LAST), 4),
    (Role.CLOSE, _listed(_PRICE), 3),
    (Role.CLOSE, VALUE - {"amount", "size"}, 2),
    (Role.SETTLE, _listed(_SETTLE), 3),
    (Role.VOLUME, _listed(_PIECES), 5),
    (Role.VOLUME, _listed(_VOLUME), 4),
    (Role.TICKER, _listed(_TICKER) - _listed(_NAMES), 4),
    (Role.TICKER, _listed(_NAMES), 2),
    (Role.OPEN_INTEREST, _listed(_OPEN_INTEREST), 3),
    (Role.BID, _listed(_BID), 3),
    (Role.ASK, _listed(_ASK), 3),
    (Role.ADJ_CLOSE, _listed(_ADJ_CLOSE), 5),
)
_KNOWN = frozenset().union(*(words for _, words, _ in RANKED)) | WHEN | TURNOVER | TAINTS
# Units and currencies that stand beside a word and say nothing of the role.
_BESIDE_WORDS = """
usd eur gbp jpy tl krw inr twd cny hkd chf cad aud pln rub brl try sek nok dkk czk huf btc eth usdt
rs ntd n t i ch in of the price prices px at contracts lots pts points shares units unit 1 2 3 4
5 6 7 8 9 0 円 元 원 стр руб zl kr
"""
_BESIDE = frozenset(_BESIDE_WORDS.split())
_ADJUSTED_ROLES = {
    Role.OPEN: Role.ADJ_OPEN,
    Role.HIGH: Role.ADJ_HIGH,
    Role.LOW: Role.ADJ_LOW,
    Role.CLOSE: Role.ADJ_CLOSE,
    Role.LAST: Role.ADJ_CLOSE,
    Role.VOLUME: Role.ADJ_VOLUME,
}


def is_word(header: str) -> bool:
    """Whether it is a word of columns, of any kind."""
    said = normalised(header)
    return said in _KNOWN or role_of(header)[1] > 0


def is_written_out(header: str) -> bool:
    """Whether it is a word as it stands, so that it is none by the accident of an encoding."""
    said = normalised(header)
    letters = sum(letter.isalpha() for letter in said)
    long = letters >= (2 if any(letter > "\u2e80" for letter in said) else 3)
    return said in _KNOWN and long and len(said) >= 0.8 * len(header.strip())


def of_time(header: str | None) -> bool:
    """Whether a column's name says that it holds days or times."""
    said = normalised(header or "")
    return said in WHEN or any(word in WHEN for word in said.split())


@cache
def role_of(header: str) -> tuple[Role, int]:
    """The role that a name says, and how strongly: 0 for nothing, 5 for the very word.

    Columns of days and times are found by their cells, not here.
    """
    said = normalised(header)
    if exact := _exactly(said):
        return exact
    tokens = said.split()
    if said in TURNOVER or any(token in TAINTS or token in WHEN for token in tokens):
        return Role.OTHER, 1
    if "bid" in tokens or "ask" in tokens:
        return _quoted(tokens)
    if any(token in ADJUSTED for token in tokens):
        return _adjusted(tokens)
    if any(letter > "\u2e80" for letter in said):
        return _unspaced(said)
    return _by_part(tokens)


def _quoted(tokens: list[str]) -> tuple[Role, int]:
    """Columns of quotes: `bid_px` is a bid, `BidOpen` the open of bars of bids, of asks another."""
    side = Role.BID if "bid" in tokens else Role.ASK
    rest = [word for word in tokens if word not in ("bid", "ask")]
    role, rank = _exactly(" ".join(rest)) or _by_part(rest)
    if role in (Role.OPEN, Role.HIGH, Role.LOW) or "close" in rest:
        return (role, rank) if side is Role.BID else (Role.OTHER, 1)
    sized = {"sz", "size", "qty", "quantity", "vol", "volume", "amount"} & set(rest)
    return (Role.OTHER, 1) if sized else (side, 2)


def _unspaced(said: str) -> tuple[Role, int]:
    """Of writing without blanks: by the word in which it ends, unless it begins with a taint."""
    if said.startswith(_TAINTED_BEGINNINGS):
        return Role.OTHER, 1
    first = said.split(maxsplit=1)[0]
    adjusted = first.startswith(_ADJUSTED_BEGINNINGS)
    for begin in range(1, len(first) - 1):
        if exact := _exactly(first[begin:]):
            role, rank = exact
            return (_ADJUSTED_ROLES.get(role, Role.OTHER), 2) if adjusted else (role, min(rank, 2))
    exact = _exactly(first)
    return (exact[0], exact[1] - 1) if exact else (Role.OTHER, 0)


def _exactly(said: str) -> tuple[Role, int] | None:
    for role, words, rank in RANKED:
        if said in words:
            return role, rank
    return None


def _adjusted(tokens: list[str]) -> tuple[Role, int]:
    rest = " ".join(token for token in tokens if token not in ADJUSTED) or "close"
    role, rank = _exactly(rest) or _by_part(rest.split())
    if rank == 0 and " " not in rest:
        # `AAPL.Adjusted`: the other word is the instrument's.
        return Role.ADJ_CLOSE, 1
    return (_ADJUSTED_ROLES[role], rank) if role in _ADJUSTED_ROLES else (Role.OTHER, 1)


def _by_part(tokens: list[str]) -> tuple[Role, int]:
    """By the words that are left when units are gone; one unknown word, a ticker, may stay."""
    telling = [token for token in tokens if token not in _BESIDE]
    telling = telling or [token for token in tokens if len(token) > 1]
    if exact := _exactly(" ".join(telling)):
        return exact[0], exact[1] - 1
    if " ".join(telling) in TURNOVER:
        return Role.OTHER, 1
    known = [
        found
        for token in telling
        if len(token) > 1 and token not in VALUE and (found := _exactly(token))
    ]
    if known and len({role for role, _ in known}) == 1 and len(telling) <= 3:
        return known[0][0], 1
    return Role.OTHER, 0
