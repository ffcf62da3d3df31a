/** Presses of switches. */
import { Type } from "typebox";
import { MachinistError } from "../lib/errors.ts";
import { isJsonObject, type JsonObject } from "../lib/json.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { Routes } from "./routes.ts";

export interface WatcherPlace {
  readonly name: string;
  readonly watcher: string;
}

export interface SwitchStatus {
  readonly status: string;
  readonly isOn: boolean;
  readonly annotations: JsonObject;
}

export const place = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 128, description: "Name of the machine" }),
  watcher: Type.String({ minLength: 1, maxLength: 128, description: "Name of the watcher" }),
});
const closed = { additionalProperties: false };
const switchStatus = Type.Object(
  {
    status: Type.Enum(["unknown", "on", "off"]),
    isOn: Type.Boolean(),
    annotations: Type.Record(Type.String(), Type.Unknown()),
  },
  closed,
);

export function inputRoutes(supervisor: Supervisor): Routes {
  return (app) => {
    const path = "/v1/machines/:name/switches/:watcher";
    const tags = ["machines"];
    app.get(
      path,
      {
        config: { scope: "read" },
        schema: { tags, summary: "A switch", params: place, response: { 200: switchStatus } },
      },
      ({ params }) => switchAt(supervisor, params),
    );
    app.post(
      path,
      {
        config: { scope: "transition" },
        schema: {
          tags,
          summary: "Presses it; answers when that is committed",
          params: place,
          body: Type.Object({ on: Type.Boolean() }, closed),
          response: { 200: switchStatus },
        },
      },
      ({ params, body }) => press(supervisor, params, body.on),
    );
  };
}

/** @throws MACHINE_NOT_FOUND, WATCHER_NOT_FOUND, STOPPED */
export function switchAt(supervisor: Supervisor, at: WatcherPlace): SwitchStatus {
  return statusIn(watcherAt(supervisor, at, "httpswitch").detail);
}

/** @returns what it is then. @throws as `switchAt`, ILLEGAL_TRANSITION when it is disabled */
export async function press(supervisor: Supervisor, at: WatcherPlace, on: boolean): Promise<SwitchStatus> {
  watcherAt(supervisor, at, "httpswitch");
  const { detail } = await supervisor.machine(at.name).input(at.watcher, { on });
  return statusIn(detail ?? {});
}

/** The view of a watcher of one type: what is for one type must not reach another. */
export function watcherAt(supervisor: Supervisor, { name, watcher }: WatcherPlace, type: string) {
  const { watchers } = supervisor.machine(name);
  const found = watchers.find((view) => view.name === watcher && view.type === type);
  if (found) return found;
  const names = watchers.filter((view) => view.type === type).map((view) => view.name);
  throw new MachinistError(
    "WATCHER_NOT_FOUND",
    `machine ${name} has no ${type} watcher ${JSON.stringify(watcher)}; it has: ${names.join(", ") || "none"}`,
  );
}

function statusIn(detail: JsonObject): SwitchStatus {
  const { status, annotations } = detail;
  return {
    status: typeof status === "string" ? status : "unknown",
    isOn: status === "on",
    annotations: isJsonObject(annotations) ? annotations : {},
  };
}
