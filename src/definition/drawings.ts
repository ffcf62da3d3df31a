/** A chart as text: a tree for terminals, mermaid and dot for documents. Names are quoted, so that any name draws. */
import type { Arrow, StateChart } from "./state-chart.ts";

export const drawings = { tree, mermaid, dot } as const;

/** States with the ways out of each; `●` marks the current state, `○` any other. */
function tree(chart: StateChart): string {
  const lines = [`${chart.name} ${chart.version}`];
  chart.states.forEach((state, index) => {
    const last = index === chart.states.length - 1;
    const mark = state === chart.current ? "●" : "○";
    const arrows = chart.arrows.filter(({ from }) => from === state);
    const notes = [
      ...(state === chart.initialState ? ["initial"] : []),
      ...(state === chart.current ? ["now"] : []),
      ...(arrows.length === 0 ? ["no way out"] : []),
    ];
    lines.push(`${last ? "└" : "├"}─ ${mark} ${state}${notes.length > 0 ? ` (${notes.join(", ")})` : ""}`);
    arrows.forEach((arrow, place) => {
      const branch = place === arrows.length - 1 ? "└" : "├";
      lines.push(`${last ? " " : "│"}     ${branch}─ ${arrowText(arrow)}`);
    });
  });
  return `${lines.join("\n")}\n`;
}

function arrowText({ transition, to, when, assigns, firedBy }: Arrow): string {
  const condition = when === undefined ? "" : ` when ${when}`;
  const effect = assigns === undefined ? "" : ` / ${assigns}`;
  const why = firedBy.length > 0 ? `  [${firedBy.join(", ")}]` : "";
  return `${transition} → ${to}${condition}${effect}${why}`;
}

function mermaid(chart: StateChart): string {
  const id = (state: string): string => `s${chart.states.indexOf(state)}`;
  return [
    "stateDiagram-v2",
    ...chart.states.map((state) => `  state "${mermaidText(state)}" as ${id(state)}`),
    `  [*] --> ${id(chart.initialState)}`,
    ...chart.arrows.map((arrow) => `  ${id(arrow.from)} --> ${id(arrow.to)} : ${mermaidText(label(arrow))}`),
    ...(chart.current === undefined
      ? []
      : ["  classDef current font-weight:bold", `  class ${id(chart.current)} current`]),
    "",
  ].join("\n");
}

/** As in UML: condition and effect. */
function label({ transition, when, assigns }: Arrow): string {
  const condition = when === undefined ? "" : ` [${when}]`;
  return `${transition}${condition}${assigns === undefined ? "" : ` / ${assigns}`}`;
}

/** Mermaid has no escapes but HTML's numbers. */
function mermaidText(text: string): string {
  return text.replace(/[^\p{L}\p{N} _.-]/gu, (character) => `#${character.codePointAt(0)};`);
}

function dot(chart: StateChart): string {
  const isEnd = (state: string): boolean => !chart.arrows.some(({ from }) => from === state);
  const node = (state: string): string => {
    const style = state === chart.current ? ", style=bold" : "";
    const shape = isEnd(state) ? "doublecircle" : "circle";
    return `  ${JSON.stringify(state)} [shape=${shape}${style}];`;
  };
  return [
    `digraph ${JSON.stringify(chart.name)} {`,
    "  rankdir=LR;",
    '  "" [shape=point];',
    ...chart.states.map(node),
    `  "" -> ${JSON.stringify(chart.initialState)};`,
    ...chart.arrows.map(
      (arrow) =>
        `  ${JSON.stringify(arrow.from)} -> ${JSON.stringify(arrow.to)} [label=${JSON.stringify(label(arrow))}];`,
    ),
    "}",
    "",
  ].join("\n");
}
