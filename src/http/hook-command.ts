/** `/v1/machines/M/watchers/W/command`: what a watcher would run now. */
import { Type } from "typebox";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { App } from "./routes.ts";

const text = Type.String();
const name = Type.String({ minLength: 1, maxLength: 128 });

const command = Type.Object(
  {
    argv: Type.Array(text, { description: "The program and its arguments; no shell" }),
    directory: text,
    environment: Type.Record(Type.String(), text, { description: "All of it: nothing else is inherited" }),
    files: Type.Record(Type.String(), text, {
      description: "Variable and content: it is written to a file whose path the variable holds",
    }),
    timeoutMs: Type.Number({ description: "0: none" }),
  },
  { additionalProperties: false },
);

export function addHookCommand(app: App, supervisor: Supervisor): void {
  app.get(
    "/v1/machines/:name/watchers/:watcher/command",
    {
      // Environment and data may hold secrets.
      config: { scope: "admin" },
      schema: {
        tags: ["machines"],
        summary: "The command that a watcher would run now; it is not run",
        params: Type.Object({ name, watcher: name }),
        response: { 200: command },
      },
    },
    ({ params }) => supervisor.hookCommand(params.name, params.watcher),
  );
}
