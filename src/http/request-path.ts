/** What a request asks for without its query, which may hold a token. */
export function pathOf(url: string): string {
  return url.replace(/\?.*$/s, "");
}
