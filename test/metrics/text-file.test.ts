import { EventEmitter, once } from "node:events";
import { watch } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type Logger, silentLogger } from "../../src/lib/logger.ts";
import { createMetrics, type Metrics } from "../../src/metrics/registry.ts";
import { keepTextFile } from "../../src/metrics/text-file.ts";
import { SimulatedClock } from "../simulated-clock.ts";

async function temporary(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "machinist-metrics-"));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

/** Tells of everything that a test can wait for: changes of the directory, timers, texts asked for, lines of the log. */
class Happenings {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  readonly tell = (): void => void this.#emitter.emit("happened");

  async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    for (;;) {
      const next = once(this.#emitter, "happened");
      if (await isSo()) return;
      await next;
    }
  }

  follow(directory: string): void {
    const watcher = watch(directory, this.tell);
    onTestFinished(() => watcher.close());
  }
}

class TellingClock extends SimulatedClock {
  readonly #tell: () => void;

  constructor(tell: () => void) {
    super();
    this.#tell = tell;
  }

  override after(delayMs: number, callback: () => void): () => void {
    const cancel = super.after(delayMs, callback);
    this.#tell();
    return cancel;
  }
}

/** Metrics that count how often their text was asked for, and can keep who asks waiting. */
function counted(tell: () => void): Metrics & { texts: number; hold: Promise<void> | undefined } {
  const metrics = createMetrics();
  return {
    contentType: metrics.contentType,
    texts: 0,
    hold: undefined,
    show: (owner, gauges) => metrics.show(owner, gauges),
    onChange: (listener) => metrics.onChange(listener),
    async text() {
      this.texts += 1;
      tell();
      await this.hold;
      return metrics.text();
    },
  };
}

function surroundings() {
  const happenings = new Happenings();
  return {
    happenings,
    metrics: counted(happenings.tell),
    clock: new TellingClock(happenings.tell),
    log: silentLogger,
  };
}

const show = (metrics: Metrics, value: number): void =>
  metrics.show({ machine: "m", watcher: "w" }, [{ name: "a", help: "A", labels: {}, value }]);

it("is written at once, whole, readable for all, and again after changes", async () => {
  const directory = await temporary();
  const path = join(directory, "machinist.prom");
  const { happenings, metrics, clock, log } = surroundings();
  happenings.follow(directory);
  const content = () => readFile(path, "utf8").catch(() => "");
  show(metrics, 1);
  const file = keepTextFile(directory, metrics, { clock, log });
  await happenings.until(async () => (await content()) !== "");
  expect(await content()).toBe("# HELP a A\n# TYPE a gauge\na 1\n");
  expect((await stat(path)).mode & 0o777).toBe(0o644);
  show(metrics, 2);
  await happenings.until(() => clock.armed === 1);
  await clock.advance(1_000);
  await happenings.until(async () => (await content()).includes("a 2\n"));
  expect(await readdir(directory)).toEqual(["machinist.prom"]);
  await file.stop();
  expect(await readdir(directory)).toEqual([]);
  expect(clock.armed).toBe(0);
});

it("many changes are one write, and those of a write under way one more", async () => {
  const { happenings, metrics, clock, log } = surroundings();
  let release = (): void => undefined;
  metrics.hold = new Promise((resolve) => {
    release = resolve;
  });
  const file = keepTextFile(await temporary(), metrics, { clock, log });
  for (let value = 0; value < 100; value++) show(metrics, value);
  await clock.advance(10_000);
  expect({ texts: metrics.texts, armed: clock.armed }).toEqual({ texts: 1, armed: 0 });
  release();
  await happenings.until(() => clock.armed === 1);
  for (let value = 0; value < 100; value++) show(metrics, value);
  expect(clock.armed).toBe(1);
  await clock.advance(1_000);
  expect(metrics.texts).toBe(2);
  await file.stop();
});

it("stopped, it writes no more", async () => {
  const directory = await temporary();
  const { metrics, clock, log } = surroundings();
  const file = keepTextFile(directory, metrics, { clock, log });
  show(metrics, 1);
  await file.stop();
  await file.stop();
  show(metrics, 2);
  await clock.advance(10_000);
  expect(metrics.texts).toBe(1);
  expect(await readdir(directory)).toEqual([]);
});

it("a directory that is not there is logged once, and tried at each change", async () => {
  const parent = await temporary();
  const directory = join(parent, "later");
  const { happenings, metrics, clock } = surroundings();
  const warnings: unknown[] = [];
  const warn: Logger["warn"] = (...words) => {
    warnings.push(words);
    happenings.tell();
  };
  const file = keepTextFile(directory, metrics, { clock, log: { ...silentLogger, warn } });
  await happenings.until(() => warnings.length === 1);
  show(metrics, 1);
  await happenings.until(() => clock.armed === 1);
  await clock.advance(1_000);
  await happenings.until(() => metrics.texts === 2);
  // While that write fails or after it, the change is remembered.
  show(metrics, 2);
  await happenings.until(() => clock.armed === 1);
  await mkdir(directory);
  happenings.follow(directory);
  await clock.advance(1_000);
  await happenings.until(async () => (await readdir(directory)).includes("machinist.prom"));
  await file.stop();
  const path = join(directory, "machinist.prom");
  const reason = `ENOENT: no such file or directory, open '${path}.tmp'`;
  expect(warnings).toEqual([["the metrics file cannot be written", { file: path, reason }]]);
});
