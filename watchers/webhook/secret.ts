/** Whether a request comes from one who knows the secret. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { MachinistError, messageOf } from "../../src/lib/errors.ts";

export interface Proof {
  readonly scheme: "hmac" | "token";
  readonly secret: string;
  /** The header. */
  readonly given: string | undefined;
  /** What is signed. */
  readonly content: Buffer;
}

/** What the signature covers: `{timestamp}` and `{body}` in `pattern` are replaced, everything else stands as it is. */
export function signedContent(pattern: string, timestamp: string, body: Buffer): Buffer {
  const parts = pattern.split(/(\{timestamp\}|\{body\})/);
  return Buffer.concat(
    parts.map((part) =>
      part === "{body}" ? body : Buffer.from(part === "{timestamp}" ? timestamp : part, "utf8"),
    ),
  );
}

/** The time it takes says nothing of the secret. */
export function isAuthentic({ scheme, secret, given, content }: Proof): boolean {
  if (given === undefined) return false;
  if (scheme === "token") return timingSafeEqual(digest(given), digest(secret));
  const expected = createHmac("sha256", secret).update(content).digest();
  const hex = /^(?:[a-z0-9]+=)?([0-9a-f]{64})$/i.exec(given)?.[1];
  return hex !== undefined && timingSafeEqual(Buffer.from(hex, "hex"), expected);
}

/** @throws FILE_NOT_FOUND when the file cannot be read or is empty: then nobody is authentic */
export async function readSecret(
  from: { readonly secret: string | undefined; readonly secretFile: string | undefined },
  directory: string,
): Promise<string> {
  if (from.secretFile === undefined) return from.secret ?? "";
  const file = resolve(directory, from.secretFile);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw unusable(file, messageOf(cause), cause);
  });
  const secret = text.replace(/\r?\n$/, "");
  if (secret !== "") return secret;
  throw unusable(file, "it is empty");
}

function unusable(file: string, found: string, cause?: unknown): MachinistError {
  return new MachinistError(
    "FILE_NOT_FOUND",
    `secret_file ${file} cannot be used: ${found}; expected a file with the secret that the daemon's user can read. Until then every delivery is refused`,
    { cause },
  );
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
