// A panel of review: renders the traits of review_panel.ReviewPanel and sends the analyst's requests.

const ROW = 30; // height of a row of the list, in pixels; panel.css has it too
const SPARE = 12; // rows rendered above and below the visible ones

const SHELL = `
<div class="hp-top"><h3></h3><p class="hp-status" role="status" aria-live="polite"></p></div>
<div class="hp-desk">
  <section class="hp-left">
    <div class="hp-parts" role="group" aria-label="Which"></div>
    <div class="hp-filters">
      <label>labelled <select data-filter="label"></select></label>
      <label>predicted <select data-filter="verdict"></select></label>
      <label>fold <select data-filter="fold"></select></label>
      <label>source <input type="search" data-filter="source" placeholder="part of a file name" list="hp-sources"></label>
      <label>confidence <span><input type="number" data-filter="low" min="0" max="1" step="0.05"> to <input type="number" data-filter="high" min="0" max="1" step="0.05"></span></label>
      <div class="hp-ticks">
        <label><input type="checkbox" data-filter="errors"> only errors</label>
        <label><input type="checkbox" data-filter="suspicious"> suspicious labels</label>
        <label><input type="checkbox" data-filter="affected"> changed by the sliders</label>
      </div>
    </div>
    <div class="hp-head" role="group" aria-label="Sort by"></div>
    <div class="hp-list" role="listbox" tabindex="0" ><div class="hp-rows"></div></div>
    <p class="hp-count"></p>
  </section>
  <section class="hp-right" aria-label="What is open">
    <div class="hp-labels" role="group" aria-label="Relabel"></div>
    <div class="hp-card"></div>
    <p class="hp-keys"><span><kbd>space</kbd> plays</span> <span><kbd>↑</kbd><kbd>↓</kbd> move</span>
      <span><kbd>1</kbd>–<kbd class="hp-last"></kbd> relabel</span> <span><kbd>q</kbd> quarantines</span> <span><kbd>u</kbd> undoes</span></p>
  </section>
</div>
<section class="hp-tune" aria-label="Predictions">
  <div class="hp-sliders"><h4>Thresholds</h4>
    <div class="hp-buttons"></div><div class="hp-faults"></div>
    <p class="hp-legend"><i class="hp-p"></i> precision <i class="hp-r"></i> recall <i class="hp-f"></i> F1 against the threshold;
      ┃ trial, ┊ saved</p></div>
  <div class="hp-result"><h4>Effect</h4><p class="hp-sum"></p><table class="hp-matrix"></table>
    <p class="hp-hint">Rows are labels, columns predictions, over everything labelled, including the holdout. A cell lists what it counts and plays the first.</p></div>
</section>`;

const SORTS = { source: "source", label: "labelled", verdict: "predicted", confidence: "conf.", fold: "fold", doubt: "doubt" };
const TUNES = [
  ["Best F1", { do: "suggest", way: "f1" }],
  ["False-alarm budget", { do: "suggest", way: "budget" }],
  ["Task's values", { do: "suggest", way: "task" }],
  ["Undo", { do: "undo_threshold" }],
  ["Save", { do: "save" }],
];

const short = (x) => (x === null || x === undefined ? "–" : x.toFixed(2));

/** Where in its source an item begins, in words; nothing for one that is a source by itself. */
const from = (row) => (row.start === null ? "" : `, ${row.start.toFixed(1)} s`);

/** A label that may be broken at its underscores. */
const soft = (label) => label.replaceAll("_", "_\u200b");

