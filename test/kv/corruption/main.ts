/** `npm run corruption -- [PLACES] [SEED]`: damages a store in many places and prints how it is read. */
import { runCorruption } from "./run.ts";

const [, , places = "1000", seed = String(Date.now() % 1_000_000)] = process.argv;
process.stdout.write(`${places} places, seed ${seed}\n`);
const tally = await runCorruption({ places: Number(places), seed: Number(seed) });
const { wrong, rawErrors, aborts, ...counts } = tally;
console.table({
  ...counts,
  "silently wrong": wrong.length,
  "raw errors": rawErrors.length,
  aborts: aborts.length,
});
for (const line of [...wrong, ...rawErrors, ...aborts]) process.stdout.write(`${line}\n`);
process.exitCode = wrong.length + rawErrors.length + aborts.length > 0 ? 1 : 0;
