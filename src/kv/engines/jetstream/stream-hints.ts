/** The server's announcements that streams were made and removed. Only hints: a user may not be allowed to hear them. */
import type { Subscription } from "nats";
import type { Link } from "./link.ts";

/** `$JS.EVENT.ADVISORY.STREAM.CREATED.KV_bucket`, and DELETED */
const announcements = "$JS.EVENT.ADVISORY.STREAM.*.*";

export function onStreamHint(link: Link, tell: (stream: string) => void): Subscription {
  return link.connection.subscribe(announcements, {
    callback: (error, message) => {
      const [, , , , what, stream] = error ? [] : message.subject.split(".");
      if (stream && (what === "CREATED" || what === "DELETED")) tell(stream);
    },
  });
}
