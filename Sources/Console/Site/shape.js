// A body in words: its schema's type, what it allows and, on demand, what lies inside; and its examples.

import { h } from "./dom.js";
import { count } from "./text.js";

/** What a `$ref` of the document leads to; anything else as it is. What stands beside `$ref` wins (OpenAPI 3.1). */
export function resolved(value, document) {
  if (!value?.$ref) return value;
  const target = value.$ref.slice(2).split("/")
    .reduce((part, name) => part?.[name.replaceAll("~1", "/").replaceAll("~0", "~")], document);
  const { $ref, ...beside } = value;
  return { ...resolved(target, document), ...beside };
}

/** The name of the component that a schema is, where it is one. */
function name(schema) {
  return schema?.$ref?.split("/").at(-1);
}

/** A type in a few words, such as `array of Table` or `string or null`. */
export function typeWords(schema, document) {
  const own = name(schema);
  const whole = resolved(schema, document) ?? {};
  const choices = whole.oneOf ?? whole.anyOf;
  if (choices) return [...new Set(choices.map((each) => typeWords(each, document)))].join(" or ");
  const types = [whole.type ?? (whole.enum ? "string" : "any")].flat();
  return types.map((type) => {
    if (type === "array" && whole.items) return `array of ${typeWords(whole.items, document)}`;
    if (type === "object" && own) return own;
    return whole.format ? `${type} (${whole.format})` : type;
  }).join(" or ");
}

/** Bounds, default and allowed values, one phrase each. */
function limits(schema) {
  const words = [];
  const values = schema.enum?.filter((value) => value !== null);
  if (values?.length <= 16) words.push(`one of ${values.join(", ")}`);
  else if (values) words.push(`one of ${values.length} words`);
  if (schema.const !== undefined) words.push(`always ${schema.const}`);
  if (schema.minimum !== undefined && schema.maximum !== undefined) words.push(`${schema.minimum} to ${schema.maximum}`);
  else if (schema.minimum !== undefined) words.push(`at least ${schema.minimum}`);
  else if (schema.exclusiveMinimum !== undefined) words.push(`more than ${schema.exclusiveMinimum}`);
  if (schema.maximum !== undefined && schema.minimum === undefined) words.push(`at most ${schema.maximum}`);
  if (schema.maxLength !== undefined) words.push(`at most ${schema.maxLength} characters`);
  if (schema.default !== undefined && schema.default !== null) words.push(`default ${JSON.stringify(schema.default)}`);
  if (schema.readOnly) words.push("read only");
  if (schema.writeOnly) words.push("secret");
  return words.join(" · ");
}

/** The object schema that lies in a schema, through lists and choices; undefined where there is none. */
function inner(schema, document) {
  const whole = resolved(schema, document);
  if (!whole) return undefined;
  if (whole.properties) return whole;
  if (whole.items) return inner(whole.items, document);
  for (const each of whole.oneOf ?? whole.anyOf ?? []) {
    const found = inner(each, document);
    if (found) return found;
  }
  return undefined;
}

/** One named value: a property, a parameter or a header. */
export function row(title, schema, document, { required = false, description } = {}) {
  const whole = resolved(schema, document) ?? {};
  const bounds = limits(whole);
  return h("li", { class: "row" },
    h("div", { class: "row-head" }, h("code", { class: "row-name" }, title),
      h("span", { class: "type" }, typeWords(schema, document)), required && h("span", { class: "tag" }, "required")),
    (description ?? whole.description) && h("p", {}, description ?? whole.description),
    bounds && h("p", { class: "muted small-text" }, bounds),
    inside(schema, document));
}

/** What an object has inside, made when it is opened: schemas may lead back to themselves. */
function inside(schema, document) {
  const object = inner(schema, document);
  if (!object) return null;
  const details = h("details", { on: { toggle: () => {
    if (details.open && details.children.length === 1) details.append(properties(object, document));
  } } }, h("summary", {}, `Its ${count(Object.keys(object.properties).length, "field")}`));
  return details;
}

function properties(object, document) {
  return h("ul", { class: "rows" }, Object.entries(object.properties).map(([title, schema]) =>
    row(title, schema, document, { required: object.required?.includes(title) })));
}

/** A body's schema: its type, its own words and its fields. */
export function shape(schema, document) {
  const whole = resolved(schema, document) ?? {};
  return h("div", { class: "shape" },
    h("p", { class: "small-text" }, h("span", { class: "type" }, typeWords(schema, document))),
    whole.description && h("p", { class: "small-text" }, whole.description),
    inside(schema, document));
}

/** A body's examples, each with a line that says what it shows. */
export function examples(media, document) {
  if (media.example !== undefined) return [{ summary: "Example", value: media.example }];
  return Object.values(media.examples ?? {}).map((example) => resolved(example, document))
    .map(({ summary, value }) => ({ summary: summary ?? "Example", value }));
}

/** A value as it goes over the line. */
export function asText(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
