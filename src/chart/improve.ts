/** Small moves that make led lines look better, each made only where nothing becomes worse by it. Pure. */
import { loop } from "./measures.ts";
import { crossingsOf, enters, overlap, type Track, trackOf } from "./obstacles.ts";
import { distance } from "./path.ts";
import type { Box, Line, Point } from "./shape.ts";

/** Bends smaller than that, in px, stay. */
const smallBend = 16;
/** Between the ends of two lines at one side of a box. */
const endGap = 14;
/** From a box, before a line turns. */
const straightOut = 16;

/** The lines in their order; loops are in the way but do not move. */
export function improved(lines: readonly Line[], boxes: readonly Box[]): Line[] {
  const drawing = new Drawing(lines, boxes);
  lines.forEach((_, index) => {
    drawing.tryEach(index, slides);
  });
  const ends = lines.flatMap((line, index) => endsOf(line, index, boxes));
  // Those that go far have the first choice.
  for (const { index, isTo, box } of ends.sort((one, other) => other.across - one.across))
    drawing.tryEach(index, (line) => sidePorts(line, isTo, box, drawing.lines));
  return [...drawing.lines];
}

class Drawing {
  readonly lines: Line[];
  readonly #boxes: readonly Box[];
  readonly #tracks: Track[];

  constructor(lines: readonly Line[], boxes: readonly Box[]) {
    this.lines = [...lines];
    this.#boxes = boxes;
    this.#tracks = lines.map(({ points }) => trackOf(points));
  }

  /** Takes the first of the line's variants that is no worse than the line itself. */
  tryEach(index: number, variantsOf: (line: Line) => readonly Line[]): void {
    const line = this.lines[index];
    if (!line || isLoop(line)) return;
    const variants = variantsOf(line);
    if (variants.length === 0) return;
    const before = this.#rate(line, index);
    const taken = variants.find((variant) => this.#rate(variant, index) <= before);
    if (!taken) return;
    this.lines[index] = taken;
    this.#tracks[index] = trackOf(taken.points);
  }

  /** 0 would be best: hits, what is too near, and crossings. */
  #rate(line: Line, index: number): number {
    const track = trackOf(line.points);
    let rate = 0;
    for (const box of this.#boxes) {
      const isOwn = box.state === line.from || box.state === line.to;
      if (enters(track, box, isOwn ? -0.5 : 8)) rate += enters(track, box, -0.5) ? 100 : 1;
      if (overlap(line.label, box, 4)) rate += 100;
    }
    this.lines.forEach((other, place) => {
      if (place === index) return;
      const otherTrack = this.#tracks[place];
      if (overlap(line.label, other.label, 4)) rate += 100;
      if (enters(track, other.label, 2)) rate += 100;
      if (otherTrack && enters(otherTrack, line.label, 2)) rate += 100;
      if (otherTrack) rate += 2 * crossingsOf(track, otherTrack);
    });
    return rate;
  }
}

/** Moves the label towards the straight way between its neighbours. */
function slides(line: Line): Line[] {
  const { points, label } = line;
  const place = points.findIndex((point) => distance(point, label) < 1);
  const [before, after] = [points[place - 1], points[place + 1]];
  if (!before || !after || before.y === after.y) return [];
  const straight = before.x + ((after.x - before.x) * (label.y - before.y)) / (after.y - before.y);
  const off = straight - label.x;
  if (Math.abs(off) < smallBend) return [];
  return [1, 0.75, 0.5, 0.25].map((part) => {
    const x = label.x + off * part;
    const moved = points.with(place, { x, y: label.y });
    return { ...line, points: moved, label: { ...label, x } };
  });
}

interface End {
  readonly index: number;
  readonly isTo: boolean;
  readonly box: Box;
  readonly across: number;
}

function endsOf(line: Line, index: number, boxes: readonly Box[]): End[] {
  if (isLoop(line)) return [];
  return [false, true].flatMap((isTo) => {
    const box = boxes.find(({ state }) => state === (isTo ? line.to : line.from));
    const next = isTo ? line.points.at(-2) : line.points.at(1);
    return box && next ? [{ index, isTo, box, across: Math.abs(next.x - box.x) }] : [];
  });
}

/** A line that goes off flat looks better when it leaves its box at the side, or else goes straight out first. */
function sidePorts(line: Line, isTo: boolean, box: Box, lines: readonly Line[]): Line[] {
  const points = isTo ? line.points.toReversed() : line.points;
  const [port, next] = points;
  if (!port || !next) return [];
  const [across, down] = [next.x - box.x, next.y - port.y];
  const isFlat = Math.abs(next.x - port.x) > 1.4 * Math.abs(down);
  if (!isFlat || Math.abs(across) - box.width / 2 < loop.reach) return [];
  const led = (start: readonly Point[]): Line => {
    const all = [...start, ...points.slice(1)];
    return { ...line, points: isTo ? all.toReversed() : all };
  };
  const x = box.x + (box.width / 2) * Math.sign(across);
  const others = lines.filter((other) => other !== line).flatMap((other) => [...other.points]);
  const sides = [0.3, 0.15, 0.4, 0, -0.2]
    .map((part) => ({ x, y: box.y + box.height * part * Math.sign(down || 1) }))
    .filter((side) => others.every((other) => distance(other, side) >= endGap));
  const out = { x: port.x, y: port.y + straightOut * Math.sign(down) };
  return [...sides.map((side) => led([side])), led([port, out])];
}

function isLoop({ from, to }: Line): boolean {
  return from === to;
}
