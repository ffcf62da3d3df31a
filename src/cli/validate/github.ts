/** Faults as workflow commands of GitHub Actions: each becomes an annotation of its line. Pure. */
import type { Fault, Severity } from "../../definition/fault.ts";

const commands: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "notice" };

/** @example githubLine(fault); // => "::warning file=web.yaml,line=3,col=5,title=machinist::…" */
export function githubLine({ file, line, column, severity, path, message }: Fault): string {
  const properties = { file, line, col: column, title: "machinist" };
  const listed = Object.entries(properties).map(([name, value]) => `${name}=${property(String(value))}`);
  return `::${commands[severity]} ${listed.join(",")}::${data(path === "" ? message : `${path}: ${message}`)}`;
}

/** As the runner undoes it. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
