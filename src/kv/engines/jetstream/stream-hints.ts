/** The server's announcements that streams were made, changed and removed. Only hints: a user may not be allowed to hear them. */
import type { Subscription } from "nats";
import type { Link } from "./link.ts";

/** `$JS.EVENT.ADVISORY.STREAM.CREATED.KV_bucket`, UPDATED and DELETED */
const announcements = "$JS.EVENT.ADVISORY.STREAM.*.*";

const announced: ReadonlySet<string | undefined> = new Set(["CREATED", "UPDATED", "DELETED"]);

export function onStreamHint(link: Link, tell: (stream: string) => void): Subscription {
  return link.connection.subscribe(announcements, {
    callback: (error, message) => {
      const [, , , , what, stream] = error ? [] : message.subject.split(".");
      if (stream && announced.has(what)) tell(stream);
    },
  });
}
