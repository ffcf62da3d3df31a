import { readFile } from "node:fs/promises";
import axe from "axe-core";
import type { BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Bucket, BucketConfig, Store } from "../../../src/kv/store.ts";
import { hashOfToken, type Scope } from "../../../src/lib/token.ts";
import { runningDaemon } from "../surfaces.ts";
import { eachInBrowser, type Seen } from "./browser.ts";
import { button, isGone, labelled, named, says, withText } from "./on-page.ts";

const open = eachInBrowser();

type Scopes = readonly Scope[];

const kinds: readonly Scopes[] = [["admin"], ["read"], ["read", "write"]];

function tokenFor(scopes: Scopes): string {
  return `token-of-those-who-${scopes.join("-and-")}`;
}

const tokens = kinds.map((scopes) => ({
  name: scopes.join("-"),
  hash: hashOfToken(tokenFor(scopes)),
  scopes,
}));

interface Shown {
  readonly store: Store;
  readonly bucket: Bucket;
  /** Another person looks at the same daemon. Each has a browser of their own. */
  person(path: string, scopes?: Scopes, options?: BrowserContextOptions): Promise<Seen>;
}

/** A daemon with the bucket CFG. */
async function shown(config: Partial<BucketConfig> = { history: 5 }): Promise<Shown> {
  const { daemon } = await runningDaemon({}, JSON.stringify({ http: { listen: "127.0.0.1:0", tokens } }));
  const bucket = await daemon.store.createBucket("CFG", config);
  return {
    store: daemon.store,
    bucket,
    person: async (path, scopes = ["admin"], options = {}) => {
      const { page, complaints } = await open(`${daemon.url}/?token=${tokenFor(scopes)}`, options);
      await page.goto(`${daemon.url}/#/kv${path}`);
      return { page, complaints };
    },
  };
}

const keyRows = (page: Page) => named(page, "list", "Keys").getByRole("link");
const bucketCard = (page: Page, name: string) =>
  named(named(page, "list", "Buckets"), "link", new RegExp(`^${name}`));
/** The value that the page shows, not one that is edited: there is one at most. */
const valueOn = (page: Page) => labelled(page, "Value").and(page.locator("pre")).allTextContents();
const valueShown = (page: Page, text: string) => expect.poll(() => valueOn(page)).toEqual([text]);

/** A write that is refused is a line in the console of the browser, whatever the page makes of it. */
const refusedWrite =
  "Failed to load resource: the server responded with a status of 412 (Precondition Failed)";

const notFound = "Failed to load resource: the server responded with a status of 404 (Not Found)";

describe("buckets", () => {
  it("are shown with their sizes and limits, made, and removed when their name is typed", async () => {
    const { bucket, person } = await shown({ history: 5, maxBytes: 100_000, description: "What runs" });
    await bucket.put("a", "x".repeat(50_000));
    const { page, complaints } = await person("");
    const card = bucketCard(page, "CFG");
    await says(card, "What runs");
    expect(await card.innerText()).toMatch(/1 entry\s+48\.\d KiB of 97\.7 KiB\s+history 5/);
    expect(Number(await card.getByRole("meter").getAttribute("value"))).toBeGreaterThan(50_000);

    await button(page, "New bucket").click();
    await labelled(page, "Name").fill("NEW");
    await labelled(page, "Revisions kept of each key").fill("3");
    await labelled(page, "Values end after").fill("2");
    await labelled(page, "Largest size of the bucket").fill("1");
    await button(page, "Make it").click();
    await named(page, "heading", "NEW").waitFor();
    await says(page, "0 B of 1.0 MiB");
    await says(page, "2h 00m");

    await button(page, "Remove the bucket…").click();
    await labelled(page, "To be sure, type its name").fill("CFG");
    await button(page, "Remove it").click();
    await says(page, "Type NEW to remove it.");
    await labelled(page, "To be sure, type its name").fill("NEW");
    await button(page, "Remove it").click();
    await card.waitFor();
    expect(await bucketCard(page, "NEW").count()).toBe(0);
    // The stream of a bucket that is gone may be asked for once more before the page has left it.
    expect(complaints.filter((line) => line !== notFound)).toEqual([]);
  });

  it("that are not there say so, and are there as soon as they are made", async () => {
    const { person, bucket } = await shown();
    await bucket.put("a", "1");
    const { page } = await person("/NOBODY");
    await says(page, "There is no bucket NOBODY");
    await named(page, "link", "All buckets").click();
    await bucketCard(page, "CFG").click();
    await keyRows(page).first().waitFor();
  });
});

