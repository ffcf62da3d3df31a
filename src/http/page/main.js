/** Begins. */
import { render } from "preact";
import { findSession } from "./api.js";
import { App } from "./app.js";
import { html } from "./html.js";

/** Only a daemon that takes longer is waited for in sight. */
const patienceMs = 200;

const asked = findSession().catch(() => undefined);
await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, patienceMs))]);
render(html`<${App} />`, document.body);
