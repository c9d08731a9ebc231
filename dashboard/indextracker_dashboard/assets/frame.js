// What the frame does in the browser: it keeps address, controls and body alike, follows the
// system's light and dark, and lets keys press buttons. Called by app.py.
"use strict";

(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const scheme = () => (dark.matches ? "dark" : "light");

  const text = (value) =>
    value === null || value === undefined ? "" : Array.isArray(value) ? value.join(",") : String(value);

  // What a control holds of a field's text: its value has the kind that it had before.
  const held = (found, before) => {
    if (Array.isArray(before)) return found === "" ? [] : found.split(",");
    if (typeof before === "number") return found === "" ? null : Number(found);
    return found === "" && before !== "" ? null : found;
  };

  const fieldOf = (search, opened, field) => {
    const given = new URLSearchParams(search).get(field);
    return given === null ? opened.defaults[field] ?? "" : given;
  };

  // What the address took the place of in a control, until a hand chooses again. Controls that wait
  // before they tell their value may tell this one late: it is nobody's choice, and is set again.
  let replaced = {};
  for (const kind of ["pointerdown", "keydown"])
    document.addEventListener(kind, () => { replaced = {}; }, { passive: true, capture: true });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    frame: {
      toAddress: (values, ids, opened, search) => {
        const same = window.dash_clientside.no_update;
        if (!opened) return same;
        const query = new URLSearchParams(search);
        let changed = false;
        ids.forEach(({ field }, place) => {
          const chosen = text(values[place]), told = fieldOf(search, opened, field);
          if (chosen === told) return;
          if (chosen === replaced[field]) {
            window.dash_clientside.set_props(ids[place], { value: held(told, values[place]) });
            return;
          }
          changed = true;
          if (chosen === (opened.defaults[field] ?? "")) query.delete(field);
          else query.set(field, chosen);
        });
        if (!changed) return same;
        const written = query.toString();
        return written ? `?${written}` : "";
      },

      fromAddress: (search, pathname, values, ids, opened, state) => {
        if (!opened || pathname !== opened.at || search === state) return;
        ids.forEach((id, place) => {
          const found = fieldOf(search, opened, id.field), before = text(values[place]);
          if (found === before) return;
          replaced[id.field] = before;
          window.dash_clientside.set_props(id, { value: held(found, values[place]) });
        });
        window.dash_clientside.set_props("state", { data: search });
      },

      isNew: (latest, drawn) => !latest || drawn === undefined || drawn === null || latest === drawn,

      ready: (opened) => {
        if (opened.title) document.title = opened.title;
        return scheme();
      },
    },
  });

  const follow = () => {
    document.documentElement.dataset.agThemeMode = scheme();
    if (window.dash_clientside.set_props)
      window.dash_clientside.set_props("scheme", { data: scheme() });
  };
  document.documentElement.dataset.agThemeMode = scheme();
  dark.addEventListener("change", follow);

  // A key presses the button that names it in data-key, unless something is being written.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable], [role=grid], [role=listbox]")) return;
    const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  });
})();