describe("keys", () => {
  it("are those of the bucket that is there now, though another one of its name was there before", async () => {
    const { store, bucket, person } = await shown();
    await bucket.put("before", "1");
    await bucket.put("before", "2");
    const { page } = await person("/CFG");
    await says(page, "before");
    await store.destroyBucket("CFG");
    await says(page, "There is no bucket CFG");
    await (await store.createBucket("CFG")).put("after", "1");
    await says(page, "after");
    expect((await keyRows(page).allInnerTexts()).join()).toMatch(/^after\s+\d+s\s+revision 1 · 1 B$/);
  });

  it("come and go as they are written, without their values", async () => {
    const { bucket, person } = await shown();
    await bucket.put("app.web.port", "sesame");
    const { page, complaints } = await person("/CFG");
    await says(page, "app.web.port");
    await bucket.put("app.db.port", "5432");
    await says(page, "app.db.port");
    expect(await keyRows(page).allInnerTexts()).toEqual([
      expect.stringMatching(/^app\.db\.port\s+\d+s\s+revision 2 · 4 B$/),
      expect.stringMatching(/^app\.web\.port\s+\d+s\s+revision 1 · 6 B$/),
    ]);
    expect(await page.content()).not.toContain("sesame");
    await bucket.delete("app.db.port");
    await isGone(withText(page, "app.db.port"));
    await bucket.put("app.web.port", "8080");
    await says(page, "revision 4 · 4 B");
    expect(complaints).toEqual([]);
  });

  it("are thousands without being drawn, and found by words and by filters", async () => {
    const { bucket, person } = await shown({ history: 1 });
    await Promise.all(Array.from({ length: 3_000 }, (_, at) => bucket.put(`host.${at}.status`, "ok")));
    await bucket.put("host.7.port", "1");
    const { page, complaints } = await person("/CFG");
    await says(page, "3,001 keys");
    expect(await keyRows(page).count()).toBeLessThan(60);
    const field = labelled(page, "Filter keys");
    await field.fill("1234 stat");
    await says(page, "1 of 3,001");
    await field.fill("host.7.*");
    await says(page, "2 of 3,001");
    expect((await keyRows(page).allInnerTexts()).map((text) => text.split(/\s/)[0])).toEqual([
      "host.7.port",
      "host.7.status",
    ]);
    await field.press("ArrowDown");
    await named(page, "heading", "host.7.port").waitFor();
    await page.reload();
    expect(await field.inputValue()).toBe("host.7.*");
    await field.fill("nowhere");
    await says(page, "No key matches");
    expect(complaints).toEqual([]);
  });

  it("whose life is over go, though nobody says so", async () => {
    const ttlMs = 3_600_000;
    const { bucket, person } = await shown({ ttlMs });
    const { page } = await person("/CFG");
    await says(page, "No keys yet");
    await bucket.put("lease", "mine");
    await says(page, "lease");
    // The clock of the browser alone: so nobody can have said so.
    await page.clock.setFixedTime(Date.now() + ttlMs);
    await isGone(withText(page, "lease"));
    await says(page, "No keys yet");
  });

  it("are made only when there is none of that name", async () => {
    const { bucket, person } = await shown();
    await bucket.put("taken", "theirs");
    const { page, complaints } = await person("/CFG");
    await button(page, "New key").click();
    await labelled(page, "Key").fill("taken");
    await labelled(page, "Value").fill("mine");
    await button(page, "Put it").click();
    await page.getByRole("alert").filter({ hasText: "taken" }).waitFor();
    expect((await bucket.get("taken"))?.string()).toBe("theirs");
    await labelled(page, "Key").fill("a/b=c-d_e.F");
    await button(page, "Put it").click();
    await named(page, "heading", "a/b=c-d_e.F").waitFor();
    await valueShown(page, "mine");
    expect((await bucket.get("a/b=c-d_e.F"))?.string()).toBe("mine");
    expect(complaints).toEqual([refusedWrite]);
  });
});

