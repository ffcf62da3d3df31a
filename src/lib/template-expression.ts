/** What stands inside `{{ … }}`: Go's call form with pipes, parsed once into a function of the scope. */
import { messageOf } from "./errors.ts";
import type { Json, JsonObject } from "./json.ts";
import { parseQuery, type Query } from "./query.ts";
import { nearestName } from "./nearest-name.ts";
import { templateFunctions } from "./template-functions.ts";
import { type Token, tokensOf } from "./template-tokens.ts";
import { type Segment, templateFault } from "./template-scan.ts";

/** What templates see. Both frozen. */
export interface TemplateScope {
  readonly data: JsonObject;
  readonly facts: JsonObject;
}

export type Expression = (scope: TemplateScope) => Json;
