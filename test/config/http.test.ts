import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { hashOfToken } from "../../src/lib/token.ts";

async function load(
  text: string,
  {
    http,
    httpOpen,
    environment = {},
    files = {},
  }: {
    http?: string;
    httpOpen?: boolean;
    environment?: Record<string, string>;
    files?: Record<string, string>;
  } = {},
) {
  const workingDirectory = await mkdtemp(join(tmpdir(), "machinist-config-"));
  onTestFinished(() => rm(workingDirectory, { recursive: true }));
  for (const [name, content] of Object.entries({ ...files, "machinist.yaml": text }))
    await writeFile(join(workingDirectory, name), content);
  const config = await loadConfig({ flags: { http, httpOpen }, environment, workingDirectory });
  return { http: config.http, directory: workingDirectory };
}

const hash = hashOfToken("secret");
const line = `{ name: ci, hash: "${hash}", scopes: [read, transition] }`;
const known = { name: "ci", hash, scopes: ["read", "transition"] };

it("is off unless somebody says where to listen", async () => {
  expect((await load("")).http).toBeUndefined();
  expect((await load("http: { rate: 10 }")).http).toBeUndefined();
});

it("flag before environment before file, and the file's tokens hold for each", async () => {
  const text = `http: { listen: "127.0.0.1:1", tokens: [${line}], hosts: [Build.Example] }`;
  const environment = { MACHINIST_HTTP: "127.0.0.1:2" };
  const whole = {
    open: false,
    tokens: [known],
    tls: undefined,
    hosts: ["build.example"],
    origins: [],
    ratePerMinute: 6000,
  };
  expect((await load(text)).http).toEqual({ host: "127.0.0.1", port: 1, ...whole });
  expect((await load(text, { environment })).http).toEqual({ host: "127.0.0.1", port: 2, ...whole });
  expect((await load(text, { environment, http: "[::1]:3" })).http).toEqual({
    host: "::1",
    port: 3,
    ...whole,
  });
});

it("is open when the file or the flag says so", async () => {
  const listen = 'listen: "127.0.0.1:1"';
  expect((await load(`http: { ${listen}, open: true }`)).http?.open).toBe(true);
  expect((await load(`http: { ${listen} }`, { httpOpen: true })).http?.open).toBe(true);
  expect((await load(`http: { ${listen}, open: false }`)).http?.open).toBe(false);
});

it("reads tokens from a file of their own, and finds files of TLS beside itself", async () => {
  const text =
    'http: { listen: "[::]:7890", tokens: tokens.yaml, tls: { cert: c.pem, key: k.pem, client_ca: ca.pem } }';
  const { http, directory } = await load(text, { files: { "tokens.yaml": `- ${line}\n` } });
  expect(http?.tokens).toEqual([known]);
  expect(http?.tls).toEqual({
    cert: join(directory, "c.pem"),
    key: join(directory, "k.pem"),
    clientCa: join(directory, "ca.pem"),
  });
});

it.each([
  [
    "http: { listen: nowhere }",
    'http.listen: "nowhere" is no HOST:PORT, such as 127.0.0.1:7890 or [::1]:7890',
  ],
  [
    'http: { listen: "a:99999" }',
    'http.listen: "a:99999" is no HOST:PORT, such as 127.0.0.1:7890 or [::1]:7890',
  ],
  [`http: { tokens: [{ name: ci, hash: secret, scopes: [read] }] }`, expect.stringContaining("hash")],
  [`http: { tokens: [{ name: ci, hash: "${hash}", scopes: [all] }] }`, expect.stringContaining("scopes")],
  ["http: { tokens: none.yaml }", expect.stringContaining("none.yaml cannot be read")],
])("%s is refused", async (text, message) => {
  await expect(load(text)).rejects.toMatchObject({ code: "INVALID_CONFIG", message });
});

it("the flag is named when it is wrong", async () => {
  await expect(load("", { http: "80" })).rejects.toMatchObject({
    message: '--http: "80" is no HOST:PORT, such as 127.0.0.1:7890 or [::1]:7890',
  });
});
