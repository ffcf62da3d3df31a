import type { PeerInfo } from "@nats-io/jetstream";
import { expect, it } from "vitest";
import { replicaFact } from "../../src/kv/engines/jetstream/inspect/replicas.ts";

const second = 1e9;
const peer = (name: string, more: Partial<PeerInfo> = {}): PeerInfo => ({
  ...{ name, current: true, offline: false, active: 0.2 * second, lag: 0, observer: false },
  ...more,
});
const facts = (...replicas: PeerInfo[]) =>
  replicaFact("Bucket B", { name: "C", leader: "n1", replicas }, "watched by m/w");

it("a replica that is a few entries behind while the bucket is written is up to date", () => {
  expect(facts(peer("n2", { current: false, lag: 7 }), peer("n3"))).toEqual([
    { name: "Bucket B", text: "watched by m/w, leader n1, replicas n2, n3 up to date" },
  ]);
});

it.each<[string, Partial<PeerInfo>, RegExp]>([
  ["offline", { offline: true, current: false }, /leader n1: replica n2 is offline; check that server$/],
  ["silent", { current: false, active: 7 * second }, /n2 is behind by 0 entries and was last seen 7 s ago/],
  [
    "dead since the election",
    { current: false, active: 0, lag: 7 },
    /by 7 entries and was not seen since n1 leads/,
  ],
  ["far behind", { current: false, lag: 5000 }, /n2 is behind by 5000 entries and was last seen 0 s ago/],
])("a replica that is %s is a problem", (_how, more, text) => {
  expect(facts(peer("n2", more), peer("n3"))).toEqual([
    { name: "Bucket B", text: expect.stringMatching(text), isProblem: true },
  ]);
});

it("a leader whose replicas are all away has no quorum", () => {
  const [fact] = facts(peer("n2", { offline: true }), peer("n3", { offline: true }));
  expect(fact?.text).toMatch(/no quorum, writes fail; more than half of its servers must run$/);
});

it("a bucket without a leader is a problem, and one that is in no cluster says nothing", () => {
  const [fact] = replicaFact("Bucket B", { name: "C", replicas: [peer("n2")] }, "watched by m/w");
  expect(fact).toMatchObject({ isProblem: true, text: expect.stringMatching(/^watched by m\/w: no leader/) });
  expect(replicaFact("Bucket B", undefined, "watched by m/w")).toEqual([]);
});
