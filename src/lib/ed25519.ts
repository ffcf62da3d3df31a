/**
 * Signatures with ed25519. Keys are hex text of their raw 32 bytes, signatures hex text of 64 bytes, as Go programs print them.
 * A private key may also be given in Go's long form: its 32 bytes and those of its public key.
 */
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from "node:crypto";
import { MachinistError } from "./errors.ts";

/** What DER has before the bytes of a key. */
const publicKeyHead = Buffer.from("302a300506032b6570032100", "hex");
const privateKeyHead = Buffer.from("302e020100300506032b657004220420", "hex");
const keyBytes = 32;

export interface KeyPair {
  /** The private key. */
  readonly seed: string;
  readonly publicKey: string;
}

export function createKeyPair(): KeyPair {
  const seed = randomBytes(keyBytes).toString("hex");
  return { seed, publicKey: publicKeyOf(seed) };
}

/** @throws INVALID_ARGUMENT when the seed is none; the message never holds it */
export function publicKeyOf(seed: string): string {
  const der = createPublicKey(privateKey(seed)).export({ format: "der", type: "spki" });
  return der.subarray(publicKeyHead.length).toString("hex");
}

/** @throws INVALID_ARGUMENT when the seed is none; the message never holds it */
export function signatureOf(message: Uint8Array, seed: string): string {
  return sign(null, message, privateKey(seed)).toString("hex");
}

/**
 * False for a signature of other bytes or by another key, and for text that is no signature.
 * @throws INVALID_ARGUMENT when the public key is none
 */
export function isSignedBy(publicKey: string, message: Uint8Array, signature: string): boolean {
  if (!isPublicKey(publicKey)) {
    throw new MachinistError(
      "INVALID_ARGUMENT",
      "found a public key that is none; expected the 64 hex digits of an ed25519 key",
    );
  }
  if (!/^[0-9a-f]{128}$/i.test(signature)) return false;
  const der = Buffer.concat([publicKeyHead, Buffer.from(publicKey, "hex")]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  return verify(null, message, key, Buffer.from(signature, "hex"));
}

export function isPublicKey(text: string): boolean {
  return /^[0-9a-f]{64}$/i.test(text);
}

function privateKey(seed: string): KeyObject {
  if (!/^([0-9a-f]{64}){1,2}$/i.test(seed)) {
    throw new MachinistError(
      "INVALID_ARGUMENT",
      "found a private key that is none; expected the 64 hex digits of an ed25519 seed, as `machinist plugins keygen` writes them",
    );
  }
  const der = Buffer.concat([privateKeyHead, Buffer.from(seed, "hex").subarray(0, keyBytes)]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}
