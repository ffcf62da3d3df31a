/** What people and programs tell a machine's watchers: presses of switches, and webhooks. */
import { createHmac } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { codeOf, MachinistError } from "../lib/errors.ts";
import { isJsonObject, type JsonObject } from "../lib/json.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { App, Routes } from "./routes.ts";

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

const webhookHeaders = Type.Object({
  "X-Hub-Signature-256": Type.Optional(
    Type.String({
      description:
        "scheme hmac: sha256= and the HMAC-SHA256 of the body in hex; or the header that the watcher names",
    }),
  ),
  "X-Gitlab-Token": Type.Optional(Type.String({ description: "scheme token: the secret" })),
  "X-GitHub-Delivery": Type.Optional(
    Type.String({
      description: "Id of the delivery: one that came before fires nothing. Also X-Gitlab-Event-UUID",
    }),
  ),
});
const webhookBody = Type.Unknown({
  description:
    "Any bytes up to 1 MiB, as they are signed. A watcher with `store` takes JSON, or a form with JSON in its field payload",
});
const outcome = (words: string[], description: string) =>
  Type.Object({ outcome: Type.Enum(words) }, { ...closed, description });
const refusal = (description: string) =>
  Type.Object({ error: Type.Object({ code: Type.String(), message: Type.String() }) }, { description });
const webhookAnswers = {
  200: outcome(
    ["received", "ignored", "duplicate"],
    "received: committed, with the transition if it is legal in the state. ignored: another header is not as the watcher wants it. duplicate: came before",
  ),
  202: outcome(["stored"], "Stored durably: it fires when the watcher is active"),
  400: refusal("Not JSON where JSON is wanted, or older than max_age"),
  401: refusal("No such webhook, or the request does not prove that its sender knows the secret"),
  413: refusal("Larger than 1 MiB, than the data of a machine may be, or than can be stored for later"),
  503: refusal("when_inactive: refuse, too many deliveries wait, or the machine is stopping"),
};

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
    addWebhook(app, supervisor);
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

/** The same for a machine or watcher that does not exist, and for a sender who does not know the secret. */
function refusedWebhook(): MachinistError {
  return new MachinistError(
    "UNAUTHENTICATED",
    "webhook refused: the request does not prove that its sender knows the secret of a webhook at this path. Check path, secret and header",
  );
}

const hiddenCodes: readonly string[] = [
  "UNAUTHENTICATED",
  "MACHINE_NOT_FOUND",
  "WATCHER_NOT_FOUND",
  "FILE_NOT_FOUND",
];

/** @throws UNAUTHENTICATED; STOPPED and INVALID_ARGUMENT only to a sender who knows the secret */
async function deliver(supervisor: Supervisor, at: WatcherPlace, input: JsonObject): Promise<string> {
  try {
    watcherAt(supervisor, at, "webhook");
  } catch {
    // Takes about as long as a real check.
    createHmac("sha256", "no secret").update(String(input["body"])).digest();
    throw refusedWebhook();
  }
  try {
    return (await supervisor.machine(at.name).input(at.watcher, input)).outcome;
  } catch (cause) {
    if (hiddenCodes.includes(codeOf(cause))) throw refusedWebhook();
    throw cause;
  }
}

function addWebhook(app: App, supervisor: Supervisor): void {
  void app.register((raw: App, _options, added) => {
    // The signature is of the bytes as they came.
    raw.removeAllContentTypeParsers();
    raw.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    raw.post(
      "/v1/machines/:name/webhooks/:watcher",
      {
        config: { scope: "open" },
        bodyLimit: 1024 * 1024,
        schema: {
          tags: ["machines"],
          summary: "A delivery for a webhook watcher, which checks its signature or token",
          params: place,
          headers: webhookHeaders,
          body: webhookBody,
          response: webhookAnswers,
        },
        // Headers and body are described for readers; the watcher itself decides about them.
        validatorCompiler: () => () => true,
      },
      async (request, reply) => {
        const outcome = await deliver(supervisor, request.params, inputOf(request));
        return reply.code(outcome === "stored" ? 202 : 200).send({ outcome });
      },
    );
    added();
  });
}

function inputOf({ headers, body }: Pick<FastifyRequest, "headers" | "body">): JsonObject {
  const texts = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  return {
    headers: Object.fromEntries(texts),
    body: Buffer.isBuffer(body) ? body.toString("base64") : "",
  };
}
