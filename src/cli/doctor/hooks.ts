/** The programs and scripts that machines of the drop directories run: whether this host could start them. */
import type { Config } from "../../config/config.ts";
import { faultLine } from "../../definition/fault.ts";
import { checkedIn } from "../definitions-in.ts";
import { type Check, ok, warning } from "./check.ts";

export async function hookChecks({ dropDirectories, exec }: Config): Promise<readonly Check[]> {
  const checked = await checkedIn(dropDirectories, exec.environment["PATH"] ?? "");
  const faults = checked.flatMap(({ hostFaults }) => hostFaults);
  if (faults.length > 0) return faults.map((fault) => warning("Commands", faultLine(fault)));
  return checked.length === 0 ? [] : [ok("Commands", "all programs and scripts of machines can be started")];
}
