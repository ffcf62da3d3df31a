/**
 * Requests that nobody received. The server says so at once, most often while a stream or JetStream itself elects a leader,
 * so the request was certainly not executed and may be sent again.
 */
import { Backoff } from "../../../../lib/backoff.ts";
import { type Clock, sleep } from "../../../../lib/clock.ts";
import { isNobodyThere } from "../failures.ts";

/** An election takes less than this in a healthy cluster. */
const longestRetryMs = 500;

/**
 * Sends again until somebody receives it, for as long as an answer may take.
 * @param check called before each further attempt; what it throws ends the attempts
 * @throws the last error, as `send` threw it
 */
export async function untilReceived<T>(
  clock: Clock,
  limitMs: number,
  send: () => Promise<T>,
  check: () => Promise<unknown> = async () => undefined,
): Promise<T> {
  const endsAt = clock.monotonic() + limitMs;
  const backoff = new Backoff(longestRetryMs);
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!isNobodyThere(error)) throw error;
      await check();
      const waitMs = backoff.next(Math.random());
      if (clock.monotonic() + waitMs >= endsAt) throw error;
      await sleep(clock, waitMs);
    }
  }
}
