/** Butler starts Qlik tasks and takes key-value pairs along for them. Here are no such tasks: the pairs are taken. */

import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import type { Logger } from "../../lib/logger.ts";
import { wholeMs } from "./coercion.ts";
import type { Posting } from "./posting.ts";
import { misshapen, Refusal } from "./refusal.ts";

/** Instead of the id of a task: there is only the body. */
const noTask = "-";
const taskTypes: readonly unknown[] = ["starttaskid", "starttasktag", "starttaskcustomproperty"];

/** What Butler reports when it was told no task. */
const report = {
  tasksId: { started: [], invalid: [], denied: [] },
  tasksTag: [],
  tasksTagDenied: [],
  tasksCP: [],
  tasksCPDenied: [],
};

/** @throws Refusal when a task is to be started: then nothing is written */
export async function startTasks(
  taskId: string,
  body: unknown,
  { posting, log }: { readonly posting: Posting; readonly log: Logger },
): Promise<typeof report> {
  const items = itemsIn(body);
  if (taskId !== noTask || items.some(({ type }) => taskTypes.includes(type))) throw noTasks();
  for (const { type, payload } of items) {
    if (type !== "keyvaluestore") continue;
    const { namespace, key, value, ttl } = isJsonObject(payload) ? payload : {};
    if (namespace && key && value) {
      await posting.write(textOf(namespace), { key: textOf(key), value: textOf(value) }, wholeMs(ttl));
    } else {
      log.warn("a key-value pair of a task start is left out: it needs a namespace, a key and a value");
    }
  }
  return report;
}

function itemsIn(body: unknown): JsonObject[] {
  if (body === undefined || body === null) return [];
  if (!Array.isArray(body)) throw misshapen("body must be array");
  return body.filter(isJsonObject);
}

function textOf(found: unknown): string {
  return typeof found === "string" ? found : JSON.stringify(found);
}

function noTasks(): Refusal {
  return new Refusal(
    "Qlik tasks cannot be started here: use the task id '-' and a body of keyvaluestore items only",
    501,
  );
}
