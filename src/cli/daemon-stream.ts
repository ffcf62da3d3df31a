/** Answers of the daemon that go on: server-sent events, one by one. */
import type { IncomingMessage } from "node:http";
import type { DaemonAddress } from "../config/daemon-address.ts";
import type { Json } from "../lib/json.ts";
import { asError, parse, send, textOf } from "./client.ts";

/** Ends when the daemon or the signal ends it. @throws DAEMON_NOT_RUNNING, and what the daemon answers instead */
export async function* daemonEvents(
  daemon: DaemonAddress,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Json, void> {
  const answer = await send(daemon, { method: "GET", path });
  const status = answer.statusCode ?? 0;
  if (status !== 200) throw asError(parse(await textOf(answer), status), status);
  signal.addEventListener("abort", () => answer.destroy(), { once: true });
  if (signal.aborted) answer.destroy();
  try {
    for await (const block of blocksOf(answer)) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) yield parse(data, status);
    }
  } catch (cause) {
    // Whoever asked for the end gets it without an error.
    if (!signal.aborted) throw cause;
  }
}

async function* blocksOf(answer: IncomingMessage): AsyncGenerator<string, void> {
  let waiting = "";
  for await (const chunk of answer.setEncoding("utf8")) {
    const blocks = `${waiting}${chunk}`.split("\n\n");
    waiting = blocks.pop() ?? "";
    yield* blocks;
  }
}
