/** The paths of Choria's own HTTP interface, with the answers that its documents promise. */
import { Type } from "typebox";
import { isJsonObject } from "../lib/json.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { place, press, type SwitchStatus, switchAt, watcherAt } from "./inputs.ts";
import type { App, Routes } from "./routes.ts";

const tags = ["choria"];
const params = place;
const reads = { config: { scope: "read" } } as const;
const presses = { config: { scope: "transition" } } as const;
const closed = { additionalProperties: false };
const onOrOff = { content: { "text/plain": { schema: Type.Enum(["ON", "OFF"]) } } };

export function choriaRoutes(supervisor: Supervisor): Routes {
  return (app) => {
    addSwitch(app, supervisor);
    addHomeAssistant(app, supervisor);
    app.get(
      "/choria/machine/metric/v1/:name/:watcher",
      {
        ...reads,
        schema: {
          tags,
          summary: "What a metric watcher measured last",
          params,
          response: {
            200: Type.Object(
              {
                labels: Type.Record(Type.String(), Type.String()),
                metrics: Type.Record(Type.String(), Type.Number()),
                time: Type.Integer({ description: "Seconds since 1970; 0: never" }),
              },
              closed,
            ),
          },
        },
      },
      ({ params }) => {
        const { metrics } = watcherAt(supervisor, params, "metric").detail;
        return isJsonObject(metrics) ? metrics : { labels: {}, metrics: {}, time: 0 };
      },
    );
  };
}

function addSwitch(app: App, supervisor: Supervisor): void {
  const path = "/choria/machine/switch/v1/:name/:watcher";
  app.get(
    path,
    {
      ...reads,
      schema: {
        tags,
        summary: "A switch",
        params,
        response: {
          200: Type.Object(
            {
              is_on: Type.Boolean(),
              is_off: Type.Boolean(),
              status: Type.String(),
              detail: Type.Record(Type.String(), Type.Unknown()),
            },
            closed,
          ),
        },
      },
    },
    ({ params }) => {
      const { status, isOn, annotations } = switchAt(supervisor, params);
      return { is_on: isOn, is_off: status === "off", status, detail: annotations };
    },
  );
  app.post(
    path,
    {
      ...presses,
      schema: {
        tags,
        summary: "Presses it",
        params,
        body: Type.Object({ on: Type.Boolean() }, closed),
        response: { 200: Type.Object({ is_on: Type.Boolean() }, closed) },
      },
    },
    async ({ params, body }) => ({ is_on: (await press(supervisor, params, body.on)).isOn }),
  );
}

function addHomeAssistant(app: App, supervisor: Supervisor): void {
  const path = "/choria/homeassistant/switch/v1/:name/:watcher";
  void app.register((plain: App, _options, added) => {
    plain.removeAllContentTypeParsers();
    plain.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
    plain.get(
      path,
      { ...reads, schema: { tags, summary: "ON or OFF", params, response: { 200: onOrOff } } },
      ({ params }, reply) => {
        // Before the reply is one of plain text: a refusal is not.
        const found = word(switchAt(supervisor, params));
        return reply.type("text/plain").serializer(String).send(found);
      },
    );
    plain.post(
      path,
      {
        ...presses,
        schema: { tags, summary: "ON presses it to on, all else to off", params, response: { 200: onOrOff } },
      },
      async ({ params, body }, reply) => {
        const pressed = await press(supervisor, params, String(body ?? "").startsWith("ON"));
        return reply.type("text/plain").serializer(String).send(word(pressed));
      },
    );
    added();
  });
}

function word({ isOn }: SwitchStatus): "ON" | "OFF" {
  return isOn ? "ON" : "OFF";
}
