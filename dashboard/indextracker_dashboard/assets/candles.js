// What the page Candles does in the browser: it keeps the bars that were loaded, draws them by the
// clock that was chosen, asks for more where the view nears their end, and writes the view into the
// address. Called by candles/page.py; the form of what is loaded is told in candles/wire.py.
"use strict";

(() => {
  const CHART = "candles-chart";
  // What says whether other bars are needed; the rest of an address is how they are looked at.
  const KEY = ["instrument", "contract", "strike", "type", "scale", "over", "prices"];
  const MOST_BARS_ADDED = 20_000, MOST_SESSIONS_ADDED = 250;
  const WRITTEN_AFTER_MS = 500;
  const { COLOURS, decimalsOf, number } = window.indextracker.bars;
  const same = () => dash_clientside.no_update;

  // What is on the chart; null until something was loaded.
  let held = null;
  let waiting = 0, asks = 0;

  // ---- times

  const clocks = new Map();
  // Seconds by which a zone is ahead of UTC; those of half an hour are alike.
  const ahead = (zone, at) => {
    if (zone === "UTC") return 0;
    if (!clocks.has(zone)) {
      const form = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric",
        month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
      clocks.set(zone, { form, known: new Map() });
    }
    const { form, known } = clocks.get(zone);
    const slot = Math.floor(at / 1800);
    if (!known.has(slot)) {
      const told = Object.fromEntries(form.formatToParts(slot * 1800_000).map((one) => [one.type, Number(one.value)]));
      known.set(slot, Date.UTC(told.year, told.month - 1, told.day, told.hour, told.minute, told.second) / 1000 - slot * 1800);
    }
    return known.get(slot);
  };

  const zoneOf = (params) =>
    ({ utc: "UTC", viewer: Intl.DateTimeFormat().resolvedOptions().timeZone })[params.get("zone")] ?? held.zone;

  // The chart knows no zones: it is given the clock's own time as if that were UTC.
  const shown = (at) => (held.daily ? at : at + ahead(held.clock, at));

  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const written = (time) => {
    const at = new Date(typeof time === "number" ? time * 1000 : `${time}T00:00:00Z`);
    const day = `${DAYS[at.getUTCDay()]} ${at.toISOString().slice(0, 10)}`;
    return typeof time === "number" ? `${day} ${at.toISOString().slice(11, 16)}` : day;
  };

  // ---- what is held

  // The place of the last value up to one.
  const placeOf = (sorted, value, of = (one) => one) => {
    let low = 0, high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (of(sorted[middle]) <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };

  const joined = (one, other) => {
    const found = { ...one, at: one.at.concat(other.at) };
    for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
      if (!["open", "high", "low", "close", "vwap", "volume", "legs"].includes(name)) continue;
      const none = (part) => new Array(part.at.length).fill(null);
      found[name] = (one[name] ?? none(one)).concat(other[name] ?? none(other));
    }
    found.runs = one.runs.concat(other.runs.map(([place, ...rest]) => [place + one.at.length, ...rest]));
    return found;
  };

  // All times on the chart in their order, and where sessions begin among them.
  const index = () => {
    const every = new Set();
    held.series.forEach((one) => one.at.forEach((at) => every.add(at)));
    held.times = [...every].sort((a, b) => (a < b ? -1 : 1));
    const starts = new Map();
    held.series.forEach((one) =>
      one.runs.forEach(([place, session]) => {
        const at = one.at[place];
        if (!starts.has(session) || at < starts.get(session)) starts.set(session, at);
      }));
    held.starts = [...starts].map(([session, at]) => ({ session, at })).sort((a, b) => (a.at < b.at ? -1 : 1));
  };

  const sessionAt = (at) => held.starts[Math.max(placeOf(held.starts, at, (one) => one.at), 0)]?.session;

  const keyOf = (params) => KEY.map((name) => params.get(name) ?? "").join("|");

  // ---- the view

  // The days that an address means, if all of them are held.
  const daysOf = (params) => {
    const last = params.get("last") ?? held.newest;
    const place = placeOf(held.days, last);
    if (place < 0 || (place === held.days.length - 1 && last > held.days[place] && held.later)) return null;
    const begin = place + 1 - Number(params.get("sessions") ?? held.fitting);
    if (begin < 0 && held.older && params.get("sessions")) return null;
    return held.days.slice(Math.max(begin, 0), place + 1);
  };

  // Places on the chart of some days, or of the part of them that an address names.
  const placesOf = (days, params) => {
    const first = held.starts.find((one) => one.session >= days[0]);
    const after = held.starts.find((one) => one.session > days[days.length - 1]);
    const none = { from: 0, to: held.times.length - 1 };
    if (!held.times.length || !first || (after && after.at <= first.at)) return none;
    const whole = {
      from: placeOf(held.times, first.at),
      to: after ? placeOf(held.times, after.at) - 1 : held.times.length - 1,
    };
    if (held.daily) return whole;
    const [begin, end] = ["begin", "end"].map((name) => Date.parse(params.get(name) ?? "") / 1000);
    const from = Number.isNaN(begin) ? whole.from : placeOf(held.times, begin - 1) + 1;
    const to = Number.isNaN(end) ? whole.to : placeOf(held.times, end);
    const inside = from >= whole.from && to <= whole.to && from < to
      && sessionAt(held.times[from]) === sessionAt(held.times[whole.from])
      && sessionAt(held.times[to]) === sessionAt(held.times[whole.to]);
    return inside ? { from, to } : whole;
  };

  const rangeOf = ({ from, to }) => ({ from: from - 0.5, to: to + 0.5 });

  const say = () => {
    const first = held.days[0], last = held.days[held.days.length - 1];
    const [begin, end] = held.view ? [held.view[0], held.view[held.view.length - 1]] : [first, last];
    const gone = held.missing.filter(({ key }) => key >= begin && key <= end);
    dash_clientside.set_props("candles-missing", { children: sentence(gone), hidden: !gone.length });
    const span = begin === end ? `session ${begin}` : `sessions ${begin} to ${end}`;
    const whose = held.daily ? "" : `, times of ${held.clock}`;
    dash_clientside.set_props("candles-range", { children: `${held.series[0].name}, ${held.scaleName}, ${span}${whose}. ${held.note}` });
  };

  const sentence = (gone) => {
    const reasons = new Map();
    gone.forEach(({ key, state, reason }) => {
      const why = [state.replaceAll("_", " "), reason].filter(Boolean).join(": ");
      reasons.set(why, [...(reasons.get(why) ?? []), key]);
    });
    const parts = [...reasons].map(([why, keys]) => {
      const named = keys.length > 3 ? `${keys[0]} to ${keys[keys.length - 1]} (${keys.length} sessions)` : keys.join(", ");
      return `${named} ${keys.length > 1 ? "are" : "is"} missing; ${why}`;
    });
    return parts.length ? `${parts.join(". ")}.` : "";
  };

  // ---- drawing

  const quiet = { lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false };

  // A line that breaks off where a session ends.
  const line = (one, values) => {
    const ends = new Set();
    one.runs.forEach(([place, session], run) => {
      if (run && session !== one.runs[run - 1][1]) ends.add(place - 1);
    });
    const points = [];
    one.at.forEach((at, place) => {
      if (values[place] === null) return;
      const point = { time: shown(at), value: values[place] };
      points.push(ends.has(place) && !held.daily ? { ...point, color: "transparent" } : point);
    });
    return points;
  };

  const nights = (colour) => {
    const one = held.series.find((each) => each.runs.some(([, , part]) => part === "night"));
    if (!one || held.daily) return [];
    const point = (at, part) => {
      const fill = part === "night" ? colour.night : "transparent";
      return { time: shown(at), value: part === "night" ? 1 : 0, lineColor: "transparent", topColor: fill, bottomColor: fill };
    };
    const points = one.runs.map(([place, , part]) => point(one.at[place], part));
    const [place, , part] = one.runs[one.runs.length - 1];
    if (place < one.at.length - 1) points.push(point(one.at[one.at.length - 1], part));
    return [{
      id: "nights", type: "area", data: points,
      // Points that stand for hours must not be merged with those of other hours.
      options: { ...quiet, priceScaleId: "nights", lineType: 1, lineWidth: 1, conflationThresholdFactor: 1e-9,
        autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 1 } }) },
      priceScaleOptions: { scaleMargins: { top: 0, bottom: 0 } },
    }];
  };

  const isFar = (one, main) => {
    const middle = (values) => values.filter((value) => value !== null).sort((a, b) => a - b)[Math.floor(values.length / 2)];
    const [its, ours] = [middle(one.close), middle(main.close)];
    return its !== undefined && ours !== undefined && Math.abs(its / ours - 1) > 0.25;
  };

  const drawn = (colour) => {
    const [main, ...over] = held.series;
    const price = (digits) => ({ type: "price", precision: digits, minMove: 10 ** -digits });
    held.digits = held.series.map((one) => decimalsOf(one.close ?? []));
    const candles = main.at.map((at, place) => {
      const time = shown(at);
      const [open, high, low, close] = [main.open, main.high, main.low, main.close].map((values) => values?.[place] ?? null);
      if (close === null) return { time };
      // An index of NSE may have a close alone.
      return { time, open: open ?? close, high: high ?? Math.max(open ?? close, close), low: low ?? Math.min(open ?? close, close), close };
    });
    const rolls = main.runs
      .filter(([, , , contract], run) => run && contract !== main.runs[run - 1][3])
      .map(([place, , , contract]) => ({ time: shown(main.at[place]), position: "aboveBar", shape: "arrowDown", color: colour.mark, text: contract ?? "" }));
    const found = nights(colour);
    if (main.vwap) found.push({ id: "vwap", type: "line", data: line(main, main.vwap), options: { ...quiet, lineWidth: 1, color: colour.vwap, priceFormat: price(2) } });
    held.left = false;
    over.forEach((one, place) => {
      const far = isFar(one, main);
      held.left ||= far;
      found.push({ id: `over-${place}`, type: "line", data: line(one, one.close),
        options: { ...quiet, lastValueVisible: true, lineWidth: 2, color: colour.over[place % colour.over.length],
          priceScaleId: far ? "left" : "right", priceFormat: price(held.digits[place + 1]) } });
    });
    found.push({
      id: "main", type: "candlestick", data: candles, markers: rolls,
      options: { upColor: colour.up, downColor: colour.down, wickUpColor: colour.up, wickDownColor: colour.down,
        borderVisible: false, priceFormat: price(held.digits[0]), priceLineVisible: false },
    });
    if (main.volume) {
      const bars = main.at.map((at, place) => ({ time: shown(at), value: main.volume[place] ?? 0,
        color: (main.close?.[place] ?? 0) >= (main.open?.[place] ?? 0) ? `${colour.up}99` : `${colour.down}99` }));
      found.push({ id: "volume", type: "histogram", pane: 1, data: bars, options: { ...quiet, priceFormat: { type: "volume" } } });
    }
    return found;
  };

  const options = (colour) => ({
    layout: { background: { type: "solid", color: colour.page }, textColor: colour.text, fontSize: 12,
      fontFamily: "system-ui, sans-serif", attributionLogo: false, panes: { separatorColor: colour.grid } },
    grid: { vertLines: { color: colour.grid }, horzLines: { color: colour.grid } },
    rightPriceScale: { borderColor: colour.grid },
    leftPriceScale: { borderColor: colour.grid, visible: held.left },
    // Without conflation each of thousands of bars on a pixel would be drawn.
    timeScale: { borderColor: colour.grid, timeVisible: true, secondsVisible: false, minBarSpacing: 0.005, enableConflation: true },
    crosshair: { mode: 0 },
    localization: { timeFormatter: written },
  });

  const redraw = (scheme) => {
    const colour = COLOURS[scheme === "dark" ? "dark" : "light"];
    held.colour = colour;
    const series = drawn(colour);
    const paneOptions = held.series[0].volume ? [{ stretchFactor: 4 }, { stretchFactor: 1 }] : [{ stretchFactor: 1 }];
    return { series, paneOptions, chartOptions: options(colour) };
  };

  // ---- what is seen of a bar

  const span = (children, className, style) =>
    ({ namespace: "dash_html_components", type: "Span", props: { children, className, style } });

  const legend = (at) => {
    const [main, ...over] = held.series;
    const place = placeOf(main.at, at);
    const run = main.runs[placeOf(main.runs, place, ([start]) => start)];
    const there = place >= 0 && main.at[place] === at;
    const value = (name) => (there ? main[name]?.[place] ?? null : null);
    const digits = held.digits[0];
    const named = [written(shown(at)), !held.daily && run?.[2], there && run?.[3]].filter(Boolean).join(" · ");
    const found = [span(named, "when")];
    const add = (name, text, colour) => {
      const swatch = colour ? [span(null, "swatch", { background: colour })] : [];
      found.push(span([...swatch, span(`${name} `, "name"), text], "figure"));
    };
    [["O", "open"], ["H", "high"], ["L", "low"], ["C", "close"]].forEach(([letter, name]) => add(letter, number(value(name), digits)));
    const [open, close] = [value("open"), value("close")];
    if (open !== null && close !== null) {
      const change = close - open;
      const sign = change > 0 ? "▲ +" : change < 0 ? "▼ " : "";
      found.push(span(`${sign}${number(change, digits)}`, "figure"));
    }
    if (main.vwap) add("VWAP", number(value("vwap"), 2), held.colour.vwap);
    if (main.volume) add(held.unit, number(value("volume")));
    if (main.legs && value("legs")) add("spread legs", number(value("legs")));
    over.forEach((one, order) => {
      const its = placeOf(one.at, at);
      if (its < 0 || sessionAt(one.at[its]) !== sessionAt(at)) return;
      const other = one.close[its], more = close === null || isFar(one, main) ? "" : ` (${main.name} ${close >= other ? "+" : ""}${number(close - other, Math.max(digits, held.digits[order + 1]))})`;
      add(one.name, `${number(other, held.digits[order + 1])}${more}`, held.colour.over[order % held.colour.over.length]);
    });
    return found;
  };

  const tellLast = (range) => {
    const last = held.times[Math.min(Math.floor(range?.to ?? Infinity), held.times.length - 1)];
    if (last !== undefined) dash_clientside.set_props("candles-legend", { children: legend(last) });
  };

  // A time as the chart has it, as it is held.
  const heldTime = (time) => {
    if (held.daily) return typeof time === "string" ? time : `${time.year}-${String(time.month).padStart(2, "0")}-${String(time.day).padStart(2, "0")}`;
    return held.times[placeOf(held.times, time, shown)];
  };

  // ---- asking for more, and the address

  const ask = (side, query, day, count) => {
    asks += 1;
    waiting = asks;
    dash_clientside.set_props("candles-asked", { data: { side, query, day, count, number: asks } });
  };

  const askNear = ({ from, to }) => {
    if (waiting || !held.times.length) return;
    const half = (to - from) / 2;
    const each = Math.max(held.times.length / held.starts.length, 1);
    const count = Math.max(Math.min(held.days.length, Math.floor(MOST_BARS_ADDED / each), MOST_SESSIONS_ADDED), 1);
    if (from < half && held.older) ask("before", held.query, held.days[0], count);
    else if (to > held.times.length - half && held.later) ask("after", held.query, held.days[held.days.length - 1], count);
  };

  let writing;
  const writeLater = (range) => {
    clearTimeout(writing);
    writing = setTimeout(() => write(range), WRITTEN_AFTER_MS);
  };

  const write = ({ from, to }) => {
    if (!held?.times.length || !document.getElementById(CHART)) return;
    const first = held.times[Math.max(Math.ceil(from), 0)], last = held.times[Math.min(Math.floor(to), held.times.length - 1)];
    if (first === undefined || last === undefined || first > last) return;
    const days = [sessionAt(first), sessionAt(last)];
    held.view = held.days.filter((day) => day >= days[0] && day <= days[1]);
    const params = new URLSearchParams(held.query);
    const set = { ...held.settled, last: days[1], sessions: held.view.length };
    if (!held.daily) {
      set.begin = new Date(first * 1000).toISOString().replace(":00.000", "");
      set.end = new Date(last * 1000).toISOString().replace(":00.000", "");
    }
    Object.entries(set).forEach(([name, value]) => params.set(name, value));
    held.key = keyOf(params);
    held.query = `?${params}`;
    // Looking around is no step that the back button should undo.
    history.replaceState(history.state, "", held.query);
    dash_clientside.set_props("url", { search: held.query });
    say();
  };

  // From a hand on the chart on, and until an address says otherwise, the view is the viewer's own.
  for (const kind of ["pointerdown", "wheel", "touchstart"])
    document.addEventListener(kind, (event) => {
      if (held && event.target instanceof Element && event.target.closest(`#${CHART}`)) held.roams = true;
    }, { passive: true, capture: true });

  // The picture with a line that says what it shows.
  const save = (drawn) => {
    const canvas = document.createElement("canvas");
    const dot = drawn.width / document.getElementById(CHART).clientWidth, line = 28 * dot;
    canvas.width = drawn.width;
    canvas.height = drawn.height + line;
    const pen = canvas.getContext("2d");
    pen.fillStyle = held.colour.page;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(drawn, 0, line);
    pen.fillStyle = held.colour.text;
    pen.font = `${13 * dot}px system-ui, sans-serif`;
    pen.fillText(document.getElementById("candles-range").innerText, 8 * dot, 18 * dot);
    const link = document.createElement("a");
    link.href = canvas.toDataURL("image/png");
    link.download = `${held.series[0].name} ${held.view[held.view.length - 1]}.png`.replace(/[^\w.+-]+/g, "-");
    link.click();
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    candles: {
      // Follows the address: looks elsewhere in what is held, or asks for what is not.
      follow: (query, loaded) => {
        const params = new URLSearchParams(query ?? "");
        if (!loaded || !held || held.key !== keyOf(params)) {
          held = null;
          ask("all", query ?? "");
          return same();
        }
        if (query === held.query) return same();
        const days = daysOf(params);
        if (!days) {
          ask("all", query);
          return same();
        }
        held.query = query;
        held.view = days;
        held.roams = false;
        clearTimeout(writing);
        const clock = zoneOf(params);
        const redrawn = clock === held.clock ? {} : ((held.clock = clock), redraw(held.scheme));
        const range = rangeOf(placesOf(days, params));
        dash_clientside.set_props(CHART, { ...redrawn, visibleLogicalRange: range });
        tellLast(range);
        say();
        return same();
      },

      // The field forgets what is chosen and not offered, and the address with it.
      offer: (offered, chosen) => (offered ? [...new Set([...offered, ...(chosen ?? [])])] : same()),

      // Draws what was loaded: all anew, or beside what is held.
      draw: (loaded, scheme, range) => {
        const none = [same(), same(), same(), same()];
        if (!loaded) return none;
        const isNew = loaded.number !== held?.number && loaded.number >= waiting;
        if (!isNew && !held) return none;
        let moved = same();
        if (isNew) {
          waiting = 0;
          const params = new URLSearchParams(loaded.query);
          if (loaded.side === "all" || !held) {
            if (loaded.side !== "all") return none;
            held = { ...loaded, key: keyOf(params), view: loaded.days };
            held.clock = zoneOf(params);
            index();
            moved = rangeOf(placesOf(held.days, params));
          } else {
            const before = loaded.side === "before";
            const empty = loaded.series.every((one) => !one.at.length);
            held.number = loaded.number;
            held[before ? "older" : "later"] = before ? !empty : loaded.later;
            if (empty && before) return none;
            const count = held.times.length;
            held.series = held.series.map((one, place) =>
              before ? joined(loaded.series[place], one) : joined(one, loaded.series[place]));
            held.days = before ? loaded.days.concat(held.days) : held.days.concat(loaded.days);
            held.missing = held.missing.concat(loaded.missing);
            index();
            const added = held.times.length - count;
            if (before && range) moved = { from: range.from + added, to: range.to + added };
          }
        }
        held.scheme = scheme;
        const { series, paneOptions, chartOptions } = redraw(scheme);
        say();
        tellLast(moved === same() ? range : moved);
        return [series, paneOptions, chartOptions, moved];
      },

      // Where people look: asks for more near the end of what is held, and tells the address.
      look: (range) => {
        if (!held || !range) return;
        askNear(range);
        if (held.roams) writeLater(range);
      },

      point: (crosshair) => {
        if (!held?.times.length || !crosshair) return same();
        const at = crosshair.time === null ? held.times[held.times.length - 1] : heldTime(crosshair.time);
        return at === undefined ? same() : legend(at);
      },

      press: (clicks) => clicks || same(),

      picture: (uri) => {
        if (!uri || !held) return;
        const drawn = new Image();
        drawn.onload = () => save(drawn);
        drawn.src = uri;
      },
    },
  });
})();
