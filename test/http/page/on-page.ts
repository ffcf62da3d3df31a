/**
 * How tests name what is on a page. A text is all of an element's text, and a name all of its name: a part of one may stand
 * elsewhere too, or earlier, and to wait for it proves nothing. What changes around it is left to a pattern.
 */
import type { Locator, Page } from "playwright-core";

type Scope = Page | Locator;
type Role = Parameters<Page["getByRole"]>[0];

export const named = (scope: Scope, role: Role, name: string | RegExp): Locator =>
  scope.getByRole(role, { name, exact: true });

export const button = (scope: Scope, name: string | RegExp): Locator => named(scope, "button", name);

export const labelled = (scope: Scope, label: string | RegExp): Locator =>
  scope.getByLabel(label, { exact: true });

export const withText = (scope: Scope, text: string | RegExp): Locator =>
  scope.getByText(text, { exact: true });

/** Waits until the text is in sight. */
export const says = (scope: Scope, text: string | RegExp): Promise<void> =>
  withText(scope, text).filter({ visible: true }).first().waitFor();

/** Waits until what was there is there no more. */
export const isGone = (locator: Locator): Promise<void> => locator.waitFor({ state: "detached" });
