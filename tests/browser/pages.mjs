// Every page, in every language, light and dark, wide and narrow, with and without scripts, by
// keyboard: what must hold for each of them. Which pages there are is said by the job.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { faultsOf, job, run, shot, tell, visitor, watched } from './browser.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/// Largest page without its photographs, in bytes: what a 2G line brings in half a minute.
const PAGE_BYTES_MAX = 100_000;
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };
/// Stops of the tabulator that are looked at on one page.
const STOPS_MAX = 40;
/// How long a followed link may take to show in the address.
const LINK_FOLLOWED_MS = 10_000;

const LANGUAGES = ['kk', 'ru', 'en'];
const SCHEMES = ['light', 'dark'];

function address(path, language) {
  return `${path}${path.includes('?') ? '&' : '?'}lang=${language}`;
}

function fileName(path) {
  return path.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '').slice(0, 60) || 'overview';
}

/// What axe finds that keeps somebody from using the page.
async function barriers(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    resultTypes: ['violations'],
  }));
  return found.violations
    .filter((violation) => ['serious', 'critical'].includes(violation.impact))
    .map((violation) => {
      const where = violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 160));
      return `${violation.id} (${violation.impact}) ${violation.nodes.length}x: ${where.join(' | ')}`;
    });
}

/// What is wider than the window, unless it scrolls by itself.
function tooWide(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const scrolls = (element) => element.closest('.wide') !== null;
    return [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > width + 1 && !scrolls(element))
      .slice(0, 3)
      .map((element) => `wider than the window: ${element.outerHTML.slice(0, 120)}`)
      .concat('the page scrolls sideways');
  });
}

async function looks(watchedPage, path, language, scheme) {
  const { page } = watchedPage;
  await page.setViewportSize(WIDE);
  const answer = await page.goto(address(path, language), { waitUntil: 'load' });
  const faults = [];
  if (answer.status() !== 200) faults.push(`answered ${answer.status()}`);
  const bytes = (await answer.body()).length;
  if (bytes > PAGE_BYTES_MAX) faults.push(`has ${bytes} bytes, at most ${PAGE_BYTES_MAX} are allowed`);
  if ((await page.getAttribute('html', 'lang')) !== language) faults.push('is in another language');
  if ((await page.locator('h1').count()) !== 1) faults.push('has not exactly one h1');
  faults.push(...(await tooWide(page)), ...(await barriers(page)));
  if (scheme === 'light' && language === 'en') {
    await page.screenshot({ path: shot(`${fileName(path)}-wide`), fullPage: true });
  }
  if (scheme === 'dark' && language === 'kk') {
    await page.screenshot({ path: shot(`${fileName(path)}-dark-kk`), fullPage: true });
  }
  await page.setViewportSize(NARROW);
  const narrow = [...(await tooWide(page)), ...(await barriers(page))];
  faults.push(...narrow.map((fault) => `at ${NARROW.width} px: ${fault}`));
  if (scheme === 'light' && language !== 'en') {
    await page.screenshot({ path: shot(`${fileName(path)}-narrow-${language}`), fullPage: true });
  }
  faults.push(...(await faultsOf(watchedPage)));
  tell(`${path} in ${language}, ${scheme}`, faults);
}

/// The first stop leads past the navigation, and every stop shows that it is one.
async function byKeyboard(watchedPage, path) {
  const { page } = watchedPage;
  await page.setViewportSize(WIDE);
  await page.goto(address(path, 'en'), { waitUntil: 'load' });
  const faults = [];
  const stop = () => page.evaluate(() => {
    const at = document.activeElement;
    if (at === null || at === document.body) return null;
    const style = getComputedStyle(at);
    const box = at.getBoundingClientRect();
    return {
      html: at.outerHTML.slice(0, 120),
      skips: at.classList.contains('skip'),
      ringed: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0)
        || style.boxShadow !== 'none',
      inSight: box.width > 0 && box.right > 0 && box.bottom > 0
        && box.left < innerWidth && box.top < innerHeight,
    };
  });
  // Where there is one thing to fill in, the page begins there.
  const begins = (await page.locator('[autofocus]').count()) === 0;
  await page.keyboard.press('Tab');
  const first = await stop();
  if (begins && !first?.skips) faults.push('the first stop is not the link past the navigation');
  for (let count = 0, at = first; count < STOPS_MAX && at !== null; count += 1) {
    if (!at.ringed) faults.push(`no ring when focused: ${at.html}`);
    if (!at.inSight) faults.push(`out of sight when focused: ${at.html}`);
    await page.keyboard.press('Tab');
    at = await stop();
  }
  if (begins) {
    await page.goto(address(path, 'en'), { waitUntil: 'load' });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    // The address follows the key a moment later, on a busy machine a long one.
    await page.waitForURL((at) => at.hash === '#main', { timeout: LINK_FOLLOWED_MS })
      .catch(() => faults.push('the link past the navigation leads nowhere'));
  }
  faults.push(...(await faultsOf(watchedPage)));
  tell(`${path} by keyboard`, faults);
}

/// Without scripts the page says the same.
async function withoutScripts(plain, path) {
  const { page } = plain;
  const answer = await page.goto(address(path, 'ru'), { waitUntil: 'load' });
  const faults = answer.status() === 200 ? [] : [`answered ${answer.status()}`];
  const words = (await page.locator('main').innerText()).trim();
  if (words.length < 20) faults.push(`says only "${words}"`);
  faults.push(...plain.faults.splice(0));
  tell(`${path} without scripts`, faults);
}

await run(async () => {
  for (const stranger of [false, true]) {
    const pages = job.pages.filter((page) => page.stranger === stranger);
    for (const scheme of SCHEMES) {
      const context = await visitor({ colorScheme: scheme }, { stranger });
      const page = await watched(context);
      for (const { path } of pages) {
        for (const language of LANGUAGES) await looks(page, path, language, scheme);
      }
      if (scheme === 'light') for (const { path } of pages) await byKeyboard(page, path);
      await context.close();
    }
    const context = await visitor({ javaScriptEnabled: false }, { stranger });
    const plain = await watched(context);
    for (const { path } of pages) await withoutScripts(plain, path);
    await context.close();
  }
});
