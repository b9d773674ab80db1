// What pages do better with a script. Everything here has a form or a link that does the same without.
"use strict";
(() => {
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const words = document.documentElement.dataset;

  const toast = (text) => {
    const place = document.querySelector(".toasts");
    const one = document.createElement("p");
    one.className = "toast";
    one.textContent = text;
    place.replaceChildren(one);
    setTimeout(() => one.remove(), 2500);
  };

  // Times: the exact value in the zone of whoever looks, and how long ago, kept up to date.
  const zone = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
  const ago = (seconds) => {
    const steps = [[86400 * 2, 86400, words.agoDays], [5400, 3600, words.agoHours], [90, 60, words.agoMinutes]];
    const step = steps.find(([from]) => seconds >= from);
    if (step) return step[2].replace("{n}", Math.round(seconds / step[1]));
    return seconds < 10 ? words.agoNow : words.agoSeconds.replace("{n}", Math.round(seconds));
  };
  const skew = Date.now() - Date.parse(words.now);
  const times = (root) => all("time[datetime]", root).forEach((time) => {
    const at = Date.parse(time.dateTime);
    time.title = zone.format(at);
    if (!("exact" in time.dataset)) time.textContent = ago(Math.max(0, (Date.now() - skew - at) / 1000));
  });
  times();
  setInterval(times, 15000);

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy && navigator.clipboard) {
      event.preventDefault();
      navigator.clipboard.writeText(copy.dataset.copy).then(() => toast(words.copied), () => {});
    }
    const opens = event.target.closest("[data-opens]");
    if (opens) document.getElementById(opens.dataset.opens).showModal();
    const closes = event.target.closest("[data-closes]");
    if (closes) { event.preventDefault(); closes.closest("dialog").close(); }
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    const row = event.target.closest("tr[data-row]");
    if (row && !event.target.closest("a, button, input, label, summary") && !String(getSelection())) {
      row.querySelector("a[data-row-link]").click();
    }
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Escape") {
      all("details.menu[open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
      if (location.hash === "#navigation") { location.hash = "#content"; }
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      const seek = document.querySelector(".top input[type=search]");
      if (seek) { event.preventDefault(); seek.focus(); seek.select(); }
    }
    if (event.key === "?") {
      const help = document.getElementById("keys");
      if (help) help.showModal();
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });

  // A form with nothing in it asks for nothing: empty fields stay out of the address.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "get") return;
    const fields = Array.from(form.elements).filter((field) => field.name && !field.value && !field.disabled);
    fields.forEach((field) => { field.disabled = true; });
    setTimeout(() => fields.forEach((field) => { field.disabled = false; }));
  });

  // Numbers that change in place.
  const live = document.querySelector("[data-live-from]");
  if (live && window.EventSource) {
    const state = document.querySelector(".live");
    const say = (on) => { state.dataset.state = on ? "on" : "off"; state.textContent = on ? words.liveOn : words.liveOff; };
    const redraw = () => fetch(location.href).then((answer) => answer.text()).then((text) => {
      const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-live-from]");
      if (!fresh) return location.reload();
      times(fresh);
      const [old, now] = [Array.from(live.children), Array.from(fresh.children)];
      // What is the same stays as it is, with its focus and its place.
      if (old.length !== now.length) live.replaceChildren(...fresh.childNodes);
      else old.forEach((one, at) => { if (!one.isEqualNode(now[at])) one.replaceWith(now[at]); });
      return undefined;
    });
    const source = new EventSource(live.dataset.liveFrom);
    source.onopen = () => say(true);
    source.onerror = () => { say(false); if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000); };
    source.addEventListener("over", () => location.reload());
    source.onmessage = (event) => {
      const now = JSON.parse(event.data);
      const shown = new Map(all("[data-live]", live).map((place) => [place.dataset.live, place]));
      const arcs = new Map(all("[data-arc]", live).map((place) => [place.dataset.arc, place]));
      const same = Object.keys(now.texts).length === shown.size && Object.keys(now.texts).every((key) => shown.has(key));
      if (!same || live.dataset.newest !== now.newest) {
        live.dataset.newest = now.newest;
        redraw();
        return;
      }
      for (const [key, text] of Object.entries(now.texts)) {
        if (shown.get(key).textContent !== text) shown.get(key).textContent = text;
      }
      for (const [key, [dash, offset]] of Object.entries(now.arcs)) {
        const arc = arcs.get(key);
        if (arc) { arc.setAttribute("stroke-dasharray", dash); arc.setAttribute("stroke-dashoffset", offset); }
      }
    };
  }
})();
