// Makes `current` lead to the folder that is the argument.
import { rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { argv, env } from "node:process";

const current = join(env.MACHINE_WORK_DIR, "current");
await rm(`${current}.new`, { force: true });
await symlink(argv[2], `${current}.new`);
// A rename replaces the link in one step: nobody ever finds it missing.
await rename(`${current}.new`, current);
