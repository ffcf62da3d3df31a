/**
 * A module of the page that needs no browser. The page is plain JavaScript, which has a tsc project of its own for the types of
 * browsers: this one cannot look into it, so that a test says what it expects of the module.
 */
export async function pageModule<Module>(path: string): Promise<Module> {
  return await import(new URL(`../../../src/http/page/${path}`, import.meta.url).href);
}
