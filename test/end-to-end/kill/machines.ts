/**
 * What the daemon of a fault run runs: `worker` follows orders, the crew shares a governor, a topic has a handler. Their commands
 * keep what they see in files, under locks that die with them: so the checks do not depend on what the daemon believes.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Order, orderLines } from "./orders.ts";

export const crew = ["crew1", "crew2", "crew3", "crew4"];
export const governor = { name: "crew", capacity: 2, ttlMs: 3_000 };
export const topic = { name: "parcel", subscriber: "log" };

export interface Layout {
  readonly workingDirectory: string;
  readonly dropDirectory: string;
  readonly dataDirectory: string;
  /** Where the crew notes more holders than slots. */
  readonly slotDirectory: string;
  /** A line for each call of the handler: its run id, and the number of the message. */
  readonly callFile: string;
}

const worker = `
name: worker
version: 1.0.0
initial_state: WAITING
rate_limit: false
transitions:
  - { name: take, from: [WAITING], destination: WORKING }
  - { name: done, from: [WORKING], destination: WAITING }
  - { name: failed, from: [WORKING], destination: WAITING }
watchers:
  - name: order
    type: kv
    state_match: [WAITING]
    success_transition: take
    properties: { bucket: ORDERS, mode: watch, deliver: every }
  - name: work
    type: exec
    state_match: [WORKING]
    success_transition: done
    fail_transition: failed
    properties: { command: ./work.sh, parse_as_data: true, timeout: 5s }
`;

/** A lock that dies with the processes of a run tells of two copies at once. */
const soleRun = `exec 9>"$MACHINE_WORK_DIR/lock"
flock -n 9 || echo "$MACHINE_RUN_ID" >> "$MACHINE_WORK_DIR/overlaps"
`;

/** Does what the order asks for, and appends its revision to the machine's own trail. */
const workerCommand = `#!/bin/sh
${soleRun}revision=$(sed -n 's/.*"order":{[^}]*"revision":\\([0-9]*\\).*/\\1/p' "$WATCHER_DATA")
trail=$(sed -n 's/.*"trail":"\\([0-9 ]*\\)".*/\\1/p' "$WATCHER_DATA")
echo "$MACHINE_RUN_ID $revision" >> "$MACHINE_WORK_DIR/runs"
set -- $(sed -n "\${revision}p" orders)
case $3 in
  plain) sleep "$2" ;;
  group) timeout 900 sleep "$2" ;;
  session) setsid -w sleep "$2" ;;
esac
[ "$1" = ok ] || exit 3
printf '{"trail":"%s%s "}' "$trail" "$revision"
`;

/** The first command brings the machine to the state where a run that a crash cut off is repeated at once. */
function crewMember(name: string, slotDirectory: string): string {
  return `
name: ${name}
version: 1.0.0
initial_state: BEGINNING
rate_limit: false
transitions:
  - { name: begin, from: [BEGINNING], destination: WORKING }
watchers:
  - name: begin
    type: exec
    interval: 500ms
    state_match: [BEGINNING]
    success_transition: begin
    properties: { command: "true" }
  - name: work
    type: exec
    interval: 500ms
    state_match: [WORKING]
    properties:
      command: ./work.sh
      governor: ${governor.name}
      timeout: 1m
      environment: ["SLOTS=${slotDirectory}"]
`;
}

/** Takes one of as many locks as the governor has slots: with more holders than slots there is none left. */
const crewCommand = `#!/bin/sh
${soleRun}echo "$MACHINE_RUN_ID" >> "$MACHINE_WORK_DIR/runs"
slot=1
while [ $slot -le ${governor.capacity} ]; do
  exec 8>"$SLOTS/$slot"
  flock -n 8 && break
  slot=$((slot + 1))
done
[ $slot -le ${governor.capacity} ] || echo "$MACHINE_RUN_ID" >> "$SLOTS/crowded"
sleep 0.$(($$ % 3))5
`;

const failingEvery = 5;

/** Some messages fail once. */
export function failsOnce(message: number): boolean {
  return message % failingEvery === 0;
}

function handler(callFile: string): string {
  return `exports.process = async (message) => {
  const id = process.env.MACHINE_RUN_ID;
  require("node:fs").appendFileSync(${JSON.stringify(callFile)}, id + " " + message + "\\n");
  await new Promise((resolve) => setTimeout(resolve, (message % 4) * 150));
  if (message % ${failingEvery} === 0 && id.endsWith(".0")) throw new Error("not yet");
};
`;
}

export async function layOut(workingDirectory: string, orders: readonly Order[]): Promise<Layout> {
  const layout = {
    workingDirectory,
    dropDirectory: join(workingDirectory, "machines"),
    dataDirectory: join(workingDirectory, "data"),
    slotDirectory: join(workingDirectory, "slots"),
    callFile: join(workingDirectory, "calls"),
  };
  await mkdir(layout.slotDirectory);
  // As many commands at once as the governor must be able to hold back.
  await writeFile(join(workingDirectory, "machinist.yaml"), "exec: { concurrency: 8 }\n");
  await addMachine(layout, "worker", { definition: worker, command: workerCommand });
  await writeFile(join(layout.dropDirectory, "worker", "orders"), orderLines(orders));
  for (const name of crew) {
    const definition = crewMember(name, layout.slotDirectory);
    await addMachine(layout, name, { definition, command: crewCommand });
  }
  const handlerDirectory = join(workingDirectory, "topics", topic.name, topic.subscriber);
  await mkdir(handlerDirectory, { recursive: true });
  await writeFile(join(handlerDirectory, "index.cjs"), handler(layout.callFile));
  return layout;
}

async function addMachine(
  { dropDirectory }: Layout,
  name: string,
  { definition, command }: { definition: string; command: string },
): Promise<void> {
  const directory = join(dropDirectory, name);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "machine.yaml"), definition);
  await writeFile(join(directory, "work.sh"), command, { mode: 0o755 });
}
