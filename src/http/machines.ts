/** Routes of the machines: list, show, transition, history, data. */

import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { MachinistError } from "../lib/errors.ts";
import type { Json } from "../lib/json.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { describe, summarize } from "./machine-view.ts";

const name = Type.String({ minLength: 1, maxLength: 128 });
const ofMachine = { params: Type.Object({ name }) };
const ofItem = { params: Type.Object({ name, key: Type.String({ minLength: 1 }) }) };

/** Who a change is recorded as having been made by. */
const person = "person";

export function machineRoutes(supervisor: Supervisor): (app: FastifyInstance) => void {
  return (app) => {
    app.get("/v1/machines", () => supervisor.slots.map(summarize));

    app.get<{ Params: { name: string } }>("/v1/machines/:name", { schema: ofMachine }, ({ params }) =>
      describe(supervisor.slot(params.name)),
    );

    app.post<{ Params: { name: string }; Body: { transition: string } }>(
      "/v1/machines/:name/transition",
      { schema: { ...ofMachine, body: Type.Object({ transition: name }, { additionalProperties: false }) } },
      ({ params, body }) => supervisor.machine(params.name).request(body.transition, person),
    );

    app.get<{ Params: { name: string } }>("/v1/machines/:name/history", { schema: ofMachine }, ({ params }) =>
      supervisor.history(params.name),
    );

    app.get<{ Params: { name: string } }>("/v1/machines/:name/data", { schema: ofMachine }, ({ params }) => {
      return supervisor.machine(params.name).record.data;
    });

    app.get<{ Params: { name: string; key: string } }>(
      "/v1/machines/:name/data/:key",
      { schema: ofItem },
      ({ params }) => ({ value: dataItem(supervisor, params) }),
    );

    app.put<{ Params: { name: string; key: string }; Body: { value: Json } }>(
      "/v1/machines/:name/data/:key",
      {
        schema: { ...ofItem, body: Type.Object({ value: Type.Unknown() }, { additionalProperties: false }) },
      },
      async ({ params, body }) => {
        await supervisor.machine(params.name).patchData({ [params.key]: body.value }, person);
        return { machine: params.name, key: params.key };
      },
    );

    app.delete<{ Params: { name: string; key: string } }>(
      "/v1/machines/:name/data/:key",
      { schema: ofItem },
      async ({ params }) => {
        dataItem(supervisor, params);
        await supervisor.machine(params.name).patchData({ [params.key]: undefined }, person);
        return { machine: params.name, key: params.key };
      },
    );
  };
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
