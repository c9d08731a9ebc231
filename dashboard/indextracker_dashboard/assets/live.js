// What the page Live does in the browser: it listens to the consumer by way of the dashboard, keeps
// what it is told, and draws it. Called by live/page.py; the form of events is told by
// indextracker/live/watching.py and serving.py.
"use strict";

(() => {
  const CHART = "live-chart";
  // What decides what is told; the rest of an address is how it is looked at.
  const KEY = ["watch", "symbol", "scale"];
  const FIRST_BARS = 120, AGAIN_MS = 5_000;
  const { COLOURS, decimalsOf, number } = window.indextracker.bars;
  const same = () => dash_clientside.no_update;
  const set = (id, props) => dash_clientside.set_props(id, props);

  let held = { query: null, scheme: "light" };
  let source = null, again = 0;
  const digitsOf = new Map();

  // ---- what is shown, as components of Dash

  const made = (namespace, type, props, children) => ({ namespace, type, props: { ...props, children } });
  const of = (type, children, props = {}) => made("dash_html_components", type, props, children);
  const code = (text) => of("Code", text);

  const paramsOf = (changes) => {
    const params = new URLSearchParams(held.query ?? "");
    for (const [name, value] of Object.entries(changes)) params.set(name, value);
    return `?${params}`;
  };

  const chosen = (symbol, label = symbol) =>
    made("dash_core_components", "Link", { href: `/live${paramsOf({ symbol })}` }, label);

  const signed = (value, text) => (value > 0 ? `▲ +${text}` : value < 0 ? `▼ ${text}` : text);
  const kind = (value) => (value > 0 ? "up" : value < 0 ? "down" : "");

  // The chart knows no zones: it is given the clock's own time as if that were UTC.
  const onClock = (ms) =>
    new URLSearchParams(held.query ?? "").get("zone") === "utc" ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000;
  const written = (ms, end = 19) => new Date(onClock(ms)).toISOString().slice(0, end).replace("T", " ");
  // Of another day its date, and no seconds.
  const today = (ms, now) => {
    const text = written(ms);
    return text.slice(0, 10) === written(now, 10) ? text.slice(11) : text.slice(5, 16);
  };

  // ---- the state of the connection

  const PUT = [code("indextracker stream quotes AAPL BTC-USD"), " puts prices as they come, ",
    code("indextracker stream replay taiwan 2024-12-16 --speed 60"), " those of a stored session."];

  const told = () => {
    const { connection, said, status } = held;
    const sign = (text, there) => of("Span", text, { className: `sign ${there ? "is-there" : "is-missing"}` });
    if (connection === "absent") {
      set("live-connection", { children: [sign("consumer not running", false), of("Span", said || "It is tried again every two seconds.")] });
      const shown = held.quotes?.size ? [" What is shown is of before."] : [];
      return set("live-missing", { children: of("P", ["In a terminal ", code("indextracker stream run"),
        " starts the consumer, which this page listens to; ", ...PUT, ...shown], { className: "live-help" }) });
    }
    if (connection !== "connected") {
      const words = { full: said, connecting: "connecting" }[connection] ?? "reconnecting";
      return set("live-connection", { children: [sign(words, false)] });
    }
    const parts = [sign("connected", true)];
    const add = (text) => parts.push(of("Span", text));
    if (status.hindered) add(`the consumer waits: ${status.hindered}`);
    if (status.view) add(`the live view waits: ${status.view}`);
    add(status.behind > 999 ? `consumer ${number(status.behind / 1000)} s behind` : "consumer up to date");
    if (status.arrived) add(`last quote arrived ${number(Math.max(status.now - status.arrived, 0) / 1000)} s ago`);
    if (status.reading) add(`${status.reading} earlier ${status.reading > 1 ? "hours are" : "hour is"} being read`);
    set("live-connection", { children: parts });
    const none = !held.quotes.size && !status.reading;
    set("live-missing", { children: none ? of("P", ["There are no quotes yet: ", ...PUT], { className: "live-help" }) : null });
  };

  // ---- quotes and alerts

  const row = (symbol, moved) => {
    const one = held.quotes.get(symbol);
    const here = symbol === held.symbol ? "here" : "";
    const name = [chosen(symbol), one?.name ? of("Small", one.name) : null].filter(Boolean);
    if (!one) return of("Tr", [of("Th", name, { scope: "row" }), of("Td", "no quote of the last day", { colSpan: 2 })], { className: here });
    const before = one.previous_close ?? one.first;
    const change = one.price - before;
    // As many decimals as it ever had: prices that move stay below each other.
    const digits = Math.max(decimalsOf([one.price, before]), digitsOf.get(symbol) ?? 0);
    digitsOf.set(symbol, digits);
    const percent = `${change > 0 ? "+" : ""}${number((100 * change) / before, 2)}%${one.previous_close === null ? " *" : ""}`;
    const traded = one.size === null ? number(one.volume || null) : `${number(one.size)} of ${number(one.volume)}`;
    return of("Tr", [
      of("Th", name, { scope: "row" }),
      of("Td", [of("Span", `${number(one.price, digits)}${one.currency ? ` ${one.currency}` : ""}`, { className: "price" }),
        of("Small", `${signed(change, number(change, digits))} (${percent})`, { className: kind(change) })],
      { className: moved.has(symbol) ? "moved" : "", key: `${one.at} ${one.price}` }),
      of("Td", [today(one.at, held.status.now), of("Small", traded)]),
    ], { className: here });
  };

  const list = (moved = new Set()) => {
    const head = ["symbol", ["price", of("Small", "change")], ["time", of("Small", "volume")]].map((name) => of("Th", name, { scope: "col" }));
    const table = of("Table", [of("Thead", of("Tr", head)), of("Tbody", held.watch.map((symbol) => row(symbol, moved)))], { className: "figures" });
    const untold = held.watch.some((symbol) => held.quotes.get(symbol)?.previous_close === null);
    const note = untold ? [of("P", "* from the first price shown: no previous close is told", { className: "of" })] : [];
    set("live-quotes", { children: held.watch.length ? [of("Div", table, { className: "scrolled" }), ...note] : null });
  };

  // The sentence of an alert, in which its symbol leads to its candles: most begin with it.
  const named = ({ symbol, message }) => {
    const link = of("B", chosen(symbol));
    return message.startsWith(`${symbol} `) ? [link, message.slice(symbol.length)] : [link, ` ${message}`];
  };

  const alerts = () => {
    const items = held.alerts.map((one) => of("Li", [
      of("Time", today(one.window_end, held.status.now)), " ", ...named(one), " ", of("Small", one.rule),
    ]));
    set("live-alerts", { children: items.length ? of("Ul", items, { className: "plain" }) : of("P", "There is none.") });
  };

  // ---- candles

  const shown = (start) => Math.round(onClock(start * 1000) / 1000);
  const points = (start) => {
    const [open, high, low, close, , , volume] = held.bars.get(start);
    const time = shown(start), colour = COLOURS[held.scheme];
    return [{ time, open, high, low, close }, { time, value: volume, color: `${close >= open ? colour.up : colour.down}99` }];
  };

  // Draws all; where others follow, or came before, it looks at the newest ones.
  const draw = (looks) => {
    const colour = COLOURS[held.scheme];
    const starts = [...held.bars.keys()].sort((a, b) => a - b);
    held.last = starts[starts.length - 1];
    held.digits = decimalsOf([...held.bars.values()].flatMap((one) => one.slice(0, 4)));
    const both = starts.map(points);
    const quiet = { lastValueVisible: false, priceLineVisible: false };
    const series = [
      { id: "bars", type: "candlestick", data: both.map(([bar]) => bar),
        options: { upColor: colour.up, downColor: colour.down, wickUpColor: colour.up, wickDownColor: colour.down, borderVisible: false,
          priceFormat: { type: "price", precision: held.digits, minMove: 10 ** -held.digits } } },
      { id: "volume", type: "histogram", pane: 1, data: both.map(([, bar]) => bar), options: { ...quiet, priceFormat: { type: "volume" } } },
    ];
    const chartOptions = {
      layout: { background: { type: "solid", color: "transparent" }, textColor: colour.text, fontSize: 12,
        fontFamily: "system-ui, sans-serif", attributionLogo: false, panes: { separatorColor: colour.grid } },
      grid: { vertLines: { color: colour.grid }, horzLines: { color: colour.grid } },
      rightPriceScale: { borderColor: colour.grid },
      timeScale: { borderColor: colour.grid, timeVisible: true, secondsVisible: false },
      crosshair: { mode: 0 },
    };
    const range = looks ? { visibleLogicalRange: { from: Math.max(both.length - FIRST_BARS, 0) - 0.5, to: Math.max(both.length, 20) + 1.5 } } : {};
    set(CHART, { series, chartOptions, ...range });
  };

  const legend = (start) => {
    const bar = held.bars?.get(start);
    if (!bar) return set("live-legend", { children: null });
    const [open, high, low, close, mean, vwap, volume, quotes] = bar;
    const parts = [of("Span", written(start * 1000, 16), { className: "when" })];
    const add = (name, text) => parts.push(of("Span", [of("Span", `${name} `, { className: "name" }), text]));
    [["O", open], ["H", high], ["L", low], ["C", close]].forEach(([name, value]) => add(name, number(value, held.digits)));
    parts.push(of("Span", signed(close - open, number(close - open, held.digits)), { className: kind(close - open) }));
    add("mean", number(mean, held.digits + 2));
    add("VWAP", number(vwap, held.digits + 2));
    add("volume", number(volume));
    add("quotes", number(quotes));
    set("live-legend", { children: parts });
  };

  const candles = (event, isOther) => {
    const changed = event.bars ?? [];
    if (!changed.length && !isOther) return;
    for (const [start, ...bar] of changed) held.bars.set(start, bar);
    const first = Math.min(...changed.map(([start]) => start));
    if (isOther || first < held.last || held.last === undefined) draw(isOther || held.fills || held.last === undefined);
    else {
      held.last = Math.max(held.last, ...changed.map(([start]) => start));
      set(CHART, { tick: changed.flatMap(([start]) => {
        const [bar, volume] = points(start);
        return [{ id: "bars", bar }, { id: "volume", bar: volume }];
      }) });
    }
    if (held.pointed === undefined || !held.bars.has(held.pointed)) legend(held.last);
    else legend(held.pointed);
  };

  // ---- what is told

  const offer = (symbols) => {
    const params = new URLSearchParams(held.query ?? "");
    const watched = (params.get("watch") ?? "").split(",").filter(Boolean);
    // A field forgets what is chosen and not offered, and the address with it.
    const all = (more) => [...new Set([...symbols, ...more])];
    set({ field: "watch" }, { data: all(watched) });
    set({ field: "symbol" }, { data: all([params.get("symbol")].filter(Boolean)).map((one) => ({ value: one, label: one })) });
  };

  const hear = (event) => {
    if (!document.getElementById("live-connection")) return close();
    const news = JSON.parse(event.data);
    if (news.whole) Object.assign(held, { quotes: new Map(), bars: new Map(), alerts: [], last: undefined });
    held.connection = "connected";
    // The day is read from its end.
    held.fills = news.whole || held.status?.reading > 0;
    held.status = news.status;
    const isOther = news.whole || (news.symbol !== undefined && news.symbol !== held.symbol);
    if (news.watch) Object.assign(held, { watch: news.watch, symbol: news.symbol });
    if (news.symbols) offer(news.symbols);
    const moved = new Set();
    for (const [symbol, quote] of Object.entries(news.quotes)) {
      const before = held.quotes.get(symbol);
      if (before && before.price !== quote.price) moved.add(symbol);
      held.quotes.set(symbol, quote);
    }
    told();
    if (news.watch || Object.keys(news.quotes).length) list(moved);
    if (isOther) {
      held.pointed = undefined;
      set("live-title", { children: held.symbol ? `Candles of ${held.symbol}` : "Candles" });
    }
    candles(news, isOther);
    if (news.alerts || news.whole) {
      held.alerts = news.alerts ?? [];
      alerts();
    }
  };

  const close = () => {
    clearTimeout(again);
    source?.close();
    source = null;
  };

  const listen = () => {
    close();
    if (document.hidden || held.query === null || !document.getElementById("live-connection")) return;
    held.connection = "connecting";
    told();
    source = new EventSource(`/live/events${held.query}`);
    source.addEventListener("view", hear);
    for (const kind of ["absent", "full"])
      source.addEventListener(kind, (event) => {
        Object.assign(held, { connection: kind, said: JSON.parse(event.data) });
        told();
      });
    source.addEventListener("error", () => {
      // The end of a connection that said why is no news.
      if (!["absent", "full"].includes(held.connection)) {
        held.connection = "reconnecting";
        told();
      }
      if (source?.readyState === EventSource.CLOSED) again = setTimeout(listen, AGAIN_MS);
    });
  };

  // A window that nobody sees holds no connection: browsers have six of a server.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : listen()));

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    live: {
      // Follows the address: asks for something else, or draws the same by another clock.
      follow: (query, scheme) => {
        const before = new URLSearchParams(held.query ?? ""), now = new URLSearchParams(query ?? "");
        const isSame = held.query !== null && source && KEY.every((name) => before.get(name) === now.get(name));
        const fresh = !document.querySelector("#live-connection > *");
        held.query = query ?? "";
        held.scheme = scheme === "dark" ? "dark" : "light";
        if (!isSame || fresh) listen();
        else if (held.bars) {
          list();
          alerts();
          draw(false);
          legend(held.pointed ?? held.last);
        }
        return same();
      },

      point: (crosshair) => {
        if (!held.bars || !crosshair) return;
        held.pointed = crosshair.time === null ? undefined : [...held.bars.keys()].find((start) => shown(start) === crosshair.time);
        legend(held.pointed ?? held.last);
      },

      step: (back, forth) => {
        const which = dash_clientside.callback_context.triggered_id;
        if (!(back || forth) || !which || !held.watch?.length) return;
        const place = held.watch.indexOf(held.symbol) + (which === "live-next" ? 1 : -1);
        const symbol = held.watch[(place + held.watch.length) % held.watch.length];
        set("url", { search: paramsOf({ symbol }) });
      },
    },
  });
})();
