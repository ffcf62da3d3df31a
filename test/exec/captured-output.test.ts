import { expect, it } from "vitest";
import { CapturedOutput, outputLimit, stdoutLimit } from "../../src/exec/captured-output.ts";

function captured(
  chunks: readonly (readonly ["out" | "err", string | Buffer])[],
): ReturnType<CapturedOutput["texts"]> {
  const output = new CapturedOutput();
  for (const [stream, chunk] of chunks) {
    const bytes = Buffer.from(chunk);
    if (stream === "out") output.addStdout(bytes);
    else output.addStderr(bytes);
  }
  return output.texts();
}

it("nothing is empty and complete", () => {
  expect(captured([])).toEqual({ stdout: "", stdoutComplete: true, output: "" });
});

it("both streams together as they came, standard output alone beside it", () => {
  expect(
    captured([
      ["out", "a"],
      ["err", "b"],
      ["out", "c"],
    ]),
  ).toEqual({
    stdout: "ac",
    stdoutComplete: true,
    output: "abc",
  });
});

it.each([
  ["one byte less", -1, true],
  ["exactly the limit", 0, true],
  ["one byte more", 1, false],
])("standard output: %s", (_, difference, complete) => {
  const text = "x".repeat(stdoutLimit + difference);
  const result = captured([
    ["out", text.slice(0, 1000)],
    ["out", text.slice(1000)],
  ]);
  expect(result.stdout.length).toBe(Math.min(text.length, stdoutLimit));
  expect(result.stdoutComplete).toBe(complete);
});

it.each([1, 7, 4096, outputLimit - 1, outputLimit, outputLimit + 1, 3 * outputLimit])(
  "the last 64 KiB, in chunks of %d bytes",
  (size) => {
    const text = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`).join("");
    const chunks = Array.from(
      { length: Math.ceil(text.length / size) },
      (_, index) => ["err", text.slice(index * size, (index + 1) * size)] as const,
    );
    expect(captured(chunks).output).toBe(text.slice(-outputLimit));
  },
);

it("characters cut in two at either limit are left out, not garbled", () => {
  const odd = `a${"€".repeat(stdoutLimit)}`;
  const result = captured([["out", odd]]);
  expect(result.stdout).toBe(`a${"€".repeat(Math.floor((stdoutLimit - 1) / 3))}`);
  expect(result.output).toBe("€".repeat(Math.floor(outputLimit / 3)));
});

it("bytes that are no text become replacement characters", () => {
  expect(captured([["out", Buffer.from([0xff, 0x41])]]).stdout).toBe("\ufffdA");
});
