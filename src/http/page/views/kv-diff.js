/** What two texts differ in, for reading: a sign and a colour for each line. */
import { useMemo } from "preact/hooks";
import { html } from "../html.js";
import { foldSame, lineDiff } from "../line-diff.js";

const mostLines = 2_000;
const longestLine = 4_000;

/** @param {{ before: string, after: string, label: string }} properties */
export function KvDiff({ before, after, label }) {
  const lines = useMemo(() => foldSame(lineDiff(before, after)), [before, after]);
  if (before === after) return html`<p class="quiet-text">No difference.</p>`;
  return html`
    <div class="diff" role="group" aria-label=${label} tabindex="0">
      ${lines.slice(0, mostLines).map((line, at) => html`<${Line} key=${at} line=${line} />`)}
      ${lines.length > mostLines && html`<div class="diff-same">${lines.length - mostLines} more lines</div>`}
    </div>
  `;
}

/** @param {{ line: import("../line-diff.js").DiffLine | { same: number } }} properties */
function Line({ line }) {
  if ("same" in line)
    return html`<div class="diff-same">${line.same} ${line.same === 1 ? "line" : "lines"} the same</div>`;
  const { sign, text } = line;
  const rest = text.length - longestLine;
  const shown = rest > 0 ? `${text.slice(0, longestLine)}… ${rest} more` : text;
  const content = html`<span class="diff-sign">${sign}</span><span class="diff-text">${shown || " "}</span>`;
  if (sign === "+") return html`<ins class="diff-line">${content}</ins>`;
  if (sign === "-") return html`<del class="diff-line">${content}</del>`;
  return html`<div class="diff-line">${content}</div>`;
}
