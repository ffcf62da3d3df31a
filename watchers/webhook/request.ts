/** A webhook's request as the HTTP interface passes it on: its parts, and what they mean. */
import { createHash } from "node:crypto";
import { MachinistError } from "../../src/lib/errors.ts";
import { isTooDeep, type Json, type JsonObject } from "../../src/lib/json.ts";

export interface WebhookRequest {
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Where senders put the id of a delivery: GitHub and Gitea, GitLab. */
const usualIdHeaders = ["x-github-delivery", "x-gitlab-event-uuid"];
/** Longer ids are remembered by their hash: two with the same beginning are two deliveries. */
const longestId = 128;

/** @param input headers by name in lower case, and the bytes of the body in base64 */
export function readRequest({ headers, body }: JsonObject): WebhookRequest {
  const texts = Object.entries(headers ?? {}).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  return {
    headers: Object.fromEntries(texts),
    body: Buffer.from(typeof body === "string" ? body : "", "base64"),
  };
}

/** @param header in lower case; undefined: where the usual senders put it */
export function deliveryIdOf({ headers }: WebhookRequest, header: string | undefined): string | undefined {
  const names = header === undefined ? usualIdHeaders : [header];
  const id = names.map((name) => headers[name]).find((value) => value !== undefined && value !== "");
  if (id === undefined || id.length <= longestId) return id;
  return createHash("sha256").update(id).digest("hex");
}

/** The body as JSON, also from the field `payload` of a form. @throws INVALID_ARGUMENT */
export function payloadOf({ headers, body }: WebhookRequest): Json {
  const isForm =
    headers["content-type"]?.toLowerCase().startsWith("application/x-www-form-urlencoded") ?? false;
  const text = body.toString("utf8");
  const value = parsed(isForm ? new URLSearchParams(text).get("payload") : text, isForm);
  if (!isTooDeep(value)) return value;
  throw new MachinistError("INVALID_ARGUMENT", "the body is nested too deep");
}

function parsed(text: string | null, isForm: boolean): Json {
  try {
    if (text !== null) return JSON.parse(text) as Json;
  } catch {
    // What JSON.parse says quotes from the body.
  }
  const found = isForm ? "the form has no field payload with JSON" : "the body is not JSON";
  throw new MachinistError("INVALID_ARGUMENT", found);
}
