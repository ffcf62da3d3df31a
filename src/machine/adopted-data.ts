/** Data that a machine brings along from Choria, which keeps it in a file beside the machine file. */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { isMachineFileName } from "../definition/file-names.ts";
import type { Definition } from "../definition/shape.ts";
import { messageOf } from "../lib/errors.ts";
import { isJsonObject, type JsonObject } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";
import { checkDataSize } from "./data-limit.ts";

const dataFileName = "machine_data.json";

/** What stands in `machine_data.json` beside a `NAME/machine.yaml`; empty without such a file, and with a warning when it cannot be used. */
export async function adoptedData({ name, file, directory }: Definition, log: Logger): Promise<JsonObject> {
  // Beside NAME.yaml such a file would belong to no machine in particular.
  if (!isMachineFileName(basename(file))) return {};
  const path = join(directory, dataFileName);
  try {
    const data: unknown = JSON.parse(await readFile(path, "utf8"));
    if (!isJsonObject(data)) throw new Error("it holds no JSON object");
    checkDataSize(name, data);
    log.info("data taken over", { from: path, items: Object.keys(data).length });
    return data;
  } catch (cause) {
    if (isJsonObject(cause) && cause["code"] === "ENOENT") return {};
    log.warn("data could not be taken over; the machine starts without", {
      from: path,
      reason: messageOf(cause),
    });
    return {};
  }
}
