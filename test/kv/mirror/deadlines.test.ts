/** Deadlines come out soonest first, whatever their order was. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { Deadlines } from "../../../src/kv/mirror/deadlines.ts";

it("gives out the soonest first", () => {
  // A number is added, null takes one away.
  const steps = fc.array(fc.option(fc.nat(20), { freq: 3 }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, fc.array(fc.nat(20)), (taken, first) => {
      const deadlines = new Deadlines();
      deadlines.replaceAll(first.map((at) => ({ at, key: "a", revision: 1 })));
      let expected = first.toSorted((left, right) => left - right);
      for (const at of taken) {
        if (at === null) {
          expect(deadlines.take()?.at).toBe(expected.shift());
        } else {
          deadlines.add({ at, key: "a", revision: 1 });
          expected = [...expected, at].sort((left, right) => left - right);
        }
        expect([deadlines.soonest?.at, deadlines.size]).toEqual([expected[0], expected.length]);
      }
    }),
  );
});
