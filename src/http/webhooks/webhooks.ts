/** The route of webhooks. Who may deliver is decided by the watcher, see deliver.ts. */
import { once } from "node:events";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { MachinistError } from "../../lib/errors.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import { place } from "../inputs.ts";
import type { App, Routes } from "../routes.ts";
import { deliver } from "./deliver.ts";

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
  Type.Object({ outcome: Type.Enum(words) }, { additionalProperties: false, description });
const refusal = (description: string) =>
  Type.Object({ error: Type.Object({ code: Type.String(), message: Type.String() }) }, { description });
const webhookAnswers = {
  200: outcome(
    ["received", "not_fired", "ignored", "duplicate"],
    "received: committed, with the transition of the watcher. not_fired: committed without the transition, which is not legal now. ignored: another header is not as the watcher wants it. duplicate: came before",
  ),
  202: outcome(
    ["stored"],
    "Stored durably: it fires when the watcher is active, and after deliveries that came before",
  ),
  400: refusal("Not JSON where JSON is wanted, or older than max_age"),
  401: refusal("No such webhook, or the request does not prove that its sender knows the secret"),
  413: refusal("Larger than 1 MiB, than the data of a machine may be, or than can be stored for later"),
  503: {
    ...refusal(
      "when_inactive: refuse, too many deliveries wait, the machine cannot be started, or the daemon is stopping. Send it again",
    ),
    headers: Type.Object({ "Retry-After": Type.Integer({ description: "In seconds" }) }),
  },
};

export function webhookRoutes(supervisor: Supervisor, clock: Clock = systemClock): Routes {
  return (app) =>
    void app.register((raw: App, _options, added) => {
      // The signature is of the bytes as they came.
      raw.removeAllContentTypeParsers();
      raw.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
      const open = new OpenDeliveries(raw);
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
          const delivered = deliver(supervisor, { ...request.params, input: inputOf(request) }, clock);
          const outcome = await open.untilClosed(delivered, reply);
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

/** Deliveries without an answer. When the server closes, they are answered before their connections end. */
class OpenDeliveries {
  readonly #answered = new Set<Promise<void>>();
  readonly #closed: Promise<never>;

  constructor(app: App) {
    const closing = new AbortController();
    this.#closed = once(closing.signal, "abort").then(() => {
      throw new MachinistError(
        "STOPPED",
        "the daemon is stopping: the delivery is not confirmed. Send it again",
      );
    });
    this.#closed.catch(() => undefined);
    app.addHook("preClose", async () => {
      closing.abort();
      await Promise.all(this.#answered);
    });
  }

  /** @throws STOPPED as soon as the server closes */
  untilClosed<Result>(delivered: Promise<Result>, { raw }: FastifyReply): Promise<Result> {
    const answered = new Promise<void>((resolve) => void raw.once("close", resolve));
    this.#answered.add(answered);
    void answered.then(() => this.#answered.delete(answered));
    return Promise.race([delivered, this.#closed]);
  }
}
