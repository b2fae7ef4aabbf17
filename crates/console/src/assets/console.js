// Shows what changes while a page is open. Every page works without it.
"use strict";
(() => {
  const address = document.body.dataset.events;
  const regions = [...document.querySelectorAll("[data-live]")];
  if (!address || !window.EventSource || regions.length === 0) return;
  const sign = document.getElementById("live");
  const waiting = new Map();
  let source = null;

  // Whoever reads or works in a region is not disturbed: it is shown once they have gone.
  const busy = (region) => {
    const selection = getSelection();
    return region.contains(document.activeElement)
      || (selection && !selection.isCollapsed && region.contains(selection.anchorNode));
  };

  const show = (region) => {
    if (!waiting.has(region) || busy(region)) return;
    const open = [...region.querySelectorAll("details")].map((details) => details.open);
    const log = region.querySelector(".log");
    const atEnd = log && log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    const template = document.createElement("template");
    template.innerHTML = waiting.get(region);
    waiting.delete(region);
    region.replaceChildren(template.content);
    region.querySelectorAll("details").forEach((details, at) => { details.open = open[at] === true; });
    const newLog = region.querySelector(".log");
    if (newLog && log) newLog.scrollTop = atEnd ? newLog.scrollHeight : log.scrollTop;
  };

  const start = () => {
    source = new EventSource(address);
    source.onopen = () => { sign.textContent = "live"; };
    source.onerror = () => { sign.textContent = "not live"; };
    for (const region of regions) {
      source.addEventListener(region.id, (event) => {
        waiting.set(region, event.data);
        show(region);
      });
    }
  };

  for (const region of regions) {
    region.addEventListener("focusout", () => setTimeout(show, 0, region));
  }
  document.addEventListener("selectionchange", () => [...waiting.keys()].forEach(show));
  // A page that nobody sees asks for nothing.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      source.close();
      source = null;
    } else if (!source) {
      start();
    }
  });
  start();
})();
