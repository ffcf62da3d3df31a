import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createBus } from "../../src/events/bus.ts";
import { transitionEvent } from "../../src/events/event.ts";
import { writeEvents } from "../../src/events/file.ts";
import { type Logger, silentLogger } from "../../src/lib/logger.ts";

async function writing(options: { maxBytes?: number; keep?: number; log?: Logger } = {}) {
  const directory = await mkdtemp(join(tmpdir(), "machinist-events-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const bus = createBus(silentLogger);
  const { maxBytes = 1_000_000, keep = 2, log = silentLogger } = options;
  const file = join(directory, "log", "events.jsonl");
  const publish = (transition: string) => {
    const subject = { identity: "h", id: "i", version: "1", machine: "m" };
    bus.publish(transitionEvent(subject, { transition, from: "A", to: "B", by: "person", atMs: 0 }));
  };
  const begin = () => writeEvents(bus, { file, maxBytes, keep }, log);
  const read = async (name = file) =>
    (await readFile(name, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).data.transition);
  return { directory, file, publish, begin, read };
}

it("writes a line for each event, in order, and goes on after a restart", async () => {
  const { publish, begin, read, file } = await writing();
  const first = begin();
  for (const name of ["a", "b", "c"]) publish(name);
  await first.close();
  publish("nobody listens");
  const second = begin();
  publish("d");
  await second.close();
  expect(await read(file)).toEqual(["a", "b", "c", "d"]);
});

it("sets the file aside when it is large, and keeps so many", async () => {
  const { publish, begin, read, directory, file } = await writing({ maxBytes: 10, keep: 2 });
  for (const name of ["a", "b", "c", "d"]) {
    const written = begin();
    publish(name);
    await written.close();
  }
  expect((await readdir(join(directory, "log"))).sort()).toEqual([
    "events.jsonl",
    "events.jsonl.1",
    "events.jsonl.2",
  ]);
  expect([await read(file), await read(`${file}.1`), await read(`${file}.2`)]).toEqual([["d"], ["c"], ["b"]]);
});

it("what cannot be written is said once", async () => {
  const said: string[] = [];
  const log = { ...silentLogger, error: (message: string) => said.push(message) };
  const { publish, begin, directory } = await writing({ log });
  await writeFile(join(directory, "log"), "in the way");
  const written = begin();
  publish("a");
  publish("b");
  await written.close();
  expect(said).toEqual(["events cannot be written"]);
});
