// How bars and their prices are shown, on any page: colours by the scheme, and numbers as text. Scripts
// are loaded in the order of their names, this one before those of the pages.
"use strict";

(() => {
  const COLOURS = {
    light: { page: "#ffffff", text: "#212529", grid: "#e9ecef", up: "#0072B2", down: "#D55E00", vwap: "#6741d9",
      night: "rgba(73, 80, 87, 0.10)", mark: "#495057", over: ["#009E73", "#B8860B", "#AA3377", "#000000", "#7F7F7F"] },
    dark: { page: "#242424", text: "#dee2e6", grid: "#2f3237", up: "#56B4E9", down: "#E8833A", vwap: "#b197fc",
      night: "rgba(206, 212, 218, 0.10)", mark: "#adb5bd", over: ["#20c997", "#F0E442", "#CC79A7", "#ffffff", "#adb5bd"] },
  };

  // As few decimals as tell each of some values; prices have four at most.
  const decimalsOf = (values) => {
    for (let digits = 0; digits < 4; digits += 1) {
      const unit = 10 ** digits;
      if (values.every((one) => one === null || Math.abs(one * unit - Math.round(one * unit)) < 1e-6 * unit)) return digits;
    }
    return 4;
  };

  const number = (value, digits = 0) =>
    value === null || value === undefined ? "–"
      : value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

  window.indextracker = Object.assign({}, window.indextracker, { bars: { COLOURS, decimalsOf, number } });
})();
