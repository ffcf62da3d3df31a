/** How the command line prints results. */
export const outputFormats = ["text", "wide", "name", "json", "jsonl", "yaml"] as const;

export type OutputFormat = (typeof outputFormats)[number];

/** Whether results are for programs; `text` and `wide` are for people. */
export function isForPrograms(format: OutputFormat): boolean {
  return format !== "text" && format !== "wide";
}
