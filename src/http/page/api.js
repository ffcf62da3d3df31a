/** Asks the daemon. What it refuses is thrown in its own words. */
import { createStore } from "./store.js";

/**
 * Who has signed in, and for what. `undefined` while that is asked, `null` when nobody has.
 * @typedef {{ name: string, scopes: readonly string[], csrf: string | null }} Session
 */

/** @type {import("./store.js").Store<Session | null | undefined>} */
export const session = createStore(/** @type {Session | null | undefined} */ (undefined));

/** A refusal of the daemon: `code` of its error table, or `UNREACHABLE`. */
export class ApiError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {number} status
   */
  constructor(code, message, status) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** Asks who this is; afterwards `session` knows. */
export async function findSession() {
  try {
    session.set(await get("/v1/session"));
  } catch (cause) {
    if (cause instanceof ApiError && cause.status === 401) session.set(null);
    else throw cause;
  }
}

/** @param {string} token */
export async function signIn(token) {
  await ask("POST", "/v1/session", { body: { token } });
  await findSession();
}

export async function signOut() {
  await ask("DELETE", "/v1/session");
  session.set(null);
}

/**
 * What the session may do: the page offers nothing else.
 * @param {"read" | "write" | "transition" | "admin"} scope
 */
export function may(scope) {
  const scopes = session.get()?.scopes ?? [];
  return scopes.includes(scope) || scopes.includes("admin");
}

/** @param {string} path */
export async function get(path) {
  return (await ask("GET", path)).body;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{ body?: unknown, headers?: Record<string, string>, signal?: AbortSignal }} [options]
 * @returns {Promise<{ body: any, headers: Headers }>} `body` is undefined where there is none
 */
export async function ask(method, path, { body, headers = {}, signal } = {}) {
  const answer = await reach(path, {
    method,
    headers: {
      ...headers,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(method === "GET" ? {} : { "x-csrf-token": session.get()?.csrf ?? "" }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? null,
  });
  const text = await answer.text();
  if (!answer.ok) throw refusal(answer, text);
  return { body: text === "" ? undefined : JSON.parse(text), headers: answer.headers };
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<Response>} also one that refuses
 */
export async function reach(path, init) {
  try {
    return await fetch(path, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError("UNREACHABLE", "the daemon does not answer", 0);
  }
}

/**
 * @param {Response} answer
 * @param {string} text
 */
export function refusal({ status }, text) {
  if (status === 401 && session.get()) session.set(null);
  try {
    const { error } = JSON.parse(text);
    return new ApiError(error.code, error.message, status);
  } catch {
    return new ApiError("FAILED", text || `status ${status}`, status);
  }
}
