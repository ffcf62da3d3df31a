/** Where and how the daemon answers on TCP: what flags and files say, made whole. */
import { defaultRatePerMinute, type HttpOptions } from "../http/http-options.ts";
import { MachinistError } from "../lib/errors.ts";
import type { HttpSettings } from "./settings.ts";

/** @returns undefined when nobody said where to listen. @throws INVALID_CONFIG for what is no HOST:PORT */
export function httpOptionsOf(
  settings: HttpSettings | undefined,
  said: { readonly listen: string | undefined; readonly place: string; readonly open: boolean | undefined },
): HttpOptions | undefined {
  const listen = said.listen ?? settings?.listen;
  if (listen === undefined) return undefined;
  const place = said.listen === undefined ? "http.listen" : said.place;
  const open = said.open ?? settings?.open ?? false;
  const { tokens = [], tls, hosts = [], origins = [], ratePerMinute = defaultRatePerMinute } = settings ?? {};
  return { ...addressOf(listen, place), open, tokens, tls, hosts, origins, ratePerMinute };
}

function addressOf(text: string, place: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new MachinistError(
    "INVALID_CONFIG",
    `${place}: ${JSON.stringify(text)} is no HOST:PORT, such as 127.0.0.1:7890 or [::1]:7890`,
  );
}
