/** Messages of the topic: published while the daemon is killed, handled at least once, one run id for each call. */
import { readFile } from "node:fs/promises";
import type { Store } from "../../../src/kv/store.ts";
import { openQueueBucket } from "../../../src/topics/buckets.ts";
import { listMessages, messageFilter } from "../../../src/topics/messages.ts";
import { openTopics } from "../../../src/topics/publish.ts";
import type { DaemonProcess } from "./daemon-process.ts";
import { failsOnce, type Layout, topic } from "./machines.ts";
import type { Findings } from "./report.ts";

export async function publishNumber(store: Store, message: number): Promise<void> {
  await openTopics(store)[topic.name]?.publish(message);
}

/** Resolves when no message waits. Rejects when the daemon ends before. */
export async function allHandled(store: Store, daemon: DaemonProcess): Promise<void> {
  const queue = await openQueueBucket(store);
  const stop = new AbortController();
  void daemon.ended.then(() => stop.abort());
  for await (const _item of queue.watch(messageFilter, { signal: stop.signal })) {
    if ((await listMessages(queue)).length === 0) return;
  }
  throw new Error(`the daemon ended while messages waited:\n${daemon.log()}`);
}

export async function judgeMessages(
  findings: Findings,
  { callFile }: Layout,
  published: number,
): Promise<void> {
  const lines = (await readFile(callFile, "utf8")).trim().split("\n");
  const messageOf = new Map<string, number>();
  const callsOf = new Map<number, Set<string>>();
  for (const line of lines) {
    const [id = "", text] = line.split(" ");
    const message = Number(text);
    const other = messageOf.get(id) ?? message;
    findings.expect(other === message, `call ${id} stands for messages ${other} and ${message}`);
    messageOf.set(id, message);
    callsOf.set(message, (callsOf.get(message) ?? new Set()).add(id));
  }
  for (let message = 1; message <= published; message++) {
    const calls = [...(callsOf.get(message) ?? [])].map((id) => id.split(".").at(-1));
    const wanted = failsOnce(message) ? "0,1" : "0";
    findings.expect(
      calls.sort().join() === wanted,
      `message ${message} was handled by calls ${calls.join() || "none"}, not ${wanted}`,
    );
  }
  findings.figures["messages handled"] = callsOf.size;
  findings.figures["calls repeated under their old id"] = lines.length - messageOf.size;
}