function render({ model, el }) {
  const setup = model.get("setup");
  const root = make("div", "horus-panel", "", { "data-lm-suppress-shortcuts": "true", tabindex: "-1" });
  root.innerHTML = SHELL;
  el.replaceChildren(root);
  const $ = (selector) => root.querySelector(selector);
  const ask = (message) => model.send(message);
  const list = $(".hp-list");

  // Constant parts: choices, buttons, headings.
  const some = (count) => `${count} ${setup.noun}${count === 1 ? "" : "s"}`;
  $("h3").textContent = setup.title;
  $(".hp-left").setAttribute("aria-label", `The ${setup.noun}s`);
  list.setAttribute("aria-label", `The ${setup.noun}s: arrows move, space plays`);
  const tunes = setup.faults.length > 0;
  if (!setup.suspicious) $("[data-filter=suspicious]").parentElement.remove();
  if (!tunes) {
    $(".hp-sliders").remove();
    $("[data-filter=affected]").parentElement.remove();
    $(".hp-tune").classList.add("hp-fixed");
  }
  $(".hp-last").textContent = setup.labels.length;
  const choices = { label: setup.labels, verdict: setup.labels, fold: setup.folds };
  for (const [name, values] of Object.entries(choices)) {
    const select = $(`[data-filter=${name}]`);
    select.append(new Option("any", ""), ...values.map((value) => new Option(value, value)));
  }
  const sources = make("datalist", "", "", { id: "hp-sources" });
  sources.append(...setup.sources.slice(0, 500).map((name) => new Option(name, name)));
  root.append(sources);
  for (const [part, words] of Object.entries(setup.parts)) {
    const sort = part === "known_good" ? "confidence" : "doubt";
    const button = make("button", "", words, { type: "button", "data-part": part });
    button.onclick = () => ask({ do: "select", part, label: "", verdict: "", fold: "", errors: false, sort, descending: true });
    $(".hp-parts").append(button);
  }
  for (const [sort, words] of Object.entries(SORTS)) {
    const button = make("button", "", words, { type: "button", "data-sort": sort });
    button.onclick = () => {
      const now = model.get("filters");
      ask({ do: "select", sort, descending: now.sort === sort ? !now.descending : ["doubt", "confidence"].includes(sort) });
    };
    $(".hp-head").append(button);
  }
  setup.labels.forEach((label, i) => {
    const button = make("button", "", "", { type: "button", "data-label": label, style: `--c:${setup.colours[label]}` });
    button.append(make("kbd", "", String(i + 1)), label);
    button.onclick = () => ask({ do: "relabel", label });
    $(".hp-labels").append(button);
  });
  const quarantine = make("button", "", "", { type: "button", "data-label": "quarantined" });
  quarantine.append(make("kbd", "", "q"), "quarantine");
  quarantine.onclick = () => ask({ do: "quarantine" });
  const undo = make("button", "", "", { type: "button" });
  undo.append(make("kbd", "", "u"), "undo");
  undo.onclick = () => ask({ do: "undo" });
  $(".hp-labels").append(quarantine, undo);
  for (const [words, message] of tunes ? TUNES : []) {
    const button = make("button", message.do === "save" ? "hp-save" : "", words, { type: "button" });
    button.onclick = () => ask(message);
    $(".hp-buttons").append(button);
  }

  // Filters: typed values are sent after a delay, chosen ones at once.
  let typing;
  for (const input of root.querySelectorAll("[data-filter]")) {
    const send = () => {
      const value = input.type === "checkbox" ? input.checked : input.type === "number" ? Number(input.value) : input.value;
      ask({ do: "select", [input.dataset.filter]: value });
    };
    input.oninput = () => {
      clearTimeout(typing);
      typing = setTimeout(send, ["search", "number"].includes(input.type) ? 250 : 0);
    };
  }
  function drawFilters() {
    const now = model.get("filters");
    for (const input of root.querySelectorAll("[data-filter]")) {
      if (input === document.activeElement && ["search", "number"].includes(input.type)) continue;
      if (input.type === "checkbox") input.checked = now[input.dataset.filter];
      else input.value = now[input.dataset.filter];
    }
    for (const button of root.querySelectorAll("[data-part]"))
      button.setAttribute("aria-pressed", button.dataset.part === now.part);
    for (const button of root.querySelectorAll("[data-sort]"))
      button.dataset.way = button.dataset.sort === now.sort ? (now.descending ? "down" : "up") : "";
  }

  // The list: as high as all rows, rendered where it is visible.
  let shownAt = -2;
  function drawList() {
    const { total, first, rows, at } = model.get("listing");
    const holder = $(".hp-rows");
    holder.style.height = `${total * ROW}px`;
    list.style.setProperty("--rows", total);
    holder.replaceChildren(...rows.map((row, i) => drawRow(row, first + i, at)));
    list.setAttribute("aria-activedescendant", at >= 0 ? `hp-row-${at}` : "");
    $(".hp-count").textContent = total ? `${some(total)}${at >= 0 ? `, number ${at + 1} is open` : ""}` : `No such ${setup.noun}.`;
    if (at >= 0 && at !== shownAt) {
      const top = at * ROW;
      if (top < list.scrollTop) list.scrollTop = top;
      else if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
    }
    shownAt = at;
    const open = rows[at - first];
    for (const button of $(".hp-labels").children) button.setAttribute("aria-pressed", !!open && button.dataset.label === open.label);
  }
  function drawRow(row, place, at) {
    const line = make("div", "hp-row", "", { role: "option", id: `hp-row-${place}`, "aria-selected": place === at,
      "aria-label": `${row.source}${from(row)}, labelled ${row.label || "not yet"}, predicted ${row.verdict} with ${row.confidence.toFixed(2)}` });
    line.style.top = `${place * ROW}px`;
    const source = make("span", "hp-source", "", { title: `${row.source}${from(row)}` });
    const tail = -Math.min(7, Math.floor(row.source.length / 2)); // File names usually differ at the end.
    source.append(make("b", "", row.source.slice(0, tail)), make("b", "", row.source.slice(tail)), make("span", "", row.start === null ? "" : `${row.start.toFixed(1)} s`));
    const label = make("span", "hp-label", row.label || "–");
    label.style.setProperty("--c", setup.colours[row.label] || "transparent");
    const verdict = make("span", "hp-verdict", row.verdict);
    verdict.style.setProperty("--c", setup.colours[row.verdict]);
    line.append(source, label, verdict, make("span", "hp-number", row.confidence.toFixed(2)), make("span", "hp-fold", ["unlabelled", "known_good"].includes(row.fold) ? "–" : row.fold));
    const marks = make("span", "hp-marks", (row.wrong ? "✗" : "") + (row.suspicion ? " ?" : "") + (row.corrected ? " ✎" : ""));
    marks.title = [row.wrong && "prediction differs from the label", row.suspicion, row.corrected && "corrected by hand"]
      .filter(Boolean).join("; ");
    line.append(marks);
    line.onclick = () => ask({ do: "turn_to", at: place });
    return line;
  }
  let scrolling;
  list.onscroll = () => {
    clearTimeout(scrolling);
    scrolling = setTimeout(() => {
      const { total, first, rows } = model.get("listing");
      const top = Math.floor(list.scrollTop / ROW);
      const bottom = Math.min(total, top + Math.ceil(list.clientHeight / ROW));
      if (top < first || bottom > first + rows.length) ask({ do: "window", first: top - SPARE });
    }, 40);
  };

  // The card: replaced without losing the focus.
  const audio = () => $(".hp-card audio");
  function drawCard() {
    const held = $(".hp-card").contains(document.activeElement);
    $(".hp-card").innerHTML = model.get("card") || '<p class="hp-empty">Nothing is listed: widen the filters.</p>';
    if (held) list.focus({ preventScroll: true });
  }
  $(".hp-card").onclick = (event) => {
    const link = event.target.closest(".beside a");
    if (!link) return;
    event.preventDefault();
    ask({ do: "segment", segment_id: link.getAttribute("href").slice("#s-".length) });
    list.focus({ preventScroll: true });
  };
  function play() {
    if (audio()) audio().paused ? audio().play() : audio().pause();
  }

  // A button clicked with the mouse returns the focus to the list; one pressed by key keeps it.
  root.addEventListener("click", (event) => {
    if (event.detail && event.target.closest("button")) list.focus({ preventScroll: true });
  });

  // Keys: the shortcuts of the list work everywhere except in input fields.
  root.onkeydown = (event) => {
    event.stopPropagation();
    const target = event.target;
    const field = target.matches("input[type=search], input[type=number], select");
    if (event.ctrlKey || event.metaKey || event.altKey || field) return;
    const way = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
    const digit = setup.labels[Number(event.key) - 1];
    if (way && target.type !== "range" && target.tagName !== "AUDIO") ask({ do: "move", by: way });
    else if (event.key === " " && !target.matches("button, audio, input[type=checkbox]")) play();
    else if (digit && event.key.trim()) ask({ do: "relabel", label: digit });
    else if (event.key === "q") ask({ do: "quarantine" });
    else if (event.key === "u") ask({ do: "undo" });
    else return;
    event.preventDefault();
  };

  // Thresholds: one request at a time; meanwhile only the latest value is queued.
  let asked = false, waiting = null;
  function tune(message) {
    if (asked && !message.settled) waiting = message;
    else { asked = true; waiting = null; ask(message); }
  }
  for (const label of setup.faults) {
    const row = make("div", "hp-fault", "", { style: `--c:${setup.colours[label]}`, "data-fault": label });
    row.innerHTML = `<label class="hp-name"></label><input type="range" min="0" max="1" step="0.01"><output></output>
      <span class="hp-scores"></span><svg viewBox="0 -2 100 34" preserveAspectRatio="none" role="img"></svg>`;
    const slider = row.querySelector("input");
    slider.id = `hp-${label}`;
    row.querySelector("label").textContent = label;
    row.querySelector("label").htmlFor = slider.id;
    slider.oninput = () => tune({ do: "threshold", label, value: Number(slider.value), settled: false });
    slider.onchange = () => tune({ do: "threshold", label, value: Number(slider.value), settled: true });
    $(".hp-faults").append(row);
  }
  const line = (values) => values.map((y, i) => [100 * setup.grid[i], y === null ? null : 30 * (1 - y)])
    .filter(([, y]) => y !== null).map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(2)}`).join("");
  function drawCurves() {
    for (const [label, curve] of Object.entries(model.get("curves"))) {
      const svg = $(`[data-fault="${label}"] svg`);
      svg.innerHTML = `<path class="hp-p" d="${line(curve.precision)}"/><path class="hp-r" d="${line(curve.recall)}"/>
        <path class="hp-f" d="${line(curve.f1)}"/><path class="hp-saved" d=""/><path class="hp-now" d=""/>`;
    }
    drawNumbers();
  }
  function drawNumbers() {
    const now = model.get("numbers");
    asked = false;
    if (waiting) tune(waiting);
    for (const label of setup.faults) {
      const row = $(`[data-fault="${label}"]`), scores = now.classes[label], value = now.thresholds[label];
      const slider = row.querySelector("input");
      if (!slider.matches(":active")) slider.value = value;
      row.querySelector("output").textContent = value.toFixed(2);
      row.querySelector("output").className = value === now.saved[label] ? "" : "hp-moved";
      row.querySelector(".hp-scores").textContent = `P ${short(scores.precision)}   R ${short(scores.recall)}`;
      row.querySelector("svg").setAttribute("aria-label",
        `${label} at ${value.toFixed(2)}: precision ${short(scores.precision)}, recall ${short(scores.recall)}`);
      row.querySelector(".hp-now")?.setAttribute("d", `M${100 * value} -2V32`);
      row.querySelector(".hp-saved")?.setAttribute("d", `M${100 * now.saved[label]} -2V32`);
    }
    if (tunes) drawAlarms(now);
    else $(".hp-sum").replaceChildren("Macro-F1 ", make("b", "", now.macro_f1.toFixed(3)), ".");
    drawMatrix(now);
  }
  function drawAlarms(now) {
    const rate = now.per_hour === null ? "–" : now.per_hour.toFixed(1);
    const bound = now.per_hour_upper95 === null ? "" : ` (95 % upper bound ${now.per_hour_upper95.toFixed(1)})`;
    const sum = $(".hp-sum");
    sum.replaceChildren(make("b", "", rate), ` false alarms per hour${bound}; budget ${now.budget}. Macro-F1 `,
      make("b", "", now.macro_f1.toFixed(3)), `. ${now.affected} segments classified differently than at the saved thresholds.`);
  }
  function drawMatrix(now) {
    const held = document.activeElement?.closest(".hp-matrix button")?.dataset.cell;
    const table = $(".hp-matrix"), head = make("tr");
    head.append(make("td"), ...setup.labels.map((label) => {
      const cell = make("th", "", "", { scope: "col" });
      cell.append(make("span", "", soft(label)));
      return cell;
    }), ...["prec.", "recall", "F1"].map((name) => make("th", "hp-score", name, { scope: "col" })));
    table.replaceChildren(head, ...setup.labels.map((label, r) => {
      const row = make("tr"), counts = now.matrix[r], total = counts.reduce((a, b) => a + b, 0);
      row.append(make("th", "", `${soft(label)} (${total})`, { scope: "row" }));
      counts.forEach((count, c) => {
        const cell = make("td", r === c ? "hp-right" : count ? "hp-wrong" : ""), share = total ? count / total : 0;
        const button = make("button", "", String(count), { type: "button", "data-cell": `${r}-${c}`,
          "aria-label": `${label} predicted as ${setup.labels[c]}: ${some(count)}` });
        button.style.setProperty("--share", count ? Math.max(0.08, share) : 0);
        button.onclick = () => ask({ do: "cell", label, verdict: setup.labels[c] });
        cell.append(button);
        row.append(cell);
      });
      const scores = now.classes[label];
      row.append(...[scores.precision, scores.recall, scores.f1].map((x) => make("td", "hp-score", short(x))));
      return row;
    }));
    if (held) $(`[data-cell="${held}"]`).focus({ preventScroll: true });
  }
  const drawStatus = () => { $(".hp-status").textContent = model.get("status"); };

  const drawn = { filters: drawFilters, listing: drawList, card: drawCard, curves: drawCurves, numbers: drawNumbers, status: drawStatus };
  for (const [trait, draw] of Object.entries(drawn)) {
    model.on(`change:${trait}`, draw);
    draw();
  }
  takeFocus(list);
  const begin = () => requestAnimationFrame(() => audio()?.play());
  model.on("change:played", begin);
  return () => {
    for (const [trait, draw] of Object.entries(drawn)) model.off(`change:${trait}`, draw);
    model.off("change:played", begin);
  };
}

export default { render };
