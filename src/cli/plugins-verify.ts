/** `plugins verify`: whether a specification is signed by a key. */
import { Command } from "@commander-js/extra-typings";
import { isPublicKey } from "../lib/ed25519.ts";
import { MachinistError } from "../lib/errors.ts";
import type { Json } from "../lib/json.ts";
import { examples } from "./examples.ts";
import { readGivenFile } from "./given-file.ts";
import type { BeginInvocation, Invocation } from "./invocation.ts";

export function verifyCommand(begin: BeginInvocation) {
  return new Command("verify")
    .description("check the signature of a specification; exit status 1 when it is not the key's")
    .argument("<specification>", "file, as plugins pack writes it")
    .argument("<key>", "public key, 64 hex digits, or a file with it")
    .addHelpText("after", examples("machinist plugins verify spec.json plugins.pub"))
    .action(async (path, key) => {
      const invocation = await begin();
      const { output } = invocation;
      const { kindOfSpecification, readSpecification, whyUnverified } = await import(
        "../lib/specification/specification.ts"
      );
      const value = parsed(path, await readGivenFile(invocation, path));
      const kind = kindOfSpecification(value);
      if (!kind)
        throw new MachinistError("BAD_VALUE", `${path} is no specification of plugins or of machines`);
      const publicKey = await publicKeyFrom(invocation, key);
      const reason = whyUnverified(kind, value, publicKey);
      if (reason) throw new MachinistError("FAILED", `${path} is not signed by ${publicKey}: ${reason}`);
      const names = readSpecification(kind, value).map(({ name }) => name);
      if (output.json) await output.document({ kind, publicKey, entries: names });
      else await output.line(`${path} is signed by ${publicKey}`);
    });
}

async function publicKeyFrom(invocation: Invocation, key: string): Promise<string> {
  const text = isPublicKey(key) ? key : (await readGivenFile(invocation, key)).toString("utf8").trim();
  if (isPublicKey(text)) return text;
  throw new MachinistError("INVALID_ARGUMENT", `${key} holds no public key; expected 64 hex digits`);
}

function parsed(path: string, bytes: Buffer): Json {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new MachinistError(
      "BAD_VALUE",
      `${path} is no JSON; expected what \`machinist plugins pack\` makes`,
    );
  }
}
