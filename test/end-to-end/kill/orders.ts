/** The updates that the machine `worker` follows: what each revision asks of its command. */
import type { Bucket } from "../../../src/kv/store.ts";

/** Keys and history are chosen so that nothing is trimmed before the machine has seen it. */
const keys = 50;
export const orderHistory = 64;

export interface Order {
  readonly revision: number;
  /** How its command ends: with 0, with 3, or not before its timeout. */
  readonly end: "ok" | "fail" | "late";
  /** Of the command. */
  readonly seconds: number;
  /** Where the command waits: in its own process group, in another one, or in another session. */
  readonly place: "plain" | "group" | "session";
}

/** Half of the commands end at once, the others within 300 ms. Some fail, a few run into their timeout. */
export function ordersOf(updates: number): readonly Order[] {
  return Array.from({ length: updates }, (_, index) => {
    const end = index % 200 === 49 ? "late" : index % 7 === 3 ? "fail" : "ok";
    const seconds = end === "late" ? 600 : index % 2 === 0 ? 0 : ((index * 37) % 300) / 1000;
    const place = (["plain", "group", "session"] as const)[index % 3] ?? "plain";
    return { revision: index + 1, end, seconds, place };
  });
}

/** Line N says what revision N asks for. */
export function orderLines(orders: readonly Order[]): string {
  return orders.map(({ end, seconds, place }) => `${end} ${seconds} ${place}\n`).join("");
}

/** The writer does not wait for the machine. */
export async function writeOrders(bucket: Bucket, orders: readonly Order[]): Promise<void> {
  for (const { revision } of orders) await bucket.put(`order.${revision % keys}`, `${revision}`);
}
