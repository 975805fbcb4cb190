// Keeps a page of the console up to date: the server sends what changed. Without this module the pages work all the same.
const events = document.body.dataset.events;
const live = document.getElementById("live");
const waiting = new Map();

// The server encodes every name and text; a template does not run scripts.
const parse = html => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
};

const isBusy = element => element.contains(document.activeElement) && element.querySelector("input, select, details[open]") !== null;

const showBlock = (id, html) => {
  const element = document.getElementById(id);
  if (!element) return;
  if (isBusy(element)) {
    waiting.set(id, html);
    return;
  }
  const focused = element.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  element.replaceChildren(parse(html));
  if (focused) [...element.querySelectorAll("a")].find(link => link.getAttribute("href") === focused)?.focus();
};

// On a narrow page each row is a card, and each cell is told by its heading. As cards, the elements need the roles of a table.
const labelRow = (row, heads) => {
  row.setAttribute("role", "row");
  [...row.cells].forEach((cell, i) => {
    cell.setAttribute("role", "cell");
    cell.dataset.label = heads[i] ?? "";
    cell.classList.toggle("nil", ["", "\u2013"].includes(cell.textContent.trim()) && !cell.querySelector("svg"));
  });
};

const headsOf = table => [...table.tHead.rows[0].cells].map(head => head.textContent.replace(/[\u2191\u2193]/g, "").trim());

for (const table of document.querySelectorAll("table")) {
  table.setAttribute("role", "table");
  for (const group of [table.tHead, ...table.tBodies]) group.setAttribute("role", "rowgroup");
  table.tHead.rows[0].setAttribute("role", "row");
  for (const head of table.tHead.rows[0].cells) head.setAttribute("role", "columnheader");
  for (const row of table.tBodies[0].rows) labelRow(row, headsOf(table));
  table.classList.add("labelled");
}

const showTable = (id, change) => {
  const body = document.getElementById(id);
  if (!body) return;
  const focused = body.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  for (const [row, html] of Object.entries(change.rows)) {
    const made = parse(html).firstElementChild;
    labelRow(made, headsOf(body.parentElement));
    const old = document.getElementById(row);
    if (old) old.replaceWith(made);
    else body.append(made);
  }
  if (change.order) body.replaceChildren(...change.order.map(row => document.getElementById(row)).filter(row => row));
  if (focused) [...body.querySelectorAll("a")].find(link => link.getAttribute("href") === focused)?.focus();
};

document.addEventListener("focusout", () => setTimeout(() => {
  for (const [id, html] of [...waiting]) {
    waiting.delete(id);
    showBlock(id, html);
  }
}));

if (events) {
  const source = new EventSource(events);
  source.onopen = () => {
    live.className = "on";
    live.textContent = "Live";
  };
  source.onmessage = event => {
    const change = JSON.parse(event.data);
    live.className = change.problem ? "away" : "on";
    live.textContent = change.problem ? `${change.problem}, figures are old` : "Live";
    for (const [id, html] of Object.entries(change.blocks)) showBlock(id, html);
    for (const [id, table] of Object.entries(change.tables)) showTable(id, table);
    document.body.dataset.version = change.version;
  };
  source.onerror = () => {
    live.className = "";
    live.textContent = "Connection lost, trying again";
  };
}
