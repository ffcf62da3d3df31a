/** Lets the event loop handle what else is waiting. Not time, so no matter of the clock. */
export function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
