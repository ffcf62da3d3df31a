import { expect, it } from "vitest";
import { createMetrics } from "../../src/metrics/registry.ts";
import type { Gauge } from "../../src/watching/gauge.ts";

const gauge = (name: string, value: number, labels: Gauge["labels"] = {}): Gauge => ({
  name,
  help: `what ${name} is`,
  labels,
  value,
});
const one = { machine: "m", watcher: "one" };
const two = { machine: "m", watcher: "two" };

it("nothing shown is no text", async () => {
  expect(await createMetrics().text()).toBe("\n");
});

it("shows what owners show, sorted by name, in the format of Prometheus", async () => {
  const metrics = createMetrics();
  metrics.show(one, [gauge("b", 1, { x: 'a "quote"\nline' }), gauge("a", -0.5)]);
  metrics.show(two, [gauge("b", Number.POSITIVE_INFINITY, { x: "2" })]);
  expect(await metrics.text()).toBe(
    [
      "# HELP a what a is",
      "# TYPE a gauge",
      "a -0.5",
      "",
      "# HELP b what b is",
      "# TYPE b gauge",
      'b{x="a \\"quote\\"\\nline"} 1',
      'b{x="2"} +Inf',
      "",
    ].join("\n"),
  );
  expect(metrics.contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
});

it("owners may give one name different labels, and the last of equal series counts", async () => {
  const metrics = createMetrics();
  metrics.show(one, [gauge("a", 1, { x: "1" }), gauge("b", 1, { x: "1", y: "2" })]);
  metrics.show(two, [gauge("a", 2, { y: "1" }), gauge("a", 3), gauge("b", 2, { y: "2", x: "1" })]);
  const seriesOf = async () => (await metrics.text()).split("\n").filter((line) => /^[ab]/.test(line));
  expect(await seriesOf()).toEqual(['a{x="1"} 1', 'a{y="1"} 2', "a 3", expect.stringMatching(/^b\{.*\} 2$/)]);
  metrics.show(one, [gauge("b", 5, { x: "1", y: "2" })]);
  expect(await seriesOf()).toEqual(['a{y="1"} 2', "a 3", expect.stringMatching(/^b\{.*\} 5$/)]);
  metrics.show(one, []);
  expect(await seriesOf()).toEqual(['a{y="1"} 2', "a 3", expect.stringMatching(/^b\{.*\} 2$/)]);
});

it("a series vanishes when its owner shows others or none", async () => {
  const metrics = createMetrics();
  const other = { machine: "m2", watcher: "one" };
  metrics.show(one, [gauge("a", 1)]);
  metrics.show(one, [gauge("b", 1)]);
  metrics.show(two, [gauge("c", 1)]);
  metrics.show(other, [gauge("d", 1)]);
  metrics.show(two, []);
  const names = async () => (await metrics.text()).match(/(?<=TYPE )\w+/g);
  expect(await names()).toEqual(["b", "d"]);
  metrics.show(other, []);
  expect(await names()).toEqual(["b"]);
});

it("names that Prometheus does not take are cleaned", async () => {
  const metrics = createMetrics();
  metrics.show(one, [
    gauge("1 day/€", 1, { "a-b": "1", "9": "2", __proto: "3", "": "4", ä: "5" }),
    gauge("", 2),
    gauge("__proto__", 3, { constructor: "c" }),
  ]);
  const text = await metrics.text();
  expect(text).toContain('_1_day__{_9="2",a_b="1",_proto="3",_="5"} 1\n');
  expect(text).toContain("\n_ 2\n");
  expect(text).toContain('\n__proto___{constructor="c"} 3\n');
});

it("tells of changes, and not of what changes nothing", () => {
  const metrics = createMetrics();
  let changes = 0;
  const forget = metrics.onChange(() => {
    changes += 1;
  });
  metrics.show(one, []);
  expect(changes).toBe(0);
  metrics.show(one, [gauge("a", 1)]);
  metrics.show(one, []);
  metrics.show(one, [gauge("a", 1)]);
  metrics.show(two, [gauge("a", 1)]);
  expect(changes).toBe(4);
  forget();
  metrics.show(one, [gauge("a", 1)]);
  expect(changes).toBe(4);
});
