/** What two texts differ in, line by line: the shortest way from one to the other (Myers, "An O(ND) Difference Algorithm"). */

/**
 * `-` is only in the first text, `+` only in the second.
 * @typedef {{ sign: " " | "-" | "+", text: string }} DiffLine
 */

/** Texts that differ in more lines than this are shown as one replaced by the other: a shorter way would help nobody. */
const mostChanges = 1000;

/**
 * @param {string} before
 * @param {string} after
 * @returns {DiffLine[]} all lines of both; where they differ, first what went
 */
export function lineDiff(before, after) {
  const left = linesOf(before);
  const right = linesOf(after);
  const shorter = Math.min(left.length, right.length);
  let start = 0;
  while (start < shorter && left[start] === right[start]) start += 1;
  let end = 0;
  while (end < shorter - start && left.at(-1 - end) === right.at(-1 - end)) end += 1;
  const middle = changes(left.slice(start, left.length - end), right.slice(start, right.length - end));
  return [
    ...signed(" ", left.slice(0, start)),
    ...removedFirst(middle),
    ...signed(" ", left.slice(left.length - end)),
  ];
}

/**
 * Long stretches without a change as a number of lines.
 * @param {readonly DiffLine[]} lines
 * @param {number} [around] lines kept before and after a change
 * @returns {(DiffLine | { same: number })[]}
 */
export function foldSame(lines, around = 3) {
  const isKept = new Uint8Array(lines.length);
  for (const [at, { sign }] of lines.entries())
    if (sign !== " ") isKept.fill(1, Math.max(at - around, 0), at + around + 1);
  /** @type {(DiffLine | { same: number })[]} */
  const folded = [];
  for (const [at, line] of lines.entries()) {
    const last = folded.at(-1);
    if (isKept[at]) folded.push(line);
    else if (last && "same" in last) last.same += 1;
    else folded.push({ same: 1 });
  }
  return folded;
}

/** @param {string} text */
function linesOf(text) {
  return text === "" ? [] : text.split("\n");
}

/**
 * @param {DiffLine["sign"]} sign
 * @param {readonly string[]} lines
 */
function signed(sign, lines) {
  return lines.map((text) => ({ sign, text }));
}

/**
 * @param {readonly string[]} left
 * @param {readonly string[]} right
 * @returns {DiffLine[]}
 */
function changes(left, right) {
  const trace = shortestWay(left, right);
  if (!trace) return [...signed("-", left), ...signed("+", right)];
  return walkBack(trace, left, right);
}

/**
 * How far each diagonal was reached before each further change; undefined when it takes too many changes.
 * @param {readonly string[]} left
 * @param {readonly string[]} right
 * @returns {Int32Array[] | undefined}
 */
function shortestWay(left, right) {
  const most = Math.min(left.length + right.length, mostChanges);
  const reached = new Int32Array(2 * most + 3);
  /** @type {Int32Array[]} */
  const trace = [];
  for (let count = 0; count <= most; count += 1) {
    trace.push(reached.slice(most - count, most + count + 3));
    for (let diagonal = -count; diagonal <= count; diagonal += 2) {
      const at = most + 1 + diagonal;
      const x = afterSame(left, right, stepOf(reached, at, diagonal, count).from, diagonal);
      reached[at] = x;
      if (x >= left.length && x - diagonal >= right.length) return trace;
    }
  }
  return undefined;
}

/**
 * @param {readonly Int32Array[]} trace
 * @param {readonly string[]} left
 * @param {readonly string[]} right
 */
function walkBack(trace, left, right) {
  /** @type {DiffLine[]} */
  const lines = [];
  let x = left.length;
  let y = right.length;
  const same = () => {
    x -= 1;
    y -= 1;
    lines.push({ sign: " ", text: textAt(left, x) });
  };
  for (let count = trace.length - 1; count > 0; count -= 1) {
    const reached = trace[count] ?? new Int32Array();
    const diagonal = x - y;
    const at = count + 1 + diagonal;
    const { isAdded, from } = stepOf(reached, at, diagonal, count);
    while (x > from) same();
    if (isAdded) {
      y -= 1;
      lines.push({ sign: "+", text: textAt(right, y) });
    } else {
      x -= 1;
      lines.push({ sign: "-", text: textAt(left, x) });
    }
  }
  while (x > 0) same();
  return lines.reverse();
}

/**
 * Where a further change on this diagonal begins, and whether it adds a line.
 * @param {Int32Array} reached
 * @param {number} at
 * @param {number} diagonal
 * @param {number} count
 */
function stepOf(reached, at, diagonal, count) {
  const before = reached[at - 1] ?? 0;
  const after = reached[at + 1] ?? 0;
  const isAdded = diagonal === -count || (diagonal !== count && before < after);
  return { isAdded, from: isAdded ? after : before + 1 };
}

/**
 * @param {readonly string[]} left
 * @param {readonly string[]} right
 * @param {number} from
 * @param {number} diagonal
 */
function afterSame(left, right, from, diagonal) {
  let x = from;
  while (x < left.length && x - diagonal < right.length && left[x] === right[x - diagonal]) x += 1;
  return x;
}

/**
 * @param {readonly string[]} lines
 * @param {number} at
 */
function textAt(lines, at) {
  return lines[at] ?? "";
}

/**
 * Within a stretch of changes the order says nothing: what went is easier to read in one piece.
 * @param {readonly DiffLine[]} lines
 */
function removedFirst(lines) {
  /** @type {DiffLine[]} */
  const ordered = [];
  /** @type {DiffLine[]} */
  let added = [];
  for (const line of lines) {
    if (line.sign === "+") added.push(line);
    else if (line.sign === "-") ordered.push(line);
    else {
      ordered.push(...added, line);
      added = [];
    }
  }
  return [...ordered, ...added];
}
