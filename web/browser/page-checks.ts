import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";

/** Collects what a page may never do: breach the content policy, or fail in its script. Read it at the end. */
export function watch(page: Page): string[] {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) {
      faults.push(`policy: ${message.text()}`);
    }
  });
  return faults;
}

/** Finds nothing that a keyboard or a screen reader stumbles over (WCAG 2.2 AA), light and dark. */
export async function accessible(page: Page): Promise<void> {
  if (test.info().project.name === "postgres") {
    return; // the same pages as on SQLite, where they are looked at
  }
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(200); // colours fade
    const { violations } = await new AxeBuilder({ page })
      .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
      .analyze();
    expect(violations.map((v) => `${colorScheme} ${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** Fits a phone: nothing scrolls sideways. */
export async function fitsAPhone(page: Page): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 740 });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(over).toBeLessThanOrEqual(0);
  if (before !== null) {
    await page.setViewportSize(before);
  }
}

/** Takes the picture of a page for the documentation, where SCREENSHOTS is set: `make screenshots`. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS !== undefined) {
    const path = join(import.meta.dirname, "../../docs/images", `${name}.png`);
    await page.screenshot({ path, animations: "disabled" });
  }
}
