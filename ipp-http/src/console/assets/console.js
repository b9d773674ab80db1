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
  const minute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
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
    if ("exact" in time.dataset) time.textContent = minute.format(at);
    else time.textContent = ago(Math.max(0, (Date.now() - skew - at) / 1000));
  });
  times();
  setInterval(times, 15000);

  // What is the same stays as it is, with its focus and its place.
  const replace = (old, fresh) => {
    times(fresh);
    const [was, now] = [Array.from(old.children), Array.from(fresh.children)];
    if (was.length !== now.length) old.replaceChildren(...fresh.childNodes);
    else was.forEach((one, at) => { if (!one.isEqualNode(now[at])) one.replaceWith(now[at]); });
  };
  const again = (selector) => fetch(location.href, { headers: { "x-redraw": "1" } }).then((answer) => answer.text())
    .then((text) => new DOMParser().parseFromString(text, "text/html").querySelector(selector));

  // A page about something that goes on redraws itself while it is looked at.
  const redrawn = document.querySelector("[data-redraw]");
  if (redrawn && redrawn.dataset.redraw) {
    const next = () => setTimeout(() => {
      if (document.hidden) { next(); return; }
      again("[data-redraw]").then((fresh) => {
        if (!fresh) { location.reload(); return; }
        replace(redrawn, fresh);
        // Once it is over, what stands beside it changes too.
        if (fresh.dataset.redraw) next(); else location.reload();
      }, next);
    }, 1000 * Number(redrawn.dataset.redraw));
    next();
  }

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

  // Line numbers beside an editor, with those that have problems marked; and what was typed is not lost by a click.
  const editor = document.querySelector("[data-editor]");
  if (editor) {
    const area = editor.querySelector("textarea");
    const gutter = document.createElement("div");
    const bad = new Set(editor.dataset.editor.split(" "));
    gutter.className = "gutter";
    gutter.setAttribute("aria-hidden", "true");
    editor.prepend(gutter);
    let count = 0;
    const number = () => {
      const lines = area.value.split("\n").length;
      if (lines === count) return;
      gutter.replaceChildren(...Array.from({ length: lines }, (_, at) => {
        const one = document.createElement("b");
        one.textContent = at + 1;
        if (bad.has(String(at + 1))) one.className = "at";
        return one;
      }));
      count = lines;
    };
    let saving = false;
    area.addEventListener("input", number);
    area.addEventListener("scroll", () => { gutter.scrollTop = area.scrollTop; });
    area.form.addEventListener("submit", () => { saving = true; });
    window.addEventListener("beforeunload", (event) => {
      if (!saving && area.value !== area.defaultValue) event.preventDefault();
    });
    number();
  }

  // A file is checked while it stays chosen, so that it can be imported afterwards.
  const reporter = document.querySelector("form[data-reports]");
  if (reporter) reporter.addEventListener("submit", (event) => {
    if (!event.submitter || event.submitter.value !== "check") return;
    event.preventDefault();
    const data = new FormData(reporter, event.submitter);
    fetch(reporter.action, { method: "POST", body: data }).then((answer) => answer.text()).then((text) => {
      const fresh = new DOMParser().parseFromString(text, "text/html");
      const [old, now, wrong] = [document.querySelector("[data-report]"), fresh.querySelector("[data-report]"), fresh.getElementById("wrong")];
      if (!now) { reporter.submit(); return; }
      old.replaceChildren(...(wrong ? [wrong] : now.childNodes));
      old.scrollIntoView({ block: "nearest" });
    });
  });

  // Rows that are ticked stay so from page to page of the list, until something is done to them.
  const chooser = document.querySelector("form[data-choose]");
  const bar = chooser && chooser.querySelector("[data-choice]");
  if (bar) {
    const key = "chosen:" + location.pathname;
    const held = new Set(JSON.parse(sessionStorage.getItem(key) || "[]"));
    const boxes = all("tbody .c0 input", chooser);
    const whole = chooser.querySelector("[data-choose-all]");
    const every = bar.querySelector("input[type=checkbox]");
    const none = bar.querySelector("[data-choose-none]");
    let last = null;
    const show = () => {
      const here = boxes.filter((box) => box.checked).length;
      whole.checked = here > 0 && here === boxes.length;
      whole.indeterminate = here > 0 && here < boxes.length;
      bar.hidden = held.size === 0 && !every.checked;
      none.hidden = bar.hidden;
      bar.querySelector("[data-counted]").textContent = every.checked ? "" : held.size + " " + words.chosen;
      sessionStorage.setItem(key, JSON.stringify(Array.from(held)));
    };
    const tick = (box, on) => { box.checked = on; if (on) held.add(box.value); else held.delete(box.value); };
    boxes.forEach((box) => { box.checked = held.has(box.value); });
    chooser.addEventListener("click", (event) => {
      const box = event.target;
      if (!boxes.includes(box)) return;
      const range = event.shiftKey && last && last !== box
        ? boxes.slice(Math.min(boxes.indexOf(last), boxes.indexOf(box)), Math.max(boxes.indexOf(last), boxes.indexOf(box)) + 1) : [box];
      range.forEach((one) => tick(one, box.checked));
      last = box;
      show();
    });
    whole.addEventListener("change", () => { const on = whole.checked; boxes.forEach((box) => tick(box, on)); show(); });
    every.addEventListener("change", show);
    none.addEventListener("click", () => { held.clear(); every.checked = false; boxes.forEach((box) => tick(box, false)); show(); });
    chooser.addEventListener("submit", () => {
      const here = new Set(boxes.map((box) => box.value));
      held.forEach((id) => {
        if (here.has(id)) return;
        const one = document.createElement("input");
        one.type = "hidden"; one.name = boxes[0].name; one.value = id;
        chooser.append(one);
      });
      sessionStorage.removeItem(key);
    });
    show();
  }

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
    const redraw = () => again("[data-live-from]").then((fresh) => { if (fresh) replace(live, fresh); else location.reload(); });
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
