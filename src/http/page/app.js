/** The frame of all views: where one can go, and whether what is shown is true now. */
import { useEffect } from "preact/hooks";
import { findSession, session, signOut } from "./api.js";
import { html } from "./html.js";
import { connection, followMachines, machines } from "./machines.js";
import { linkTo, useRoute } from "./route.js";
import { usePart, useStore } from "./store.js";
import { Age } from "./time.js";
import { KvView } from "./views/kv-view.js";
import { MachinesView } from "./views/machines-view.js";
import { SignInView } from "./views/sign-in-view.js";

/** @type {readonly { view: string, title: string, component: (properties: any) => any }[]} */
const views = [
  { view: "machines", title: "Machines", component: MachinesView },
  { view: "kv", title: "KV", component: KvView },
];

export function App() {
  const who = useStore(session);
  if (who === undefined) return html`<${Waiting} />`;
  if (who === null) return html`<${SignInView} />`;
  return html`<${SignedIn} name=${who.name} />`;
}

/** @param {{ name: string }} properties */
function SignedIn({ name }) {
  const { view, rest, query } = useRoute();
  useEffect(() => followMachines(), []);
  const shown = views.find((one) => one.view === view);
  useEffect(() => {
    document.title = [rest[0], shown?.title, "machinist"].filter(Boolean).join(" · ");
  }, [shown, rest[0]]);
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="bar">
      <a class="brand" href=${linkTo(["machines"])}>machinist</a>
      <nav aria-label="Views">
        ${views.map(
          (one) =>
            html`<a key=${one.view} href=${linkTo([one.view])} aria-current=${one === shown ? "page" : undefined}>${one.title}</a>`,
        )}
      </nav>
      <${Problems} />
      <${LivePill} />
      ${name !== "open" && html`<button class="quiet" onClick=${() => signOut()} title=${`Signed in as ${name}`}>Sign out</button>`}
    </header>
    <main id="main" tabindex="-1">
      ${shown ? html`<${shown.component} rest=${rest} query=${query} />` : html`<p class="nothing">There is no view ${view}.</p>`}
    </main>
  `;
}

/** How many machines want somebody to look, from every view. */
function Problems() {
  const count = usePart(
    machines,
    ({ byName }) =>
      [...byName.values()].filter(({ health }) => health === "faulty" || health === "failing").length,
  );
  if (count === 0) return null;
  return html`<a class="problem-count" href=${linkTo(["machines"])}>${count} ${count === 1 ? "problem" : "problems"}</a>`;
}

function LivePill() {
  const { status, since } = useStore(connection);
  const text = { connecting: "connecting", live: "live", stale: "stale" }[status];
  return html`
    <span class=${`live-pill ${status}`} role="status">
      ${text}${status === "stale" && html` for <${Age} since=${new Date(since).toISOString()} />, reconnecting`}
    </span>
  `;
}

/** Until it is known who this is: nothing flashes when the answer comes at once. */
function Waiting() {
  useEffect(() => {
    const timer = setInterval(() => void findSession().catch(() => undefined), 2000);
    return () => clearInterval(timer);
  }, []);
  return html`<p class="waiting" role="status">Waiting for the daemon…</p>`;
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
