import { events } from "./api.js";
import { h, replace } from "./dom.js";

/**
 * Runs a test and draws it on a path while it runs.
 *
 * @returns `{name, data}` of the last event: `record`, `report` or `error`
 */
export async function watch(path, method, address, { body, headers, signal, onStage } = {}) {
  for await (const { name, data } of events(method, address, { body, headers, signal })) {
    if (name === "began") path.began(data.stage);
    else if (name === "noted") path.noted(data);
    else if (name === "ended") {
      path.ended(data);
      onStage?.(data);
    } else if (["record", "report", "error"].includes(name)) {
      const failure = name === "report" ? data.error : data.error ?? null;
      path.finish(name === "record" || (name === "report" && data.ok), failure?.stage);
      return { name, data };
    }
    // Other events, such as warned, tell what the last one repeats.
  }
  path.finish(false);
  return { name: "error", data: { code: 0, message: "The connection to the service ended before the test did. Try again." } };
}

/** What a test came to, in words: the failure with its remedy, or that it passed, and the warnings. */
export function verdict({ name, data }, { fieldLinks = () => [], untold = [] } = {}) {
  const failure = name === "error" ? { message: data.message, ...data.error } : data.error;
  const report = name === "report" ? data : data.report;
  const warnings = (report?.warnings ?? []).filter((warning) => !untold.includes(warning.code));
  if (failure) {
    return h("div", { class: "verdict bad" },
      h("h3", { tabindex: -1, class: "wrap" }, failure.message ?? data.message),
      failure.hint && h("p", { class: "wrap" }, failure.hint), fieldLinks(failure),
      failure.server && h("p", { class: "said wrap" }, h("span", { class: "muted" }, "The server said: "),
        h("code", {}, [failure.server.code, failure.server.text].filter(Boolean).join(" · "))),
      failure.code && h("p", { class: "muted small-text" }, h("code", {}, failure.code)));
  }
  return h("div", { class: "verdict good" },
    h("h3", { tabindex: -1 }, name === "record" ? "Connected." : `The test passed${report ? ` in ${Math.round(report.elapsed_ms)} ms` : ""}.`),
    warnings.length > 0 && h("ul", { class: "warnings" }, warnings.map((warning) => h("li", { class: "wrap" }, warning.message))));
}

/** Puts a verdict in its place and the focus on it, so that it is read. */
export function showVerdict(place, outcome, settings) {
  const element = verdict(outcome, settings);
  replace(place, element);
  element.querySelector("h3").focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest" });
}
