// The page at /: sends a file, shows how far its job is, and its result. It asks this server alone.
"use strict";
const $ = (id) => document.getElementById(id);
const ACTIVE = ["queued", "running"], EVERY_MS = 1000;
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9"];
const TITLES = {
  diagnose: "Find audio faults", transcribe: "Transcribe", diarize: "Find who speaks when", both: "Transcribe with speakers",
};
const sounds = new Map(); // job id -> the local file, for the player
let jobs = [], shown = null, lines = [], timer = null;

function make(tag, text, properties = {}) { // text only ever becomes text, never markup
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  return Object.assign(made, properties);
}

function clock(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const rest = [Math.floor(s / 60) % 60, s % 60].map((n) => String(n).padStart(2, "0")).join(":");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest;
}

function say(text, kind = "") { $("status").textContent = text; $("status").className = kind; }

async function ask(path, options = {}) {
  const token = sessionStorage.getItem("token");
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(path, { ...options, headers });
  if (answer.status === 401) { $("access").hidden = false; $("token").focus(); }
  if (answer.ok || answer.status === 503 && path === "/ready") return answer;
  const body = await answer.json().catch(() => ({}));
  throw new Error(body.error ? body.error.message : `The server answers ${answer.status}.`);
}

async function showTasks() {
  const { tasks, packages } = await (await ask("/ready")).json();
  let first = true;
  for (const [name, missing] of Object.entries(tasks)) {
    const label = make("label");
    const choice = make("input", undefined, { type: "radio", name: "task", value: name, disabled: Boolean(missing) });
    if (!missing && first) { choice.checked = true; first = false; }
    label.append(choice, TITLES[name] || name);
    if (missing) label.append(make("small", missing));
    $("tasks").append(label);
  }
  const usable = Object.keys(packages).filter((name) => !packages[name]);
  $("package").replaceChildren(...usable.map((name) => make("option", name)));
  $("packages").hidden = usable.length < 2;
  $("people").hidden = Boolean(tasks.diarize && tasks.both);
}

async function send(event) {
  event.preventDefault();
  const file = $("file").files[0], task = document.querySelector("input[name=task]:checked");
  if (!file || !task) return say(file ? "This server can do nothing yet." : "Choose a file first.", "bad");
  const form = new FormData();
  form.append("task", task.value);
  form.append("language", $("language").value);
  if (task.value === "diagnose" && $("package").value) form.append("package", $("package").value);
  if ($("variety").value) form.append("variety", $("variety").value);
  if ($("speakers").value) form.append("speakers", $("speakers").value);
  form.append("file", file);
  $("send").disabled = true;
  say(`Sending ${file.name} …`);
  try {
    const job = await (await ask("/v1/jobs", { method: "POST", body: form })).json();
    sounds.set(job.id, file);
    say(`${file.name} is in the queue.`);
    await refresh();
  } catch (e) { say(e.message, "bad"); }
  $("send").disabled = false;
}

async function refresh() {
  clearTimeout(timer);
  try {
    const before = new Map(jobs.map((job) => [job.id, job.state]));
    jobs = (await (await ask("/v1/jobs")).json()).reverse();
    drawJobs();
    const ended = jobs.find((job) => ACTIVE.includes(before.get(job.id)) && !ACTIVE.includes(job.state));
    if (ended) say(`${ended.name}: ${ended.state}${ended.error ? `. ${ended.error}` : ""}`, ended.error ? "bad" : "good");
    if (ended && ended.state === "done") await show(ended);
  } catch (e) { say(e.message, "bad"); }
  if (jobs.some((job) => ACTIVE.includes(job.state))) timer = setTimeout(refresh, EVERY_MS);
}

function drawJobs() {
  $("none").hidden = jobs.length > 0;
  const focused = document.activeElement && document.activeElement.dataset.key;
  $("jobs").replaceChildren(...jobs.map(jobItem));
  if (focused) { const again = document.querySelector(`[data-key="${focused}"]`); if (again) again.focus(); }
}

