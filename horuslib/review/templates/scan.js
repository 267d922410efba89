"use strict";
(() => {
  const { marks, videos, events } = JSON.parse(document.getElementById("data").textContent);
  const VIDEO = 0, KIND = 1, START = 2, END = 3, SURE = 4, CARD = 5, ATTRIBUTES = 6; // columns of an event
  const PAGE = 50, PRINTED = 1000; // rows of a list on the screen and in print
  const $ = (id) => document.getElementById(id);
  const make = (tag, name = "", text = "") => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== "") element.textContent = text;
    return element;
  };

  /** 75 -> "1:15", 3675 -> "1:01:15"; under a minute with tenths. */
  function clock(seconds) {
    if (seconds < 60) return `${seconds.toFixed(1)} s`;
    const s = Math.floor(seconds), pad = (x) => String(x).padStart(2, "0");
    const minutes = Math.floor(s / 60) % 60, hours = Math.floor(s / 3600);
    return hours ? `${hours}:${pad(minutes)}:${pad(s % 60)}` : `${minutes}:${pad(s % 60)}`;
  }
  const STEPS = [5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21600];
  const step = (seconds) => STEPS.find((x) => seconds / x <= 12) || 86400;

  function mark(kind) {
    const { label, colour, letter, pattern } = marks[kind];
    const sign = make("i", `mark p${pattern}`);
    sign.style.setProperty("--c", colour);
    sign.ariaHidden = "true";
    sign.append(make("b", "", letter));
    const all = make("span");
    all.append(sign, make("span", "label", ` ${label}`));
    return all;
  }

  // The listed rows.
  let kinds = new Set(marks.keys());
  let shownVideos = [], shownEvents = [], of = new Map();
  const at = { video: 0, event: 0 };
  const sort = { video: ["fault", false], event: ["sure", false] };
  const names = videos.map(([name]) => name.toLowerCase());

  function find() {
    const part = $("part").value, wanted = $("name").value.trim().toLowerCase(), least = Number($("least").value) || 0;
    const audible = $("audible")?.checked;
    of = new Map();
    shownEvents = [];
    events.forEach((event, i) => {
      if (!kinds.has(event[KIND]) || event[SURE] < least || (audible && event[CARD] < 0)) return;
      if (wanted && !names[event[VIDEO]].includes(wanted)) return;
      shownEvents.push(i);
      if (!of.has(event[VIDEO])) of.set(event[VIDEO], []);
      of.get(event[VIDEO]).push(i);
    });
    if (part === "clean" || part === "unreadable") shownEvents = [];
    const narrowed = kinds.size < marks.length || least > 0 || audible;
    const faulty = new Set(events.map((event) => event[VIDEO]));
    shownVideos = [...videos.keys()].filter((v) => {
      if (wanted && !names[v].includes(wanted)) return false;
      if (part === "clean") return videos[v][2] && !faulty.has(v);
      if (part === "unreadable") return !videos[v][2];
      return part === "fault" || narrowed ? of.has(v) : true;
    });
    at.video = at.event = 0;
    order("video");
    order("event");
  }

  const fault = (v) => (of.get(v) || []).reduce((sum, i) => sum + events[i][END] - events[i][START], 0);
  const byName = new Map([...videos.keys()].sort((a, b) => (names[a] < names[b] ? -1 : 1)).map((v, i) => [v, i]));
  const KEYS = {
    video: { name: (v) => byName.get(v), length: (v) => videos[v][1], events: (v) => (of.get(v) || []).length, fault },
    event: {
      kind: (i) => events[i][KIND], name: (i) => byName.get(events[i][VIDEO]), start: (i) => events[i][START],
      length: (i) => events[i][END] - events[i][START], sure: (i) => events[i][SURE],
    },
  };
  function order(list) {
    const [name, rising] = sort[list], key = KEYS[list][name], rows = list === "video" ? shownVideos : shownEvents;
    const keys = new Map(rows.map((row) => [row, key(row)]));
    rows.sort((a, b) => (rising ? 1 : -1) * (keys.get(a) - keys.get(b)) || a - b);
    for (const button of $(`${list}-list`).querySelectorAll("[data-sort]")) {
      const heading = button.closest("th");
      if (button.dataset.sort === name) heading.ariaSort = rising ? "ascending" : "descending";
      else heading.removeAttribute("aria-sort");
    }
    draw(list);
  }

  // The two lists: paged on the screen, from the first row in print.
  let barWidth = 300;
  function fill(list, first, many) {
    const rows = (list === "video" ? shownVideos : shownEvents).slice(first, first + many);
    $(`${list}-list`).tBodies[0].replaceChildren(...rows.map(list === "video" ? videoRow : eventRow));
  }
  function draw(list) {
    barWidth = document.querySelector(".videos .line").clientWidth || barWidth;
    const rows = list === "video" ? shownVideos : shownEvents, first = at[list] * PAGE;
    fill(list, first, PAGE);
    const pager = $(`${list}-pager`), held = document.activeElement?.dataset?.way;
    const inPager = pager.contains(document.activeElement);
    const turn = (words, by) => {
      const button = make("button", "", words);
      button.type = "button";
      button.dataset.way = by;
      button.ariaLabel = `${by < 0 ? "Previous" : "Next"} page of ${list}s`;
      button.disabled = by < 0 ? !first : first + PAGE >= rows.length;
      button.onclick = () => { at[list] += by; draw(list); };
      return button;
    };
    const range = make("span", "", rows.length ? `${first + 1} to ${Math.min(first + PAGE, rows.length)} of ${rows.length} ${list}s` : `No such ${list}.`);
    range.setAttribute("role", "status");
    pager.replaceChildren(...(rows.length > PAGE ? [turn("←", -1), range, turn("→", 1)] : [range]));
    if (inPager && held) pager.querySelector(`[data-way="${held}"]:enabled, button:enabled`)?.focus({ preventScroll: true });
  }
  /** Caption for print: how many of all rows are listed, and how they are sorted. */
  function inWords(list) {
    const rows = list === "video" ? shownVideos : shownEvents, all = list === "video" ? videos.length : events.length;
    const many = (n) => n.toLocaleString("en"), noun = all === 1 ? list : `${list}s`, [name, rising] = sort[list];
    const which = rows.length === all ? `All ${many(all)} ${noun}` : `${many(rows.length)} of ${many(all)} ${noun}, filtered`;
    const by = $(`${list}-list`).querySelector(`[data-sort=${name}]`).textContent;
    const cut = rows.length > PRINTED ? ` Only the first ${many(PRINTED)} are printed: filter the list to print others.` : "";
    return `${which}; sorted by ${by}, ${rising ? "ascending" : "descending"}.${cut}`;
  }
  addEventListener("beforeprint", () => {
    barWidth = 260;
    for (const list of ["video", "event"]) {
      fill(list, 0, PRINTED);
      $(`${list}-printed`).textContent = inWords(list);
    }
  });
  addEventListener("afterprint", () => ["video", "event"].forEach(draw));

  function cell(name, ...content) {
    const made = make("td", name);
    made.append(...content);
    return made;
  }
  function videoRow(v) {
    const [name, seconds, readable, message] = videos[v], found = of.get(v) || [];
    const row = make("tr"), heading = cell("name", name);
    if (message) heading.append(make("div", readable ? "soft" : "why", message));
    const open = found.length ? make("button", "", String(found.length)) : make("span", "none", readable ? "0" : "–");
    if (found.length) {
      open.type = "button";
      open.ariaLabel = `Open the ${found.length} events of ${name}`;
      open.onclick = () => show(found[0], found);
    }
    row.append(heading, cell("", readable ? clock(seconds) : "–"), cell("", open), cell("", found.length ? clock(fault(v)) : "–"),
      cell("line", readable ? strip(v, seconds, found) : make("span", "none", "could not be read")));
    return row;
  }
  function strip(v, seconds, found) {
    const bar = make("div", "strip"), every = step(seconds);
    bar.style.setProperty("--step", `${(100 * every) / Math.max(seconds, 0.1)}%`);
    bar.setAttribute("role", "img");
    const words = found.slice(0, 12).map((i) => `${marks[events[i][KIND]].label} ${clock(events[i][START])} to ${clock(events[i][END])}`);
    if (found.length > 12) words.push(`and ${found.length - 12} more`);
    bar.ariaLabel = words.length ? words.join(", ") : "no event";
    bar.title = `${clock(seconds)}; a line every ${clock(every).replace(/\.0 s$/, " s")}`;
    const wide = barWidth;
    const longestFirst = [...found].sort((a, b) => events[b][END] - events[b][START] - events[a][END] + events[a][START]);
    for (const i of longestFirst) {
      const { label, colour, letter, pattern } = marks[events[i][KIND]];
      const share = (events[i][END] - events[i][START]) / Math.max(seconds, 0.1);
      const piece = make("span", `ev p${pattern}`);
      piece.style.cssText = `left:min(${(100 * events[i][START]) / Math.max(seconds, 0.1)}%,100% - 4px);width:${100 * share}%;--c:${colour}`;
      piece.title = `${label}, ${clock(events[i][START])} to ${clock(events[i][END])}, ${events[i][SURE].toFixed(2)}`;
      if (share * wide > 16) piece.append(make("b", "", letter));
      piece.onclick = () => show(i, found);
      bar.append(piece);
    }
    return bar;
  }
  function eventRow(i) {
    const event = events[i], row = make("tr");
    const kind = make("td", "name");
    kind.append(mark(event[KIND]));
    if (event[ATTRIBUTES]) kind.append(make("div", "soft label", event[ATTRIBUTES]));
    const audible = event[CARD] >= 0, open = make("button", "", audible ? "▶ play" : "show");
    open.type = "button";
    open.ariaLabel = `${audible ? "Play" : "Show"} ${marks[event[KIND]].label} in ${videos[event[VIDEO]][0]} at ${clock(event[START])}`;
    open.onclick = () => show(i, shownEvents);
    row.append(kind, cell("name", videos[event[VIDEO]][0]), cell("", clock(event[START])), cell("", clock(event[END] - event[START])),
      cell("", event[SURE].toFixed(2)), cell("", open));
    return row;
  }

  // The open event, with its neighbours in the list from which it was opened.
  const dialog = $("event");
  let around = [], here = 0;
  function show(i, list) {
    around = list;
    here = list.indexOf(i);
    turnTo(0);
    if (!dialog.open) dialog.showModal();
  }
  function turnTo(by) {
    if (!around[here + by] && around[here + by] !== 0) return;
    here += by;
    const event = events[around[here]], card = $(`card-${event[CARD]}`);
    const title = $("event-title");
    title.replaceChildren(mark(event[KIND]), ` in ${videos[event[VIDEO]][0]}`);
    const facts = make("p", "soft", `${clock(event[START])} to ${clock(event[END])}, confidence ${event[SURE].toFixed(2)}${event[ATTRIBUTES] ? `, ${event[ATTRIBUTES]}` : ""}.`);
    $("event-body").replaceChildren(facts, card ? card.content.cloneNode(true) : make("p", "none", "The sound of this event is not on this page."));
    $("event-at").textContent = `${here + 1} of ${around.length}`;
    $("back").disabled = here === 0;
    $("next").disabled = here === around.length - 1;
  }
  $("back").onclick = () => turnTo(-1);
  $("next").onclick = () => turnTo(1);
  $("close").onclick = () => dialog.close();
  dialog.onclose = () => $("event-body").replaceChildren();
  dialog.onkeydown = (key) => {
    const sound = dialog.querySelector("audio");
    if (key.target.matches("audio, input")) return;
    if (key.key === "ArrowLeft") turnTo(-1);
    else if (key.key === "ArrowRight") turnTo(1);
    else if (key.key === " " && sound && !key.target.matches("button")) sound.paused ? sound.play() : sound.pause();
    else return;
    key.preventDefault();
  };

  // Filters and sorting.
  let typing;
  for (const id of ["name", "part", "least", "audible"])
    $(id)?.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(find, id === "name" ? 120 : 0);
    });
  document.querySelector(".find").onsubmit = (event) => event.preventDefault();
  for (const button of document.querySelectorAll("[data-kind]"))
    button.onclick = () => {
      const kind = Number(button.dataset.kind);
      kinds.has(kind) ? kinds.delete(kind) : kinds.add(kind);
      button.ariaPressed = String(kinds.has(kind));
      find();
    };
  for (const list of ["video", "event"])
    for (const button of $(`${list}-list`).querySelectorAll("[data-sort]"))
      button.onclick = () => {
        const name = button.dataset.sort;
        sort[list] = [name, sort[list][0] === name ? !sort[list][1] : name === "name" || name === "kind"];
        at[list] = 0;
        order(list);
      };
  find();
})();
