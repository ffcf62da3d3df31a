// Writes page.html with the greeting that is the argument. Running it twice does no harm.
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { argv, env } from "node:process";

const greeting = argv[2];
if (greeting.includes("<")) throw new Error("a greeting is plain text: it must not hold a <");

const page = join(env.MACHINE_WORK_DIR, "page.html");
await writeFile(`${page}.new`, `<h1>Hello, ${greeting}</h1>\n`);
// Readers see the old page or the new one, never half of it.
await rename(`${page}.new`, page);
