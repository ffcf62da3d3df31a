/** A machine's state in the color of its health, which is also said in words. */
import { html } from "./html.js";

/** @param {{ machine: Pick<import("./machines.js").Machine, "state" | "health"> }} properties */
export function StateBadge({ machine: { state, health } }) {
  return html`<span class=${`badge ${health}`} title=${health}>${state ?? health}</span>`;
}