describe("a link", () => {
  it.each(["/CFG/a%2Fb%3D.c", "/CFG/a/b=.c"])("%s leads to the key", async (path) => {
    const { bucket, person } = await shown();
    await bucket.put("a/b=.c", "odd");
    const { page, complaints } = await person(path);
    await valueShown(page, "odd");
    expect(complaints).toEqual([]);
  });

  it("to what can be no key is refused in the words of the store", async () => {
    const { person } = await shown();
    const { page } = await person(`/CFG/${encodeURIComponent("a/b c=ü?#%")}`);
    await named(page, "heading", "a/b c=ü?#%").waitFor();
    await button(page, "Put a value").click();
    await labelled(page, "Value").fill("mine");
    await button(page, "Save").click();
    await page.getByRole("alert").filter({ hasText: '"a/b c=ü?#%" is no key: a key is tokens' }).waitFor();
    expect(await labelled(page, "Value").inputValue()).toBe("mine");
  });
});

describe("a value", () => {
  it("of JSON is shown a member a line, as text when asked for, and changes as it is written", async () => {
    const { bucket, person } = await shown();
    await bucket.put("k", '{"a":[1,2],"n":12345678901234567890}');
    const { page, complaints } = await person("/CFG/k");
    await valueShown(page, '{\n  "a": [\n    1,\n    2\n  ],\n  "n": 12345678901234567890\n}');
    await button(page, "As it is stored").click();
    await valueShown(page, '{"a":[1,2],"n":12345678901234567890}');
    await bucket.put("k", "plain");
    await valueShown(page, "plain");
    expect(complaints).toEqual([]);
  });

  it("that is long is cut, and is had whole on request", async () => {
    const { bucket, person } = await shown();
    const text = `${"0123456789abcde\n".repeat(8_000)}the end`;
    await bucket.put("long", text);
    const { page, complaints } = await person("/CFG/long");
    await says(page, /^Cut: it has 125 KiB\./);
    expect(await valueOn(page)).toEqual([text.slice(0, 64 * 1024)]);
    const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Download").click()]);
    expect(download.suggestedFilename()).toBe("long");
    expect(await readFile(await download.path(), "utf8")).toBe(text);
    await button(page, "Show all").click();
    await valueShown(page, text);
    expect(complaints).toEqual([]);
  });

  const hexOf = (hex: string, text: string) => `00000000  ${hex.padEnd(47)}  ${text}`;

  it("of bytes is shown as such, and edited as base64", async () => {
    const { bucket, person } = await shown();
    await bucket.put("bytes", Uint8Array.of(0xff, 0x00, 0x41));
    const { page, complaints } = await person("/CFG/bytes");
    await valueShown(page, hexOf("ff 00 41", "..A"));
    await button(page, "Edit").click();
    const base64 = labelled(page, "Value, as base64");
    expect(await base64.inputValue()).toBe("/wBB");
    await base64.fill("/wBC");
    await button(page, "Save").click();
    await valueShown(page, hexOf("ff 00 42", "..B"));
    expect((await bucket.get("bytes"))?.value).toEqual(Uint8Array.of(0xff, 0x00, 0x42));
    expect(complaints).toEqual([]);
  });
});

const field = (page: Page) => named(page, "textbox", "Value");
const line = (page: Page, kind: "deletion" | "insertion", text: string) => says(page.getByRole(kind), text);

