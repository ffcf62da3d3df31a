// Handles one revision of one order: leaves a slip named for the revision. The argument says what became of the order.
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { argv, env } from "node:process";

const data = JSON.parse(await readFile(env.WATCHER_DATA, "utf8"));
// The watcher `order` keeps under its own name which entry it took last.
const { key, revision } = data.order;
const { items = [] } = argv[2] === "packed" ? JSON.parse(data[`SHOP_${key}`]) : {};
if (!Array.isArray(items)) throw new Error("the order's items are no list");

// The machine takes a revision once, but a crash may repeat the command. One slip per revision makes that harmless.
const slips = join(env.MACHINE_WORK_DIR, "slips");
await mkdir(slips, { recursive: true });
const slip = join(slips, `${String(revision).padStart(6, "0")}.json`);
await writeFile(`${slip}.new`, `${JSON.stringify({ key, revision, became: argv[2], items })}\n`);
await rename(`${slip}.new`, slip);
