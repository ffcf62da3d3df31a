/** Whether the leader of a stream still hears of another replica. Every replica answers the leader every second. */
import type { PeerInfo } from "@nats-io/jetstream";

const longestSilenceNs = 3e9;

/** A new leader reports zero for a replica that has not answered since the election; in the first moment that is each of them. */
export function isSilent({ offline, current, active }: PeerInfo): boolean {
  return offline === true || active > longestSilenceNs || (!current && active === 0);
}
