import { once } from "node:events";
import { watch } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startDaemonProcess } from "./kill/daemon-process.ts";

const machine = `
name: m
version: 1.0.0
initial_state: UNKNOWN
transitions:
  - { name: OK, from: [UNKNOWN, WARNING, OK], destination: OK }
  - { name: WARNING, from: [UNKNOWN, WARNING, OK], destination: WARNING }
  - { name: CRITICAL, from: [UNKNOWN], destination: WARNING }
  - { name: UNKNOWN, from: [OK, WARNING], destination: UNKNOWN }
watchers:
  - name: check
    type: nagios
    interval: 500ms
    properties: { plugin: 'sh -c "exit {{ o "status" 0 }}"' }
  - name: Room-Sensor
    type: metric
    properties: { command: 'echo OK | temp={{ lookup "data.none" 21 }}C', interval: 1s, labels: { site: ams } }
`;

it("C79: what watchers measure is in the file for node_exporter while the daemon runs", async () => {
  const workingDirectory = await mkdtemp(join(tmpdir(), "machinist-metrics-"));
  onTestFinished(() => rm(workingDirectory, { recursive: true, force: true }));
  const dropDirectory = join(workingDirectory, "machines");
  const metricsDirectory = join(workingDirectory, "metrics");
  await mkdir(dropDirectory);
  await mkdir(metricsDirectory);
  await writeFile(join(dropDirectory, "m.yaml"), machine);
  await writeFile(join(workingDirectory, "overrides.json"), '{"m":{"status":1}}');
  const config = "overrides: overrides.json\nmetrics: { textfile: metrics }\n";
  await writeFile(join(workingDirectory, "machinist.yaml"), config);
  const changes = watch(metricsDirectory);
  onTestFinished(() => changes.close());
  const daemon = startDaemonProcess({
    dropDirectory,
    workingDirectory,
    dataDirectory: join(workingDirectory, "data"),
  });
  onTestFinished(async () => {
    daemon.kill("SIGKILL");
    await daemon.ended;
  });
  const expected = [
    /^choria_machine_nagios_watcher_status\{name="m",status="WARNING"\} 1$/m,
    /^choria_machine_metric_watcher_room_sensor_temp\{format="nagios",site="ams"\} 21$/m,
    /^choria_machine_metric_watcher_room_sensor_choria_runtime_seconds\{format="nagios",site="ams"\} \d/m,
  ];
  for (;;) {
    const change = once(changes, "change");
    const text = await readFile(join(metricsDirectory, "machinist.prom"), "utf8").catch(() => "");
    if (expected.every((line) => line.test(text))) break;
    await change;
  }
  daemon.kill("SIGTERM");
  expect(await daemon.ended).toBe(0);
  expect(await readdir(metricsDirectory)).toEqual([]);
});
