import { send, sourcePath } from "./api.js";
import { announce, h, newID, refusalNote, replace } from "./dom.js";
import { count } from "./text.js";

const pageSize = 100;

/** The tree of tables and their columns, with a filter; `insert` is called with a table that is to be asked. */
export function schemaTree(id, signal, insert) {
  const filterID = newID("filter");
  const filter = h("input", { id: filterID, type: "search", placeholder: "Filter tables", autocomplete: "off", spellcheck: "false" });
  const summary = h("p", { class: "muted small-text", role: "status" }, "Reading the schema…");
  const tree = h("ul", { class: "tree", "aria-label": "Tables" });
  const more = h("button", { type: "button", class: "small", hidden: true, on: { click: () => load(true) } }, "Show more");
  let turn = 0, shown = 0;

  async function load(further = false, refresh = false) {
    const mine = turn += 1;
    const query = new URLSearchParams({ _limit: pageSize, _start: further ? shown : 0 });
    if (filter.value.trim()) query.set("contains", filter.value.trim());
    if (refresh) query.set("refresh", "true");
    try {
      const page = await (await send("GET", sourcePath(id, `/schema?${query}`), { signal })).json();
      if (mine !== turn) return;
      if (!further) {
        replace(tree);
        shown = 0;
      }
      tree.append(...page.tables.map((table) => entry(table, insert)));
      shown += page.tables.length;
      more.hidden = shown >= page.total;
      summary.textContent = page.total === 0
        ? (filter.value ? "No table has this in its name." : "There is no table that this login may see.")
        : count(page.total, "table");
      if (refresh) announce("The schema was read again.");
    } catch (error) {
      if (error.name === "AbortError" || mine !== turn) return;
      summary.textContent = "";
      replace(tree, h("li", {}, refusalNote(error)));
    }
  }

  let waiting;
  filter.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => load(), 200);
  });
  const element = h("div", { class: "stack" },
    h("div", { class: "with-button" }, h("label", { class: "unseen", for: filterID }, "Filter tables"), filter,
      h("button", { type: "button", class: "fill", on: { click: () => load(false, true) } }, "Reload")),
    summary, tree, more);
  return { element, load };
}

function entry(table, insert) {
  const full = [table.schema, table.name].filter(Boolean);
  const keys = new Set(table.primary_key);
  return h("li", {}, h("details", {},
    h("summary", {}, table.schema && h("bdi", { class: "muted" }, `${table.schema}.`), h("bdi", { class: "table-name" }, table.name),
      table.kind !== "table" && h("span", { class: "tag" }, table.kind.replaceAll("_", " "))),
    h("div", { class: "table-body" },
      h("button", { type: "button", class: "quiet small", on: { click: () => insert(full) } }, "Use in the query"),
      table.comment && h("p", { class: "muted small-text wrap" }, table.comment),
      h("ul", { class: "columns" }, table.columns.map((column) => h("li", {},
        h("bdi", {}, column.name), keys.has(column.name) && h("span", { class: "tag" }, "key"),
        h("span", { class: "muted mono" }, `${column.type}${column.nullable ? "" : " · not null"}`)))))));
}
