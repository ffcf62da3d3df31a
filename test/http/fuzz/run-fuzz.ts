/** The whole fuzz run: a daemon, its description, so many requests made from it, and what became of both. */
import fc from "fast-check";
import { messageOf } from "../../../src/lib/errors.ts";
import { FuzzClient } from "./client.ts";
import { type Description, faultsOfDescription, operationsOf } from "./description.ts";
import { type FuzzedDaemon, known, startFuzzedDaemon } from "./fuzzed-daemon.ts";
import { faultOf } from "./judge.ts";
import { faultsOfEnd, faultsOfLiving } from "./last-checks.ts";
import { faultOfReply, malformed } from "./malformed.ts";
import { type FuzzRequest, requestsOf } from "./requests.ts";
import { leaks, type Vitals, vitalsOf } from "./vitals.ts";

export interface FuzzOptions {
  readonly requests: number;
  /** The same seed makes the same requests; with several on their way at once, not the same order of arrival. */
  readonly seed: number;
}

export interface FuzzReport {
  /** What ought not to be; empty when all is well. */
  readonly faults: readonly string[];
  /** Method, path and status → how many. */
  readonly counts: ReadonlyMap<string, number>;
  readonly sent: number;
  readonly malformed: number;
  readonly warm: Vitals;
  readonly end: Vitals;
}

/** Requests on their way at once. */
const lanes = 8;
/** After so many, what was removed is made again. */
const roundLength = 250;
/** For every so many requests one that is hardly HTTP. */
const perMalformed = 50;

export async function runFuzz({ requests, seed }: FuzzOptions): Promise<FuzzReport> {
  await using daemon = await startFuzzedDaemon();
  using client = new FuzzClient(daemon);
  const description: Description = JSON.parse((await client.ask("GET", "/openapi.json")).text);
  const faults = await faultsOfDescription(description);
  const seen = new Set<string>();
  const counts = new Map<string, number>();
  const arbitrary = requestsOf(operationsOf(description), known);
  let warm: Vitals | undefined;
  let spoken = 0;
  for (let sent = 0; sent < requests; sent += roundLength) {
    const numRuns = Math.min(roundLength, requests - sent);
    const run = { seed: seed + sent, numRuns };
    await furnish(client);
    await inLanes(fc.sample(arbitrary, run), async (asked) => {
      const { label, fault } = await judged(client, asked);
      counts.set(label, (counts.get(label) ?? 0) + 1);
      if (fault === undefined || seen.has(`${label} ${fault.kind}`)) return;
      // One example says it.
      seen.add(`${label} ${fault.kind}`);
      faults.push(`${fault.kind}: ${fault.example}`);
    });
    const raw = fc.sample(malformed, { ...run, numRuns: Math.ceil(numRuns / perMalformed) });
    spoken += raw.length;
    for (const bytes of raw) faults.push(...(await faultsOfSpeaking(client, bytes)));
    if (sent >= requests / 10) warm ??= await rest(daemon, client);
  }
  faults.push(...(await faultsOfLiving(client)));
  const end = await rest(daemon, client);
  faults.push(...leaks(warm ?? end, end));
  faults.push(...(await faultsOfEnd(daemon)));
  return { faults, counts, sent: requests, malformed: spoken, warm: warm ?? end, end };
}

/** With its connections closed. */
async function rest(daemon: FuzzedDaemon, client: FuzzClient): Promise<Vitals> {
  client[Symbol.dispose]();
  await faultsOfLiving(client);
  return vitalsOf(daemon.process.pid);
}

/** What requests may find; what is there already is refused, and stays. */
async function furnish(client: FuzzClient): Promise<void> {
  await client.ask("PUT", "/v1/kv/CFG", { history: 5, markerTtlMs: 60_000 });
  await client.ask("PUT", "/v1/kv/SMALL", { maxBytes: 10_000, maxValueSize: 1_000 });
  await client.ask("PUT", "/v1/kv/CFG/entries/a", { value: "1" });
  await client.ask("PUT", "/v1/kv/CFG/entries/b.c", { valueBase64: "/w==" });
  await client.ask("PUT", "/v1/less/kvs?key=a", { value: { b: [1] } });
  await client.ask("POST", "/v4/keyvalues/ns", { key: "a", value: "1" });
  await client.ask("PUT", "/v1/machines/m/data/a", { value: 1 });
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const lane = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

interface Judgement {
  /** What to count it as. */
  readonly label: string;
  readonly fault?: { readonly kind: string; readonly example: string };
}

async function judged(client: FuzzClient, asked: FuzzRequest): Promise<Judgement> {
  const route = asked.operation ? `${asked.method} ${asked.operation.path}` : "(no route of the description)";
  try {
    const answer = await client.send(asked);
    const label = `${route} ${answer.status}`;
    const kind = faultOf(asked, answer);
    if (kind === undefined) return { label };
    return { label, fault: { kind, example: `${shown(asked)} ${answer.text.slice(0, 300)}` } };
  } catch (cause) {
    const kind = `no answer (${messageOf(cause)})`;
    return { label: `${route} none`, fault: { kind, example: shown(asked) } };
  }
}

async function faultsOfSpeaking(client: FuzzClient, bytes: string | Buffer): Promise<string[]> {
  const said = JSON.stringify(bytes.toString("latin1").slice(0, 100));
  try {
    const fault = faultOfReply(await client.speak(bytes));
    return fault === undefined ? [] : [`${fault}: ${said}`];
  } catch (cause) {
    // Of bytes that go on after the refusal, the rest meets a closed connection.
    return /ECONNRESET|EPIPE/.test(messageOf(cause)) ? [] : [`${messageOf(cause)}: ${said}`];
  }
}

function shown({ method, path, headers, body }: FuzzRequest): string {
  const content = body === undefined ? "" : ` ${JSON.stringify(body.toString().slice(0, 200))}`;
  return `${method} ${path.slice(0, 200)} ${JSON.stringify(headers).slice(0, 200)}${content}`;
}