describe("two people at one key", () => {
  /** Ada has begun to edit; Bob has not. */
  async function both() {
    const { bucket, person } = await shown();
    await bucket.put("k", "one\ntwo\nthree");
    const [ada, bob] = [await person("/CFG/k"), await person("/CFG/k")];
    await button(ada.page, "Edit").click();
    await field(ada.page).fill("one\nADA\nthree");
    return { bucket, ada, bob };
  }

  it("see at once that the other was faster, and nothing of either is lost", async () => {
    const { bucket, ada, bob } = await both();
    await button(bob.page, "Edit").click();
    await field(bob.page).fill("one\nBOB\nthree");
    await button(bob.page, "Save").click();
    await valueShown(bob.page, "one\nBOB\nthree");
    await says(ada.page, "Changed by somebody else at revision 2");
    await line(ada.page, "deletion", "BOB");
    await line(ada.page, "insertion", "ADA");
    expect(await field(ada.page).inputValue()).toBe("one\nADA\nthree");
    expect(await button(ada.page, "Save").isDisabled()).toBe(true);
    await button(ada.page, "Overwrite theirs").click();
    await valueShown(ada.page, "one\nADA\nthree");
    await valueShown(bob.page, "one\nADA\nthree");
    expect((await bucket.get("k", { revision: 2 }))?.string()).toBe("one\nBOB\nthree");
    expect((await bucket.get("k"))?.string()).toBe("one\nADA\nthree");
    expect([...ada.complaints, ...bob.complaints]).toEqual([]);
  });

  it("may take what the other wrote", async () => {
    const { bucket, ada } = await both();
    await bucket.put("k", "one\nBOB\nthree");
    await button(ada.page, "Take theirs").click();
    await expect.poll(() => field(ada.page).inputValue()).toBe("one\nBOB\nthree");
    await field(ada.page).fill("one\nBOB\nADA\nthree");
    await field(ada.page).press("Control+Enter");
    await valueShown(ada.page, "one\nBOB\nADA\nthree");
    expect(await bucket.get("k")).toMatchObject({ revision: 3 });
    expect(ada.complaints).toEqual([]);
  });

  it("are not deceived by a stream that is late: the write itself is refused", async () => {
    const { bucket, person } = await shown();
    await bucket.put("k", "old");
    const { page, complaints } = await person("/CFG/k");
    await button(page, "Edit").click();
    await field(page).fill("mine");
    // What comes while the page's own write is under way is not told before its answer.
    await page.route("**/entries/k", async (route) => {
      if (route.request().method() === "PUT") await bucket.put("k", "theirs");
      await route.continue();
    });
    await button(page, "Save").click();
    await says(page, "Changed by somebody else at revision 2");
    await line(page, "deletion", "theirs");
    expect(await field(page).inputValue()).toBe("mine");
    expect((await bucket.get("k"))?.string()).toBe("theirs");
    expect(complaints).toEqual([refusedWrite]);
  });

  it("keep a text whose key was deleted", async () => {
    const { bucket, ada } = await both();
    await bucket.delete("k");
    await says(ada.page, "The key has no value any more");
    await button(ada.page, "Put mine").click();
    await valueShown(ada.page, "one\nADA\nthree");
    expect((await bucket.get("k"))?.string()).toBe("one\nADA\nthree");
    expect(ada.complaints).toEqual([]);
  });

  it("find a text again that they left in the middle", async () => {
    const { ada } = await both();
    await named(ada.page, "link", "Machines").click();
    await isGone(field(ada.page));
    await ada.page.goBack();
    await field(ada.page).waitFor();
    expect(await field(ada.page).inputValue()).toBe("one\nADA\nthree");
  });

  it("delete only what they saw", async () => {
    const { bucket, bob } = await both();
    const dialog = named(bob.page, "dialog", "Delete this key?");
    await button(bob.page, "Delete…").click();
    await bucket.put("k", "newer");
    await button(dialog, "Delete it").click();
    await dialog.getByRole("alert").waitFor();
    expect((await bucket.get("k"))?.string()).toBe("newer");
    await button(dialog, "Cancel").click();
    await valueShown(bob.page, "newer");
    await button(bob.page, "Delete…").click();
    await button(bob.page, "Delete it").click();
    await says(bob.page, "No value");
    expect(await bucket.entry("k")).toMatchObject({ operation: "DEL" });
    expect(bob.complaints).toEqual([refusedWrite]);
  });
});

describe("what is written", () => {
  it("keeps the line ends that were there", async () => {
    const { bucket, person } = await shown();
    await bucket.put("dos", "one\r\ntwo\r\n");
    const { page } = await person("/CFG/dos");
    await button(page, "Edit").click();
    await field(page).fill("one\ntwo\nthree\n");
    await button(page, "Save").click();
    await valueShown(page, "one\r\ntwo\r\nthree\r\n");
    expect((await bucket.get("dos"))?.string()).toBe("one\r\ntwo\r\nthree\r\n");
  });

  it("says when JSON is none any more, and puts a member on each line when asked", async () => {
    const { bucket, person } = await shown();
    await bucket.put("k", '{"a":1}');
    const { page, complaints } = await person("/CFG/k");
    await button(page, "Edit").click();
    await field(page).fill('{"a":1');
    await says(page, /^not JSON: /);
    await field(page).fill('{"a":2}');
    await button(page, "Format").click();
    await button(page, "Save").click();
    await valueShown(page, '{\n  "a": 2\n}');
    expect((await bucket.get("k"))?.string()).toBe('{\n  "a": 2\n}');
    expect(complaints).toEqual([]);
  });
});

