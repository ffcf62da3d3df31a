/** A part of `npm run corruption`, with a new seed each time. */
import { expect, it } from "vitest";
import { runCorruption } from "./run.ts";

const places = 120;
const seed = Date.now() % 1_000_000;

it(`a damaged store: ${places} places, seed ${seed}: no wrong answer, no foreign error, no dead process`, async () => {
  const tally = await runCorruption({ places, seed });
  expect({ wrong: tally.wrong, rawErrors: tally.rawErrors, aborts: tally.aborts }).toEqual({
    wrong: [],
    rawErrors: [],
    aborts: [],
  });
  expect(tally.refusedAtOpen).toBeGreaterThan(0);
  expect(tally.reported).toBeGreaterThan(0);
}, 300_000);
