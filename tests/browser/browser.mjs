// One Chromium for a script: pages whose faults are collected, and checks told as JSON lines.
//
//   stdin: one JSON object, the job ──> script ──> stdout: one JSON line per check
//
// A fault is whatever a page of headquarters must never do: an error or warning in the console, a
// breach of its Content-Security-Policy, a request to anywhere else, a dialog, a failed load.

import { readFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

/// Milliseconds for one page. Generous: several test programs may share two processors.
const PATIENCE_MS = 60_000;

/// The job: where headquarters is, how to get in, what to look at.
export const job = JSON.parse(readFileSync(0, 'utf8'));

/// Tells one check. `what` is a sentence, `faults` say what is wrong with it; none: it holds.
export function tell(what, faults = []) {
  process.stdout.write(`${JSON.stringify({ what, faults })}\n`);
}

/// Where screenshots go.
export function shot(name) {
  mkdirSync(job.shots, { recursive: true });
  return join(job.shots, `${name}.png`);
}

let browser;

/// Starts the browser, runs `work`, and says what went wrong if it broke.
export async function run(work) {
  browser = await chromium.launch({
    executablePath: job.chromium,
    // In a container the browser's own sandbox cannot be made; the pages are ours.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
  try {
    await work();
  } catch (error) {
    tell('the script runs to its end', [String(error?.stack ?? error)]);
  } finally {
    await browser.close();
  }
}

/// A browser of its own, as `options` say, entered as the operator unless it is a stranger's.
export async function visitor(options = {}, { stranger = false } = {}) {
  const context = await browser.newContext({ baseURL: job.base, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  await context.addInitScript(() => {
    globalThis.breaches = [];
    document.addEventListener('securitypolicyviolation', (event) => {
      globalThis.breaches.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  if (!stranger) {
    const page = await context.newPage();
    await page.goto(`/enter?token=${job.token}`);
    await page.close();
  }
  return context;
}

/// A page of `context` that notes its faults.
export async function watched(context) {
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) {
      faults.push(`console: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => faults.push(`script: ${error}`));
  page.on('dialog', async (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(job.base).origin) {
      faults.push(`request elsewhere: ${request.url().slice(0, 200)}`);
    }
  });
  page.on('popup', (popup) => faults.push(`window: ${popup.url()}`));
  return { page, faults };
}

/// The faults of a page until now; it begins anew.
export async function faultsOf({ page, faults }) {
  const breaches = await page.evaluate(() => (globalThis.breaches ?? []).splice(0));
  return [...faults.splice(0), ...breaches.map((breach) => `policy: ${breach}`)];
}
