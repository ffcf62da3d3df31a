/** Layouts made in a thread of their own: a large chart takes seconds, and whoever runs machines has no time to wait for it. */
import { createRequire } from "node:module";
import type { Tinypool } from "tinypool";
import { checkDrawable } from "./layout.ts";
import type { ChartSource } from "./place.ts";
import type { ChartLayout } from "./shape.ts";

/** It goes when it was not asked for so long, in ms: a new one is slow at first. */
const idleMs = 600_000;

export class LayoutThread {
  #pool: Promise<Tinypool> | undefined;

  /** One after the other. @throws UNSUPPORTED when it is too large */
  async layOut(chart: ChartSource): Promise<ChartLayout> {
    // An error would lose its code on the way from the thread.
    checkDrawable(chart);
    this.#pool ??= startPool();
    const pool = await this.#pool;
    return (await pool.run(chart, { name: "layOut" })) as ChartLayout;
  }

  /** What is asked for is refused; when something is asked again, it starts again. */
  async close(): Promise<void> {
    const pool = await this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }
}

async function startPool(): Promise<Tinypool> {
  const { Tinypool } = await import("tinypool");
  const filename = createRequire(import.meta.url).resolve("#chart/layout.js");
  return new Tinypool({ filename, minThreads: 0, maxThreads: 1, idleTimeout: idleMs });
}
