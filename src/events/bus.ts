/** Hands events to whoever listens, in order of publication; one listener's failure reaches neither the others nor the publisher. */
import { messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";
import type {
  CloudEvent,
  GossipPayload,
  GovernorPayload,
  PausePayload,
  RestoredPayload,
  TransitionPayload,
  WatcherPayload,
} from "./event.ts";

export type MachineEvent =
  | CloudEvent<TransitionPayload>
  | CloudEvent<WatcherPayload>
  | CloudEvent<GossipPayload>
  | CloudEvent<GovernorPayload>
  | CloudEvent<RestoredPayload>
  | CloudEvent<PausePayload>;

export interface Bus {
  publish(event: MachineEvent): void;
  /** Returns the undo. A listener is called synchronously and must be quick. */
  subscribe(listener: (event: MachineEvent) => void): () => void;
}

export function createBus(log: Logger): Bus {
  const listeners = new Set<(event: MachineEvent) => void>();
  return {
    publish(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (cause) {
          log.error("a listener of events failed", { type: event.type, reason: messageOf(cause) });
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
