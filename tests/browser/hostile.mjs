// Pages that show what strangers wrote: whatever they wrote stays words. The job names the pages,
// the marker that every payload would leave if it ran, and how many payloads each page must show.

import { faultsOf, job, run, tell, visitor, watched } from './browser.mjs';

/// Milliseconds in which something that was set off by a page would have happened.
const SETTLE_MS = 50;

/// What a payload that ran would have left behind.
function marks(page) {
  return page.evaluate((marker) => {
    const left = [];
    if (globalThis[marker] !== undefined) left.push(`the marker ${marker} was set`);
    if (document.title.startsWith(marker)) left.push('the title was taken');
    const elements = document.querySelectorAll(
      'script:not([src^="/assets/"]), iframe, object, embed, base, meta[http-equiv], link:not([href^="/assets/"]), svg script, math, [style]',
    );
    for (const element of elements) left.push(`there is ${element.outerHTML.slice(0, 120)}`);
    for (const element of document.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        if (/^on/i.test(name)) left.push(`a handler: ${element.outerHTML.slice(0, 120)}`);
        const leads = ['href', 'src', 'action', 'formaction', 'xlink:href'].includes(name);
        if (leads && !/^(\/(?!\/)|#|\?|$)/.test(value)) {
          left.push(`leads elsewhere: ${name}=${value.slice(0, 80)}`);
        }
      }
    }
    return left;
  }, job.marker);
}

/// A payload that does run is noticed, and so is what the policy stops: or no silence here would
/// say anything.
async function notices(context, seen) {
  const bare = await context.newPage();
  await bare.setContent(`<img src="data:," onerror="${job.marker}=1">`);
  await bare.waitForFunction((marker) => globalThis[marker] !== undefined, job.marker);
  const ran = await marks(bare);
  await bare.close();
  tell('a payload that runs is noticed', ran.length > 0 ? [] : ['nothing was noticed']);
  await seen.page.goto('/');
  await seen.page.evaluate(() => {
    document.body.append(Object.assign(document.createElement('script'), { textContent: '1' }));
  });
  await seen.page.waitForTimeout(SETTLE_MS);
  const stopped = await faultsOf(seen);
  const isTold = stopped.some((fault) => fault.startsWith('policy:'));
  tell('what the policy stops is noticed', isTold ? [] : [`only ${stopped.join('; ')}`]);
}

await run(async () => {
  const context = await visitor();
  const seen = await watched(context);
  await notices(context, seen);
  for (const { path, payloads } of job.pages) {
    const answer = await seen.page.goto(path, { waitUntil: 'load' });
    // What waits for a hand or a mouse gets one.
    await seen.page.mouse.move(200, 200);
    await seen.page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    await seen.page.waitForTimeout(SETTLE_MS);
    const faults = [...(await marks(seen.page)), ...(await faultsOf(seen))];
    if (![200, 404].includes(answer.status())) faults.push(`answered ${answer.status()}`);
    // A page that shows nothing of it proves nothing.
    const words = await seen.page.evaluate(() => document.documentElement.textContent);
    const shown = words.split(job.marker).length - 1;
    if (shown < payloads) faults.push(`shows ${shown} of at least ${payloads} payloads`);
    tell(`${path} keeps words words`, faults);
  }
  await context.close();
});
