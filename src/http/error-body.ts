/** What is answered to whom something is refused. */
import type { MachinistError } from "../lib/errors.ts";

export function errorBody({ code, message, details }: MachinistError): object {
  return { error: { code, message, details } };
}
