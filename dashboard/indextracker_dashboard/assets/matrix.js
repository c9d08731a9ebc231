// Grids of links: one stop for the tab key, arrows lead from cell to cell.
"use strict";

(() => {
  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  const stopAt = (matrix, link) => {
    for (const other of matrix.querySelectorAll("tbody a")) other.tabIndex = other === link ? 0 : -1;
  };

  document.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const matrix = event.target.closest?.("table.matrix");
    if (!step || !matrix || event.target.tagName !== "A") return;
    const cells = [...matrix.tBodies[0].rows].map((row) => [...row.querySelectorAll("a")]);
    const line = cells.findIndex((row) => row.includes(event.target));
    const next = cells[line + step[0]]?.[cells[line].indexOf(event.target) + step[1]];
    event.preventDefault();
    if (!next) return;
    stopAt(matrix, next);
    next.focus();
  });

  // The page is drawn anew whenever its state changes.
  new MutationObserver(() => {
    for (const matrix of document.querySelectorAll("table.matrix:not([data-ready])")) {
      matrix.dataset.ready = "";
      stopAt(matrix, matrix.querySelector("tbody a.here") ?? matrix.querySelector("tbody a"));
    }
  }).observe(document, { childList: true, subtree: true });
})();
