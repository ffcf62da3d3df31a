/** `machinist explain`: what may be written in machine files and in the config file, from the schemas that check them. */
import { Command } from "@commander-js/extra-typings";
import { nearestName } from "../../lib/did-you-mean.ts";
import { MachinistError } from "../../lib/errors.ts";
import type { JsonObject } from "../../lib/json.ts";
import { examples } from "../examples.ts";
import type { BeginInvocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { table } from "../table.ts";
import { limitsOf, propertiesOf, type SchemaProperty, typeOf } from "./schema-node.ts";

export function explainCommand(begin: BeginInvocation) {
  return new Command("explain")
    .description("what a watcher type, a part of a machine file or a line of the config file is for")
    .argument("[type.property]", "exec, exec.timeout, machine.transitions.when, config.http.listen")
    .addHelpText(
      "after",
      examples("machinist explain", "machinist explain exec", "machinist explain machine.watchers.retry"),
    )
    .action(async (path) => {
      const { output } = await begin();
      const roots = await schemas();
      if (path !== undefined) return print(output, path, find(roots, path));
      if (output.json) return output.document([...roots.keys()]);
      const rows = [...roots].map(([name, schema]) => [name, String(schema["description"] ?? kindOf(name))]);
      await output.line(table(output, ["Name", "Holds"], rows));
    });
}

function kindOf(name: string): string {
  return name === "machine"
    ? "A machine file"
    : name === "config"
      ? "The config file"
      : `properties of a ${name} watcher`;
}

/** Loaded only here. */
async function schemas(): Promise<ReadonlyMap<string, JsonObject>> {
  const { joinedSchema, watcherSchema, schemaDocument } = await import("../../definition/joined-schema.ts");
  const { configSchema } = await import("../../config/config-schema.ts");
  const { builtInTypes } = await import("../built-in-types.ts");
  const types = builtInTypes();
  const watchers = [...types].map(([name, type]): [string, JsonObject] => [name, watcherSchema(type)]);
  const files: [string, JsonObject][] = [
    ["machine", joinedSchema(types)],
    ["config", schemaDocument(configSchema, "machinist config file")],
  ];
  return new Map([...files, ...watchers.sort(([left], [right]) => (left < right ? -1 : 1))]);
}

/** What every watcher has is found below its type, too: `exec.interval`. */
function find(roots: ReadonlyMap<string, JsonObject>, path: string): SchemaProperty {
  const [name = "", ...steps] = path.split(".");
  const schema = roots.get(name);
  if (!schema) throw unknown(path, name, [...roots.keys()], "a type");
  const machine = roots.get("machine");
  const isWatcher = name !== "machine" && name !== "config";
  const common =
    isWatcher && machine ? propertiesOf(machine).find((one) => one.name === "watchers") : undefined;
  let found: SchemaProperty = { name, schema, isRequired: false };
  for (const [index, step] of steps.entries()) {
    const others = index === 0 && common ? propertiesOf(common.schema) : [];
    const known = [...propertiesOf(found.schema), ...others];
    const next = known.find((one) => one.name === step);
    if (!next)
      throw unknown(
        path,
        step,
        known.map((one) => one.name),
        `a property of ${found.name}`,
      );
    found = next;
  }
  return found;
}

async function print(output: Output, path: string, { schema, isRequired }: SchemaProperty): Promise<void> {
  if (output.json) return output.document(schema);
  const facts = [typeOf(schema), ...(isRequired ? ["required"] : []), ...limitsOf(schema)];
  await output.line(`${output.paint.bold(path)}: ${facts.join("; ")}`);
  const { description } = schema;
  if (typeof description === "string") await output.line(`\n${description}`);
  const properties = propertiesOf(schema);
  if (properties.length === 0) return;
  const rows = properties.map((property) => [
    property.name,
    [typeOf(property.schema), ...limitsOf(property.schema)].join("; "),
    property.isRequired ? "yes" : "",
    textOf(property.schema),
  ]);
  await output.line(`\n${table(output, ["Property", "Type", "Required", "For"], rows)}`);
}

function textOf({ description }: JsonObject): string {
  return typeof description === "string" ? description : "";
}

function unknown(path: string, word: string, known: readonly string[], what: string): MachinistError {
  const meant = nearestName(word, known);
  const hint = meant
    ? `Did you mean ${JSON.stringify(path.replace(word, meant))}?`
    : `There are: ${known.join(", ")}`;
  const message = `cannot explain ${JSON.stringify(path)}: ${JSON.stringify(word)} is not ${what}. ${hint}`;
  return new MachinistError("INVALID_ARGUMENT", message);
}
