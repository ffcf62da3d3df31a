/** A config file with every line that there can be, from its schema. */
import { configSchema } from "../../config/config-schema.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { limitsOf, propertiesOf, typeOf } from "../explain/schema-node.ts";

/** All of it is comments: nothing is set until somebody removes a `#`. */
export function exampleConfig(): string {
  const schema: Json = JSON.parse(JSON.stringify(configSchema));
  const head = "# The config file of machinist. Remove the # of a line to set it.\n";
  return `${head}${isJsonObject(schema) ? linesOf(schema, "").join("\n") : ""}\n`;
}

function linesOf(schema: JsonObject, indent: string): string[] {
  const properties = schema["properties"];
  if (!isJsonObject(properties)) return [];
  return Object.entries(properties).flatMap(([name, property]) =>
    isJsonObject(property) ? lineOf(name, property, indent) : [],
  );
}

function lineOf(name: string, schema: JsonObject, indent: string): string[] {
  const text = typeof schema["description"] === "string" ? schema["description"] : "";
  const facts = [typeOf(schema), ...limitsOf(schema)].join("; ");
  const about = ["", `# ${indent}${text}${text === "" || text.endsWith(".") ? "" : "."} (${facts})`];
  if (isJsonObject(schema["properties"]))
    return [...about, `#${indent}${name}:`, ...linesOf(schema, `${indent}  `)];
  const elements = schema["type"] === "object" ? [] : propertiesOf(schema);
  const inner = elements.map((element) => `#   ${indent}${element.name}: ${textOf(element.schema)}`);
  return [...about, ...inner, `#${indent}${name}: ${sampleOf(schema)}`];
}

function textOf({ description }: JsonObject): string {
  return typeof description === "string" ? description : "";
}

/** A value that the schema takes. */
function sampleOf(schema: JsonObject): string {
  const { default: usual, examples, enum: words, type } = schema;
  const [example] = Array.isArray(examples) ? examples : [];
  const [word] = Array.isArray(words) ? words : [];
  const sample = usual ?? example ?? word ?? samples[String(type)];
  return sample === undefined ? "…" : JSON.stringify(sample);
}

const samples: Readonly<Record<string, Json>> = {
  boolean: false,
  integer: 1,
  array: [],
  object: {},
  string: "…",
};