describe("history", () => {
  it("shows the last change, any two revisions, and the way back", async () => {
    const { bucket, person } = await shown();
    await bucket.put("k", "a\nb\nc");
    await bucket.put("k", "a\nB\nc");
    await bucket.delete("k");
    await bucket.put("k", "a\nB\nd");
    const { page, complaints } = await person("/CFG/k");
    const history = named(page, "region", "History");
    await named(history, "heading", "From revision 3 to 4").waitFor();
    await line(page, "insertion", "B");
    expect(await page.getByRole("deletion").count()).toBe(0);
    await labelled(page, "Compare from revision 1").check();
    await line(page, "deletion", "b");
    await line(page, "deletion", "c");
    await line(page, "insertion", "B");
    await page.reload();
    await named(history, "heading", "From revision 1 to 4").waitFor();
    await named(history, "link", "1").click();
    await says(page, "This is revision 1, not the newest.");
    await valueShown(page, "a\nb\nc");
    await named(page, "link", "Show the newest").click();
    await valueShown(page, "a\nB\nd");
    await button(page, "Restore revision 1").click();
    await button(page, "Put it again").click();
    await valueShown(page, "a\nb\nc");
    expect(await bucket.get("k")).toMatchObject({ revision: 5 });
    await button(page, "Purge…").click();
    await button(page, "Purge it").click();
    await says(history, "PURGE");
    await says(page, "No value");
    expect(await history.getByRole("row").count()).toBe(2);
    expect(complaints).toEqual([]);
  });
});

it("a link to a revision that is not kept any more says so", async () => {
  const { bucket, person } = await shown({ history: 1 });
  await bucket.put("k", "old");
  await bucket.put("k", "new");
  const { page } = await person("/CFG/k?revision=1");
  await says(page, "The bucket no longer keeps revision 1.");
  await named(page, "link", "Show the newest").click();
  await valueShown(page, "new");
});

describe("who may only look", () => {
  it("is offered nothing else", async () => {
    const { bucket, person } = await shown();
    await bucket.put("k", "old");
    await bucket.put("k", "new");
    const { page } = await person("/CFG/k", ["read"]);
    await valueShown(page, "new");
    await labelled(page, "Compare from revision 1").waitFor();
    const offered = await page.getByRole("main").getByRole("button").allInnerTexts();
    expect(offered.filter((name) => name !== "Copy")).toEqual(["Download"]);
    await named(page, "link", "KV").first().click();
    await bucketCard(page, "CFG").waitFor();
    expect(await page.getByRole("main").getByRole("button").count()).toBe(0);
  });

  it("and who may write makes no buckets", async () => {
    const { bucket, person } = await shown();
    await bucket.put("k", "v");
    const { page } = await person("/CFG", ["read", "write"]);
    await button(page, "New key").waitFor();
    expect(await button(page, "Remove the bucket…").count()).toBe(0);
  });
});

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  /** What axe has against the page as it is. */
  async function faults(page: Page): Promise<string[]> {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<axe.AxeResults>("axe.run()");
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }

  it("everybody can use it", async () => {
    const { bucket, person } = await shown({ history: 5, maxBytes: 10_000 });
    await bucket.put("k", "[1]");
    await bucket.put("k", "[1,2]");
    const { page } = await person("", ["admin"], { colorScheme, reducedMotion: "reduce" });
    await bucketCard(page, "CFG").waitFor();
    expect(await faults(page)).toEqual([]);
    await button(page, "New bucket").click();
    await named(page, "dialog", "New bucket").waitFor();
    expect(await faults(page)).toEqual([]);
    await button(page, "Cancel").click();
    await bucketCard(page, "CFG").click();
    await keyRows(page).first().waitFor();
    expect(await faults(page)).toEqual([]);
    await keyRows(page).first().click();
    await line(page, "insertion", "2");
    await button(page, "Edit").click();
    await field(page).fill("[3");
    await bucket.put("k", "[4]");
    await says(page, "Changed by somebody else at revision 3");
    await line(page, "insertion", "[3");
    expect(await faults(page)).toEqual([]);
    await bucket.delete("k");
    await button(page, "Leave it deleted").click();
    await says(page, "No value");
    expect(await faults(page)).toEqual([]);
  });
});
