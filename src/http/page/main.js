/** Begins. */
import { render } from "preact";
import { findSession } from "./api.js";
import { App } from "./app.js";
import { html } from "./html.js";

render(html`<${App} />`, document.body);
await findSession().catch(() => undefined);
