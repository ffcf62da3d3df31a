/** The version of the server that answers, and what needs a newer one. */
import { MachinistError } from "../../../lib/errors.ts";

export class ServerVersion {
  readonly text: string;
  readonly #parts: readonly number[];

  constructor(text: string) {
    this.text = text;
    this.#parts = partsOf(text);
  }

  isAtLeast(wanted: string): boolean {
    const parts = partsOf(wanted);
    const at = parts.findIndex((part, index) => part !== (this.#parts[index] ?? 0));
    return at === -1 || (this.#parts[at] ?? 0) > (parts[at] ?? 0);
  }

  /** @throws UNSUPPORTED naming both versions */
  require(wanted: string, feature: string): void {
    if (this.isAtLeast(wanted)) return;
    throw new MachinistError(
      "UNSUPPORTED",
      `${feature}: the NATS server has version ${this.text}, ${wanted} or later can do that; leave it out or update the server`,
      { details: { feature, version: this.text, needed: wanted } },
    );
  }
}

function partsOf(text: string): number[] {
  return (/^\d+(?:\.\d+)*/.exec(text)?.[0] ?? "0").split(".").map(Number);
}
