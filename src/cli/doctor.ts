/** `machinist doctor`: whether everything that machinist stands on is well, and what to do where it is not. */
import { Command } from "@commander-js/extra-typings";
import type { Check } from "./doctor/check.ts";
import { checks } from "./doctor-checks.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import type { Output } from "./output.ts";
import { oneLine } from "./table.ts";

export function doctorCommand(begin: BeginInvocation) {
  return new Command("doctor")
    .description(
      "what is well and what is not, and what to do: directories, daemon, machines and their commands, store, governors, NATS",
    )
    .option("--fail", "exit status 1 for warnings, too; problems always end with 1")
    .option("--verify", "also read all pages and records of the embedded stores, and list each damaged entry")
    .addHelpText(
      "after",
      examples(
        "machinist doctor",
        "machinist doctor --fail",
        "machinist doctor --verify",
        "machinist doctor --store nats://127.0.0.1:4222 --json",
      ),
    )
    .action(async ({ verify, fail = false }) => {
      const invocation = await begin();
      const found: Check[] = [];
      for await (const check of checks(invocation.config, { verify })) {
        found.push(check);
        if (!invocation.output.json) await printCheck(invocation.output, check);
      }
      const healthy = found.every(({ state }) => state !== "problem");
      if (invocation.output.json) await invocation.output.document({ healthy, checks: found });
      if (fail ? found.some(({ state }) => state !== "ok") : !healthy) invocation.exitWith(1);
    });
}

async function printCheck(output: Output, { check, state, text }: Check): Promise<void> {
  const words = {
    ok: output.paint.green("ok     "),
    warning: output.paint.yellow("warning"),
    problem: output.paint.red("problem"),
  };
  await output.line(`${words[state]}  ${check}: ${oneLine(text)}`);
}
