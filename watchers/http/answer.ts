/** What an answer says, and whether it is a good one. */
import type { Readable } from "node:stream";
import type { Condition, ConditionScope } from "../../src/lib/condition.ts";
import { MachinistError } from "../../src/lib/errors.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { parseQuery } from "../../src/lib/query.ts";
import { formatSize } from "../../src/lib/size.ts";
import type { HttpAnswer } from "../shared/http-client.ts";
import type { StatusPattern } from "./properties.ts";

/** Names of an answer's parts in a condition. */
export const answerNames = ["status", "headers", "body"];
/** The query that stands for the whole body. */
export const wholeBody = "@this";

const mostBytes = 1_048_576;

export interface ReadAnswer {
  readonly status: number;
  /** Names in lower case; values of a header that comes more than once are joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON if it is JSON, else text. */
  readonly body: Json;
}

/** @throws FAILED for a body of more than 1 MiB */
export async function readAnswer({ status, headers, body }: HttpAnswer): Promise<ReadAnswer> {
  const text = await textOf(body);
  const known = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, [value].flat().join(", ")]],
  );
  return { status, headers: Object.fromEntries(known), body: parsed(text) };
}

export interface Expected {
  readonly status: readonly StatusPattern[];
  readonly condition: Condition | undefined;
}

/** @returns what is wrong with the answer; undefined for a good one. @throws BAD_VALUE when the condition cannot be told */
export function faultOf(
  answer: ReadAnswer,
  { status, condition }: Expected,
  scope: Omit<ConditionScope, "more">,
): string | undefined {
  if (!status.some((pattern) => matches(pattern, answer.status)))
    return `answered with HTTP status ${answer.status}, expected ${status.join(" or ")}`;
  if (!condition || condition.test({ ...scope, more: { ...answer } })) return undefined;
  return `answered, but success_when is not true: ${condition.text}`;
}

/** @param store item of data → query @throws BAD_VALUE when the body has no such part */
export function partsOf(body: Json, store: Readonly<Record<string, string>>): JsonObject {
  const parts = Object.entries(store).map(([item, query]): [string, Json] => {
    const part = query === wholeBody ? body : parseQuery(query).find(body);
    if (part !== undefined) return [item, part];
    throw new MachinistError(
      "BAD_VALUE",
      `answered, but its body has nothing at ${JSON.stringify(query)}, which store puts into ${JSON.stringify(item)}`,
    );
  });
  return Object.fromEntries(parts);
}

function matches(pattern: StatusPattern, status: number): boolean {
  return typeof pattern === "number" ? pattern === status : pattern.startsWith(String(status).charAt(0));
}

async function textOf(body: Readable): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > mostBytes)
      throw new MachinistError(
        "FAILED",
        `answered with more than ${formatSize(mostBytes)}, the most that is read`,
      );
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
