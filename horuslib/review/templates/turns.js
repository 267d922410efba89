// The panel of the speakers' review: renders the traits of turn_widget.TurnPanel and sends what a person decides.

const SHELL = `
<div class="hp-top"><h3></h3><label class="tp-choose">recording <select class="tp-recording"></select></label>
  <p class="hp-status" role="status" aria-live="polite"></p></div>
<div class="tp-tools"><label>zoom <input type="range" class="tp-zoom" min="0" max="5" step="0.5" value="0"></label><span class="tp-count"></span></div>
<div class="tp-time" role="group" tabindex="0" aria-label="Turns over time: arrows move, space plays"><div class="tp-names"></div><div class="tp-scroll"><div class="tp-lanes"></div></div></div>
<div class="hp-desk">
  <section aria-label="The open turn"><div class="hp-card"></div>
    <p class="hp-keys"><span><kbd>space</kbd> plays the turn</span> <span><kbd>←</kbd><kbd>→</kbd> move</span>
      <span><kbd>1</kbd>–<kbd>9</kbd> give the turn</span> <span><kbd>u</kbd> undoes</span></p></section>
  <section class="tp-work" aria-label="Corrections">
    <h4>Who speaks in this turn?</h4><div class="hp-labels tp-give" role="group" aria-label="Who speaks in this turn"></div>
    <form class="tp-rename"><h4>Who is <b class="tp-who"></b>?</h4>
      <div class="tp-row"><label>name <input type="text" maxlength="80" required></label><button>rename</button></div></form>
    <form class="tp-merge"><div class="tp-row"><label>the same person as <select></select></label><button>merge</button></div></form>
    <form class="tp-move"><h4>Its boundaries</h4>
      <div class="tp-row"><label>from <input type="number" step="0.01" min="0" data-edge="start"> s</label><button type="button" data-here="start">at the playhead</button></div>
      <div class="tp-row"><label>to <input type="number" step="0.01" min="0" data-edge="end"> s</label><button type="button" data-here="end">at the playhead</button></div>
      <div class="tp-row"><button>move</button><button type="button" data-hear="start">hear the start</button><button type="button" data-hear="end">hear the end</button></div></form>
    <form class="tp-split"><h4>Another speaks in a part of it</h4>
      <div class="tp-row"><label>from <input type="number" step="0.01" min="0" data-part="start"> s</label><label>to <input type="number" step="0.01" min="0" data-part="end"> s</label></div>
      <div class="tp-row"><label>speaker <input type="text" maxlength="80" list="tp-known" required></label><button>split</button></div></form>
    <datalist id="tp-known"></datalist>
    <div><h4>Corrections of this recording</h4><ol class="tp-done"></ol><button type="button" class="tp-undo"><kbd>u</kbd>undo the latest</button></div>
  </section>
</div>`;
const PX_PER_S = 4; // a timeline of a long recording is at least so wide, and scrolls
const TICK_PX = 56; // least distance of times on the axis
const HEARD_S = 1; // on either side of a boundary

