/** Guesses which name was meant by one that nobody knows. */

/** `, did you mean "command"?`, or nothing when no candidate is near. */
export function didYouMean(found: string, candidates: Iterable<string>): string {
  const nearest = nearestName(found, candidates);
  return nearest === undefined ? "" : `, did you mean "${nearest}"?`;
}

/**
 * The candidate with the fewest typing mistakes, at most a third of its letters, or one that begins like it (`splay`
 * for `splay_start`). Case and `-_` do not count.
 */
export function nearestName(found: string, candidates: Iterable<string>): string | undefined {
  const wanted = folded(found);
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  let considered = 0;
  for (const candidate of candidates) {
    if (++considered > mostCandidates) break;
    const distance = distanceOf(wanted, folded(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The work grows with the candidates and the square of their length: a hostile file must not make it long. */
const mostCandidates = 500;
const longestCompared = 40;

/** Infinite for names that are not alike. */
function distanceOf(wanted: string, name: string): number {
  const longest = Math.max(name.length, wanted.length);
  if (longest > longestCompared) return name === wanted ? 0 : Number.POSITIVE_INFINITY;
  const distance = mistakes(wanted, name);
  const isLong = wanted.length > 2 && name.length > 2;
  const isBeginning = isLong && (name.startsWith(wanted) || wanted.startsWith(name));
  return isBeginning || distance <= longest / 3 ? distance : Number.POSITIVE_INFINITY;
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
