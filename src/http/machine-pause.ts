/** `/v1/machines/NAME/pause` and `/resume`: whether a machine's watchers look. */
import { Type } from "typebox";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { actorOf } from "./actor.ts";
import { pauseState, pauseText } from "./machine-answers.ts";
import type { App } from "./routes.ts";

const params = Type.Object({ name: Type.String({ minLength: 1, maxLength: 128 }) });

export function addPauseRoutes(app: App, supervisor: Supervisor): void {
  const tags = ["machines"];
  const config = { scope: "transition" } as const;
  const response = { 200: pauseState };
  app.post(
    "/v1/machines/:name/pause",
    { config, schema: { tags, summary: "Pauses its watchers", description: pauseText, params, response } },
    async (request) => {
      const machine = supervisor.machine(request.params.name);
      await machine.setPaused(true, actorOf(request));
      return { machine: machine.name, paused: machine.pause ?? null };
    },
  );
  app.post(
    "/v1/machines/:name/resume",
    { config, schema: { tags, summary: "Ends a pause of its watchers", params, response } },
    async (request) => {
      const machine = supervisor.machine(request.params.name);
      await machine.setPaused(false, actorOf(request));
      return { machine: machine.name, paused: machine.pause ?? null };
    },
  );
}
