/** `machinist validate`: every fault of machine files, before a daemon sees them. */
import { Command, Option } from "@commander-js/extra-typings";
import { type Fault, renderFault, type Severity } from "../../definition/fault.ts";
import { MachinistError } from "../../lib/errors.ts";
import { packageVersion } from "../../lib/package.ts";
import { examples } from "../examples.ts";
import type { BeginInvocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { oneOf } from "../values.ts";
import type { CheckedFiles } from "./checked-files.ts";
import { githubLine } from "./github.ts";
import { sarifLog } from "./sarif.ts";

const formats = ["text", "json", "github", "sarif"] as const;
type Format = (typeof formats)[number];

export function validateCommand(begin: BeginInvocation) {
  return new Command("validate")
    .description("check machine files; exit status 2 when one has an error")
    .argument("<path...>", "a machine file, a machine's directory, or a drop directory")
    .option("--strict", "exit status 2 for warnings, too")
    .addOption(
      new Option(
        "--format <format>",
        "text; json (as --json); github: annotations of a workflow; sarif: a SARIF 2.1.0 log",
      ).argParser(oneOf(formats)),
    )
    .addHelpText(
      "after",
      examples(
        "machinist validate machines",
        "machinist validate machines/deploy --json",
        "machinist validate --strict --format github machines",
      ),
    )
    .action(async (paths, { strict = false, format: chosen }) => {
      const invocation = await begin();
      const { output } = invocation;
      const format = chosen ?? (output.json ? "json" : "text");
      const { checkFiles } = await import("./checked-files.ts");
      const checked = await checkFiles(invocation, paths);
      const counts = countsOf(checked);
      await print(output, format, { checked, ok: isOk(counts, strict), counts });
      const summary = summaryOf(counts);
      if (!isOk(counts, strict))
        throw new MachinistError("INVALID_DEFINITION", summary, { details: { ...counts } });
      if (format === "text") await output.line(summary);
    });
}

interface Counts {
  readonly files: number;
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
}

interface Result {
  readonly checked: CheckedFiles;
  readonly ok: boolean;
  readonly counts: Counts;
}

function isOk({ errors, warnings }: Counts, strict: boolean): boolean {
  return errors === 0 && (warnings === 0 || !strict);
}

function faultsOf({ machines, passedOver }: CheckedFiles): Fault[] {
  return [...machines, ...passedOver].flatMap(({ faults }) => faults);
}

function countsOf(checked: CheckedFiles): Counts {
  const faults = faultsOf(checked);
  const count = (wanted: Severity): number => faults.filter(({ severity }) => severity === wanted).length;
  return {
    files: checked.machines.length,
    errors: count("error"),
    warnings: count("warning"),
    infos: count("info"),
  };
}

async function print(output: Output, format: Format, { checked, ok, counts }: Result): Promise<void> {
  const faults = faultsOf(checked);
  switch (format) {
    case "json":
      return output.document({ ok, ...counts, ...checked });
    case "sarif":
      return output.line(JSON.stringify(sarifLog(faults, packageVersion()), null, 2));
    case "github":
      for (const fault of faults) await output.line(githubLine(fault));
      return;
    case "text": {
      const { faultPaint } = await import("../definition-file.ts");
      const paint = faultPaint(output);
      for (const fault of faults) await output.line(`${renderFault(fault, paint)}\n`);
    }
  }
}

function summaryOf({ files, errors, warnings, infos }: Counts): string {
  const checked = counted(files, "file");
  const notes = infos > 0 ? `, ${counted(infos, "info")}` : "";
  if (errors > 0) return `${counted(errors, "error")}, ${counted(warnings, "warning")}${notes} in ${checked}`;
  return warnings > 0
    ? `${checked} valid, ${counted(warnings, "warning")}${notes}`
    : `${checked} valid${notes}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
