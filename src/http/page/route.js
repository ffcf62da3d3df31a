/** Where the page is: `#/machines/web?tab=data` is view `machines`, rest `["web"]`, query `{ tab: "data" }`. Links are permanent. */
import { createStore, useStore } from "./store.js";

/**
 * @typedef {object} Route
 * @property {string} view
 * @property {readonly string[]} rest
 * @property {Readonly<Record<string, string>>} query
 */

/** @type {import("./store.js").Store<Route>} */
const route = createStore(read());

addEventListener("hashchange", () => route.set(read()));

export function useRoute() {
  return useStore(route);
}

/**
 * @param {readonly string[]} path
 * @param {Readonly<Record<string, string | undefined>>} [query] what is undefined or empty is left out
 */
export function linkTo(path, query = {}) {
  const given = Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []));
  const search = new URLSearchParams(given).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search && `?${search}`}`;
}

/**
 * Changes what of the view is shown, without a step to go back to.
 * @param {Readonly<Record<string, string | undefined>>} query
 */
export function replaceQuery(query) {
  const { view, rest } = route.get();
  history.replaceState(null, "", linkTo([view, ...rest], query));
  route.set(read());
}

/** @param {string} link */
export function goTo(link) {
  location.hash = link;
}

/** @returns {Route} */
function read() {
  const [path = "", search = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [view = "", ...rest] = path.split("/").map(decoded);
  return { view: view || "machines", rest, query: Object.fromEntries(new URLSearchParams(search)) };
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
