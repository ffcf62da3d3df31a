/** The least that would answer the same: node:http, one bucket that stays open, and the store calls of the routes. */
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { entryJson } from "../../../src/kv/entry-json.ts";
import { openStore } from "../../../src/kv/open.ts";
import type { JsonObject } from "../../../src/lib/json.ts";

const store = await openStore(`lmdb:${process.argv[2] ?? ""}/store`);
const bucket = await store.createBucket("BENCH");

async function answerTo(request: IncomingMessage): Promise<JsonObject> {
  const key = decodeURIComponent(request.url?.split("/").at(-1) ?? "");
  if (request.method === "PUT") {
    const { value } = JSON.parse(await text(request)) as { value: string };
    return { bucket: "BENCH", key, revision: await bucket.put(key, value) };
  }
  const entry = await bucket.get(key);
  if (!entry) throw new Error(`the bench put no ${key}`);
  return entryJson(entry);
}

const server = createServer(async (request, response) => {
  const answer = await answerTo(request);
  const body = JSON.stringify(answer);
  response.writeHead(200, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    etag: `"${answer["revision"]}"`,
  });
  response.end(body);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address) console.log(`http://127.0.0.1:${address.port}`);
});
process.once("SIGTERM", async () => {
  server.closeAllConnections();
  server.close();
  await store.close();
});
