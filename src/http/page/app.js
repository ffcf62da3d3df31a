/** The frame of all views: where one can go, and whether what is shown is true now. */
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { findSession, session, signOut } from "./api.js";
import { html } from "./html.js";
import { whenIdle } from "./idle.js";
import { connection, followMachines, isProblem, machines } from "./machines.js";
import { Problem } from "./notice.js";
import { linkTo, useRoute } from "./route.js";
import { usePart, useStore } from "./store.js";
import { Age } from "./time.js";
import { MachinesView } from "./views/machines-view.js";
import { SignInView } from "./views/sign-in-view.js";

/**
 * Those that are not asked for first come when the first one is there.
 * @typedef {(properties: { rest: readonly string[], query: Readonly<Record<string, string>> }) => unknown} View
 * @type {readonly { view: string, title: string, load: () => View | Promise<View> }[]}
 */
const views = [
  { view: "machines", title: "Machines", load: () => MachinesView },
  {
    view: "events",
    title: "Events",
    load: () => import("./views/events-view.js").then(({ EventsView }) => EventsView),
  },
  { view: "kv", title: "KV", load: () => import("./views/kv-view.js").then(({ KvView }) => KvView) },
  {
    view: "governors",
    title: "Governors",
    load: () => import("./views/governors-view.js").then(({ GovernorsView }) => GovernorsView),
  },
  {
    view: "topics",
    title: "Topics",
    load: () => import("./views/topics-view.js").then(({ TopicsView }) => TopicsView),
  },
  {
    view: "status",
    title: "Status",
    load: () => import("./views/status-view.js").then(({ StatusView }) => StatusView),
  },
];

export function App() {
  const who = useStore(session);
  if (who === undefined) return html`<${Waiting} />`;
  if (who === null) return html`<${SignInView} />`;
  return html`<${SignedIn} name=${who.name} csrf=${who.csrf} />`;
}

/** @param {{ name: string, csrf: string | null }} properties without a token to sign in with there is nothing to sign out of */
function SignedIn({ name, csrf }) {
  const { view, rest, query } = useRoute();
  // After what the view asks for: thousands of machines take longer.
  useEffect(() => whenIdle(followMachines), []);
  // Once they are here, a daemon that is away takes no view away.
  useEffect(() => loadAll(), []);
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
      ${csrf !== null && html`<button class="quiet" onClick=${() => signOut()} title=${`Signed in as ${name}`}>Sign out</button>`}
    </header>
    <main id="main" tabindex="-1">
      ${shown ? html`<${Loaded} key=${view} load=${shown.load} rest=${rest} query=${query} />` : html`<p class="nothing">There is no view ${view}.</p>`}
    </main>
  `;
}

/** @param {{ load: () => View | Promise<View>, rest: readonly string[], query: Readonly<Record<string, string>> }} properties */
function Loaded({ load, rest, query }) {
  const [found, setFound] = useState(/** @type {{ view?: View, error?: Error }} */ ({}));
  const ask = () => {
    Promise.resolve(load()).then(
      (view) => setFound({ view }),
      () => setFound({ error: new Error("this view could not be loaded: the daemon does not answer") }),
    );
  };
  useLayoutEffect(ask, []);
  if (found.error) return html`<${Problem} error=${found.error} onRetry=${ask} />`;
  return found.view && html`<${found.view} rest=${rest} query=${query} />`;
}

/** Not before what is asked for first has come: a browser asks one host for six things at a time. */
const untilAllMs = 1_000;

function loadAll() {
  const timer = setTimeout(() => {
    for (const { load } of views) Promise.resolve(load()).catch(() => undefined);
  }, untilAllMs);
  return () => clearTimeout(timer);
}

/** How many machines want somebody to look, from every view. */
function Problems() {
  const count = usePart(machines, ({ byName }) => [...byName.values()].filter(isProblem).length);
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
