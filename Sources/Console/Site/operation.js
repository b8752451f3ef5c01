// One call of the API: what it does, what it takes, what it answers, and a try.

import { h, newID } from "./dom.js";
import { asText, examples, resolved, row, shape } from "./shape.js";
import { trial } from "./trial.js";

/** The part of the page that shows a call. */
export function operationPart(call, document) {
  const { method, path, operation, shared } = call;
  const parameters = [...shared, ...(operation.parameters ?? [])].map((each) => resolved(each, document));
  const title = newID("call");
  return h("article", { class: "card call", id: operation.operationId, "aria-labelledby": title },
    h("h3", { id: title }, h("span", { class: "method", dataset: { method } }, method), " ", h("span", { class: "path" }, path)),
    h("p", { class: "strong" }, operation.summary),
    operation.description && h("p", {}, operation.description),
    operation.security?.length === 0 && h("p", { class: "small-text muted" }, "Needs no token."),
    parameters.length > 0 && [h("h4", {}, "Parameters"), h("ul", { class: "rows" }, parameters.map((parameter) =>
      row(parameter.name, parameter.schema, document, {
        required: parameter.required, description: `${places[parameter.in]}. ${parameter.description ?? ""}`,
      })))],
    operation.requestBody && [h("h4", {}, "Body"), operation.requestBody.description && h("p", {}, operation.requestBody.description),
      contents(operation.requestBody.content, document)],
    h("h4", {}, "Answers"),
    h("div", { class: "answers" }, Object.entries(operation.responses).filter(([status]) => status !== "default")
      .map(([status, response]) => answer(status, resolved(response, document), document))),
    trial(call, parameters, document));
}

const places = { path: "In the path", query: "In the query", header: "A header" };

function answer(status, response, document) {
  const headers = Object.entries(response.headers ?? {});
  return h("details", { class: "answer", open: status === "200" },
    h("summary", {}, h("span", { class: "code", dataset: { kind: status[0] } }, status), h("span", {}, response.description)),
    h("div", { class: "stack" },
      contents(response.content ?? {}, document),
      headers.length > 0 && h("ul", { class: "rows" }, headers.map(([name, header]) => {
        const whole = resolved(header, document);
        return row(name, whole.schema, document, { description: whole.description });
      }))));
}

/** Bodies of the same shape are one entry with several content types. */
function contents(content, document) {
  const kinds = new Map();
  for (const [type, media] of Object.entries(content)) {
    const key = JSON.stringify(media.schema ?? null);
    if (!kinds.has(key)) kinds.set(key, { types: [], media, examples: [] });
    const kind = kinds.get(key);
    kind.types.push(type);
    kind.examples.push(...examples(media, document));
  }
  return [...kinds.values()].map(({ types, media, examples: shown }) => h("div", { class: "content" },
    h("p", { class: "types" }, types.map((type) => h("code", { class: "tag" }, type))),
    media.schema && shape(media.schema, document),
    shown.map(({ summary, value }) => h("figure", {},
      h("figcaption", {}, summary),
      h("pre", { tabindex: 0 }, h("code", {}, asText(value)))))));
}
