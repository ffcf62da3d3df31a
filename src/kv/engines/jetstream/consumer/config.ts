/** How the server is asked to send: at once, in order, without acknowledgement, in memory only, and not too fast. */
import { AckPolicy, type ConsumerConfig, DeliverPolicy, ReplayPolicy } from "@nats-io/jetstream";
import { createInbox, nanos, nuid } from "nats";

/** From one sign of life to the next, where the user does not say. */
export const usualHeartbeatMs = 10_000;
/** The server forgets a consumer that nobody listens to. */
const inactiveMs = 60_000;

export interface Wanted {
  /** In the grammar of filters. */
  readonly filters: readonly string[];
  /** The newest of each key, or all from a revision; "new": what comes. Then what comes, in every case. */
  readonly from: "newest" | "new" | number;
  readonly metaOnly: boolean;
  /** Keeps on trying when it cannot begin or go on, but for a bucket that is gone. */
  readonly patient: boolean;
}

export type PushConfig = Partial<ConsumerConfig> & {
  readonly name: string;
  readonly deliver_subject: string;
};

/** @param from a revision, or the newest message of each subject */
export function pushConfig(
  subjects: readonly string[],
  from: "newest" | number,
  { metaOnly, heartbeatMs }: { readonly metaOnly: boolean; readonly heartbeatMs: number },
): PushConfig {
  const [first = ">"] = subjects;
  return {
    // A name of its own, never used again: what comes late belongs to nobody.
    name: `machinist-${nuid.next()}`,
    deliver_subject: createInbox(),
    ...(subjects.length === 1 ? { filter_subject: first } : { filter_subjects: [...subjects] }),
    ...(from === "newest"
      ? { deliver_policy: DeliverPolicy.LastPerSubject }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from }),
    ack_policy: AckPolicy.None,
    replay_policy: ReplayPolicy.Instant,
    max_deliver: 1,
    num_replicas: 1,
    mem_storage: true,
    flow_control: true,
    idle_heartbeat: nanos(heartbeatMs),
    inactive_threshold: nanos(inactiveMs),
    headers_only: metaOnly,
  };
}
