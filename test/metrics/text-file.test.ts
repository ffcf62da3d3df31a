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

/** Metrics that count how often their text was asked for, and can keep who asks waiting. */
function counted(): Metrics & { texts: number; hold: Promise<void> | undefined } {
  const metrics = createMetrics();
  return {
    contentType: metrics.contentType,
    texts: 0,
    hold: undefined,
    show: (owner, gauges) => metrics.show(owner, gauges),
    drop: (machine) => metrics.drop(machine),
    onChange: (listener) => metrics.onChange(listener),
    async text() {
      this.texts += 1;
      await this.hold;
      return metrics.text();
    },
  };
}

const show = (metrics: Metrics, value: number): void =>
  metrics.show({ machine: "m", watcher: "w" }, [{ name: "a", help: "A", labels: {}, value }]);

it("is written at once, whole, readable for all, and again after changes", async () => {
  const directory = await temporary();
  const path = join(directory, "machinist.prom");
  const metrics = counted();
  const clock = new SimulatedClock();
  show(metrics, 1);
  const file = keepTextFile(directory, metrics, { clock, log: silentLogger });
  await expect.poll(() => readFile(path, "utf8").catch(() => "")).toBe("# HELP a A\n# TYPE a gauge\na 1\n");
  expect((await stat(path)).mode & 0o777).toBe(0o644);
  show(metrics, 2);
  await clock.advance(1_000);
  await expect.poll(() => readFile(path, "utf8")).toContain("a 2\n");
  expect(await readdir(directory)).toEqual(["machinist.prom"]);
  await file.stop();
  expect(await readdir(directory)).toEqual([]);
  expect(clock.armed).toBe(0);
});

it("many changes are one write, and those of a write under way one more", async () => {
  const metrics = counted();
  const clock = new SimulatedClock();
  let release = (): void => undefined;
  metrics.hold = new Promise((resolve) => {
    release = resolve;
  });
  const file = keepTextFile(await temporary(), metrics, { clock, log: silentLogger });
  for (let value = 0; value < 100; value++) show(metrics, value);
  await clock.advance(10_000);
  expect({ texts: metrics.texts, armed: clock.armed }).toEqual({ texts: 1, armed: 0 });
  release();
  await expect.poll(() => clock.armed).toBe(1);
  for (let value = 0; value < 100; value++) show(metrics, value);
  expect(clock.armed).toBe(1);
  await clock.advance(1_000);
  expect(metrics.texts).toBe(2);
  await file.stop();
});

it("stopped, it writes no more", async () => {
  const directory = await temporary();
  const metrics = counted();
  const clock = new SimulatedClock();
  const file = keepTextFile(directory, metrics, { clock, log: silentLogger });
  show(metrics, 1);
  await file.stop();
  await file.stop();
  show(metrics, 2);
  await clock.advance(10_000);
  expect(metrics.texts).toBe(1);
  expect(await readdir(directory)).toEqual([]);
});

it("a directory that is not there is logged once, and tried at each change", async () => {
  const directory = join(await temporary(), "later");
  const metrics = counted();
  const clock = new SimulatedClock();
  const warnings: [string, unknown][] = [];
  const log: Logger = { ...silentLogger, warn: (...words) => void warnings.push([words[0], words[1]]) };
  const file = keepTextFile(directory, metrics, { clock, log });
  await expect.poll(() => warnings.length).toBe(1);
  show(metrics, 1);
  await clock.advance(1_000);
  await expect.poll(() => metrics.texts).toBe(2);
  await mkdir(directory);
  // The write that fails may still be under way, and then the change waits for its end.
  show(metrics, 2);
  await expect.poll(() => clock.armed).toBe(1);
  await clock.advance(1_000);
  await expect.poll(() => readdir(directory)).toEqual(["machinist.prom"]);
  await file.stop();
  const path = join(directory, "machinist.prom");
  const reason = `ENOENT: no such file or directory, open '${path}.tmp'`;
  expect(warnings).toEqual([["the metrics file cannot be written", { file: path, reason }]]);
});
