/** What is said where there is nothing to show, and where something could not be had. */
import { html } from "./html.js";

/** @param {{ title: string, children?: unknown }} properties */
export function Nothing({ title, children }) {
  return html`<div class="nothing"><strong>${title}</strong>${children && html`<p>${children}</p>`}</div>`;
}

/** @param {{ error: Error, onRetry?: () => void }} properties */
export function Problem({ error, onRetry }) {
  return html`
    <div class="problem" role="alert">
      <span>${error.message}</span>
      ${onRetry && html`<button onClick=${onRetry}>Try again</button>`}
    </div>
  `;
}
