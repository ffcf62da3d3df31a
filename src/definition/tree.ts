/** A parsed document as a tree of values that know where they stand in the text. Knows no parser. */
import type { Json } from "../lib/json.ts";
import type { Path } from "./fault.ts";

/** From the first character to after the last, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface ScalarNode extends Span {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** As written, before it was read as a number or a word; the value itself for quoted and block text. */
  readonly source: string;
}

export interface ListNode extends Span {
  readonly kind: "list";
  readonly items: readonly LocatedNode[];
}

export interface MapNode extends Span {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export interface MapEntry {
  readonly key: Span;
  readonly value: LocatedNode;
}

/** Nodes may be shared (a YAML alias) but never contain themselves. */
export type LocatedNode = ScalarNode | ListNode | MapNode;

/** The plain JSON value. Keys such as `__proto__` become own properties, never a prototype. */
export function toJson(node: LocatedNode): Json {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(toJson);
    case "map":
      return Object.fromEntries(Array.from(node.entries, ([key, entry]) => [key, toJson(entry.value)]));
  }
}

/** The node at a path; undefined when there is none. */
export function nodeAt(root: LocatedNode, path: Path): LocatedNode | undefined {
  let node: LocatedNode | undefined = root;
  for (const step of path) node = node && child(node, step)?.value;
  return node;
}

/** Where to point for a path: its key or value, or the nearest thing around it when it does not exist. */
export function spanAt(root: LocatedNode, path: Path, at: "key" | "value"): Span {
  let node: LocatedNode = root;
  let span: Span = root;
  for (const [depth, step] of path.entries()) {
    const entry = child(node, step);
    if (!entry) return span;
    node = entry.value;
    span = at === "key" && depth === path.length - 1 ? entry.key : visible(entry);
  }
  return span;
}

/** An empty value (`name:`) has no width to point at: its key has. */
function visible(entry: MapEntry): Span {
  return entry.value.end > entry.value.start ? entry.value : entry.key;
}

function child(node: LocatedNode, step: string | number): MapEntry | undefined {
  if (node.kind === "map") return node.entries.get(String(step));
  const item = node.kind === "list" && typeof step === "number" ? node.items[step] : undefined;
  return item && { key: item, value: item };
}
