/** For whoever has no session: a token is asked for. */
import { useState } from "preact/hooks";
import { signIn } from "../api.js";
import { html } from "../html.js";

export function SignInView() {
  const [token, setToken] = useState("");
  const [refused, setRefused] = useState("");
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setRefused("");
    try {
      await signIn(token.trim());
    } catch (cause) {
      setRefused(cause instanceof Error ? cause.message : String(cause));
    }
  };
  return html`
    <main class="sign-in">
      <form onSubmit=${submit}>
        <h1>machinist</h1>
        <p>Open the address that the daemon printed when it started, or give a token.</p>
        <label>
          Token
          <input
            type="password"
            autocomplete="current-password"
            required
            value=${token}
            onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ event) => setToken(event.currentTarget.value)}
          />
        </label>
        ${refused && html`<p class="refusal" role="alert">${refused}</p>`}
        <button class="primary">Sign in</button>
      </form>
    </main>
  `;
}
