/** Every file of the repository that is written from code, with the text that it must have. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { layOut } from "../../src/chart/layout.ts";
import { svgOf } from "../../src/chart/svg.ts";
import { configSchema } from "../../src/config/config-schema.ts";
import { requireDefinition } from "../../src/definition/definition.ts";
import { joinedSchema, schemaDocument, watcherSchema } from "../../src/definition/joined-schema.ts";
import type { WatcherTypeShape } from "../../src/definition/shape.ts";
import { stateChartOf } from "../../src/definition/state-chart.ts";
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
    ...pictures.map(([machine, path]) => ({ path, text: pictureOf(machine, types) })),
  ];
}

/** Machine files, and where the picture of each goes. */
const pictures = [
  ["examples/1-follow-a-key/machine.yaml", "examples/1-follow-a-key/chart.svg"],
  ["examples/2-build-and-switch/machine.yaml", "examples/2-build-and-switch/chart.svg"],
  ["machines/deploy/machine.yaml", "examples/3-check-and-roll-back/chart.svg"],
  ["examples/4-take-every-order/machine.yaml", "examples/4-take-every-order/chart.svg"],
  ["examples/5-give-up/machine.yaml", "examples/5-give-up/chart.svg"],
] as const;

const root = join(import.meta.dirname, import.meta.url.includes("/dist/") ? "../../.." : "../..");

function pictureOf(machine: string, types: ReadonlyMap<string, WatcherTypeShape>): string {
  const definition = requireDefinition(readFileSync(join(root, machine)), { file: machine, types });
  const chart = stateChartOf(definition, types, undefined);
  return svgOf({ ...chart, ...layOut(chart) }, { legal: [], watchers: {} });
}

function schemaFile(path: string, schema: JsonObject): GeneratedFile {
  return { path, text: `${JSON.stringify(schema, null, 2)}\n` };
}
