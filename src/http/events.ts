/** `/v1/events`: what happens, as it happens. */
import { Type } from "typebox";
import type { NumberedEvent, RecentEvents, Replay } from "../events/recent.ts";
import { type LiveStream, type LiveStreams, textOf } from "./live.ts";
import type { Routes } from "./routes.ts";

const query = Type.Object(
  {
    machine: Type.Optional(Type.String({ description: "Only those of this machine" })),
    since: Type.Optional(
      Type.String({ format: "date-time", description: "Begin with those since then that are still known" }),
    ),
    follow: Type.Optional(
      Type.Enum(["true", "false"], { default: "true", description: "false: end after what is known" }),
    ),
  },
  { additionalProperties: false },
);

/** Asked for by a client that was here before. */
const headers = Type.Object({
  "last-event-id": Type.Optional(Type.String({ maxLength: 100, description: "Begin after this one" })),
});

export function eventRoutes(recent: RecentEvents, streams: LiveStreams): Routes {
  // A thousand readers are told the same.
  const texts = new WeakMap<NumberedEvent, string>();
  const frameOf = (numbered: NumberedEvent): string => {
    const known = texts.get(numbered);
    if (known !== undefined) return known;
    const text = textOf({ id: numbered.id, data: numbered.text });
    texts.set(numbered, text);
    return text;
  };
  return (app) => {
    app.get(
      "/v1/events",
      {
        config: { scope: "read" },
        schema: {
          tags: ["events"],
          summary: "CloudEvents as server-sent events",
          description:
            "Each has an id; with Last-Event-ID those after it come first, and an event `gap` before them when some are missing. A comment comes every 15 seconds.",
          querystring: query,
          headers,
          response: { 200: { content: { "text/event-stream": { schema: Type.String() } } } },
        },
      },
      async (request, reply) => {
        const { machine, since, follow } = request.query;
        const stream = streams.open(reply);
        const tell = (numbered: NumberedEvent): void => {
          if (machine === undefined || machineOf(numbered) === machine) stream.sendText(frameOf(numbered));
        };
        await replay(recent, stream, { since, after: request.headers["last-event-id"], tell });
        if (follow === "false") return stream.end();
        const undo = recent.follow(tell);
        stream.signal.addEventListener("abort", undo, { once: true });
        return undefined;
      },
    );
  };
}

interface Wanted {
  readonly since: string | undefined;
  readonly after: string | undefined;
  readonly tell: (event: NumberedEvent) => void;
}

/** At the pace of who reads: all that is known may be more than a stream holds. What happens meanwhile comes in its turn. */
async function replay(
  recent: RecentEvents,
  stream: LiveStream,
  { since, after, tell }: Wanted,
): Promise<void> {
  let { isComplete, events } = beginning(recent, since, after);
  let last = after;
  for (;;) {
    if (!isComplete) stream.send({ event: "gap", data: JSON.stringify({ after: last }) });
    for (const event of events) {
      tell(event);
      await stream.room();
      last = event.id;
    }
    if (events.length === 0 || stream.signal.aborted || last === undefined) return;
    ({ isComplete, events } = recent.after(last));
  }
}

function beginning(recent: RecentEvents, since: string | undefined, after: string | undefined): Replay {
  if (after !== undefined) return recent.after(after);
  if (since === undefined) return { isComplete: true, events: [] };
  const sinceMs = Date.parse(since);
  return { isComplete: true, events: recent.all.filter(({ event }) => Date.parse(event.time) >= sinceMs) };
}

function machineOf({ event: { data } }: NumberedEvent): string {
  return "machine" in data ? data.machine : data.component;
}
