import { Refusal, send, sourcePath } from "./api.js";
import { announce, h, newID, refusalNote, replace } from "./dom.js";
import { count, duration } from "./text.js";

const limits = [100, 1000, 10000, 100000];
/** More rows than this in a table would make the page slow; a download has all of them. */
const shownRows = 1000;

/** Names as the drivers' statements write them; a plain word of SQL stands for itself. */
const writers = {
  double: (name) => sqlName(name, '"', '"'),
  backticks: (name) => sqlName(name, "`", "`"),
  brackets: (name) => sqlName(name, "[", "]"),
  json: (name) => JSON.stringify(name),
  path: (name) => name.split("/").map(encodeURIComponent).join("/"),
};

function sqlName(name, open, close) {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : open + name.replaceAll(close, close + close) + close;
}

/** A box for a statement, and its result as a table or a file. */
export function queryBox(id, name, form = { template: "{table}", quoting: "double" }, signal) {
  const statementID = newID("statement"), limitID = newID("limit");
  const statement = h("textarea", { id: statementID, class: "code", rows: 5, spellcheck: "false", autocapitalize: "none", autocomplete: "off", placeholder: form.template.replace("{table}", "…") });
  const limit = h("select", { id: limitID }, limits.map((value) => h("option", { value, selected: value === 1000 }, `${value.toLocaleString("en")} rows`)));
  const runButton = h("button", { type: "submit", class: "primary" }, "Run");
  const cancelButton = h("button", { type: "button", class: "danger", hidden: true, on: { click: cancel } }, "Cancel");
  const downloads = h("div", { class: "downloads" },
    h("button", { type: "button", class: "small", on: { click: () => download("text/csv", "csv") } }, "Download CSV"),
    h("button", { type: "button", class: "small", on: { click: () => download("application/x-ndjson", "ndjson") } }, "Download NDJSON"));
  const summary = h("p", { class: "muted small-text", role: "status" });
  const result = h("div", { class: "result" });
  let running = null;

  /** Runs one thing at a time; a cancelled one is ended at the database, too. */
  async function working(words, body) {
    if (running || !statement.value.trim()) {
      if (!running) statement.focus();
      return;
    }
    const hangUp = new AbortController();
    const own = running = { name: crypto.randomUUID?.() ?? `console-${Date.now()}-${Math.random().toString(36).slice(2)}`, hangUp };
    runButton.disabled = true;
    cancelButton.hidden = false;
    summary.textContent = words;
    try {
      await body(own.name, AbortSignal.any([signal, hangUp.signal]));
    } catch (error) {
      if (signal.aborted) return;
      summary.textContent = "";
      if (hangUp.signal.aborted) error = new Refusal(0, { message: "The statement was cancelled." });
      replace(result, refusalNote(error));
    } finally {
      running = null;
      runButton.disabled = false;
      cancelButton.hidden = true;
    }
  }

  function ask(accept, queryName, ended) {
    return send("POST", sourcePath(id, "/query"), {
      body: { statement: statement.value, limit: Number(limit.value) }, accept, signal: ended, headers: { "X-Query-Id": queryName },
    });
  }

  const run = () => working("The statement runs…", async (queryName, ended) => {
    const answer = await (await ask("application/json", queryName, ended)).json();
    show(answer);
  });

  const download = (accept, ending) => working("The rows are being fetched…", async (queryName, ended) => {
    const response = await ask(accept, queryName, ended);
    const blob = await response.blob().catch((error) => {
      if (error.name === "AbortError") throw error;
      throw new Refusal(0, { message: "The rows broke off before their end, so that nothing was saved. Run the statement again." });
    });
    const url = URL.createObjectURL(blob);
    const link = h("a", { href: url, download: `${name.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 60) || "rows"}.${ending}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
    summary.textContent = `Saved as ${link.download}.`;
  });

  async function cancel() {
    const own = running;
    try {
      await send("DELETE", `/queries/${encodeURIComponent(own.name)}`, { signal });
      announce("The statement is being cancelled.");
    } catch (error) {
      if (error.name === "AbortError") return;
      // One that has ended meanwhile needs no cancelling; one that the service has not begun yet ends with its call.
      if (error.status === 404) own.hangUp.abort();
      else replace(result, refusalNote(error));
    }
  }

  function show(answer) {
    const rows = answer.rows.slice(0, shownRows);
    const statistics = answer.statistics ?? {};
    summary.textContent = [
      count(answer.rows.length, "row"), duration(statistics.elapsed_ms ?? null),
      statistics.cut && "there are more: raise the limit", answer.rows.length > shownRows && `the first ${shownRows.toLocaleString("en")} are shown`,
    ].filter(Boolean).join(" · ");
    const table = h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "number" }, h("span", { class: "unseen" }, "Row")), answer.columns.map((column) => h("th", { scope: "col" },
        h("bdi", {}, column.name), h("span", { class: "type" }, column.type))))),
      h("tbody", {}, rows.map((row, index) => h("tr", {}, h("td", { class: "number" }, String(index + 1)), row.map(cell)))));
    replace(result, answer.error && h("div", { class: "notice bad", role: "alert" }, h("p", { class: "wrap" }, answer.error.message)),
      answer.rows.length === 0
        ? h("p", { class: "muted" }, "The result has no rows.")
        : h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Result" }, table));
  }

  /** Puts a table's name where the caret is, or a whole statement where there is none yet. */
  function insert(parts) {
    const isSQL = ["double", "backticks", "brackets"].includes(form.quoting);
    // What is not SQL knows its tables by their names alone.
    const text = (isSQL ? parts : parts.slice(-1)).map(writers[form.quoting]).join(".");
    if (statement.value.trim()) statement.setRangeText(text, statement.selectionStart, statement.selectionEnd, "end");
    else statement.value = form.template.replace("{table}", () => text);
    statement.focus();
  }

  statement.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    }
  });
  const element = h("form", { class: "stack", on: { submit: (event) => { event.preventDefault(); run(); } } },
    h("div", { class: "field" }, h("div", { class: "label" }, h("label", { for: statementID }, "Statement"), h("span", { class: "optional" }, "Ctrl + Enter runs it")), statement),
    h("div", { class: "actions" }, runButton, cancelButton,
      h("div", { class: "limit" }, h("label", { class: "unseen", for: limitID }, "Rows at most"), limit), downloads),
    summary, result);
  return { element, insert };
}

function cell(value) {
  if (value === null) return h("td", { class: "null" }, "null");
  if (typeof value === "number") return h("td", { class: "figure" }, String(value));
  return h("td", {}, typeof value === "object" ? JSON.stringify(value) : String(value));
}
