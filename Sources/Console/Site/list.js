import { drivers, send } from "./api.js";
import { announce, h, newID, refusalNote, replace, setText } from "./dom.js";
import { address, count, statusName } from "./text.js";

const pageSize = 100;
/** What the service gives at once; more is found by the filters. */
const mostShown = 1000;
const refreshTime = 5000;
const states = ["connected", "reconnecting", "failed", "draft"];

/** The list of data sources: filtered by the service, and kept up to date while it is looked at. */
export async function showList(main, signal) {
  document.title = "Data sources – Wellhead";
  const filters = { name: "", driver: "", status: "" };
  let shown = pageSize;
  let known = [];
  const rows = new Map();

  const heading = h("h1", { tabindex: -1 }, "Data sources");
  const summary = h("p", { class: "muted", id: "summary" });
  const list = h("ul", { class: "sources", "aria-label": "Data sources" });
  const below = h("div", { class: "below" });
  const problem = h("div");
  const more = h("button", { type: "button", hidden: true, on: { click: () => { shown += pageSize; refresh(); } } }, "Show more");

  const driverSelect = h("select", { id: newID("driver"), on: { change: () => change("driver", driverSelect.value) } },
    h("option", { value: "" }, "All drivers"));
  const statusSelect = h("select", { id: newID("status"), on: { change: () => change("status", statusSelect.value) } },
    h("option", { value: "" }, "Any status"), states.map((state) => h("option", { value: state }, statusName(state))));
  const search = h("input", {
    id: newID("search"), type: "search", placeholder: "Search by name", autocomplete: "off", spellcheck: "false",
    on: { input: () => change("name", search.value.trim()) },
  });

  const bar = h("form", { class: "filters", role: "search", "aria-label": "Data sources", on: { submit: (event) => event.preventDefault() } },
    h("div", {}, h("label", { class: "unseen", for: search.id }, "Search by name"), search),
    h("div", {}, h("label", { class: "unseen", for: driverSelect.id }, "Driver"), driverSelect),
    h("div", {}, h("label", { class: "unseen", for: statusSelect.id }, "Status"), statusSelect));
  replace(main,
    h("div", { class: "head" }, h("div", {}, heading, summary),
      h("a", { class: "button primary", href: "#/new" }, "New source")),
    bar, problem, list, below, more);

  drivers().then((all) => {
    known = all;
    driverSelect.append(...all.map((driver) => h("option", { value: driver.driver }, driver.name)));
    for (const row of rows.values()) row.named(known);
  }).catch(() => { /* The list itself says what is wrong with the service. */ });

  let waiting;
  function change(filter, value) {
    filters[filter] = value;
    shown = pageSize;
    clearTimeout(waiting);
    waiting = setTimeout(() => refresh(true), 150);
  }

  let latest = 0;
  async function refresh(aloud = false) {
    const turn = latest += 1;
    const filtered = Object.values(filters).some(Boolean);
    const query = new URLSearchParams({ _limit: Math.min(shown, mostShown), _sort: "name:ASC" });
    if (filters.name) query.set("name_contains", filters.name);
    if (filters.driver) query.set("driver", filters.driver);
    if (filters.status) query.set("status", filters.status);
    try {
      const response = await send("GET", `/datasources?${query}`, { signal });
      const records = await response.json();
      if (turn !== latest) return;
      const total = Number(response.headers.get("X-Total-Count"));
      replace(problem);
      draw(records);
      const part = total > mostShown && shown >= mostShown ? `, the first ${mostShown.toLocaleString("en")} by name are shown` : "";
      setText(summary, `${count(total, "source")}${filtered ? " found" : ""}${part}`);
      more.hidden = total <= shown || shown >= mostShown;
      bar.hidden = total === 0 && !filtered;
      replace(below, total === 0 && (filtered ? nothingFound() : nothingYet()));
      if (aloud) announce(`${count(total, "source")} found`);
    } catch (error) {
      if (error.name === "AbortError" || turn !== latest) return;
      if (!problem.hasChildNodes()) replace(problem, refusalNote(error));
    }
  }

  function draw(records) {
    const ids = new Set(records.map((record) => record.id));
    for (const [id, row] of rows) {
      if (!ids.has(id)) {
        row.element.remove();
        rows.delete(id);
      }
    }
    records.forEach((record, index) => {
      if (!rows.has(record.id)) rows.set(record.id, makeRow(record));
      const row = rows.get(record.id);
      row.show(record);
      row.named(known);
      // Moved only where it stands elsewhere: moving would take the focus away.
      if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index] ?? null);
    });
  }

  function nothingFound() {
    return h("div", { class: "empty" }, h("h2", {}, "Nothing matches"),
      h("p", { class: "muted" }, "No data source has this name, driver and status."),
      h("button", {
        type: "button", on: {
          click: () => {
            Object.assign(filters, { name: "", driver: "", status: "" });
            search.value = driverSelect.value = statusSelect.value = "";
            search.focus();
            refresh(true);
          },
        },
      }, "Clear the filters"));
  }

  await refresh();
  if (signal.aborted) return;
  heading.focus();
  const timer = setInterval(() => { if (!document.hidden) refresh(); }, refreshTime);
  signal.addEventListener("abort", () => clearInterval(timer));
}

function nothingYet() {
  return h("div", { class: "empty" },
    h("div", { class: "empty-path", "aria-hidden": "true" }, h("span"), h("i"), h("span"), h("i"), h("span")),
    h("h2", {}, "No data source yet"),
    h("p", { class: "muted" }, "Connect the first one. Wellhead tests it stage by stage, says what is wrong, and keeps it connected."),
    h("a", { class: "button primary", href: "#/new" }, "New source"));
}

function makeRow(first) {
  const dot = h("span", { class: "dot" }), status = h("span", {});
  const name = h("bdi", { class: "source-name" });
  const driver = h("span", {}), where = h("bdi", { class: "mono muted source-where" });
  const tags = h("span", { class: "tags" });
  const link = h("a", { class: "source", href: `#/sources/${encodeURIComponent(first.id)}` },
    h("span", { class: "source-main" }, name, where),
    h("span", { class: "source-driver" }, driver), tags,
    h("span", { class: "status" }, dot, status));
  let record = first;
  return {
    element: h("li", {}, link),
    show(current) {
      record = current;
      dot.dataset.status = current.status;
      setText(status, statusName(current.status));
      setText(name, current.name);
      setText(where, address(current));
      const words = [current.ssl && "TLS", current.ssh && "SSH"].filter(Boolean);
      if (tags.childElementCount !== words.length) replace(tags, words.map((word) => h("span", { class: "tag" }, word)));
    },
    named(drivers) {
      setText(driver, drivers.find((one) => one.driver === record.driver)?.name ?? record.driver);
    },
  };
}
