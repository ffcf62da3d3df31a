/** What the page adds to the drawing of a chart: its size, and that states and transitions legal now can be chosen. */
import { h } from "preact";

/** Its name is its title, which the drawing has. */
const button = { role: "button", tabindex: 0 };

/** @typedef {Readonly<Record<string, string | number>>} Attributes */

/**
 * @param {{ scale: number, canFire: boolean, chosen: string }} options
 * @returns {(name: string, attributes: Attributes, ...children: (import("preact").VNode | string)[]) => import("preact").VNode}
 */
export function actingElements(options) {
  return (name, attributes, ...children) =>
    h(name, { ...keyed(attributes), ...added(name, attributes, options) }, ...children);
}

/**
 * The state, or the transition legal now, that was meant by a click or a key.
 * @param {Event} event
 * @returns {{ state?: string | undefined, transition?: string | undefined }}
 */
export function targetOf({ target }) {
  const chosen = target instanceof Element ? target.closest("[role=button]") : null;
  if (!(chosen instanceof SVGElement)) return {};
  return { state: chosen.dataset.state, transition: chosen.dataset.transition };
}

/**
 * A part that comes or goes leaves the others what they are, so that they change color and do not jump.
 * @param {Attributes} attributes
 */
function keyed(attributes) {
  return { key: attributes.class, ...attributes };
}

/**
 * @param {string} name
 * @param {Attributes} attributes
 * @param {{ scale: number, canFire: boolean, chosen: string }} options
 */
function added(name, attributes, { scale, canFire, chosen }) {
  // A picture has no parts that one could choose; this is a group of them.
  if (name === "svg")
    return {
      role: "group",
      width: Number(attributes.width) * scale,
      height: Number(attributes.height) * scale,
    };
  const state = attributes["data-state"];
  if (state !== undefined) return { ...button, "aria-expanded": String(state === chosen) };
  const transition = attributes["data-transition"];
  const isLive = String(attributes.class).split(" ").includes("live");
  if (transition !== undefined && isLive && canFire) return { ...button, "aria-haspopup": "dialog" };
  return {};
}
