/** Faults as a SARIF 2.1.0 log, for code scanning and editors. Pure. */
import { isAbsolute, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { Fault, Severity } from "../../definition/fault.ts";

const levels: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "note" };
const ruleId = "machine-file";

export function sarifLog(faults: readonly Fault[], version: string): object {
  const rule = { id: ruleId, shortDescription: { text: "A machine file that does not mean what it says" } };
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "machinist", version, rules: [rule] } },
        columnKind: "utf16CodeUnits",
        results: faults.map(resultOf),
      },
    ],
  };
}

function resultOf({ file, line, column, severity, path, message }: Fault): object {
  return {
    ruleId,
    level: levels[severity],
    message: { text: path === "" ? message : `${path}: ${message}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file) },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
  };
}

/** Relative to where the command ran, as code scanning wants it. */
function uriOf(file: string): string {
  if (isAbsolute(file)) return pathToFileURL(file).href;
  return file.split(sep).map(encodeURIComponent).join("/");
}
