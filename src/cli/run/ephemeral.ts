/** `machinist run --ephemeral`: a daemon that leaves nothing behind. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseYaml } from "../../definition/parse.ts";
import { MachinistError, messageOf } from "../../lib/errors.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";

/** Runs `use` with a data directory that exists only meanwhile. */
export async function withTemporaryData<Result>(
  use: (dataDirectory: string) => Promise<Result>,
): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-ephemeral-"));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * Reads the data that new machines begin with: machine → items.
 * @param file for messages @throws BAD_VALUE
 */
export function readInitialData(bytes: Uint8Array, file: string): Readonly<Record<string, JsonObject>> {
  const data = parsed(bytes, file);
  const machines = isJsonObject(data) ? Object.entries(data) : [];
  const wrong = machines.find(([, items]) => !isJsonObject(items));
  if (isJsonObject(data) && !wrong) return Object.fromEntries(machines) as Record<string, JsonObject>;
  const found = wrong ? `the data of ${JSON.stringify(wrong[0])} is not an object` : "it is not an object";
  throw unusable(
    file,
    `${found}; expected machines with items of data each, such as {"deploy":{"version":"1.2"}}`,
  );
}

function parsed(bytes: Uint8Array, file: string): unknown {
  try {
    return parseYaml(bytes, { file });
  } catch (cause) {
    throw unusable(file, messageOf(cause), cause);
  }
}

function unusable(file: string, reason: string, cause?: unknown): MachinistError {
  return new MachinistError("BAD_VALUE", `--set-data ${file} cannot be used: ${reason}`, { cause });
}
