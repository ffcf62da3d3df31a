import fc from "fast-check";
import { expect, it } from "vitest";
import { parseYaml } from "../../../src/definition/parse.ts";
import { managerDocument } from "../../../src/lib/specification/manager-document.ts";

it("no text of an entry becomes anything but that text", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(fc.tuple(text, text, text, text), ([source, username, password, governor]) => {
      const entry = {
        name: "web",
        source,
        checksum: "a",
        verifyChecksum: "b",
        username,
        password,
        governor,
        match: undefined,
      };
      const document = managerDocument(entry, { prefix: "mm", intervalMs: 120_000, target: "/machines" });
      expect(document).toMatch(/^[\n -~]*$/);
      expect(parseYaml(Buffer.from(document), { file: "machine.yaml" })).toMatchObject({
        name: "mm_web",
        initial_state: "MANAGE",
        watchers: [
          {
            name: "download",
            type: "archive",
            interval: "2m",
            properties: { source, username, password, governor, creates: "web", target: "/machines" },
          },
        ],
      });
    }),
  );
});

it("leaves out what an entry leaves out", () => {
  const entry = {
    name: "web",
    source: "https://files.example/web.tgz",
    checksum: "a",
    verifyChecksum: "b",
    username: undefined,
    password: undefined,
    governor: undefined,
    match: undefined,
  };
  const document = managerDocument(entry, { prefix: "mm", intervalMs: 120_000, target: "/machines" });
  expect(document).not.toMatch(/username|password|governor/);
});
