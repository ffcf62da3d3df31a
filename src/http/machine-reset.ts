/** `POST /v1/machines/NAME/reset` and `DELETE /v1/machines/NAME`: a machine starts over. */
import { Type } from "typebox";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { actorOf } from "./actor.ts";
import type { App } from "./routes.ts";

const closed = { additionalProperties: false };
const params = Type.Object({ name: Type.String({ minLength: 1, maxLength: 128 }) });
const whenRunning =
  "Also when the machine runs: it is stopped and started again. Else that is 409 `WRONG_STATE`";

export function addResetRoutes(app: App, supervisor: Supervisor): void {
  const tags = ["machines"];
  const config = { scope: "admin" } as const;
  app.post(
    "/v1/machines/:name/reset",
    {
      config,
      schema: {
        tags,
        summary: "Puts it back to its initial state",
        description:
          "Counts as a transition, `@reset`. What its watchers handled before is not handled again.",
        params,
        body: Type.Object(
          {
            state: Type.Optional(
              Type.String({ minLength: 1, maxLength: 128, description: "Default: its initial state" }),
            ),
            keepData: Type.Boolean({
              default: false,
              description: "Default: false, data as of a new machine",
            }),
            force: Type.Boolean({ default: false, description: whenRunning }),
          },
          closed,
        ),
        response: { 200: Type.Object({ name: Type.String(), reset: Type.Literal(true) }, closed) },
      },
    },
    async (request) => {
      const { name } = request.params;
      await supervisor.reset(name, { ...request.body, by: actorOf(request) });
      return { name, reset: true as const };
    },
  );
  app.delete(
    "/v1/machines/:name",
    {
      config,
      schema: {
        tags,
        summary: "Forgets its state, data, cursors and history",
        description: "A machine whose file is there starts again as a new one. Its work directory is kept.",
        params,
        querystring: Type.Object(
          { force: Type.Optional(Type.Enum(["true", "false"], { description: whenRunning })) },
          closed,
        ),
        response: { 200: Type.Object({ name: Type.String(), forgotten: Type.Literal(true) }, closed) },
      },
    },
    async (request) => {
      const { name } = request.params;
      await supervisor.forget(name, { force: request.query.force === "true", by: actorOf(request) });
      return { name, forgotten: true as const };
    },
  );
}
