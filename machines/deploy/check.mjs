// Step 3: tells whether what is live now is healthy, as the release itself defines it.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Fault } from "./lib/fault.mjs";
import { runProgram } from "./lib/run-program.mjs";
import { runStep } from "./lib/step.mjs";

/** Between two tries of the address. */
const pauseMs = 250;
/** One try may not use up the time of all. */
const longestTryMs = 5000;

await runStep("check", async ({ data, releases, failures }) => {
  await failures.note("check", "the health check was stopped before it ended");
  const health = await releases.healthOf(data.deploy.release);
  if (health.file !== null) await checkFile(releases.current, health);
  if (health.command !== null) await runProgram(health.command, releases.current, "the health command");
  if (health.url !== null) await checkUrl(health);
});

async function checkFile(current, { file, contains }) {
  const text = await readFile(join(current, file), "utf8").catch((error) => {
    throw new Fault(`the health check cannot read ${file}: ${error.code}`);
  });
  if (contains !== null && !text.includes(contains)) {
    throw new Fault(`the health check did not find the expected text in ${file}`);
  }
}

async function checkUrl({ url, withinSeconds }) {
  const deadline = Date.now() + withinSeconds * 1000;
  for (;;) {
    const answer = await tryUrl(url);
    if (answer === "ok") return;
    if (Date.now() + pauseMs > deadline) {
      throw new Fault(`the health address was not well within ${withinSeconds} s: ${answer}`);
    }
    await sleep(pauseMs);
  }
}

async function tryUrl(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(longestTryMs) });
    await response.body?.cancel();
    return response.ok ? "ok" : `it answered with status ${response.status}`;
  } catch (error) {
    return error.name === "TimeoutError" ? "no answer" : `no answer (${error.cause?.code ?? error.message})`;
  }
}
