/** A process that reads damaged stores, one after the other: the parent sends what to read and counts how often it dies. */
import { answersOf, type KnownKeys } from "./answers.ts";

process.on("message", (request: { directory: string; known: KnownKeys }) => {
  void answersOf(request.directory, request.known).then((answers) => process.send?.(answers));
});
