import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { isPort, sendToGraphite } from "../../../watchers/metric/graphite.ts";

it.each([
  ["1", true],
  ["2003", true],
  ["65535", true],
  ["0", false],
  ["65536", false],
  ["123456", false],
  ["", false],
  ["1.5", false],
  ["-1", false],
])("%j is a port: %j", (text, expected) => {
  expect(isPort(text)).toBe(expected);
});

it("who does not take it is left after two seconds, and that is said", async () => {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connected = once(server, "connection");
  onTestFinished(async () => {
    const [socket] = await connected;
    socket.destroy();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  // More than the buffers of two sockets hold.
  const target = { host: "127.0.0.1", port, prefix: "x".repeat(2 ** 20) };
  const metrics = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`m${n}`, n]));
  const sent = sendToGraphite(target, metrics, { atMs: 0, signal: new AbortController().signal });
  await expect(sent).rejects.toThrow(`127.0.0.1:${port} did not take it within 2s`);
});
