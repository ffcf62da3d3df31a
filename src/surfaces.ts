/** What of a daemon can be asked from outside: every group of routes stands in one list here. */
import type { Config } from "./config/config.ts";
import { statusOf } from "./daemon-status.ts";
import type { RecentEvents } from "./events/recent.ts";
import type { HelperRunner } from "./exec/helper-runner.ts";
import { butlerRoutes } from "./http/butler/butler.ts";
import { choriaRoutes } from "./http/choria.ts";
import { daemonRoutes } from "./http/daemon-routes.ts";
import { deadLetterRoutes } from "./http/dead-letters.ts";
import { eventRoutes } from "./http/events.ts";
import { graphRoutes } from "./http/graph.ts";
import { inputRoutes } from "./http/inputs.ts";
import { bucketRoutes } from "./http/kv-buckets.ts";
import { entryRoutes } from "./http/kv-entries.ts";
import { watchRoutes } from "./http/kv-watch.ts";
import { LiveStreams } from "./http/live.ts";
import { machineChangeRoutes } from "./http/machine-change-routes.ts";
import { MachineChanges } from "./http/machine-changes.ts";
import { machineRoutes } from "./http/machines.ts";
import { pageRoutes } from "./http/page-routes.ts";
import { runRoutes } from "./http/runs.ts";
import { type HttpServer, serve } from "./http/server.ts";
import { topicRoutes } from "./http/topics.ts";
import { webhookRoutes } from "./http/webhooks/webhooks.ts";
import { embeddedWriteFailure } from "./kv/open.ts";
import type { Store } from "./kv/store.ts";
import { usersStore } from "./kv/users-store.ts";
import type { Clock } from "./lib/clock.ts";
import type { JsonObject } from "./lib/json.ts";
import type { Logger } from "./lib/logger.ts";
import type { Records } from "./machine/record.ts";
import type { Activity } from "./metrics/activity.ts";
import type { Metrics } from "./metrics/registry.ts";
import { healthOf } from "./supervisor/health.ts";
import type { Supervisor } from "./supervisor/supervisor.ts";
import type { RunningTopics } from "./topics/topics.ts";
import type { WatcherTypes } from "./watching/registry.ts";

export interface SurfaceParts {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  readonly identity: string;
  readonly supervisor: Supervisor;
  readonly commands: Pick<HelperRunner, "tracking">;
  readonly store: Store;
  readonly records: Records;
  readonly recent: RecentEvents;
  readonly facts: () => JsonObject;
  readonly metrics: Metrics;
  readonly activity: Activity;
  readonly types: WatcherTypes;
  /** Undefined when there are no handlers. */
  readonly topics: RunningTopics | undefined;
}

/** @throws INVALID_CONFIG when it cannot listen, or must not */
export async function openSurfaces(parts: SurfaceParts): Promise<HttpServer> {
  const { config, log, clock, supervisor, store, records, recent, facts } = parts;
  const streams = new LiveStreams({ clock });
  const users = usersStore(store);
  const { status, isAt } = statusOf(parts);
  const routes = [
    pageRoutes,
    machineRoutes(supervisor),
    machineChangeRoutes(new MachineChanges(() => supervisor.slots, clock), streams),
    graphRoutes(supervisor, parts.types),
    runRoutes({ supervisor, dataDirectory: config.dataDirectory, streams, clock }),
    inputRoutes(supervisor),
    webhookRoutes(supervisor, clock),
    choriaRoutes(supervisor),
    bucketRoutes(users),
    entryRoutes(users),
    watchRoutes(users, streams),
    eventRoutes(recent, streams),
    butlerRoutes(users, { ...config.butler, clock, log }),
    deadLetterRoutes(store),
    ...(parts.topics ? [topicRoutes(parts.topics)] : []),
    daemonRoutes({
      clock,
      store,
      records,
      facts,
      status,
      writeFailure: embeddedWriteFailure,
      metrics: metricsOf(parts, streams),
    }),
  ];
  const { socketPath, http } = config;
  const server = await serve({ socketPath, http, log, routes, streams, clock });
  isAt(server.url);
  return server;
}

function metricsOf({ metrics, activity, supervisor, records, topics }: SurfaceParts, streams: LiveStreams) {
  const none = { illegal: 0, limited: 0, stale: 0 };
  const sources = {
    machines: () =>
      supervisor.slots.map((slot) => ({
        machine: slot.name,
        health: healthOf(slot),
        isPaused: slot.machine?.isPaused ?? false,
        isDelayed: slot.machine?.delay !== undefined,
        queueDepth: slot.machine?.queueDepth ?? 0,
        watchers: slot.machine?.watchers ?? [],
        counters: slot.machine?.counters ?? none,
      })),
    recordsCommitted: async () => (await records.bucket.status()).revision,
    topicsMissed: () => topics?.missed ?? 0,
    streams: () => streams.count,
  };
  return {
    contentType: metrics.contentType,
    text: async () => `${await activity.text(sources)}\n${await metrics.text()}`,
  };
}
