/** Makes sure that the tests have what they need beside npm's packages: `npm test` runs this first. */
import { fetchChromium } from "./fetch-chromium.ts";
import { fetchServer } from "./fetch-nats-server.ts";
import { findServer, kinds, versionTextOf } from "./nats-server.ts";
import { pythonVersion } from "./python.ts";

for (const kind of kinds) {
  const program = findServer(kind) ?? (await fetchServer(kind));
  process.stdout.write(`${kind} nats-server: ${program} (${versionTextOf(program)})\n`);
}

process.stdout.write(`python3: ${pythonVersion()}\n`);
process.stdout.write(`chromium: ${fetchChromium()}\n`);
