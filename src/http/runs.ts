/** Routes of the runs of a machine's commands: which there were, and what each printed. */
import { Type } from "typebox";
import { followRuns } from "../exec/output/follow.ts";
import { type FoundRun, findRuns, outputOf, type RunFilter } from "../exec/output/runs.ts";
import type { Clock } from "../lib/clock.ts";
import { MachinistError } from "../lib/errors.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { LiveStream, LiveStreams } from "./live.ts";
import type { Routes } from "./routes.ts";

export interface RunRouteParts {
  readonly supervisor: Supervisor;
  readonly dataDirectory: string;
  readonly streams: LiveStreams;
  readonly clock: Clock;
}

const text = Type.String();
const textOrNull = Type.Union([Type.String(), Type.Null()]);
const integerOrNull = Type.Union([Type.Integer(), Type.Null()]);
const closed = { additionalProperties: false };
const tags = ["machines"];
const name = Type.String({ minLength: 1, maxLength: 128, description: "Name of the machine" });

const view = Type.Object(
  {
    machine: text,
    watcher: text,
    run: Type.Integer({ description: "Counts the runs of its watcher" }),
    id: Type.String({ description: "MACHINE_RUN_ID; a repeat of the same run has the same" }),
    started: text,
    ended: textOrNull,
    durationMs: integerOrNull,
    status: Type.Enum(["running", "exited", "signalled", "timed-out", "not-started", "lost", "stopped"]),
    exitCode: integerOrNull,
    end: Type.Union([text, Type.Null()], { description: "How it ended, in words" }),
    outcome: textOrNull,
    error: textOrNull,
    transition: Type.Union([text, Type.Null()], { description: "The transition that it led to" }),
    from: textOrNull,
    to: textOrNull,
  },
  closed,
);

const listQuery = Type.Object(
  {
    watcher: Type.Optional(Type.String({ description: "Only those of this watcher" })),
    since: Type.Optional(Type.String({ format: "date-time", description: "Those that had not ended then" })),
  },
  closed,
);

const outputParams = Type.Object({
  name,
  watcher: Type.String({ minLength: 1, description: "Name of the watcher" }),
  run: Type.String({ minLength: 1, description: "Number of the run, or its MACHINE_RUN_ID" }),
});

const outputQuery = Type.Object(
  {
    offset: Type.Optional(
      Type.String({ pattern: "^\\d{1,15}$", description: "Leave out so many bytes. Default: 0" }),
    ),
    follow: Type.Optional(
      Type.Enum(["true", "false"], {
        default: "false",
        description:
          "true: server-sent events until the run ends: `output` with `text`, and at last `end` with the run",
      }),
    ),
  },
  closed,
);

export function runRoutes(parts: RunRouteParts): Routes {
  const { supervisor, dataDirectory } = parts;
  return (app) => {
    app.get(
      "/v1/machines/:name/runs",
      {
        config: { scope: "read" },
        schema: {
          tags,
          summary: "The runs of its commands that are kept, oldest first",
          params: Type.Object({ name }),
          querystring: listQuery,
          response: { 200: Type.Array(view) },
        },
      },
      ({ params, query }) => {
        const machine = supervisor.slot(params.name).name;
        const sinceMs = query.since === undefined ? undefined : Date.parse(query.since);
        return findRuns(dataDirectory, { machine, watcher: query.watcher, sinceMs }).map(({ view }) => view);
      },
    );
    app.get(
      "/v1/machines/:name/watchers/:watcher/runs/:run/output",
      {
        // What a command prints may hold secrets, with which one could do more than read.
        config: { scope: "admin" },
        schema: {
          tags,
          summary: "What a run printed; the middle of a long output is cut",
          params: outputParams,
          querystring: outputQuery,
          response: {
            200: {
              content: {
                "text/plain": { schema: Type.String() },
                "text/event-stream": { schema: Type.String() },
              },
            },
          },
        },
      },
      async ({ params, query }, reply) => {
        const { watcher, run } = params;
        const filter = { machine: supervisor.slot(params.name).name, watcher, run };
        const found = newestOf(dataDirectory, filter);
        if (query.follow === "true") {
          const one = { ...filter, run: String(found.view.run) };
          void tell(parts, one, parts.streams.open(reply));
          return undefined;
        }
        return reply
          .type("text/plain; charset=utf-8")
          .send(outputOf(found).subarray(Number(query.offset ?? 0)));
      },
    );
  };
}

/** @throws RUN_NOT_FOUND */
function newestOf(dataDirectory: string, filter: RunFilter): FoundRun {
  const found = findRuns(dataDirectory, filter).at(-1);
  if (found) return found;
  const { machine, watcher, run } = filter;
  throw new MachinistError(
    "RUN_NOT_FOUND",
    `watcher ${watcher} of machine ${machine} has no run ${run}; GET /v1/machines/${machine}/runs lists those that are kept`,
  );
}

/** Until the run has ended, or the reader has gone. A run that is removed meanwhile has no end. */
async function tell(
  { dataDirectory, clock }: RunRouteParts,
  filter: RunFilter,
  stream: LiveStream,
): Promise<void> {
  // A character may come in two parts.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for await (const { view, bytes } of followRuns(dataDirectory, filter, { clock, signal: stream.signal })) {
    const text = decoder.decode(bytes, { stream: true });
    if (text !== "") stream.send({ event: "output", data: JSON.stringify({ text }) });
    await stream.room();
    if (view.status === "running") continue;
    stream.send({ event: "end", data: JSON.stringify(view) });
    break;
  }
  stream.end();
}
