// Builds elements. Whatever is shown goes in as text, so that no name, message or cell can become markup.

const svgSpace = "http://www.w3.org/2000/svg";

/** An element with properties and children. `on` holds listeners; false and null leave an attribute or a child out. */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS(svgSpace, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "dataset") {
      Object.assign(element.dataset, value);
    } else if (name === "value" || name === "checked" || name === "selected") {
      element[name] = value;
    } else {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child);
  }
}

/** Puts these children in the place of what an element had. */
export function replace(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/** Changes a text only where it differs, so that assistive technology hears changes and nothing else. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let counter = 0;
/** An identifier that no other element has. */
export function newID(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}

/** Says something to whoever does not see the page. */
export function announce(text) {
  const announcer = document.getElementById("announcer");
  announcer.textContent = "";
  requestAnimationFrame(() => { announcer.textContent = text; });
}

/** A refusal as a paragraph: what happened, then what to do. */
export function refusalNote(error) {
  const hint = error.body?.error?.hint;
  return h("div", { class: "notice bad", role: "alert" },
    h("p", { class: "strong wrap" }, error.message), hint && h("p", { class: "wrap" }, hint));
}
