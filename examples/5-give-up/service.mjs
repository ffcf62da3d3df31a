// Stands for a service: it runs as long as the file `running` exists. Starting it twice does no harm.
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { argv, env } from "node:process";

const file = join(env.MACHINE_WORK_DIR, "running");
if (argv[2] === "start") await writeFile(file, "");
else await access(file);
