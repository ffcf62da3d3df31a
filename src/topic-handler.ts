/** The program that runs one Node handler of a topic: loads it, calls its `process` with the message, exits with 0 when that is done. */
import { readFileSync } from "node:fs";
import { processEnvironment } from "./config/config.ts";
import { systemClock } from "./lib/clock.ts";
import { loadHandler } from "./topics/load-handler.ts";

/** How long a handler that is done may go on with what it did not wait for. */
const lingerMs = 1_000;

let isDone = false;
// Also a handler that ends the process itself, or waits for what never comes, is not done.
process.on("exit", (code) => {
  if (isDone || code !== 0) return;
  process.stderr.write("the handler ended the process, or waited for something that never happens\n");
  process.exitCode = 1;
});

try {
  const [file = ""] = process.argv.slice(2);
  const message: unknown = JSON.parse(readFileSync(processEnvironment()["TOPIC_MESSAGE"] ?? "", "utf8"));
  const handle = await loadHandler(file);
  await handle(message);
  isDone = true;
  systemClock.after(lingerMs, () => process.exit(0), { background: true });
} catch (thrown) {
  process.stderr.write(`${told(thrown)}\n`);
  process.exit(1);
}

/** The stack, and last what is kept as the reason. Anything can be thrown. */
function told(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `thrown: ${String(thrown)}`;
  const reason = `${thrown.name}: ${thrown.message.split("\n", 1)[0]}`;
  return thrown.stack && thrown.stack !== reason ? `${thrown.stack}\n${reason}` : reason;
}
