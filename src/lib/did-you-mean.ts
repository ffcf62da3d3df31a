/** Guesses which name was meant by one that nobody knows. */

/** `, did you mean "command"?`, or nothing when no candidate is near. */
export function didYouMean(found: string, candidates: Iterable<string>): string {
  const nearest = nearestName(found, candidates);
  return nearest === undefined ? "" : `, did you mean "${nearest}"?`;
}

/** The candidate with the fewest typing mistakes, at most a third of its letters; case and `-_` hardly count. */
export function nearestName(found: string, candidates: Iterable<string>): string | undefined {
  const wanted = folded(found);
  if (wanted.length > 200) return undefined;
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const name = folded(candidate);
    const distance = mistakes(wanted, name);
    if (distance <= Math.max(name.length, wanted.length) / 3 && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function folded(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, "");
}

/** Letters added, left out or changed, and neighbours swapped (optimal string alignment distance). */
function mistakes(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1] ? 0 : 1;
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + same);
      if (left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, right.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