function render({ model, el }) {
  const root = make("div", "horus-panel turn-panel", "", { "data-lm-suppress-shortcuts": "true", tabindex: "-1" });
  root.innerHTML = SHELL;
  el.replaceChildren(root);
  const $ = (selector) => root.querySelector(selector);
  const ask = (message) => model.send(message);
  const time = $(".tp-time");
  const setup = model.get("setup");
  $("h3").textContent = setup.title;
  $(".tp-recording").append(...setup.recordings.map((name) => new Option(name, name)));
  $(".tp-recording").onchange = (event) => ask({ do: "recording", name: event.target.value });
  $(".tp-zoom").oninput = () => drawWidth();
  $(".tp-undo").onclick = () => ask({ do: "undo" });
  const open = () => model.get("view").turns[model.get("view").at];

  // The timeline: a lane per speaker, a button per turn, paler where less sure.
  let buttons = [];
  function draw() {
    const view = model.get("view"), row = Object.fromEntries(view.speakers.map((one, i) => [one.name, i]));
    $(".tp-recording").value = view.name;
    $(".tp-names").replaceChildren(...view.speakers.map((one) => {
      const name = make("div", "tp-name", "", { style: `--c:${one.colour}`, title: one.name });
      name.append(make("span", "", one.name), make("small", "", `${one.seconds.toFixed(0)} s`));
      return name;
    }));
    const lanes = view.speakers.map((one) => make("div", "tp-lane", "", { style: `--c:${one.colour}` }));
    buttons = view.turns.map(([start, end, who, sure], i) => {
      const said = sure === null ? "" : `, confidence ${sure.toFixed(2)}`;
      const words = `${who}, ${start.toFixed(1)} to ${end.toFixed(1)} s${said}`;
      const button = make("button", "tp-turn", "", { type: "button", tabindex: "-1", title: words, "aria-label": words });
      button.style.left = `${(100 * start) / view.duration_s}%`;
      button.style.width = `${(100 * (end - start)) / view.duration_s}%`;
      button.style.setProperty("--sure", sure === null ? 1 : 0.4 + 0.6 * sure);
      button.setAttribute("aria-pressed", i === view.at);
      button.onclick = () => { ask({ do: "turn_to", at: i }); time.focus({ preventScroll: true }); };
      lanes[row[who]].append(button);
      return button;
    });
    $(".tp-lanes").replaceChildren(...lanes, ticks(view.duration_s));
    $(".tp-count").textContent = view.turns.length ? `${view.turns.length} turns of ${view.speakers.length} speakers, number ${view.at + 1} is open` : "Nobody speaks.";
    drawWidth();
    drawForms(view);
  }
  function ticks(duration) {
    const axis = make("div", "tp-axis");
    const width = parseFloat($(".tp-lanes").style.width) || 600;
    const step = [1, 2, 5, 10, 30, 60, 300, 600, 1800].find((s) => (width * s) / duration >= TICK_PX) || 3600;
    for (let t = 0; t < duration; t += step) {
      const minutes = `${Math.floor(t / 60)}:${String(t % 60).padStart(2, "0")}`;
      axis.append(make("span", "", duration > 120 ? minutes : `${t} s`, { style: `left:${(100 * t) / duration}%` }));
    }
    return axis;
  }
  function drawWidth() {
    const view = model.get("view"), scroll = $(".tp-scroll");
    const least = Math.max(scroll.clientWidth, PX_PER_S * view.duration_s);
    $(".tp-lanes").style.width = `${least * 2 ** Number($(".tp-zoom").value)}px`;
    $(".tp-axis")?.replaceWith(ticks(view.duration_s));
    const chosen = buttons[view.at];
    if (!chosen) return;
    const left = chosen.offsetLeft, right = left + chosen.offsetWidth;
    if (left < scroll.scrollLeft || right > scroll.scrollLeft + scroll.clientWidth) scroll.scrollLeft = left - scroll.clientWidth / 3;
  }
  new ResizeObserver(drawWidth).observe(time);

  // The forms, filled with what is so now.
  function drawForms(view) {
    const turn = open(), names = view.speakers.map((one) => one.name);
    $(".tp-work").toggleAttribute("inert", !turn);
    $(".tp-done").replaceChildren(...view.corrections.map((text) => make("li", "", text)), ...view.problems.map((text) => make("li", "tp-problem", text)));
    if (!turn) return;
    const [start, end, who] = turn;
    $(".tp-give").replaceChildren(...view.speakers.map((one, i) => {
      const button = make("button", "", "", { type: "button", style: `--c:${one.colour}`, "aria-pressed": one.name === who });
      button.append(make("kbd", "", i < 9 ? String(i + 1) : ""), one.name);
      button.onclick = () => ask({ do: "give", name: one.name });
      return button;
    }));
    $(".tp-who").textContent = who;
    $(".tp-rename input").value = "";
    $(".tp-merge select").replaceChildren(...names.filter((name) => name !== who).map((name) => new Option(name, name)));
    $(".tp-merge button").disabled = names.length < 2;
    $("[data-edge=start]").value = $("[data-part=start]").value = start.toFixed(2);
    $("[data-edge=end]").value = $("[data-part=end]").value = end.toFixed(2);
    $("[data-part=start]").value = ((start + end) / 2).toFixed(2);
    $(".tp-split input[type=text]").value = "";
    $("#tp-known").replaceChildren(...names.map((name) => new Option(name, name)));
  }
  const number = (selector) => Number($(selector).value);
  function onSubmit(selector, send) {
    $(selector).onsubmit = (event) => { event.preventDefault(); send(); };
  }
  onSubmit(".tp-rename", () => ask({ do: "rename", name: $(".tp-rename input").value.trim() }));
  onSubmit(".tp-merge", () => ask({ do: "merge", other: $(".tp-merge select").value }));
  onSubmit(".tp-split", () => ask({ do: "split", start_s: number("[data-part=start]"), end_s: number("[data-part=end]"), name: $(".tp-split input[type=text]").value.trim() }));
  onSubmit(".tp-move", () => {
    const [start, end] = open();
    if (number("[data-edge=start]").toFixed(2) !== start.toFixed(2)) ask({ do: "boundary", edge: "start", to_s: number("[data-edge=start]") });
    else if (number("[data-edge=end]").toFixed(2) !== end.toFixed(2)) ask({ do: "boundary", edge: "end", to_s: number("[data-edge=end]") });
  });

  // The sound: a card has some of it on either side of the turn; space plays the turn alone.
  const audio = () => $(".hp-card audio");
  let stopAt = Infinity;
  function play(from_s, to_s) {
    const sound = audio(), [begins] = model.get("view").sound_s;
    if (!sound) return;
    sound.currentTime = Math.max(0, from_s - begins);
    stopAt = to_s - begins;
    sound.play();
  }
  function toggle() {
    const [start, end] = open() || [];
    if (audio() && !audio().paused) audio().pause();
    else if (audio()) play(start, end);
  }
  for (const button of root.querySelectorAll("[data-hear]")) button.onclick = () => {
    const at = open()[button.dataset.hear === "start" ? 0 : 1];
    play(at - HEARD_S, at + HEARD_S);
  };
  for (const button of root.querySelectorAll("[data-here]")) button.onclick = () => {
    if (audio()) $(`[data-edge=${button.dataset.here}]`).value = (model.get("view").sound_s[0] + audio().currentTime).toFixed(2);
  };
  function drawCard() {
    stopAt = Infinity;
    $(".hp-card").innerHTML = model.get("card") || '<p class="hp-empty">No turn is open.</p>';
    const turn = open(), svg = $(".hp-card svg");
    if (!turn || !svg) return;
    const [begins, ends] = model.get("view").sound_s, left = Number(svg.dataset.left), width = Number(svg.dataset.width);
    for (const at of turn.slice(0, 2).filter((t) => t > begins && t < ends)) {
      const edge = svg.querySelector(".cursor").cloneNode();
      edge.setAttribute("class", "tp-edge");
      edge.setAttribute("transform", `translate(${(width * (at - begins)) / (ends - begins)})`);
      svg.append(edge);
    }
    audio().addEventListener("timeupdate", (event) => {
      if (event.target.currentTime >= stopAt) { event.target.pause(); stopAt = Infinity; }
    });
  }

  root.onkeydown = (event) => {
    event.stopPropagation();
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, select, audio")) return;
    const way = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
    const speaker = model.get("view").speakers[Number(event.key) - 1];
    if (way) ask({ do: "move", by: way });
    else if (event.key === " " && !target.matches("button")) toggle();
    else if (speaker && event.key.trim()) ask({ do: "give", name: speaker.name });
    else if (event.key === "u") ask({ do: "undo" });
    else return;
    event.preventDefault();
  };

  const drawStatus = () => { $(".hp-status").textContent = model.get("status"); };
  const parts = { view: draw, card: drawCard, status: drawStatus };
  for (const [name, part] of Object.entries(parts)) { model.on(`change:${name}`, part); part(); }
  takeFocus(time);
  return () => { for (const [name, part] of Object.entries(parts)) model.off(`change:${name}`, part); };
}

export default { render };
