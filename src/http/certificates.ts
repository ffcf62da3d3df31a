/** The certificate, its key and the CA of clients, from the files that the config names. */
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { MachinistError, messageOf } from "../lib/errors.ts";
import type { Certificates } from "./app.ts";
import type { HttpOptions } from "./http-options.ts";

/** @throws INVALID_CONFIG: a file cannot be read, is no certificate or key, or they are not of each other */
export async function readCertificates(files: NonNullable<HttpOptions["tls"]>): Promise<Certificates> {
  const { cert, key, clientCa } = files;
  const read = {
    cert: await pem("tls.cert", cert),
    key: await pem("tls.key", key),
    ...(clientCa === undefined ? {} : { ca: await pem("tls.client_ca", clientCa) }),
  };
  try {
    createSecureContext(read);
  } catch (cause) {
    const what = "these are no certificate and its key, or not of each other";
    throw new MachinistError("INVALID_CONFIG", `http.tls: ${what}: ${messageOf(cause)}`, { cause });
  }
  return read;
}

async function pem(place: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new MachinistError("INVALID_CONFIG", `http.${place}: ${messageOf(cause)}`, { cause });
  }
}
