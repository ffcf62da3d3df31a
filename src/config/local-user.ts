/** The name of the person at this process, for the histories of machines. */
import { userInfo } from "node:os";
import { processEnvironment } from "./config.ts";

/** The person behind sudo rather than root; the number of a user without a name, as in containers. */
export function localUser(): string {
  const sudoer = processEnvironment()["SUDO_USER"];
  try {
    return sudoer ? `${sudoer} via sudo` : userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "");
  }
}
