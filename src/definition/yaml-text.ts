/** JSON values as YAML text. */
import { stringify } from "yaml";

/** Reads back as the same value; long lines are not folded. */
export function yamlText(value: unknown): string {
  return stringify(value, { lineWidth: 0 });
}
