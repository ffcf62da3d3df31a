/** Whether a machine's watchers rest, since when and because of whom; and the button that changes it. */
import { useState } from "preact/hooks";
import { ask, may } from "../api.js";
import { html } from "../html.js";
import { Age, dateTime } from "../time.js";
import { byWhom } from "./machine-parts.js";

/** @param {{ machine: import("./machine-parts.js").Details, path: string }} properties */
export function Pause({ machine: { name, paused }, path }) {
  const [problem, setProblem] = useState("");
  const [isAsking, setAsking] = useState(false);
  const action = paused ? "resume" : "pause";
  const change = async () => {
    setAsking(true);
    setProblem("");
    try {
      await ask("POST", `${path}/${action}`);
    } catch (cause) {
      setProblem(cause instanceof Error ? cause.message : String(cause));
    } finally {
      setAsking(false);
    }
  };
  const title = paused
    ? "Its watchers look again"
    : "Its watchers rest until it is resumed; a running command may finish";
  return html`
    <div class="machine-pause">
      ${paused && html`<p role="status">Paused for <span title=${dateTime(paused.at)}><${Age} since=${paused.at} /></span> by ${byWhom(paused.by)}: its watchers do not look.</p>`}
      ${problem && html`<p class="refusal" role="alert">${problem}</p>`}
      ${may("transition") && html`<button class="quiet" title=${title} aria-label=${`${paused ? "Resume" : "Pause"} ${name}`} disabled=${isAsking} onClick=${change}>${paused ? "Resume" : "Pause"}</button>`}
    </div>
  `;
}
