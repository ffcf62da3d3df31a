/** What the daemon says of its own routes, checked against the schema that the OpenAPI Initiative gives out. */
import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";

/** As much of a JSON schema as our routes use. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly pattern?: string;
  readonly format?: string;
  readonly maxItems?: number;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Described {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

export interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

/** One method of one path. */
export interface Operation {
  /** In capitals. */
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  /** Status → the schema of a JSON answer; undefined: another content, or none. */
  readonly answers: ReadonlyMap<number, Schema | undefined>;
}

export function operationsOf({ paths }: Description): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: requestBody?.content["application/json"]?.schema,
      answers: new Map(
        Object.entries(responses).map(([status, { content }]) => [
          Number(status),
          content?.["application/json"]?.schema,
        ]),
      ),
    })),
  );
}

const options = { strict: false, validateFormats: false };

/** Answers are checked by these too: a schema that cannot be compiled throws. */
export const schemas = new Ajv2020(options);

/** @returns what is wrong with the document, and with each schema in it; empty when it is as OpenAPI 3.1 wants it */
export async function faultsOfDescription(document: unknown): Promise<string[]> {
  const isDescription = new Ajv2020(options).compile<Description>(await official());
  if (!isDescription(document))
    return [`the description is no OpenAPI 3.1: ${schemas.errorsText(isDescription.errors)}`];
  return operationsOf(document).flatMap(faultsOfOperation);
}

async function official(): Promise<object> {
  const file = new URL("openapi-3.1.schema.json", import.meta.url.replace("/dist/test/", "/test/"));
  // Each schema in the document is compiled by itself; ajv does not find the anchor by which this one would hand them on.
  const text = (await readFile(file, "utf8")).replaceAll(
    '"$dynamicRef": "#meta"',
    '"$ref": "#/$defs/schema"',
  );
  return JSON.parse(text);
}

function faultsOfOperation({ method, path, parameters, body, answers }: Operation): string[] {
  const all = [...parameters.map((parameter) => parameter.schema), body, ...answers.values()];
  const faults = all.filter((schema) => schema !== undefined).flatMap(faultOfSchema);
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const described = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
  if (named.sort().join() !== described.sort().join())
    faults.push(`its path has ${named.join()}, it describes ${described.join()}`);
  return faults.map((fault) => `${method} ${path}: ${fault}`);
}

function faultOfSchema(schema: Schema): string[] {
  try {
    schemas.compile(schema);
    return [];
  } catch (cause) {
    return [`${cause}`];
  }
}
