/** The value that a key had at an older revision. */
import { ApiError } from "../api.js";
import { html } from "../html.js";
import { Problem } from "../notice.js";
import { useResource } from "../resource.js";
import { KvValue } from "./kv-value.js";

/** @param {{ path: string, name: string, revision: string, link: string }} properties */
export function KvOlderValue({ path, name, revision, link }) {
  const { value, error, reload } = useResource(`${path}?revision=${encodeURIComponent(revision)}`);
  const isGone = error instanceof ApiError && error.code === "KEY_NOT_FOUND";
  return html`
    <p class="kv-older">
      <span>${isGone ? "The bucket no longer keeps" : "This is"} <b>revision ${revision}</b>${isGone ? "." : ", not the newest."}</span>
      <a href=${link}>Show the newest</a>
    </p>
    ${error && !isGone && html`<${Problem} error=${error} onRetry=${reload} />`}
    ${value && html`<${KvValue} name=${name} entry=${value} />`}
  `;
}
