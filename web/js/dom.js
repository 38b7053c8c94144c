// Elements from data: no markup is ever made from text.

const SVG = "http://www.w3.org/2000/svg";

/** An element; names that begin with "on" are listeners, null and false leave an attribute out. */
export function h(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), attributes, children);
}

function furnish(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
}

export const find = (selector, within = document) => within.querySelector(selector);

/** Show one part of a page in place of others. */
export function show(part, ...others) {
  for (const other of others) other.hidden = true;
  part.hidden = false;
}

/** Move the focus to what has just appeared. */
export function focus(node) {
  if (!node.hasAttribute("tabindex")) node.setAttribute("tabindex", "-1");
  node.focus();
}
