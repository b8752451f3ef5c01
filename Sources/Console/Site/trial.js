// Trying a call: a form of its parameters and its body, the answer as it came, and the same call for curl.

import { Refusal, send, session } from "./api.js";
import { announce, h, newID, replace } from "./dom.js";
import { asText, examples } from "./shape.js";
import { duration } from "./text.js";

const shownAtMost = 100_000;

/** A closed part that opens into the form. Uploads and watched tests are for the console. */
export function trial(call, parameters, document) {
  const content = call.operation.requestBody?.content;
  if (content && !content["application/json"]) return null;
  const details = h("details", { class: "trial", on: { toggle: () => {
    if (details.open && details.children.length === 1) details.append(form(call, parameters, content?.["application/json"], document));
  } } }, h("summary", {}, "Try it"));
  return details;
}

function form({ method, path, operation }, parameters, media, document) {
  // A list's filters are many parameters in one; they are written as they stand in an address.
  const fields = parameters.map((parameter) => ({
    parameter, input: h("input", { id: newID("parameter"), class: "code", autocomplete: "off", spellcheck: "false",
      placeholder: parameter.schema?.type === "object" && "driver=postgres&name_contains=shop" }),
  }));
  const body = media && h("textarea", {
    id: newID("body"), class: "code", rows: 8, spellcheck: "false", value: asText(examples(media, document)[0]?.value ?? {}),
  });
  const outcome = h("div", { role: "status" });
  const button = h("button", { class: "primary", type: "submit" }, "Send");

  /** The address, the headers and the body as they are filled in. */
  function request() {
    let address = path;
    const query = [];
    const headers = {};
    for (const { parameter, input } of fields) {
      const value = input.value.trim();
      if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(value));
      else if (value && parameter.in === "header") headers[parameter.name] = value;
      else if (value && parameter.schema?.type === "object") query.push(value.replace(/^[?&]+/, ""));
      else if (value) query.push(`${encodeURIComponent(parameter.name)}=${encodeURIComponent(value)}`);
    }
    return { address: query.length ? `${address}?${query.join("&")}` : address, headers, text: body?.value };
  }

  async function submit(event) {
    event.preventDefault();
    const missing = fields.find(({ parameter, input }) => parameter.required && !input.value.trim());
    if (missing) {
      replace(outcome, h("p", { class: "problem" }, `${missing.parameter.name} is missing.`));
      return missing.input.focus();
    }
    const { address, headers, text } = request();
    let value;
    try {
      value = text === undefined ? undefined : JSON.parse(text);
    } catch (error) {
      replace(outcome, h("p", { class: "problem" }, `The body is no JSON: ${error.message}`));
      return body.focus();
    }
    button.disabled = true;
    const began = performance.now();
    try {
      const response = await send(method, address, { body: value, headers });
      showAnswer(response.status, await response.text(), performance.now() - began);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      showAnswer(error.status, error.body ? JSON.stringify(error.body) : error.message, performance.now() - began);
    } finally {
      button.disabled = false;
    }
  }

  function showAnswer(status, text, ms) {
    let shown = text;
    try { shown = asText(JSON.parse(text)); } catch { /* Not every answer is JSON; it is shown as it came. */ }
    const cut = shown.length > shownAtMost;
    replace(outcome,
      h("p", { class: "small-text" }, h("span", { class: "code", dataset: { kind: String(status)[0] } }, status || "none"), ` in ${duration(ms)}`,
        cut && `, the first ${shownAtMost.toLocaleString("en")} characters`),
      h("pre", { tabindex: 0 }, h("code", {}, shown.slice(0, shownAtMost))));
    announce(`Answered ${status}.`);
  }

  async function copy() {
    const { address, headers, text } = request();
    const words = ["curl", "--request", method, "--url", quoted(location.origin + address),
      ...(operation.security?.length === 0 ? [] : ["--header", '"Authorization: Bearer $TOKEN"']),
      ...Object.entries(headers).flatMap(([name, value]) => ["--header", quoted(`${name}: ${value}`)]),
      ...(text === undefined ? [] : ["--header", quoted("Content-Type: application/json"), "--data", quoted(text)])];
    try {
      await navigator.clipboard.writeText(words.join(" "));
      announce("Copied. Put the token into TOKEN.");
      copyButton.textContent = "Copied";
    } catch {
      // The clipboard is closed to pages that came without TLS from another machine.
      replace(outcome, h("pre", { tabindex: 0 }, h("code", {}, words.join(" "))));
    }
  }

  const copyButton = h("button", { type: "button", on: { click: copy } }, "Copy for curl");
  return h("form", { class: "stack", novalidate: true, on: { submit } },
    session.name && h("p", { class: "muted small-text" }, `As ${session.name}.`),
    fields.map(({ parameter, input }) => h("div", { class: "field" },
      h("label", { for: input.id }, parameter.name, parameter.required ? "" : " (optional)"), input)),
    body && h("div", { class: "field" }, h("label", { for: body.id }, "Body"), body),
    h("div", { class: "actions" }, button, copyButton), outcome);
}

/** A word of a POSIX shell. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
