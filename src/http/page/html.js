/** Markup as tagged templates: html`<p class=${name}>${text}</p>`. */
import htm from "htm";
import { h } from "preact";

/** @type {(strings: TemplateStringsArray, ...values: unknown[]) => import("preact").VNode} */
// One root is what every template of the page has: the type of htm allows for several.
export const html = /** @type {any} */ (htm.bind(h));
