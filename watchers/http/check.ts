/** Faults of an http watcher's properties that its schema cannot find. Pure. */
import { type PropertyFault, refusal } from "../../src/definition/shape.ts";
import { parseCondition } from "../../src/lib/condition.ts";
import { parseQuery } from "../../src/lib/query.ts";
import { parseTemplate } from "../../src/lib/template.ts";
import { answerNames, wholeBody } from "./answer.ts";
import type { HttpProperties } from "./properties.ts";

export function checkHttp({ properties }: { readonly properties: HttpProperties }): readonly PropertyFault[] {
  const { url, headers, body, method, successWhen, store, tls } = properties;
  const faults = [
    ...checkUrl(url),
    ...Object.entries(headers).flatMap(([name, value]) =>
      refusal(["properties", "headers", name], () => parseTemplate(value)),
    ),
    ...Object.entries(store).flatMap(([item, query]) =>
      query === wholeBody ? [] : refusal(["properties", "store", item], () => parseQuery(query)),
    ),
  ];
  if (body !== undefined) faults.push(...refusal(["properties", "body"], () => parseTemplate(body)));
  if (successWhen !== undefined)
    faults.push(...refusal(["properties", "success_when"], () => parseCondition(successWhen, answerNames)));
  if (body !== undefined && method !== "POST")
    faults.push({
      path: ["properties", "body"],
      message: `a ${method} has no body: write method: POST, or remove body`,
    });
  if (Object.keys(store).length > 0 && method === "HEAD")
    faults.push({
      path: ["properties", "store"],
      message: "the answer to HEAD has no body: write method: GET",
    });
  if ((tls.certFile === undefined) !== (tls.keyFile === undefined))
    faults.push({
      path: ["properties", "tls"],
      message: "cert and key belong together: write both or neither",
    });
  return faults;
}

function checkUrl(url: string): PropertyFault[] {
  const path = ["properties", "url"];
  const faults = refusal(path, () => parseTemplate(url));
  if (faults.length > 0 || /^https?:\/\/./.test(url) || url.startsWith("{{")) return faults;
  return [{ path, message: 'url must begin with "http://" or "https://"' }];
}
