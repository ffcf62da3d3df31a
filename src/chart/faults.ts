/** What is wrong with a layout: the hits that nobody wants to see, and how tangled it is. Pure. */
import { crossingsOf, enters, overlap, type Track, trackOf } from "./obstacles.ts";
import { distance } from "./path.ts";
import type { Box, ChartLayout, Line } from "./shape.ts";

type Drawn = readonly (readonly [Line, Track])[];

/** Each fault in words: label on label, label on box, line through box, line through another's label, box on box. */
export function faultsOf({ boxes, lines }: Pick<ChartLayout, "boxes" | "lines">): string[] {
  const drawn: Drawn = lines.map((line) => [line, trackOf(line.points)]);
  return [
    ...pairs(lines)
      .filter(([one, other]) => overlap(one.label, other.label))
      .map(([one, other]) => `label of ${nameOf(one)} on that of ${nameOf(other)}`),
    ...drawn.flatMap(([line, track]) => throughLabels(line, track, lines)),
    ...boxes.flatMap((box) => atBox(box, drawn)),
    ...pairs(boxes)
      .filter(([one, other]) => overlap(one, other))
      .map(([one, other]) => `box ${one.state} on box ${other.state}`),
  ];
}

/** How tangled it is: how often lines cross, and how far they go in px. */
export function tangleOf(lines: readonly Line[]): { readonly crossings: number; readonly length: number } {
  const tracks = lines.map(({ points }) => trackOf(points));
  const steps = tracks.flatMap((track) => track.steps);
  return {
    crossings: pairs(tracks).reduce((sum, [one, other]) => sum + crossingsOf(one, other), 0),
    length: steps.reduce((sum, [one, other]) => sum + distance(one, other), 0),
  };
}

function throughLabels(line: Line, track: Track, lines: readonly Line[]): string[] {
  return lines
    .filter((other) => other !== line && enters(track, other.label, -2))
    .map((other) => `${nameOf(line)} goes through the label of ${nameOf(other)}`);
}

function atBox(box: Box, drawn: Drawn): string[] {
  return drawn.flatMap(([line, track]) => [
    ...(overlap(line.label, box) ? [`label of ${nameOf(line)} on box ${box.state}`] : []),
    // At its own boxes a line touches the border.
    ...(enters(track, box, -0.5) ? [`${nameOf(line)} goes through box ${box.state}`] : []),
  ]);
}

function pairs<T>(all: readonly T[]): (readonly [T, T])[] {
  return all.flatMap((one, index) => all.slice(index + 1).map((other) => [one, other] as const));
}

function nameOf({ from, transition, to }: Line): string {
  return `${from} ${transition} ${to}`;
}
