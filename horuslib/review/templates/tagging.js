// The panel of a focused fine-tune: a list, a card, and a button with a key per tag.
function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "horus-panel horus-tagging";
  root.tabIndex = 0;
  el.append(root);
  const make = (kind, attributes = {}, text = "") => {
    const element = document.createElement(kind);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };
  const ask = (message) => model.send(message);
  const setup = model.get("setup");
  const title = make("h3", {}, setup.title);
  const status = make("p", { role: "status", "aria-live": "polite", class: "hp-status" });
  const buttons = make("div", { role: "group", "aria-label": "Tags", class: "hp-buttons" });
  for (const tag of setup.tags) {
    const button = make("button", { type: "button" }, tag.key ? `${tag.key} ${tag.name}` : tag.name);
    button.onclick = () => ask({ do: "tag", tag: tag.name });
    buttons.append(button);
  }
  const undo = make("button", { type: "button" }, "u undo");
  undo.onclick = () => ask({ do: "undo" });
  buttons.append(undo);
  const card = make("div");
  card.style.cssText = "max-width:560px;margin:8px 0";
  const list = make("ol", { "aria-label": "Suspicious files" });
  list.style.cssText = "max-height:16em;overflow:auto";
  root.append(title, buttons, status, card, list);

  const show = () => {
    status.textContent = model.get("status");
    card.innerHTML = model.get("card");
    list.replaceChildren(
      ...model.get("listing").map((row, i) => {
        const item = make("li");
        const told = row.state === "as filed" ? row.filed : `${row.filed} → ${row.label || "out"} (${row.tag || row.state})`;
        const button = make("button", { type: "button" }, `${row.source}: ${told}`);
        if (i === model.get("at")) button.setAttribute("aria-current", "true");
        button.onclick = () => ask({ do: "turn_to", at: i });
        item.append(button);
        return item;
      }),
    );
  };
  root.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tag = setup.tags.find((x) => x.key && x.key === event.key);
    const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (tag) ask({ do: "tag", tag: tag.name });
    else if (event.key === "u") ask({ do: "undo" });
    else if (event.key === " " && !event.target.matches("button, audio, input")) root.querySelector("audio")?.play();
    else if (way) ask({ do: "turn_to", at: model.get("at") + way });
    else return;
    event.preventDefault();
  };
  model.on("change", show);
  show();
}
export default { render };
