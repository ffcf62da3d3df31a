/** Requests made from the description: most such as somebody could mean them, many that nobody could. */
import fc from "fast-check";
import type { Operation, Parameter } from "./description.ts";
import { hostileBody, hostileHeader, hostileSegment, hostileText } from "./hostile.ts";
import { broken, type Known, valid } from "./schema-values.ts";

export interface FuzzRequest {
  /** What it was made from; undefined for what is in no description. */
  readonly operation: Operation | undefined;
  readonly method: string;
  /** As it goes over the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
}

const otherMethods = [
  "HEAD",
  "OPTIONS",
  "PUT",
  "PATCH",
  "DELETE",
  "POST",
  "GET",
  "TRACE",
  "PROPFIND",
  "QUERY",
];

/** @param known what there is, by the name of the parameter */
export function requestsOf(operations: readonly Operation[], known: Known): fc.Arbitrary<FuzzRequest> {
  const described = operations.map((operation) => requestOf(operation, known));
  return fc.oneof({ weight: 40, arbitrary: fc.oneof(...described) }, { weight: 1, arbitrary: elsewhere });
}

const elsewhere: fc.Arbitrary<FuzzRequest> = fc
  .tuple(
    fc.constantFrom(...otherMethods),
    fc.array(hostileSegment, { maxLength: 5 }),
    fc.constantFrom("", "/v1", "/v4", "/topics", "/choria", "/v1/kv"),
  )
  .map(([method, segments, prefix]) => ({
    operation: undefined,
    method,
    path: [prefix, ...segments].join("/").replace(/^(?!\/)/, "/"),
    headers: {},
    body: undefined,
  }));

function requestOf(operation: Operation, known: Known): fc.Arbitrary<FuzzRequest> {
  const { parameters } = operation;
  return fc
    .record({
      method: mostly(fc.constant(operation.method), fc.constantFrom(...otherMethods), 30),
      path: pathOf(operation, known),
      query: queryOf(parameters, known),
      named: headersOf(parameters, known),
      other: mostly(fc.constant([]), fc.array(hostileHeader, { maxLength: 3 }), 3),
      body: bodyOf(operation, known),
    })
    .map(({ method, path, query, named, other, body }) => ({
      operation: method === operation.method ? operation : undefined,
      method,
      path: path + query,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...named,
        ...Object.fromEntries(other),
      },
      body: method === "GET" || method === "HEAD" ? undefined : body,
    }));
}

/** The first, and once in so many times the second. */
function mostly<T, U>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<U>, times: number): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: times, arbitrary: usual }, { weight: 1, arbitrary: rare });
}

function pathOf({ path }: Operation, known: Known): fc.Arbitrary<string> {
  const parts = path.split("/").map((part) => {
    const name = /^\{(.*)\}$/.exec(part)?.[1];
    if (name === undefined) return fc.constant(part);
    const texts = known[name] ?? ["a"];
    return mostly(fc.constantFrom(...texts).map(encodeURIComponent), hostileSegment, 4);
  });
  return fc.tuple(...parts).map((found) => found.join("/"));
}

function queryOf(parameters: readonly Parameter[], known: Known): fc.Arbitrary<string> {
  const described = parameters.filter((parameter) => parameter.in === "query");
  if (described.length === 0)
    return mostly(
      fc.constant(""),
      fc.tuple(hostileSegment, hostileSegment).map(([name, text]) => `?${name}=${text}`),
      20,
    );
  const pairs = described.map(({ name, required = false, schema }) => {
    const right = valid(schema, known, name).map((value) => encodeURIComponent(String(value)));
    const given = mostly(right, hostileSegment, 4).map((text) => [`${name}=${text}`]);
    const twice = right.map((text) => [`${name}=${text}`, `${name}=x`]);
    return fc.oneof(
      { weight: 12, arbitrary: given },
      { weight: required ? 1 : 12, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: twice },
    );
  });
  const extra = mostly(
    fc.constant([]),
    hostileSegment.map((name) => [`${name}=1`]),
    20,
  );
  return fc.tuple(...pairs, extra).map((found) => `?${found.flat().join("&")}`);
}

function headersOf(parameters: readonly Parameter[], known: Known): fc.Arbitrary<Record<string, string>> {
  const described = parameters.filter((parameter) => parameter.in === "header");
  const pairs = described.map(({ name, schema }) =>
    fc.oneof(
      fc.constant([]),
      valid(schema, known, name).map((value) => [[name, sendable(String(value))]]),
    ),
  );
  return fc.tuple(...pairs).map((found) => Object.fromEntries(found.flat()));
}

/** Of a text what may stand in a header. */
function sendable(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, "?");
}

function bodyOf({ method, body }: Operation, known: Known): fc.Arbitrary<string | Buffer | undefined> {
  if (method === "GET") return fc.constant(undefined);
  if (method === "DELETE") return mostly(fc.constant(undefined), hostileBody, 10);
  if (!body) return fc.oneof(fc.constant(undefined), fc.constant("{}"), fc.constant("ON"), hostileBody);
  const asJson = (values: fc.Arbitrary<unknown>) => values.map((value) => JSON.stringify(value));
  return fc.oneof(
    { weight: 10, arbitrary: asJson(valid(body, known)) },
    { weight: 4, arbitrary: asJson(broken(body, known)) },
    { weight: 3, arbitrary: hostileBody },
    { weight: 1, arbitrary: hostileText },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}
