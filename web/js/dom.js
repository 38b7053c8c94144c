// DOM helpers. Text is always added as text nodes, never parsed as HTML.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * Create an HTML element. Attributes that begin with "on" are event listeners; null, undefined and
 * false leave an attribute or a child out.
 */
export function h(tag, attributes = {}, ...children) {
  return populate(document.createElement(tag), attributes, children);
}

/** Create an SVG element; see `h`. */
export function svg(tag, attributes = {}, ...children) {
  return populate(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);
}

function populate(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

export const find = (selector, root = document) => root.querySelector(selector);

/** Show one element and hide others. */
export function show(element, ...others) {
  for (const other of others) other.hidden = true;
  element.hidden = false;
}

/** Focus an element that is not focusable by itself, so that screen readers announce it. */
export function focus(element) {
  if (!element.hasAttribute("tabindex")) element.setAttribute("tabindex", "-1");
  element.focus();
}
