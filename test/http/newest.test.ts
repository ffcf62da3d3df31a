import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { LiveStreams } from "../../src/http/live.ts";
import { Newest } from "../../src/http/newest.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { serving } from "./serving.ts";

const subjects = 5_000;
const filler = "x".repeat(1_000);

it("a reader who begins late is not dropped, and is told the newest of each, in order", async () => {
  const streams = new LiveStreams({ clock: systemClock });
  const say = (newest: Newest, version: number): void => {
    for (let nth = 0; nth < subjects; nth += 1)
      newest.say(`${nth}`, { data: JSON.stringify({ nth, version, filler }) });
  };
  const { socketPath } = await serving({
    routes: () => [
      (app) => {
        app.get("/news", { config: { scope: "read" } }, (_request, reply) => {
          const stream = streams.open(reply);
          const newest = new Newest(stream);
          for (const version of [1, 2, 3]) say(newest, version);
          newest.say("", { event: "ready", data: "{}" });
        });
      },
    ],
  });
  const socket = connect(socketPath);
  socket.write("GET /news HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(socket, "readable");
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) {
    text += chunk;
    if (text.includes("event: ready")) break;
  }
  const told = [...text.matchAll(/\{"nth":(\d+),"version":(\d)/g)].map(([, nth, version]) => [
    Number(nth),
    Number(version),
  ]);
  // The first is on its way before anything newer is said of it, and so comes again.
  expect(told[0]).toEqual([0, 1]);
  const expected = Array.from({ length: subjects - 1 }, (_, nth) => [nth + 1, 3]);
  expect(told.slice(1).filter(([nth]) => nth !== 0)).toEqual(expected);
  expect(told.filter(([nth]) => nth === 0).at(-1)).toEqual([0, 3]);
  streams.close();
});
