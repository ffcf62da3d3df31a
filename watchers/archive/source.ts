/** Where an archive comes from, and how to say so without telling what only its server may know. Pure. */
import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { MachinistError } from "../../src/lib/errors.ts";
import { shownAddress } from "../shared/http-client.ts";

export interface Login {
  readonly username: string;
  readonly password: string;
}

export type Source =
  | { readonly kind: "file"; readonly path: string }
  /** The address holds no login any more. */
  | { readonly kind: "http"; readonly url: URL; readonly login: Login | undefined };

/**
 * @param text a URL or an absolute path, its templates filled in
 * @param login goes before one that stands in the URL; without a username there is none
 * @throws BAD_VALUE; the message holds no login
 */
export function parseSource(text: string, login: Login): Source {
  if (isAbsolute(text)) return { kind: "file", path: text };
  const url = /^\w+:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "file:") return { kind: "file", path: filePath(url) };
  if (url?.protocol === "https:" || url?.protocol === "http:") {
    const own = { username: decoded(url.username), password: decoded(url.password) };
    const wanted = login.username === "" ? own : login;
    return { kind: "http", url: withoutLogin(url), login: wanted.username === "" ? undefined : wanted };
  }
  const found = text === "" ? "it is empty" : `${JSON.stringify(shownSource(text))} is none`;
  throw new MachinistError(
    "BAD_VALUE",
    `source: ${found}; write an address that begins with https://, http:// or file:///, or the absolute path of a file`,
  );
}

/** A source for people and events: without login and query, where signed addresses have their secrets. */
export function shownSource(text: string): string {
  return isAbsolute(text) ? text : shownAddress(text);
}

function filePath(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    const message = `source: ${JSON.stringify(shownSource(url.href))} names no file of this host; write file:///PATH`;
    throw new MachinistError("BAD_VALUE", message, { cause });
  }
}

function withoutLogin(url: URL): URL {
  const anonymous = new URL(url);
  anonymous.username = "";
  anonymous.password = "";
  return anonymous;
}

/** As people write it when they do not know that some characters need an escape. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
