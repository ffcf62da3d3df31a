// The build of this site: fills a template. Runs in the new release folder, a copy of this directory.
import { readFile, rename, writeFile } from "node:fs/promises";

const { title } = JSON.parse(await readFile("settings.json", "utf8"));
const page = await readFile("index.template.html", "utf8");
await writeFile("index.html.new", page.replaceAll("%title%", title));
await rename("index.html.new", "index.html");
