/** JSON Schema against a value, with problems for people: the only file that knows the validator. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { TSchema } from "typebox";
import { parseDuration } from "../lib/duration.ts";
import type { Complaint } from "./complaint.ts";
import type { Problem } from "./fault.ts";
import { problemsOf } from "./schema-problems.ts";

/** More faults than a person reads; a hostile file can have one per byte. */
const mostErrors = 500;

const compiled = new WeakMap<TSchema, ValidateFunction>();
let validator: Ajv2020 | undefined;

/**
 * Problems of a value, with paths inside it. Empty = it has the shape. Compiling a schema is slow and done once per
 * schema object: keep them in constants.
 */
export function checkShape(schema: TSchema, value: unknown): Problem[] {
  const validate = compiled.get(schema) ?? compile(schema);
  if (validate(value)) return [];
  return problemsOf((validate.errors ?? []).slice(0, mostErrors).map(complaint), value);
}

function compile(schema: TSchema): ValidateFunction {
  validator ??= createValidator();
  const validate = validator.compile(schema);
  compiled.set(schema, validate);
  return validate;
}

function createValidator(): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, verbose: true, strictTypes: false, logger: false });
  addFormats.default(ajv);
  // What a pattern wants, in words; editors know it too.
  ajv.addKeyword("patternErrorMessage");
  ajv.addFormat("machinist-duration", (text) => {
    try {
      parseDuration(text);
      return true;
    } catch {
      return false;
    }
  });
  return ajv;
}

function complaint({
  keyword,
  instancePath,
  schemaPath,
  params,
  schema,
  parentSchema,
  data,
}: ErrorObject): Complaint {
  return { keyword, instancePath, schemaPath, params, schema, parent: parentSchema ?? {}, data };
}
