/** TLS on TCP: the daemon's certificate, and those of its clients. */
import { readFileSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { type RequestOptions, request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { runningDaemon } from "./surfaces.ts";

/** `server` and `client` are signed by `ca`, `stranger` is by another; all are good for a hundred years. */
const fixtures = join(import.meta.dirname, "fixtures");
const file = (name: string): string => join(fixtures, name);
const ca = readFileSync(file("ca.pem"));
const certificate = (name: string): RequestOptions => ({
  cert: readFileSync(file(`${name}.pem`)),
  key: readFileSync(file(`${name}.key.pem`)),
});

const ownCertificate = `cert: '${file("server.pem")}', key: '${file("server.key.pem")}'`;
const clientsNeedOne = `${ownCertificate}, client_ca: '${file("ca.pem")}'`;

/** @param tls members of `http.tls` in the config */
async function encrypted(tls: string, host = "127.0.0.1") {
  // Where clients need no certificate they need a token, unless it is open.
  const open = host === "127.0.0.1" && !tls.includes("client_ca");
  const { daemon } = await runningDaemon({}, `http: { listen: '${host}:0', open: ${open}, tls: { ${tls} } }`);
  const { protocol, port } = new URL(daemon.url ?? "");
  expect(protocol).toBe("https:");
  const to = { host: "127.0.0.1", port, path: "/v1/machines", agent: false };
  const ask = (options: RequestOptions): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const asking = request({ ...to, ca, ...options }, async (answer) => {
        resolve([answer.statusCode, await text(answer), answer.headers["strict-transport-security"]]);
      });
      asking.on("error", reject).end();
    });
  return { to, ask };
}

const served = [200, "[]", expect.stringContaining("max-age=")];

it("answers whoever trusts its certificate, and nobody in plain text", async () => {
  const { to, ask } = await encrypted(ownCertificate);
  expect(await ask({})).toEqual(served);
  await expect(ask({ ca: [] })).rejects.toMatchObject({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  const plain = new Promise((resolve, reject) => {
    plainRequest(to, resolve).on("error", reject).end();
  });
  await expect(plain).rejects.toMatchObject({ code: "ECONNRESET" });
});

it("with client_ca, only clients with a certificate of it are served", async () => {
  const { ask } = await encrypted(clientsNeedOne);
  expect(await ask(certificate("client"))).toEqual(served);
  await expect(ask({})).rejects.toMatchObject({ code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" });
  await expect(ask(certificate("stranger"))).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(await ask(certificate("client"))).toEqual(served);
});

it("with client_ca it may listen where other hosts reach it; with its own certificate alone it may not", async () => {
  const { ask } = await encrypted(clientsNeedOne, "0.0.0.0");
  expect(await ask(certificate("client"))).toEqual(served);
  await expect(ask({})).rejects.toMatchObject({ code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" });
  await expect(encrypted(ownCertificate, "0.0.0.0")).rejects.toMatchObject({
    code: "INVALID_CONFIG",
    message: expect.stringContaining("there are neither tokens nor a tls.client_ca"),
  });
});

it.each([
  ["a file that is not there", `${ownCertificate}, client_ca: none.pem`, /^http\.tls\.client_ca: ENOENT/],
  [
    "a file that is no certificate",
    `cert: '${file("server.key.pem")}', key: '${file("server.key.pem")}'`,
    /^http\.tls: /,
  ],
  ["the key of another", `cert: '${file("server.pem")}', key: '${file("client.key.pem")}'`, /^http\.tls: /],
])("%s is said at start", async (_, tls, message) => {
  const code = "INVALID_CONFIG";
  await expect(encrypted(tls)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});
