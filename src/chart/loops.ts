/** Transitions that lead to the state they leave: at the right of its box, one above the other. Pure. */
import type { Arrow } from "../definition/state-chart.ts";
import { loop } from "./measures.ts";
import { labelSize } from "./place.ts";
import type { Box, Line } from "./shape.ts";

export function loopsOf(arrows: readonly Arrow[], boxes: readonly Box[]): Line[] {
  return boxes.flatMap((box) => {
    const own = arrows.filter(({ from, to }) => from === box.state && to === box.state);
    return own.map((arrow, index) => loopLine(arrow, box, index - (own.length - 1) / 2));
  });
}

function loopLine(arrow: Arrow, box: Box, place: number): Line {
  const right = box.x + box.width / 2;
  const y = box.y + place * loop.step;
  const [top, bottom, reach] = [y - loop.height / 2, y + loop.height / 2, right + loop.reach];
  const size = labelSize(arrow);
  return {
    ...arrow,
    points: [
      { x: right, y: top },
      { x: reach, y: top },
      { x: reach, y: bottom },
      { x: right, y: bottom },
    ],
    label: { x: reach + 2 + size.width / 2, y, ...size },
  };
}
