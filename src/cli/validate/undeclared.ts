/** Buckets and governors that machines name and that nobody has created yet. Reads the embedded store, and makes nothing. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { CheckedDefinition } from "../../definition/definition.ts";
import type { Fault } from "../../definition/fault.ts";
import type { ResourceIn } from "../../definition/shape.ts";
import { didYouMean } from "../../lib/did-you-mean.ts";
import type { Invocation } from "../invocation.ts";
import { withWholeStore } from "../kv-store.ts";

type Declared = Readonly<Record<ResourceIn["kind"], readonly string[]>>;

/**
 * An info for each of them. A store on NATS is not asked: that is what `doctor` is for.
 * @param checked of all files
 */
export async function undeclaredFaults(
  invocation: Invocation,
  checked: readonly CheckedDefinition[],
): Promise<ReadonlyMap<CheckedDefinition, readonly Fault[]>> {
  const { storeUrl } = invocation.config;
  const isNeeded = checked.some(({ resources }) => resources.length > 0);
  if (!storeUrl.startsWith("lmdb:") || !isNeeded) return new Map();
  const declared = await declaredIn(invocation, storeUrl.slice("lmdb:".length));
  return new Map(checked.map((definition) => [definition, faultsOf(definition, declared)]));
}

async function declaredIn(invocation: Invocation, directory: string): Promise<Declared> {
  if (!existsSync(join(directory, "data.mdb"))) return { bucket: [], governor: [] };
  const { listGovernors } = await import("../../machine/governor-bucket.ts");
  return withWholeStore(invocation, async (store) => ({
    bucket: (await store.listBuckets()).map(({ bucket }) => bucket),
    governor: (await listGovernors(store)).map(({ name }) => name),
  }));
}

function faultsOf({ resources, faultAt }: CheckedDefinition, declared: Declared): Fault[] {
  return resources
    .filter(({ kind, name }) => !declared[kind].includes(name))
    .map(({ kind, name, path }) =>
      faultAt({ path, severity: "info", message: messageFor(kind, name, declared) }),
    );
}

function messageFor(kind: ResourceIn["kind"], name: string, declared: Declared): string {
  const create = kind === "bucket" ? `machinist kv add ${name}` : `machinist governor add ${name} CAPACITY`;
  const hint = didYouMean(name, declared[kind]);
  return `${kind} "${name}" does not exist in this store${hint === "" ? `; create it with \`${create}\`` : hint}`;
}
