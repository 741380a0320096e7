// Keeps keys typed in a widget from the notebook's shortcuts, copies code, and hides the static form
// of the widget while the widget itself is displayed. A click on what has filters sets them.

const SUPPRESS = "data-lm-suppress-shortcuts"; // on the element that has the focus, for Lumino
// With Ctrl or Cmd these belong to the widget; others, such as Ctrl+S, stay the notebook's.
const OF_WIDGET = new Set(["a", "c", "v", "x", "z", "enter", " "]);

function render({ model, el }) {
  const id = model.get("static_id");
  const style = document.createElement("style");
  style.textContent = `[data-skillmeat-static="${id}"]{display:none}`;
  document.head.append(style);
  const isInside = (target) => target?.closest?.(`.${id}`);
  const closer = new AbortController();
  const options = { capture: true, signal: closer.signal };

  // At the window: Lumino listens in the capturing phase of the document.
  addEventListener("keydown", (event) => {
    if (!isInside(event.target)) return;
    const isCommand = (event.ctrlKey || event.metaKey) && !OF_WIDGET.has(event.key.toLowerCase());
    event.target.toggleAttribute(SUPPRESS, !isCommand);
  }, options);

  addEventListener("click", async (event) => {
    const button = event.target?.closest?.("button.copy");
    if (!button || !isInside(button)) return;
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch { // no permission, or no secure address
      getSelection().selectAllChildren(code);
      document.execCommand("copy");
    }
    button.textContent = "copied";
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  }, options);

  const filter = (event) => {
    const mark = event.target?.closest?.("[data-filter]");
    if (!mark || !isInside(mark)) return;
    event.preventDefault();
    model.send({ filter: Object.fromEntries(new URLSearchParams(mark.dataset.filter)) });
  };
  addEventListener("click", filter, options);
  addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") filter(event);
  }, options);

  el.style.display = "none";
  return () => {
    style.remove();
    closer.abort();
  };
}

export default { render };
