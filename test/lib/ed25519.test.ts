import { generateKeyPairSync, sign, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createKeyPair, isPublicKey, isSignedBy, publicKeyOf, signatureOf } from "../../src/lib/ed25519.ts";

const message = Buffer.from("what is signed");
const noKey = expect.objectContaining({ code: "INVALID_ARGUMENT" });

function thrownBy(attempt: () => unknown): unknown {
  try {
    return attempt();
  } catch (cause) {
    return cause;
  }
}

describe("ed25519", () => {
  it("is RFC 8032's: its second test vector", () => {
    const seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    const publicKey = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const signature =
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    expect(publicKeyOf(seed)).toBe(publicKey);
    expect(signatureOf(Buffer.from("72", "hex"), seed)).toBe(signature);
    expect(isSignedBy(publicKey, Buffer.from("72", "hex"), signature)).toBe(true);
  });

  it("agrees with keys of Node's own, both ways", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const { d = "", x = "" } = privateKey.export({ format: "jwk" });
    const seed = Buffer.from(d, "base64url").toString("hex");
    const hex = Buffer.from(x, "base64url").toString("hex");
    expect(publicKeyOf(seed)).toBe(hex);
    expect(isSignedBy(hex, message, sign(null, message, privateKey).toString("hex"))).toBe(true);
    expect(verify(null, message, publicKey, Buffer.from(signatureOf(message, seed), "hex"))).toBe(true);
  });

  it("takes Go's long private keys, and any case of hex", () => {
    const { seed, publicKey } = createKeyPair();
    const signature = signatureOf(message, seed);
    expect(signatureOf(message, `${seed}${publicKey}`.toUpperCase())).toBe(signature);
    expect(isSignedBy(publicKey.toUpperCase(), message, signature.toUpperCase())).toBe(true);
  });

  it("refuses other bytes, other keys and what is no signature", () => {
    const { seed, publicKey } = createKeyPair();
    const signature = signatureOf(message, seed);
    expect(isSignedBy(publicKey, Buffer.from("what is signeD"), signature)).toBe(false);
    expect(isSignedBy(createKeyPair().publicKey, message, signature)).toBe(false);
    for (const text of ["", "x", signature.slice(2), `${signature}00`, `${signature}\n`, "0".repeat(128)]) {
      expect(isSignedBy(publicKey, message, text), text).toBe(false);
    }
    // No point of the curve: nothing is signed by it.
    expect(isSignedBy("02".padEnd(64, "0"), message, signature)).toBe(false);
  });

  it("keys that are none are said, without them", () => {
    for (const text of ["", "secret", "0".repeat(63), "0".repeat(66), `${"0".repeat(64)}\n`]) {
      expect(isPublicKey(text)).toBe(false);
      expect(thrownBy(() => isSignedBy(text, message, "0".repeat(128)))).toEqual(noKey);
      expect(thrownBy(() => signatureOf(message, text))).toEqual(noKey);
      expect(String(thrownBy(() => publicKeyOf(text)))).not.toContain("secret");
    }
  });

  it("makes another pair each time", () => {
    expect(createKeyPair().seed).not.toBe(createKeyPair().seed);
  });
});
