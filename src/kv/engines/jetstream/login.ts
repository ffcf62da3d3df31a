/** Who we are for a NATS server: from the URL and from files, as options of its client. Secrets stay in here. */
import { readFileSync, statSync } from "node:fs";
import { type ConnectionOptions, credsAuthenticator, nkeyAuthenticator } from "nats";
import { MachinistError, messageOf } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/logger.ts";
import type { NatsOptions } from "../../nats-options.ts";
import type { NatsAddress } from "./url.ts";

export interface Login {
  readonly options: Pick<ConnectionOptions, "authenticator" | "user" | "pass" | "token" | "tls">;
  /** For messages: `user me`, `the credentials file F`; undefined: nobody in particular. */
  readonly who: string | undefined;
  /** For messages: what certificates are checked against. */
  readonly tls: string | undefined;
}

/** @throws INVALID_ARGUMENT (more than one way to log in, a password of nobody), INVALID_CONFIG (a file that cannot be read or is something else) */
export function loginOf(address: NatsAddress, nats: NatsOptions, log: Logger): Login {
  const found = [...fromUrl(address), ...fromFiles(nats, log)];
  if (found.length > 1) {
    throw new MachinistError(
      "INVALID_ARGUMENT",
      `the store ${address.shown} is given ${found.map(({ who }) => who).join(" and ")}: one way to log in is enough`,
    );
  }
  const [{ who, options } = { who: undefined, options: {} }] = found;
  const tls = tlsOf(address, nats, log);
  return {
    who,
    options: { ...options, ...(tls && { tls }) },
    tls: tls && (nats.tls?.caFile ? `the CA file ${nats.tls.caFile}` : "the authorities that Node trusts"),
  };
}

interface Identity {
  readonly who: string;
  readonly options: Login["options"];
}

function fromUrl({ user, pass, token }: NatsAddress): Identity[] {
  if (token !== undefined) return [{ who: "the token of the URL", options: { token } }];
  if (user === undefined) return [];
  return [{ who: `user ${user}`, options: { user, ...(pass === undefined ? {} : { pass }) } }];
}

function fromFiles(nats: NatsOptions, log: Logger): Identity[] {
  const { credentialsFile, nkeyFile, tokenFile, user, passwordFile } = nats;
  const found: Identity[] = [];
  if (credentialsFile !== undefined) {
    const text = secretIn(credentialsFile, "credentials file", log);
    if (!/BEGIN NATS USER JWT/.test(text))
      throw unusable(credentialsFile, "credentials file", "a NATS user JWT");
    found.push({
      who: `the credentials file ${credentialsFile}`,
      options: { authenticator: credsAuthenticator(new TextEncoder().encode(text)) },
    });
  }
  if (nkeyFile !== undefined) {
    const seed = /^SU[A-Z2-7]{56}$/m.exec(secretIn(nkeyFile, "nkey file", log))?.[0];
    if (seed === undefined) throw unusable(nkeyFile, "nkey file", "the seed of a user, SU…");
    const authenticator = nkeyAuthenticator(new TextEncoder().encode(seed));
    found.push({ who: `the nkey file ${nkeyFile}`, options: { authenticator } });
  }
  if (tokenFile !== undefined) {
    const token = secretIn(tokenFile, "token file", log).trim();
    found.push({ who: `the token file ${tokenFile}`, options: { token } });
  }
  if (passwordFile !== undefined && user === undefined) {
    // Logging in as nobody instead would surprise whoever named the file.
    throw new MachinistError(
      "INVALID_ARGUMENT",
      `the password file ${passwordFile} is there without a user: name the user beside it`,
    );
  }
  if (user !== undefined) {
    const pass = passwordFile && secretIn(passwordFile, "password file", log).trim();
    found.push({ who: `user ${user}`, options: { user, ...(pass && { pass }) } });
  }
  return found;
}

function tlsOf({ tls: asked }: NatsAddress, { tls }: NatsOptions, log: Logger) {
  if (!asked && !tls) return undefined;
  const { caFile, certFile, keyFile } = tls ?? {};
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new MachinistError(
      "INVALID_ARGUMENT",
      "the store's tls has a certificate without its key, or a key without its certificate: name both files",
    );
  }
  return {
    ...(caFile && { ca: textIn(caFile, "CA file") }),
    ...(certFile && { cert: textIn(certFile, "certificate file") }),
    ...(keyFile && { key: secretIn(keyFile, "key file", log) }),
  };
}

function secretIn(file: string, what: string, log: Logger): string {
  const text = textIn(file, what);
  if (text.trim() === "") throw unusable(file, what, "something");
  const { mode } = statSync(file);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    log.warn(`others may read the ${what}: make it private with chmod 600`, { file });
  }
  return text;
}

function textIn(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new MachinistError("INVALID_CONFIG", `the ${what} ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function unusable(file: string, what: string, expected: string): MachinistError {
  return new MachinistError("INVALID_CONFIG", `the ${what} ${file} is none: expected ${expected} in it`);
}