function jobItem(job) {
  const item = make("li"), active = ACTIVE.includes(job.state);
  const remove = make("button", active ? "Cancel" : "Remove", { type: "button", onclick: () => discard(job) });
  remove.setAttribute("aria-label", `${remove.textContent} ${job.name}`);
  remove.dataset.key = `${job.id}-remove`;
  item.append(make("span", job.name));
  if (job.state === "done") {
    const open = make("button", "Show", { type: "button", onclick: () => show(job).then(() => $("result").focus()) });
    open.setAttribute("aria-label", `Show ${job.name}`);
    open.dataset.key = `${job.id}-show`;
    item.append(open);
  } else item.append(make("span"));
  const place = job.place ? `, place ${job.place}` : "", why = job.error ? `: ${job.error}` : "";
  item.append(remove, make("span", `${TITLES[job.task] || job.task}: ${job.state}${place}${why}`, { className: "state" }));
  if (active) {
    const bar = make("progress", undefined, { max: 1, value: job.progress });
    bar.setAttribute("aria-label", `Progress of ${job.name}`);
    item.append(bar);
  }
  return item;
}

async function discard(job) {
  try {
    await ask(`/v1/jobs/${job.id}`, { method: "DELETE" });
    if (shown === job.id) { $("result").hidden = true; shown = null; }
    say(`${job.name} is removed.`);
  } catch (e) { say(e.message, "bad"); }
  refresh();
}

async function show(job) {
  const result = await (await ask(job.results.json)).json();
  shown = job.id;
  $("result").hidden = false;
  $("result-title").textContent = job.name;
  lines = [];
  play(job.id);
  const length_s = result.duration_s || job.seconds || 0;
  if (result.turns) showTurns(result, length_s);
  else if (result.audio !== undefined) showDiagnosis(result, length_s);
  else showTranscript(result, length_s);
  const downloads = Object.entries(job.results).map(([format, path]) =>
    make("button", `Download ${format.toUpperCase()}`, { type: "button", onclick: () => download(path, `${job.name}.${format}`) }));
  $("downloads").replaceChildren(...downloads);
}

function play(id) {
  const file = sounds.get(id), player = $("player");
  if (player.src) URL.revokeObjectURL(player.src);
  player.hidden = !file;
  $("no-sound").hidden = Boolean(file);
  if (file) player.src = URL.createObjectURL(file); else player.removeAttribute("src");
}

function seek(seconds) { const player = $("player"); if (player.src) { player.currentTime = seconds; player.play(); } }

function showTranscript(result, length_s) {
  const speakers = [...new Set(result.segments.map((s) => s.speaker).filter((name) => name))];
  const notes = result.notes.length ? ` Notes: ${result.notes.join("; ")}.` : "";
  $("about").textContent = `${clock(length_s)}, ${result.variety || result.language || "no language"}, ${result.model}.${notes}`;
  const spans = speakers.map((name) => [name, result.segments.filter((s) => s.speaker === name).map((s) => [s.start_s, s.end_s, s.text])]);
  drawLanes(spans, length_s);
  if (!result.segments.length) return $("content").replaceChildren(make("p", "Nobody speaks in this file."));
  lines = result.segments.map((segment) => {
    const row = make("div", undefined, { className: "line" });
    row.append(make("button", clock(segment.start_s), { type: "button", onclick: () => seek(segment.start_s) }));
    const text = make("span");
    if (segment.speaker) text.append(make("span", `${segment.speaker}: `, { className: "who" }));
    const words = segment.words.map((word) => {
      const span = make("span", word.text, { className: "word" });
      text.append(span, " ");
      return { span, start_s: word.start_s, end_s: word.end_s };
    });
    if (!words.length) text.append(segment.text);
    row.append(text);
    return { row, words, start_s: segment.start_s, end_s: segment.end_s };
  });
  $("content").replaceChildren(...lines.map((line) => line.row));
}

