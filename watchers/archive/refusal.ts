/** Why an archive, though it is the one that was asked for, is not unpacked. */
import { MachinistError } from "../../src/lib/errors.ts";

export function refusal(what: string): MachinistError {
  return new MachinistError("BAD_VALUE", `the archive is refused: ${what}`);
}
