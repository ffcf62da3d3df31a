// The health command of this site: every page must have a title. Runs in the live folder.
import { readFile } from "node:fs/promises";

const page = await readFile("index.html", "utf8");
if (!/<title>[^<]+<\/title>/.test(page)) throw new Error("index.html has no title");
