import { describe, expect, it } from "vitest";
import { cgroupDirectory, cgroupPath } from "../../../src/exec/cgroup/own-cgroup.ts";

const unified =
  "29 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate";
const version1 = "36 31 0:33 / /sys/fs/cgroup/cpu rw,nosuid shared:9 - cgroup cgroup rw,cpu";
const disk = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw";

describe("the directory of a process's cgroup", () => {
  it.each([
    [
      "a host with cgroup v2",
      "0::/system.slice/machinist.service\n",
      [disk, unified],
      "/sys/fs/cgroup/system.slice/machinist.service",
    ],
    ["the root of the hierarchy", "0::/\n", [unified], "/sys/fs/cgroup"],
    [
      "v2 beside v1 (hybrid)",
      "9:name=systemd:/user.slice\n1:cpu:/\n0::/user.slice/session-1.scope\n",
      [version1, "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"],
      "/sys/fs/cgroup/unified/user.slice/session-1.scope",
    ],
    [
      "a container that sees the host's paths",
      "0::/docker/7f2a\n",
      ["29 22 0:26 /docker/7f2a /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw"],
      "/sys/fs/cgroup",
    ],
    [
      "a cgroup below the one that is mounted",
      "0::/docker/7f2a/inner\n",
      ["29 22 0:26 /docker/7f2a /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw"],
      "/sys/fs/cgroup/inner",
    ],
    [
      "two mounts, of which one shows it",
      "0::/docker/7f2a\n",
      ["29 22 0:26 /docker/7f /other rw - cgroup2 cgroup rw", unified],
      "/sys/fs/cgroup/docker/7f2a",
    ],
  ])("%s", (_host, memberships, mounts, directory) => {
    expect(cgroupDirectory(memberships, `${mounts.join("\n")}\n`)).toBe(directory);
  });

  it.each([
    ["a host with v1 only", "9:name=systemd:/\n1:cpu:/\n", [version1]],
    ["a hierarchy that is not mounted", "0::/\n", [disk, version1]],
    [
      "a cgroup outside the mounted ones",
      "0::/../other\n",
      ["29 22 0:26 /docker/7f /sys/fs/cgroup rw - cgroup2 cgroup rw"],
    ],
    ["nothing", "", []],
  ])("is unknown on %s", (_host, memberships, mounts) => {
    expect(cgroupDirectory(memberships, mounts.join("\n"))).toBeUndefined();
  });
});

it("the path in the v2 hierarchy is found among those of v1, colons included", () => {
  expect(cgroupPath("1:cpu:/x\n0::/a:b/c d\n")).toBe("/a:b/c d");
});
