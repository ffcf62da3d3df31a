/** Renders the templates of a kv watcher into the target of a look. */
import type { JsonObject } from "../../src/lib/json.ts";
import { parseTemplate, type Template } from "../../src/lib/template.ts";
import type { KvProperties } from "./properties.ts";
import { type Target, targetOf } from "./target.ts";

export class Targets {
  /** The target of every look, when nothing in it is a template. */
  readonly fixed: Target | undefined;
  readonly #properties: KvProperties;
  readonly #watcher: string;
  readonly #key: Template;
  readonly #storeKey: Template | undefined;

  constructor(properties: KvProperties, watcher: string) {
    const { key, storeKey } = properties;
    this.#properties = properties;
    this.#watcher = watcher;
    this.#key = parseTemplate(key);
    this.#storeKey = storeKey === undefined ? undefined : parseTemplate(storeKey);
    const isFixed = this.#key.constant && this.#storeKey?.constant !== false;
    this.fixed = isFixed ? targetOf(properties, { key, storeKey }, watcher) : undefined;
  }

  /** @param facts asked only when there is a template. @throws TEMPLATE, BAD_VALUE */
  now(data: JsonObject, facts: () => JsonObject): Target {
    if (this.fixed) return this.fixed;
    const input = { data, facts: facts() };
    const rendered = { key: this.#key.render(input), storeKey: this.#storeKey?.render(input) };
    return targetOf(this.#properties, rendered, this.#watcher);
  }
}
