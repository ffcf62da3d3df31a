import { describe, expect, it } from "vitest";
import { JobQueue } from "../../src/machine/queue.ts";
import { settle } from "../simulated-clock.ts";

describe("job queue", () => {
  it("runs one job at a time, in order, whatever each returns or throws", async () => {
    const queue = new JobQueue();
    const seen: string[] = [];
    let endFirst = (): void => undefined;
    const first = queue.add(async () => {
      seen.push("first begins");
      await new Promise<void>((resolve) => {
        endFirst = resolve;
      });
      seen.push("first ends");
      return 1;
    });
    const second = queue.add(async () => {
      seen.push("second");
      throw new Error("no");
    });
    const third = queue.add(async () => {
      seen.push("third");
      return 3;
    });
    await settle();
    expect(seen).toEqual(["first begins"]);
    expect(queue.depth).toBe(3);
    endFirst();
    await expect(second).rejects.toThrow("no");
    expect([await first, await third]).toEqual([1, 3]);
    expect(seen).toEqual(["first begins", "first ends", "second", "third"]);
    expect(queue.depth).toBe(0);
    // After a rest it goes on.
    expect(await queue.add(async () => "fourth")).toBe("fourth");
    await settle();
    expect(queue.depth).toBe(0);
  });

  it("refuses what waits and what comes after close, and lets the running job end", async () => {
    const queue = new JobQueue();
    let end = (): void => undefined;
    const running = queue.add(
      () =>
        new Promise<string>((resolve) => {
          end = () => resolve("done");
        }),
    );
    let hasRun = false;
    const waiting = queue.add(async () => {
      hasRun = true;
    });
    const refused = expect(waiting).rejects.toMatchObject({ code: "STOPPED" });
    let isClosed = false;
    const closed = queue.close().then(() => {
      isClosed = true;
    });
    await refused;
    expect(queue.depth).toBe(1);
    await expect(queue.add(async () => "late")).rejects.toMatchObject({ code: "STOPPED" });
    await settle();
    expect(isClosed).toBe(false);
    end();
    await closed;
    expect(await running).toBe("done");
    await settle();
    expect([hasRun, queue.depth]).toEqual([false, 0]);
  });
});
