// What the panels' scripts share; each is sent to the browser after this.

/** An element with a class, text and attributes. */
function make(tag, name = "", text = "", attributes = {}) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== "") element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** The application is there for the panel alone: its keys work at once. In a notebook, they are the notebook's. */
function takeFocus(element, waited = 0) {
  const free = !document.activeElement || document.activeElement === document.body;
  if (!free || !document.querySelector("#rendered_cells")) return; // Voila's
  if (element.offsetParent) element.focus({ preventScroll: true });
  if (document.activeElement !== element && waited < 300) setTimeout(takeFocus, 100, element, waited + 1);
}
