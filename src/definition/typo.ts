/** Tells a misspelt name from one that only looks like another. Pure. */

export type Misspelling = "surely" | "perhaps";

/** Shorter names differ in one letter too often. */
const shortestName = 5;

/**
 * Whether a name is another one with a single slip in it. `surely`: another case, a letter too many or too few inside,
 * or two swapped; `perhaps`: another letter inside. A different beginning or end (`ENABLE`, `ENABLED`), digits and parts of
 * one letter (`NODE_A`, `NODE_B`) are no slips.
 * @example
 * misspelling("RUNING", "RUNNING"); // => "surely"
 */
export function misspelling(found: string, meant: string): Misspelling | undefined {
  if (found === meant) return undefined;
  const [left, right] = [folded(found), folded(meant)];
  if (left === right) return "surely";
  if (Math.max(left.length, right.length) < shortestName) return undefined;
  const start = commonStart(left, right);
  const end = commonStart(reversed(left.slice(start)), reversed(right.slice(start)));
  const one = left.slice(start, left.length - end);
  const other = right.slice(start, right.length - end);
  if (one.length === 2 && one === reversed(other) && /^[A-Z]+$/.test(one)) return "surely";
  const isInside = /[A-Z]/.test(left.charAt(start - 1)) && /[A-Z]/.test(left.charAt(left.length - end));
  if (!isInside || !/^[A-Z]{0,2}$/.test(one + other)) return undefined;
  if (one.length + other.length === 1) return "surely";
  return one.length === 1 && other.length === 1 ? "perhaps" : undefined;
}

function folded(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

function commonStart(left: string, right: string): number {
  let length = 0;
  while (length < Math.min(left.length, right.length) && left[length] === right[length]) length += 1;
  return length;
}

function reversed(text: string): string {
  return [...text].reverse().join("");
}
