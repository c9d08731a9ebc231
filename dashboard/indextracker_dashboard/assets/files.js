// Sends files that are dragged onto the page Files, or chosen there, one after the other.
"use strict";

(() => {
  const tell = (text) => {
    const place = document.getElementById("files-sending");
    if (place) place.textContent = text;
  };

  const send = async (area, files) => {
    const refused = [];
    let sent = 0;
    for (const file of files) {
      tell(`${file.name} is sent, ${sent + 1} of ${files.length}`);
      const query = new URLSearchParams({ collection: area.dataset.collection, name: file.name });
      try {
        const answer = await fetch(`/files/upload?${query}`, { method: "POST", body: file });
        if (answer.ok) sent += 1;
        else refused.push((await answer.text()).trim());
      } catch {
        refused.push(`${file.name} could not be sent`);
      }
    }
    tell(refused.join("; "));
    if (sent) window.dash_clientside.set_props("files-sent", { data: Date.now() });
  };

  const areaOf = (event) => event.target.closest?.(".drop");

  document.addEventListener("dragover", (event) => {
    const area = areaOf(event);
    if (!area) return;
    event.preventDefault();
    area.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => areaOf(event)?.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    const area = areaOf(event);
    if (!area) return;
    event.preventDefault();
    area.classList.remove("over");
    send(area, [...event.dataTransfer.files]);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#files-choose")) return;
    const area = areaOf(event);
    const chooser = document.createElement("input");
    chooser.type = "file";
    chooser.multiple = true;
    chooser.addEventListener("change", () => send(area, [...chooser.files]));
    chooser.click();
  });
})();
