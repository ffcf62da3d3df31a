/** The cookie that holds a session: no script can read it, and no page of another site sends it. */
import { parseCookie, stringifySetCookie } from "cookie";

export interface SessionCookie {
  /** @param header `Cookie` as it came. @returns the session's text */
  read(header: string | undefined): string | undefined;
  /** @returns `Set-Cookie` */
  write(text: string, maxAgeMs: number): string;
  /** @returns `Set-Cookie` that makes a browser forget it */
  clear(): string;
}

/** @param id tells apart the cookies of daemons on one host: a browser sends them to all ports */
export function sessionCookie(id: string, { secure }: { readonly secure: boolean }): SessionCookie {
  const name = `machinist_session_${id}`;
  const manners = { name, httpOnly: true, sameSite: "strict", path: "/", secure } as const;
  return {
    read: (header) => (header === undefined ? undefined : parseCookie(header)[name]),
    write: (value, maxAgeMs) =>
      stringifySetCookie({ ...manners, value, maxAge: Math.floor(maxAgeMs / 1000) }),
    clear: () => stringifySetCookie({ ...manners, value: "", maxAge: 0 }),
  };
}
