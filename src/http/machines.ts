/** Routes of the machines: list, show, transition, history, data. */

import { Type } from "typebox";
import { MachinistError } from "../lib/errors.ts";
import type { Json } from "../lib/json.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { actorOf } from "./actor.ts";
import { describeDefinition } from "./definition-view.ts";
import { addHookCommand } from "./hook-command.ts";
import {
  anyObject,
  changedItem,
  definition,
  details,
  historyLine,
  item,
  moved,
  summary,
} from "./machine-answers.ts";
import { addPauseRoutes } from "./machine-pause.ts";
import { addResetRoutes } from "./machine-reset.ts";
import { describe, summarize } from "./machine-view.ts";
import type { App, Routes } from "./routes.ts";

const name = Type.String({ minLength: 1, maxLength: 128, description: "Name of the machine" });
const params = Type.Object({ name });
const itemParams = Type.Object({ name, key: Type.String({ minLength: 1, description: "Name of the item" }) });
const tags = ["machines"];
const reads = { config: { scope: "read" } } as const;
const closed = { additionalProperties: false };

const order = Type.Object(
  {
    transition: Type.String({ minLength: 1, maxLength: 128 }),
    from: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: "Only if the machine is in this state when its turn has come: else 409 `WRONG_STATE`",
      }),
    ),
  },
  closed,
);

export function machineRoutes(supervisor: Supervisor): Routes {
  return (app) => {
    app.get(
      "/v1/machines",
      { ...reads, schema: { tags, summary: "All machines", response: { 200: Type.Array(summary) } } },
      () => supervisor.slots.map(summarize),
    );
    app.get(
      "/v1/machines/:name",
      { ...reads, schema: { tags, summary: "One machine", params, response: { 200: details } } },
      ({ params }) => describe(supervisor.slot(params.name)),
    );
    app.get(
      "/v1/machines/:name/definition",
      {
        // A machine file may hold secrets (those of webhooks, passwords for archives), with which one could do more than read.
        config: { scope: "admin" },
        schema: {
          tags,
          summary: "The machine file that runs, and what is wrong with the file as it is now",
          params,
          response: { 200: definition },
        },
      },
      ({ params }) => describeDefinition(supervisor.slot(params.name)),
    );
    app.get(
      "/v1/machines/:name/history",
      {
        ...reads,
        schema: {
          tags,
          summary: "Its last transitions, newest first",
          params,
          response: { 200: Type.Array(historyLine) },
        },
      },
      ({ params }) => supervisor.history(params.name),
    );
    app.post(
      "/v1/machines/:name/transition",
      {
        config: { scope: "transition" },
        schema: {
          tags,
          summary: "Fires a transition; answers when it is committed",
          params,
          body: order,
          response: { 200: moved },
        },
      },
      (request) => {
        const { params, body } = request;
        return supervisor.machine(params.name).request(body.transition, actorOf(request), body.from);
      },
    );
    addPauseRoutes(app, supervisor);
    addHookCommand(app, supervisor);
    addResetRoutes(app, supervisor);
    addDataRoutes(app, supervisor);
  };
}

function addDataRoutes(app: App, supervisor: Supervisor): void {
  app.get(
    "/v1/machines/:name/data",
    { ...reads, schema: { tags, summary: "Its data", params, response: { 200: anyObject } } },
    ({ params }) => supervisor.machine(params.name).record.data,
  );
  app.get(
    "/v1/machines/:name/data/:key",
    { ...reads, schema: { tags, summary: "One item", params: itemParams, response: { 200: item } } },
    ({ params }) => ({ value: dataItem(supervisor, params) }),
  );
  app.put(
    "/v1/machines/:name/data/:key",
    {
      config: { scope: "write" },
      schema: {
        tags,
        summary: "Sets an item",
        params: itemParams,
        body: Type.Object({ value: Type.Unknown({ description: "Any JSON" }) }, closed),
        response: { 200: changedItem },
      },
    },
    async (request) => {
      const { params, body } = request;
      // What was parsed from JSON is JSON.
      const value = body.value as Json;
      await supervisor.machine(params.name).patchData({ [params.key]: value }, actorOf(request));
      return { machine: params.name, key: params.key };
    },
  );
  app.delete(
    "/v1/machines/:name/data/:key",
    {
      config: { scope: "write" },
      schema: { tags, summary: "Removes an item", params: itemParams, response: { 200: changedItem } },
    },
    async (request) => {
      const { params } = request;
      dataItem(supervisor, params);
      await supervisor.machine(params.name).patchData({ [params.key]: undefined }, actorOf(request));
      return { machine: params.name, key: params.key };
    },
  );
}

function dataItem(supervisor: Supervisor, { name, key }: { name: string; key: string }): Json {
  const { data } = supervisor.machine(name).record;
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  if (value !== undefined) return value;
  const known = Object.keys(data).join(", ") || "none";
  throw new MachinistError(
    "DATA_NOT_FOUND",
    `machine ${name} has no data ${JSON.stringify(key)}; it has: ${known}`,
  );
}
