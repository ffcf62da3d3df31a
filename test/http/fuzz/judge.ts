/** Whether an answer is one that may be given. */
import { httpStatusOf, isErrorCode } from "../../../src/lib/errors.ts";
import { isJsonObject } from "../../../src/lib/json.ts";
import type { FuzzAnswer } from "./client.ts";
import { type Operation, schemas } from "./description.ts";
import type { FuzzRequest } from "./requests.ts";

/** No failures: what this store cannot do, and a bucket that its own limit fills. Butler says so of tasks of Qlik. */
const rightly = new Set(["UNSUPPORTED", "TTL_UNSUPPORTED", "BUCKET_FULL"]);

/** A request before may have paused the machine, or have reset it, and then it is started again. */
const mayRest = /^\/(v1\/machines|choria)\//;

/** @returns what is wrong with it; undefined: nothing */
export function faultOf(asked: FuzzRequest, answer: FuzzAnswer): string | undefined {
  const { status } = answer;
  if (status < 200) return `status ${status}`;
  if (asked.method === "HEAD" || status === 304) return status >= 500 ? `status ${status}` : undefined;
  if (status >= 300) return faultOfRefusal(asked, answer);
  // What it asked for is another operation than the one that it was made from.
  if (isMeantOtherwise(asked)) return undefined;
  return asked.operation && faultOfSuccess(asked.operation, answer);
}

/** Butler's clients may say in a header which method they mean. */
function isMeantOtherwise({ method, path, headers }: FuzzRequest): boolean {
  return method === "POST" && path.startsWith("/v4/") && "x-http-method-override" in headers;
}

function faultOfSuccess({ answers }: Operation, { status, text }: FuzzAnswer): string | undefined {
  if (!answers.has(status)) return `status ${status} is not described`;
  const schema = answers.get(status);
  if (!schema || status === 204) return undefined;
  const value = parsed(text);
  if (value === undefined) return "the answer is no JSON";
  return schemas.validate(schema, value)
    ? undefined
    : `the answer is not as described: ${schemas.errorsText()}`;
}

function faultOfRefusal(
  { path }: FuzzRequest,
  { status, contentType, text }: FuzzAnswer,
): string | undefined {
  // Node's own word, and it has no body.
  if (status === 417 && text === "") return undefined;
  if (!contentType.startsWith("application/json")) return `status ${status} with ${contentType || "no type"}`;
  const body = parsed(text);
  const fault = isOfButler(path, body) ? undefined : faultOfError(status, body);
  if (fault !== undefined) return fault;
  return status >= 500 && !isRight(path, body) ? `status ${status}` : undefined;
}

function isRight(path: string, body: unknown): boolean {
  if (isJsonObject(body) && body["statusCode"] === 501) return path.startsWith("/v4/reloadtask/");
  const { error } = isJsonObject(body) ? body : {};
  if (!isJsonObject(error) || typeof error["code"] !== "string") return false;
  return rightly.has(error["code"]) || (error["code"] === "STOPPED" && mayRest.test(path));
}

/** Its clients know no other body than Fastify's own. */
function isOfButler(path: string, body: unknown): boolean {
  return path.startsWith("/v4") && isJsonObject(body) && typeof body["message"] === "string";
}

function faultOfError(status: number, body: unknown): string | undefined {
  const { error } = isJsonObject(body) ? body : {};
  if (!isJsonObject(error)) return `status ${status} without our body`;
  const { code, message, details } = error;
  if (!isErrorCode(code) || typeof message !== "string" || !isJsonObject(details))
    return `status ${status} with a body that is not as ours`;
  // Refused before it was a request: there is no code of ours for this status.
  if (status === 431) return undefined;
  return httpStatusOf(code) === status ? undefined : `status ${status} with code ${code}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
