// Draws the lines in sight of a table whose rows are in Python, and reports what a person does.
// Values arrive as HTML that Python has escaped; everything else is set as text.

const LINE_PX = 26;
const MARGIN = 15; // lines that are asked for above those in sight

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// A button and the box below it; only one box is open at a time.
function menu(bar, key, label) {
  const summary = element("summary", { textContent: label });
  summary.dataset.key = key;
  const body = element("div", { className: "menu" });
  const details = element("details", {}, summary, body);
  details.addEventListener("toggle", () => {
    if (!details.open) return;
    for (const other of bar.querySelectorAll("details")) if (other !== details) other.open = false;
    body.style.left = "0";
    const over = body.getBoundingClientRect().right - bar.getBoundingClientRect().right;
    if (over > 0) body.style.left = `${-over}px`;
  });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    summary.focus();
  });
  details.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !details.contains(event.relatedTarget)) details.open = false;
  });
  bar.append(details);
  return { details, summary, body };
}

function tickBox(key, label, count, checked, change) {
  const input = element("input", { type: "checkbox", checked });
  input.dataset.key = key;
  input.addEventListener("change", () => change(input.checked));
  const parts = [input, element("span", { textContent: label })];
  if (count !== null) parts.push(element("span", { textContent: count }));
  return element("label", {}, ...parts);
}

