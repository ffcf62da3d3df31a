/** Every file of the repository that is written from code, with the text that it must have. */
import { configSchema } from "../../src/config/config-schema.ts";
import { joinedSchema, schemaDocument, watcherSchema } from "../../src/definition/joined-schema.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { builtInWatcherTypes } from "../../watchers/index.ts";

export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export function generatedFiles(): GeneratedFile[] {
  const types = new Map(builtInWatcherTypes.map((type) => [type.type, type]));
  return [
    schemaFile("schemas/machine.schema.json", joinedSchema(types)),
    schemaFile("schemas/config.schema.json", schemaDocument(configSchema, "machinist.yaml")),
    ...builtInWatcherTypes.map((type) =>
      schemaFile(`schemas/watchers/${type.type}.schema.json`, watcherSchema(type)),
    ),
  ];
}

function schemaFile(path: string, schema: JsonObject): GeneratedFile {
  return { path, text: `${JSON.stringify(schema, null, 2)}\n` };
}
