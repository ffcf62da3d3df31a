/** Butler's key-value REST API, for its clients to use unchanged: its routes, its answers, its refusals. */
import type { FastifyInstance } from "fastify";
import type { Store } from "../../kv/store.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { type Logger, silentLogger } from "../../lib/logger.ts";
import { Answers } from "./answers.ts";
import { Collector } from "./collector.ts";
import { MemoryNamespaces } from "./memory-namespaces.ts";
import { methodOverride, refuseMeaningless } from "./method-override.ts";
import { posting as createPosting } from "./posting.ts";
import { refuse, refuseRoute } from "./refusal.ts";
import { documentedRoutes, realRoutes, taskRoutes } from "./routes.ts";
import { StoredNamespaces } from "./stored-namespaces.ts";

const prefix = "/v4";

/** Settings of people. */
export interface ButlerSettings {
  /** Default: true. Off, each of its paths is one that is not found. */
  readonly enabled?: boolean;
  /** Keeps everything in this process only, as Butler does: gone when it ends, and watchers do not see it. Default: false. */
  readonly memory?: boolean;
  /** How many live keys a namespace takes; a key that is there can be overwritten. Default: any number. */
  readonly maxKeysPerNamespace?: number;
}

export interface ButlerOptions extends ButlerSettings {
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: nothing is said. */
  readonly log?: Logger;
}

/**
 * Everything below `/v4`. Pairs are entries of bucket `BUTLER`, key `NAMESPACE.KEY`. Several servers may be given the same
 * result: they share it.
 */
export function butlerRoutes(store: Store, options: ButlerOptions = {}): (app: FastifyInstance) => void {
  const { enabled = true, memory = false, clock = systemClock, log = silentLogger } = options;
  const namespaces = memory ? new MemoryNamespaces(clock) : new StoredNamespaces(store, clock);
  const collector = new Collector(namespaces, clock, log);
  const { maxKeysPerNamespace } = options;
  const posting = createPosting({ namespaces, collector, clock, maxKeysPerNamespace });
  const answers = new Answers(namespaces, posting);
  return (app) => {
    if (enabled) methodOverride(app, prefix);
    app.register(
      async (butler) => {
        butler.setErrorHandler(refuse(log));
        butler.setNotFoundHandler(refuseRoute);
        if (!enabled) return;
        // Shapes are checked in Butler's words, which no schema gives; schemas are for readers.
        butler.setValidatorCompiler(() => () => true);
        butler.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
        butler.addHook("onRequest", refuseMeaningless);
        butler.addHook("onReady", async () => collector.expect(clock.now()));
        butler.addHook("onClose", () => collector.stop());
        realRoutes(butler, answers);
        documentedRoutes(butler, answers);
        taskRoutes(butler, { posting, log });
      },
      { prefix },
    );
  };
}
