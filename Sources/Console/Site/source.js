import { drivers, get, send, sourcePath } from "./api.js";
import { drawChart } from "./chart.js";
import { confirmation } from "./dialog.js";
import { announce, h, refusalNote, replace, setText } from "./dom.js";
import { PathView } from "./path.js";
import { queryBox } from "./query.js";
import { schemaTree } from "./schema.js";
import { showVerdict, watch } from "./testing.js";
import { address, ago, dateTime, day, duration, statusName } from "./text.js";

const refreshTime = 5000;

/** One data source: how it is doing, its tables, and a box to ask it. */
export async function showSource(main, signal, id) {
  let record, all;
  try {
    [record, all] = await Promise.all([get(sourcePath(id), { signal }), drivers()]);
  } catch (error) {
    if (error.name === "AbortError") return;
    replace(main, h("p", { class: "crumb" }, h("a", { href: "#/" }, "All data sources")),
      h("h1", { tabindex: -1 }, error.status === 404 ? "There is no such data source" : "This data source cannot be shown"), refusalNote(error));
    return;
  }
  const driver = all.find((one) => one.driver === record.driver);
  document.title = `${record.name} – Wellhead`;

  const heading = h("h1", { tabindex: -1 }, h("bdi", {}, record.name));
  const dot = h("span", { class: "dot" }), statusText = h("span", {});
  const problem = h("div"), chart = h("div", { class: "chart-place" });
  const facts = new Map();
  const fact = (name, label) => {
    const value = h("span", { class: "value" }, "–"), note = h("span", { class: "note" });
    facts.set(name, { value, note });
    return h("div", { class: "fact" }, h("dt", {}, label), h("dd", {}, value, note));
  };
  const testPlace = h("section", { class: "card stack", "aria-label": "Test", hidden: true });
  const testButton = h("button", { type: "button", on: { click: test } }, "Test");
  const box = queryBox(id, record.name, driver?.statement, signal);
  const tree = schemaTree(id, signal, box.insert);
  const explore = h("div", { class: "explore" },
    h("section", { class: "card", "aria-labelledby": "schema" }, h("h2", { id: "schema" }, "Schema"), tree.element),
    h("section", { class: "card", "aria-labelledby": "query" }, h("h2", { id: "query" }, "Query"), box.element));

  replace(main,
    h("p", { class: "crumb" }, h("a", { href: "#/" }, "All data sources")),
    h("div", { class: "head" },
      h("div", {}, heading, h("p", { class: "subtitle" }, h("span", { class: "status" }, dot, statusText),
        h("span", {}, driver?.name ?? record.driver), h("bdi", { class: "mono muted" }, address(record)), way(record))),
      h("div", { class: "actions" }, testButton,
        h("a", { class: "button", href: `#/sources/${encodeURIComponent(id)}/edit` }, "Edit"),
        h("button", { type: "button", class: "danger", on: { click: remove } }, "Delete"))),
    problem, testPlace,
    h("section", { class: "card", "aria-labelledby": "health" }, h("h2", { id: "health" }, "Health"),
      h("dl", { class: "facts" }, fact("latency", "Latency"), fact("pool", "Connections"), fact("certificate", "Certificate"),
        fact("version", driver?.port === null ? "File" : "Server"), fact("since", "Status since"), fact("check", "Last check")),
      h("h3", { class: "chart-title" }, "Latency and status"), chart),
    explore);

  function setFact(name, value, note = "", mood = "") {
    const entry = facts.get(name);
    setText(entry.value, value);
    setText(entry.note, note);
    entry.note.className = `note ${mood}`;
  }

  let drawn = null;
  window.addEventListener("resize", () => { if (drawn) drawChart(chart, drawn); }, { signal });
  async function refresh() {
    try {
      const [status, history] = await Promise.all([get(sourcePath(id, "/status"), { signal }), get(sourcePath(id, "/history"), { signal })]);
      showStatus(status);
      drawn = history;
      drawChart(chart, history);
    } catch (error) {
      if (error.name !== "AbortError" && !problem.hasChildNodes()) replace(problem, refusalNote(error));
    }
  }

  let before = null;
  function showStatus(status) {
    dot.dataset.status = status.status;
    setText(statusText, statusName(status.status));
    if (before && before !== status.status) announce(`${record.name}: ${statusName(status.status)}`);
    before = status.status;
    const { open, idle, busy, waiting } = status.connections;
    setFact("latency", duration(status.latency_ms), status.latency_ms === null ? "not measured yet" : "last check’s round trip");
    setFact("pool", `${open} open`, `${idle} idle, ${busy} busy${waiting > 0 ? `, ${waiting} waiting` : ""}`, waiting > 0 ? "warn" : "");
    const left = status.certificate_days_left;
    if (left === null) setFact("certificate", "None", record.ssl ? "not seen yet" : "no TLS");
    else setFact("certificate", left < 0 ? "Expired" : `${left} days left`, day(status.certificate_expires), left < 7 ? "bad" : left < 30 ? "warn" : "");
    const [version, build] = (status.server_version ?? "–").split(" (");
    setFact("version", version, build?.replace(/\)$/, ""));
    setFact("since", ago(status.since), dateTime(status.since));
    setFact("check", ago(status.last_check), status.last_check ? dateTime(status.last_check) : "");
    const failure = status.status === "connected" ? null : status.last_error;
    if (status.status === "draft") replace(problem, h("div", { class: "notice" }, h("p", {}, "This is a draft: it was stored untested. Edit and save it to connect it.")));
    else if (!failure) replace(problem);
    else if (problem.textContent !== `${failure.message}${failure.hint ?? ""}`) {
      replace(problem, h("div", { class: "notice bad", role: "alert" }, h("p", { class: "strong wrap" }, failure.message), failure.hint && h("p", { class: "wrap" }, failure.hint)));
    }
  }

  async function test() {
    const path = new PathView();
    path.plan(driver ?? { name: record.driver, port: record.port }, record);
    const outcome = h("div", { class: "outcome" });
    testPlace.hidden = false;
    replace(testPlace, h("h2", {}, "Test"), path.element, outcome);
    testButton.disabled = true;
    try {
      showVerdict(outcome, await watch(path, "POST", sourcePath(id, "/test"), { signal }));
    } catch (error) {
      if (error.name === "AbortError") return;
      path.finish(false, error.body?.error?.stage ?? "validate");
      replace(outcome, refusalNote(error));
    } finally {
      testButton.disabled = false;
    }
  }

  async function remove() {
    const sure = await confirmation({
      title: `Delete ${record.name}?`, action: "Delete",
      message: "Wellhead disconnects it and erases its login data beyond recovery. The data source itself is not touched.",
    });
    if (!sure || signal.aborted) return;
    try {
      await send("DELETE", sourcePath(id), { signal });
      location.hash = "#/";
      announce(`${record.name} is deleted.`);
    } catch (error) {
      if (error.name !== "AbortError") replace(problem, refusalNote(error));
    }
  }

  heading.focus();
  await refresh();
  if (signal.aborted) return;
  explore.hidden = before === "draft";
  if (!explore.hidden) tree.load();
  const timer = setInterval(() => { if (!document.hidden) refresh(); }, refreshTime);
  signal.addEventListener("abort", () => clearInterval(timer));
}

/** How it is reached and encrypted, as short words. */
function way(record) {
  const words = [record.ssl && (record.certificate ? "Mutual TLS" : "TLS"), record.ssh && `SSH by ${record.sshHost}`].filter(Boolean);
  return h("span", { class: "tags" }, words.map((word) => h("span", { class: "tag wrap" }, word)));
}