function showTurns(result, length_s) {
  const speakers = [...new Set(result.turns.map((t) => t.speaker))];
  $("about").textContent = `${clock(length_s)}, ${speakers.length} speakers, variety ${result.variety}. ${result.notes.join(" ")}`;
  drawLanes(speakers.map((name) => [name, result.turns.filter((t) => t.speaker === name).map((t) => [t.start_s, t.end_s, name])]), length_s);
  $("content").replaceChildren();
}

function showDiagnosis(result, length_s) {
  const message = result.message ? ` ${result.message}` : "";
  $("about").textContent = `${clock(length_s)}: ${result.audio.class}, confidence ${result.audio.confidence}.${message}`;
  const types = [...new Set(result.events.map((e) => e.type))];
  drawLanes(types.map((type) => [type, result.events.filter((e) => e.type === type).map((e) => [e.start, e.end, type])]), length_s);
  if (!result.events.length) return $("content").replaceChildren(make("p", "No fault was found."));
  const table = make("table"), head = make("tr");
  for (const title of ["Fault", "From", "To", "Confidence"]) head.append(make("th", title, { scope: "col" }));
  table.append(head);
  for (const event of result.events) {
    const row = make("tr"), from = make("td");
    from.append(make("button", clock(event.start), { type: "button", onclick: () => seek(event.start) }));
    row.append(make("td", event.type), from, make("td", clock(event.end)), make("td", String(event.confidence)));
    table.append(row);
  }
  $("content").replaceChildren(table);
}

function drawLanes(lanes, length_s) {
  const rows = lanes.map(([name, spans], k) => {
    const lane = make("div", undefined, { className: "lane" }), track = make("div", undefined, { className: "track" });
    for (const [start_s, end_s, title] of spans) {
      const span = make("button", undefined, { type: "button", title, onclick: () => seek(start_s) });
      span.setAttribute("aria-label", `${name}, ${clock(start_s)} to ${clock(end_s)}`);
      span.style.left = `${(100 * start_s) / length_s}%`;
      span.style.width = `${(100 * (end_s - start_s)) / length_s}%`;
      span.style.background = COLOURS[k % COLOURS.length];
      track.append(span);
    }
    track.append(make("div", undefined, { className: "now" }));
    lane.append(make("span", name), track);
    return lane;
  });
  $("lanes").replaceChildren(...rows);
}

function follow() {
  const now_s = $("player").currentTime, length_s = $("player").duration || 1;
  for (const mark of document.querySelectorAll(".track .now")) mark.style.left = `${(100 * now_s) / length_s}%`;
  for (const line of lines) {
    const now = line.start_s <= now_s && now_s < line.end_s;
    if (now && !line.row.classList.contains("now")) $("content").scrollTop = line.row.offsetTop - 60;
    line.row.classList.toggle("now", now);
    for (const word of line.words) word.span.classList.toggle("now", now && word.start_s <= now_s && now_s < word.end_s);
  }
}

async function download(path, name) {
  try {
    const address = URL.createObjectURL(await (await ask(path)).blob());
    const link = make("a", undefined, { href: address, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  } catch (e) { say(e.message, "bad"); }
}

function start() {
  const drop = $("drop");
  for (const name of ["dragover", "dragleave", "drop"]) drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files.length) $("file").files = event.dataTransfer.files;
  });
  $("file").addEventListener("change", () => { // the same file again: listen to an earlier result
    const job = jobs.find((one) => one.id === shown), file = $("file").files[0];
    if (job && file && file.name === job.name && !sounds.has(job.id)) { sounds.set(job.id, file); play(job.id); }
  });
  $("ask").addEventListener("submit", send);
  $("access").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("token", $("token").value);
    $("access").hidden = true;
    refresh();
  });
  $("player").addEventListener("timeupdate", follow);
  showTasks().catch((e) => say(e.message, "bad"));
  refresh();
}
start();