function render({ model, el }) {
  const ask = (action, rest = {}) => model.send({ do: action, ...rest });
  const view = () => model.get("view");
  const label = model.get("label");
  el.classList.add("skillmeat-grid");
  const bar = element("div", { className: "bar" });
  const status = element("div", { className: "status" });
  status.setAttribute("role", "status");
  const scroll = element("div", { className: "scroll", tabIndex: 0 });
  scroll.setAttribute("role", "grid");
  scroll.setAttribute("aria-label", label);
  scroll.setAttribute("aria-multiselectable", "true");
  const widths = element("colgroup");
  const head = element("tr");
  const body = element("tbody");
  scroll.append(element("table", { role: "presentation" }, widths, element("thead", {}, head), body));
  el.append(bar, status, scroll);
  const id = `grid-${model.model_id ?? label.replaceAll(" ", "-")}`;

  // ---- filters and buttons
  const menus = new Map();
  const searches = new Map();
  let typing = null;

  function searchBox(facet) {
    const input = element("input", { type: "search", placeholder: `part of ${facet.label}` });
    input.setAttribute("aria-label", `${label}: ${facet.label}`);
    input.dataset.key = `text ${facet.name}`;
    input.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => ask("filter", { name: facet.name, text: input.value }), 150);
    });
    searches.set(facet.name, input);
    return input;
  }

  function drawFacets() {
    const focused = el.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    for (const facet of model.get("facets")) {
      if (facet.name === "text") {
        if (!searches.has("text")) bar.prepend(searchBox({ name: "text", label: "any text" }));
      } else if (!menus.has(facet.name)) {
        const made = menu(bar, `menu ${facet.name}`, facet.label);
        menus.set(facet.name, made);
        if (!facet.values) made.body.append(searchBox(facet));
      }
      if (facet.values) drawBoxes(facet);
      const input = searches.get(facet.name);
      if (input && input !== document.activeElement) input.value = facet.text ?? "";
      const made = menus.get(facet.name);
      if (!made) continue;
      made.details.classList.toggle("chosen", facet.chosen > 0);
      made.summary.textContent = facet.chosen ? `${facet.label} (${facet.chosen})` : facet.label;
    }
    if (focused) focusKey(focused);
  }

  function drawBoxes(facet) {
    const { body: box } = menus.get(facet.name);
    const boxes = facet.values.map(([value, text, count, checked]) =>
      tickBox(`box ${facet.name} ${value}`, text, count, checked, (on) => {
        const now = model.get("facets").find((other) => other.name === facet.name);
        const chosen = now.values.filter((each) => each[3]).map((each) => each[0]);
        const values = on ? [...chosen, value] : chosen.filter((each) => each !== value);
        ask("filter", { name: facet.name, values });
      }));
    box.replaceChildren(...boxes);
  }

  function focusKey(key) {
    if (document.activeElement?.dataset?.key === key) return;
    el.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }

  function button(key, text, title, action) {
    const made = element("button", { type: "button", textContent: text, title });
    made.dataset.key = key;
    made.addEventListener("click", action);
    return made;
  }

  let chooser = null;
  let exportsMenu = null;
  let grouping = null;
  function drawBar() {
    const { columns, exports, grouped, ticks } = view();
    if (!chooser) {
      if (menus.size) bar.append(button("reset", "reset filters", "show all again", () => ask("reset")));
      const [all, none] = ticks ? ["tick all", "untick all"] : ["select all matches", "clear selection"];
      bar.append(button("all", all, "of what the filters leave", () => ask("all")));
      bar.append(button("none", none, "", () => ask("none")));
      grouping = tickBox("group", "one line per row", null, grouped, (on) => ask("group", { on }));
      bar.append(grouping);
      chooser = menu(bar, "columns", "columns");
      exportsMenu = menu(bar, "export", "export");
    }
    if (exportsMenu.body.childElementCount !== exports.length)
      exportsMenu.body.replaceChildren(...exports.map(([format, text]) =>
        element("div", {}, button(`export ${format}`, text, "save what is shown as a file", () => {
          exportsMenu.details.open = false;
          ask("export", { format });
        }))));
    exportsMenu.details.hidden = !exports.length;
    grouping.querySelector("input").checked = grouped;
    chooser.body.replaceChildren(...columns.map((column) =>
      tickBox(`column ${column.name}`, column.label, null, column.shown, (shown) =>
        ask("column", { name: column.name, shown }))));
  }

  // ---- the table
  function drawHead() {
    const { columns, sort, ticks } = view();
    const shown = columns.filter((column) => column.shown);
    const all = shown.reduce((sum, column) => sum + column.weight, 0);
    widths.replaceChildren(element("col", { style: "width:30px" }), ...shown.map((column) =>
      element("col", { style: `width:${(97 * column.weight) / all}%` })));
    head.replaceChildren(element("th", { className: "box", title: ticks ? "carried out" : "selected" }),
      ...shown.map((column) => {
        const cell = element("th", { scope: "col" });
        const isSorted = sort[0] === column.name;
        if (isSorted) cell.setAttribute("aria-sort", sort[1] ? "descending" : "ascending");
        const arrow = isSorted ? (sort[1] ? " ↓" : " ↑") : "";
        const sorter = button(`sort ${column.name}`, column.label + arrow, `sort by ${column.label}`,
          () => ask("sort", { column: column.name }));
        sorter.disabled = !column.sortable;
        cell.append(sorter);
        return cell;
      }));
  }

  function drawLine(line) {
    const row = element("tr", { id: `${id}-${line.n}` });
    row.dataset.line = line.n;
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", line.n + 1);
    row.setAttribute("aria-selected", line.state === "all");
    row.classList.toggle("current", line.n === view().current);
    const box = element("input", { type: "checkbox", checked: line.state === "all", tabIndex: -1 });
    box.indeterminate = line.state === "some";
    box.setAttribute("aria-label", `line ${line.n + 1}`);
    row.append(element("td", { className: "box" }, box));
    line.cells.forEach(([html, whole], index) => {
      const cell = element("td", { innerHTML: html, title: whole });
      cell.setAttribute("role", "gridcell");
      if (index === 0 && line.fold) {
        const fold = element("button", { type: "button", className: "fold", tabIndex: -1,
          textContent: line.fold === "open" ? "▾" : "▸", title: line.fold === "open" ? "fold" : "unfold" });
        row.setAttribute("aria-expanded", line.fold === "open");
        cell.prepend(fold);
      } else if (index === 0) cell.classList.add(line.level ? "inside" : "leaf");
      row.append(cell);
    });
    return row;
  }

  function space(lines) {
    const row = element("tr", { className: "space" }, element("td"));
    row.style.height = `${lines * LINE_PX}px`;
    row.setAttribute("aria-hidden", "true");
    return row;
  }

  let reset = -1;
  let current = -1;
  function drawRows() {
    const { total, reset: resets, current: now } = view();
    const { start = 0, lines = [] } = model.get("window");
    scroll.setAttribute("aria-rowcount", total);
    const top = scroll.scrollTop;
    const after = Math.max(total - start - lines.length, 0);
    body.replaceChildren(space(start), ...lines.map(drawLine), space(after));
    if (!total) body.replaceChildren(element("tr", {}, element("td", { className: "none", colSpan: 99, textContent: "nothing to show" })));
    scroll.scrollTop = resets === reset ? top : 0;
    if (now !== current && now >= 0) bringIntoSight(now);
    if (now >= 0) scroll.setAttribute("aria-activedescendant", `${id}-${now}`);
    else scroll.removeAttribute("aria-activedescendant");
    [reset, current] = [resets, now];
  }

  function bringIntoSight(line) {
    const top = line * LINE_PX;
    const height = scroll.clientHeight - 2 * LINE_PX;
    if (top < scroll.scrollTop) scroll.scrollTop = top;
    else if (top > scroll.scrollTop + height) scroll.scrollTop = top - height;
  }

  let asked = -1;
  function askRows() {
    const { total } = view();
    const { start = 0, lines = [] } = model.get("window");
    const first = Math.floor(scroll.scrollTop / LINE_PX);
    const last = Math.min(first + Math.ceil(scroll.clientHeight / LINE_PX), total);
    if (first >= start && last <= start + lines.length) return;
    const wanted = Math.max(first - MARGIN, 0);
    if (wanted === asked) return;
    asked = wanted;
    ask("rows", { start: wanted });
  }

  function draw() {
    const focused = el.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    status.innerHTML = view().status;
    drawBar();
    drawHead();
    drawRows();
    if (focused) focusKey(focused);
    asked = -1;
    askRows();
  }

  // ---- mouse and keyboard
  scroll.addEventListener("scroll", () => requestAnimationFrame(askRows));
  scroll.addEventListener("mousedown", (event) => {
    if (event.shiftKey && event.target.closest("tbody")) event.preventDefault(); // no text selected
    if (event.target.closest("tbody input, tbody .fold")) event.preventDefault(); // keep the focus
    if (event.target.closest("tbody")) scroll.focus({ preventScroll: true });
  });
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-line]");
    if (!row) return;
    const line = Number(row.dataset.line);
    if (event.target.closest(".fold")) return void ask("fold", { line });
    const isBox = event.target.closest(".box");
    if (isBox) event.preventDefault(); // Python decides, and the row is drawn again
    const isCopying = !isBox && String(getSelection()).length > 0 && body.contains(getSelection().anchorNode);
    if (isCopying && !event.shiftKey) return;
    const mode = event.shiftKey ? "range" : isBox || event.ctrlKey || event.metaKey ? "toggle" : "only";
    ask("click", { line, mode });
  });
  const pages = () => Math.max(Math.floor(scroll.clientHeight / LINE_PX) - 2, 1);
  const MOVES = { ArrowDown: () => 1, ArrowUp: () => -1, PageDown: pages, PageUp: () => -pages(),
    Home: () => -view().total, End: () => view().total };
  scroll.addEventListener("keydown", (event) => {
    if (event.target !== scroll) return;
    const line = view().current;
    if (MOVES[event.key]) ask("move", { by: MOVES[event.key](), extend: event.shiftKey });
    else if (event.key === " " && line >= 0) ask("click", { line, mode: event.shiftKey ? "range" : "toggle" });
    else if (event.key === "Enter" && line >= 0) ask("fold", { line });
    else if (event.key === "ArrowRight" && line >= 0) ask("fold", { line, open: true });
    else if (event.key === "ArrowLeft" && line >= 0) ask("fold", { line, open: false });
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) ask("all");
    else if (event.key === "Escape" && !view().ticks) ask("none");
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  // ---- files
  function save(message, buffers) {
    if (message.do !== "download") return;
    const url = URL.createObjectURL(new Blob([buffers[0]]));
    const link = element("a", { href: url, download: message.name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  const changes = [["change:view", draw], ["change:window", drawRows], ["change:facets", drawFacets], ["msg:custom", save]];
  for (const [name, listener] of changes) model.on(name, listener);
  drawFacets();
  draw();
  return () => {
    for (const [name, listener] of changes) model.off(name, listener);
  };
}

export default { render };
