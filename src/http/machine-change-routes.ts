/** `/v1/machine-changes`: all machines, and each again when anything about it is other than it was. */
import { Type } from "typebox";
import type { LiveStreams } from "./live.ts";
import type { MachineChanges } from "./machine-changes.ts";
import { Newest } from "./newest.ts";
import type { Routes } from "./routes.ts";

export function machineChangeRoutes(changes: MachineChanges, streams: LiveStreams): Routes {
  return (app) => {
    app.get(
      "/v1/machine-changes",
      {
        config: { scope: "read" },
        schema: {
          tags: ["machines"],
          summary: "All machines, and each that changes, as server-sent events",
          description:
            "`machine`: one as in the list, with `change`, another number each time that anything about it changed. `ready` after all that there are. `gone`: `name` is no more. Whoever comes back begins with all of them.",
          response: { 200: { content: { "text/event-stream": { schema: Type.String() } } } },
        },
      },
      (_request, reply) => {
        const stream = streams.open(reply);
        const newest = new Newest(stream);
        const undo = changes.follow((subject, frame) => newest.say(subject, frame));
        stream.signal.addEventListener("abort", undo, { once: true });
      },
    );
  };
}
