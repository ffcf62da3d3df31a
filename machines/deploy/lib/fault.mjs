// A reason for a failed deployment that the person who wrote the release can act on. Anything else thrown is a bug or the disk.

export class Fault extends Error {
  name = "Fault";
}
