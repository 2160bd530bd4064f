// A night at headquarters, click by click, without knowing an address: what a person sees is what
// the script uses. Each scene is a check.

import { faultsOf, job, run, shot, tell, visitor, watched } from './browser.mjs';

const scenes = {
  'the language is changed and stays changed': async (page) => {
    await page.goto('/?lang=en');
    await page.locator('.languages a[hreflang="kk"]').click();
    await page.locator('nav.pages a[href="/incidents"]').click();
    const language = await page.getAttribute('html', 'lang');
    await page.goto('/?lang=en');
    return language === 'kk' ? [] : [`the next page is in ${language}`];
  },
  'a number of the overview leads to its list, and to the precinct that waits': async (page) => {
    await page.goto('/?lang=en');
    const item = page.locator('.stuck li', { hasText: 'entry mismatch' });
    await item.locator('a').first().click();
    const listed = await page.locator('main table a').first().innerText();
    await page.locator('main table a').first().click();
    const title = await page.locator('h1').innerText();
    await page.screenshot({ path: shot('night-mismatch'), fullPage: true });
    return listed.includes('0-0-0') && title.includes('0-0-0') ? [] : [`${listed} led to ${title}`];
  },
  'an incident is taken from received to triaged by its form': async (page) => {
    await page.goto('/?lang=en');
    await page.locator('a[href="/incidents?state=received"]').first().click();
    await page.locator(`a[href="/incidents/${job.incident}"]`).click();
    const step = page.locator('form', { has: page.locator('input[name="to"]') });
    await step.locator('input[name="to"][value="triaged"]').check();
    await step.locator('textarea[name="reason"]').fill('readable, and at a known place');
    await step.locator('button').click();
    await page.waitForURL(`**/incidents/${job.incident}`);
    await page.screenshot({ path: shot('night-triaged'), fullPage: true });
    const words = await page.locator('main').innerText();
    return words.includes('readable, and at a known place') ? [] : ['the step is not shown'];
  },
};

await run(async () => {
  const context = await visitor({ locale: 'en' });
  const seen = await watched(context);
  for (const [what, play] of Object.entries(scenes)) {
    const faults = await play(seen.page).catch((error) => [String(error)]);
    tell(what, [...faults, ...(await faultsOf(seen))]);
  }
  await context.close();
});
