/** Stores an input for a later look, where the watcher's type can (`Watcher.keep`), and answers its sender. */
import type { Asker } from "./inputs.ts";
import type { LoopHost, LoopParts } from "./loop-host.ts";

/** Resolves when the sender has an answer; that is after the commit. */
export async function keepInput(
  { definition, watcher }: Pick<LoopParts, "definition" | "watcher">,
  host: LoopHost,
  asker: Asker,
): Promise<void> {
  try {
    const { state } = host.situation();
    const { cursor } = host.memory(definition.name);
    const kept = await watcher.keep?.({ input: asker.input, cursor, state });
    if (!kept) return;
    await host.submit(definition, kept, () => false);
    asker.answer(kept);
  } catch (cause) {
    asker.refuse(cause);
  }
}
