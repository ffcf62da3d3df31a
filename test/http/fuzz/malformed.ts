/** What is hardly HTTP, or none. */
import fc from "fast-check";

const head = "Host: 127.0.0.1\r\nConnection: close\r\n";

/** Whole requests as bytes, after each of which the daemon must close. */
export const malformed: fc.Arbitrary<string | Buffer> = fc.oneof(
  fc
    .constantFrom(
      "",
      "\r\n\r\n",
      "GET\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
      `GET / HTTP/1.1\r\nConnection: close\r\n\r\n`,
      `GET /v1/\xff\xfe HTTP/1.1\r\n${head}\r\n`,
      `GET http://evil.example/v1/machines HTTP/1.1\r\n${head}\r\n`,
      `GET * HTTP/1.1\r\n${head}\r\n`,
      `OPTIONS * HTTP/1.1\r\n${head}\r\n`,
      `CONNECT a:1 HTTP/1.1\r\n${head}\r\n`,
      `GET / HTTP/1.1\r\n${head}Upgrade: websocket\r\nConnection: upgrade\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`,
      `GET / HTTP/1.1\r\n${head}X: \0\r\n\r\n`,
      `GET / HTTP/1.1\r\n${head} folded: y\r\n\r\n`,
      `GET / HTTP/1.1\r\n${head}X : y\r\n\r\n`,
      `GET / HTTP/1.1\n${head}\n`,
      `POST /topics/greetings HTTP/1.1\r\n${head}Content-Length: -1\r\n\r\n`,
      `POST /topics/greetings HTTP/1.1\r\n${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde`,
      `POST /topics/greetings HTTP/1.1\r\n${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `POST /topics/greetings HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      `POST /topics/greetings HTTP/1.1\r\n${head}Transfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n`,
      `POST /topics/greetings HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"a"`,
      `GET / HTTP/1.1\r\n${head}X: ${"x".repeat(20_000)}\r\n\r\n`,
      `GET /${"x".repeat(40_000)} HTTP/1.1\r\n${head}\r\n`,
      `GET / HTTP/1.1\r\n${head}${"X: y\r\n".repeat(3_000)}\r\n`,
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    )
    .map((text) => Buffer.from(text, "latin1")),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

/** @returns what is wrong with what came back; undefined: nothing */
export function faultOfReply(reply: string): string | undefined {
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(reply)?.[1] ?? 0);
  if (reply !== "" && status === 0) return `no HTTP: ${JSON.stringify(reply.slice(0, 80))}`;
  // HTTP has no other word for a transfer coding that is unknown.
  return status >= 500 && status !== 501 ? `status ${status}` : undefined;
}
