/** `machinist validate`: every fault of machine files, before a daemon sees them. */
import { Command } from "@commander-js/extra-typings";
import { type Fault, renderFault } from "../definition/fault.ts";
import { MachinistError } from "../lib/errors.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation, Invocation } from "./invocation.ts";
import type { Output } from "./output.ts";

export function validateCommand(begin: BeginInvocation) {
  return new Command("validate")
    .description("check machine files; exit status 2 when one has an error")
    .argument("<path...>", "a machine file, a machine's directory, or a drop directory")
    .addHelpText(
      "after",
      examples("machinist validate machines", "machinist validate machines/deploy --json"),
    )
    .action(async (paths) => {
      const invocation = await begin();
      const { output } = invocation;
      const checked = await checkAll(invocation, paths);
      const faults = checked.flatMap((file) => file.faults);
      const errors = faults.filter(({ severity }) => severity === "error").length;
      const counts = { files: checked.length, errors, warnings: faults.length - errors };
      if (output.json) await output.document({ ok: errors === 0, ...counts, machines: checked });
      else await printFaults(output, faults);
      const summary = summaryOf(counts);
      if (errors > 0) throw new MachinistError("INVALID_DEFINITION", summary, { details: counts });
      if (!output.json) await output.line(summary);
    });
}

interface Checked {
  readonly file: string;
  /** null when the file is not valid. */
  readonly name: string | null;
  readonly faults: readonly Fault[];
}

async function checkAll(invocation: Invocation, paths: readonly string[]): Promise<Checked[]> {
  const { checkFile, machineFiles } = await import("./definition-file.ts");
  const { builtInTypes } = await import("./built-in-types.ts");
  const types = builtInTypes();
  const files = new Set<string>();
  for (const path of paths) {
    const found = await machineFiles(invocation, path);
    if (found.length === 0) throw new MachinistError("FILE_NOT_FOUND", `there is no machine file in ${path}`);
    for (const file of found) files.add(file);
  }
  const checked: Checked[] = [];
  for (const file of files) {
    const { definition, faults } = await checkFile(invocation, file, types);
    checked.push({ file, name: definition?.name ?? null, faults });
  }
  return checked;
}

async function printFaults(output: Output, faults: readonly Fault[]): Promise<void> {
  const { faultPaint } = await import("./definition-file.ts");
  const paint = faultPaint(output);
  for (const fault of faults) await output.line(`${renderFault(fault, paint)}\n`);
}

function summaryOf({ files, errors, warnings }: { files: number; errors: number; warnings: number }): string {
  const checked = counted(files, "file");
  if (errors > 0) return `${counted(errors, "error")}, ${counted(warnings, "warning")} in ${checked}`;
  return warnings > 0 ? `${checked} valid, ${counted(warnings, "warning")}` : `${checked} valid`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
