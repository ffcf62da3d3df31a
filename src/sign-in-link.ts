/**
 * Where the link with the token of this start goes: to a person at a terminal, else to a file that only its user can read. What
 * is printed without a terminal ends up in the logs of service managers and containers.
 */
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

export type SignInPlace = { readonly link: string } | { readonly file: string };

export interface SignInLinkOptions {
  /** Undefined: no token was made. */
  readonly link: string | undefined;
  readonly dataDirectory: string;
  readonly isTerminal: boolean;
}

/** Removes the link of an earlier start. @returns where this one is; undefined when there is none */
export async function placeSignInLink(options: SignInLinkOptions): Promise<SignInPlace | undefined> {
  const { link, dataDirectory, isTerminal } = options;
  const file = join(dataDirectory, "sign-in-link");
  if (link === undefined || isTerminal) {
    await rm(file, { force: true });
    return link === undefined ? undefined : { link };
  }
  // Made anew, not written over: a file that exists keeps its mode.
  const fresh = `${file}.new`;
  await rm(fresh, { force: true });
  await writeFile(fresh, `${link}\n`, { mode: 0o600, flag: "wx" });
  await rename(fresh, file);
  return { file };
}
