// Runs the statement of the SQL page: it goes into the address, which the answer follows.
"use strict";

window.dash_clientside = Object.assign({}, window.dash_clientside, {
  sql: {
    run: (clicks, written, run, state) => {
      if (!clicks) return;
      // The same again: the address stays, and the answer is asked for anew.
      if (written === run) window.dash_clientside.set_props("state", { data: state });
      else window.dash_clientside.set_props({ field: "sql" }, { value: written });
    },
    shown: (run) => run,
  },
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  if (event.target.id === "statement") document.getElementById("run").click();
});
