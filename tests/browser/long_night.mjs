// A night at headquarters with several people, each in a browser of their own: entered with password
// and code, click by click and key by key. Each scene is a check, and leaves pictures.

import { faultsOf, job, run, shot, tell } from './browser.mjs';
import { Person } from './people.mjs';
import { by_key } from './security_key.mjs';

const [one, two, three, publisher, auditor] = job.people.map((name) => new Person(name));
const everybody = [one, two, three, publisher, auditor];

/// What stands on the paper, cell by cell, and what somebody makes of it whose finger slips.
const PAPER = ['912345', '1', '12', '5', '3', '4'];
const SLIPPED = ['912354', '1', '12', '5', '3', '4'];
/// How long the list of incidents may take to follow a change.
const LIVE_MS = 20_000;

/// Digits on a page without the blanks between groups of three.
const plain = (text) => text.replace(/[\u00a0\u202f]/g, '');
const picture = (page, name) => page.screenshot({ path: shot(`long-${name}`), fullPage: true });
/// Faults of what must be there and what must not.
const lacks = (text, words) =>
  words.filter((word) => !text.includes(word)).map((word) => `"${word}" is not there`);
const shows = (text, words) =>
  words.filter((word) => text.includes(word)).map((word) => `"${word}" is there`);

/// Takes the next document and types it, with the keyboard alone. What was seen before typing, as text
/// and as HTML, comes back.
async function types({ page, context }, figures, name) {
  await page.goto('/transcription');
  // The button has the focus a moment after the page is there.
  await page.locator('button:focus').waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/transcription\/[0-9a-f]+/);
  await page.waitForLoadState();
  await page.locator('input.cell:focus').waitFor();
  const address = page.url();
  const html = plain(await (await context.request.get(address)).text());
  const text = plain(await page.locator('main').innerText());
  for (const [at, figure] of figures.entries()) {
    if (at > 0) await page.keyboard.press('Enter');
    await page.keyboard.type(figure);
  }
  await picture(page, name);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/transcription?told=*');
  return { address, html, text, told: await page.locator('.told').innerText() };
}

/// Takes an incident on, by its form.
async function step({ page }, incident, to, reason) {
  await page.goto(`/incidents/${incident}`);
  const form = page.locator('form', { has: page.locator('input[name="to"]') });
  await form.locator(`input[name="to"][value="${to}"]`).check();
  await form.locator('textarea').fill(reason);
  await form.locator('button').click();
  await page.locator('.history', { hasText: reason }).waitFor();
}

const scenes = {
  'everybody sets up an authenticator and enters with password and code': async (at) => {
    for (const person of everybody) await person.settle();
    for (const person of everybody) at[person.name] = await person.in();
    const names = [];
    for (const person of everybody) {
      const who = await at[person.name].page.locator('form.leave a').innerText();
      if (who !== person.name) names.push(`${who} is in as ${person.name}`);
    }
    await picture(at[one.name].page, 'entered');
    return names;
  },

  'two type one document apart, and neither sees the other’s entry': async (at) => {
    const first = await types(at[one.name], PAPER, 'blind-1');
    const second = await types(at[two.name], SLIPPED, 'blind-2');
    const hidden = [...job.observed, ...PAPER.slice(0, 1), one.name, 'mismatch'];
    // Nor does the first afterwards, on the page of the document that both had.
    const page = await at[one.name].context.request.get(second.address);
    return [
      ...shows(first.html, job.observed),
      ...shows(second.html.replaceAll(two.name, ''), hidden),
      ...shows(second.text, hidden),
      ...lacks(first.told, ['is kept']),
      ...lacks(second.told, ['is kept']),
      ...shows(plain(await page.text()), [SLIPPED[0]]),
    ];
  },

  'a third is handed both, without names, and settles it': async (at) => {
    const { html, text, told } = await types(at[three.name], PAPER, 'third');
    return [
      ...lacks(text, [PAPER[0], SLIPPED[0], '≠']),
      ...shows(html, [one.name, two.name, ...job.observed]),
      ...lacks(told, ['settled']),
    ];
  },

  'the precinct file shows the settled figures and who read them': async (at) => {
    const { page } = at[two.name];
    await page.goto('/units/0-0-0');
    await picture(page, 'settled-file');
    const text = plain(await page.locator('main').innerText());
    const timeline = await page.locator('.timeline').innerText();
    await page.locator('.timeline a', { hasText: 'transcribed' }).click();
    const item = plain(await page.locator('main').innerText());
    await picture(page, 'settled-document');
    return [
      ...lacks(text, [PAPER[0], 'settled by transcription']),
      ...lacks(timeline, ['transcribed', `${one.name}, ${three.name}`]),
      ...lacks(item, [SLIPPED[0], `First: ${one.name}`, `Second: ${two.name}`]),
    ];
  },

  'an open list of incidents follows what others do, without being loaded again': async (at) => {
    const { page } = at[three.name];
    await page.goto('/incidents');
    await page.evaluate(() => { globalThis.loadedOnce = true; });
    await step(at[one.name], job.incidents[0], 'triaged', 'readable, and at a known place');
    const row = page.locator('[data-stream] tr', {
      has: page.locator(`a[href="/incidents/${job.incidents[0]}"]`),
    });
    await row.filter({ hasText: 'triaged' }).waitFor({ timeout: LIVE_MS });
    await picture(page, 'live-list');
    const same = await page.evaluate(() => globalThis.loadedOnce === true);
    return same ? [] : ['the page was loaded again'];
  },

  'of two tabs the second hears that somebody was first, and loses nothing': async (at) => {
    const slow = at[two.name].page;
    await slow.goto(`/incidents/${job.incidents[0]}`);
    const form = slow.locator('form', { has: slow.locator('input[name="to"]') });
    await form.locator('input[name="to"][value="insufficient"]').check();
    await form.locator('textarea').fill('nobody else has seen it');
    await step(at[one.name], job.incidents[0], 'verifying', 'the neighbours are asked');
    await form.locator('button').click();
    const told = await slow.locator('p.alert[role="alert"]').innerText();
    const reason = await form.locator('textarea').inputValue();
    const chosen = await form.locator('input[value="insufficient"]').isChecked();
    await picture(slow, 'somebody-was-first');
    return [
      ...lacks(told, ['Somebody changed it first']),
      ...lacks(reason, ['nobody else has seen it']),
      ...(chosen ? [] : ['the choice is lost']),
    ];
  },

  'a second report of one event is merged, and an incident is resolved by several hands':
    async (at) => {
      const [incident, other] = job.incidents;
      const merge = at[two.name].page;
      await merge.goto(`/incidents/${other}`);
      const duplicate = merge.locator('form', { has: merge.locator('input[name="of"]') });
      await duplicate.locator('input[name="of"]').fill(`${job.base}/incidents/${incident}`);
      await duplicate.locator('textarea').fill('the same door, the same hour');
      await duplicate.locator('button[value="duplicate"]').click();
      await merge.locator('.chips', { hasText: 'duplicate' }).waitFor();
      await picture(merge, 'merged');
      const talk = at[three.name].page;
      await talk.goto(`/incidents/${incident}`);
      await talk.locator('textarea[name="words"]').fill('A second observer tells the same.');
      await talk.locator('form', { has: talk.locator('textarea[name="words"]') }).locator('button').click();
      await talk.locator('.history', { hasText: 'A second observer' }).waitFor();
      await step(at[three.name], incident, 'confirmed', 'two who do not know each other');
      const press = at[publisher.name].page;
      await press.goto(`/incidents/${incident}`);
      await press.locator('textarea[name="en"]').fill('Observers were pushed away from the count.');
      await press.locator('form[action$="/publication"] button').first().click();
      // What lets much out asks for the code again, if it was too long ago.
      await press.waitForLoadState();
      if ((await press.locator('blockquote[lang="en"]').count()) < 2) {
        await picture(press, 'step-up');
        await press.goto('/step-up?next=/account');
        await press.locator('input[name="code"]').fill(await publisher.code());
        await press.locator('form[action="/step-up"] button.main').click();
        await press.waitForURL('**/account');
        await press.goto(`/incidents/${incident}`);
        await press.locator('textarea[name="en"]').fill('Observers were pushed away from the count.');
        await press.locator('form[action$="/publication"] button').first().click();
        await press.waitForLoadState();
      }
      await step(at[one.name], incident, 'resolved', 'the commission let them in again');
      const { page } = at[one.name];
      await picture(page, 'resolved');
      const text = await page.locator('main').innerText();
      const history = await page.locator('.history').innerText();
      return [
        ...lacks(history, [one.name, three.name, publisher.name, 'resolved', 'A second observer']),
        ...lacks(text, [other.slice(0, 8), 'Observers were pushed away from the count.']),
      ];
    },

  'a language chosen in the account is the next browser’s too': async (at) => {
    const { page } = at[two.name];
    await page.goto('/account');
    await page.locator('select[name="language"]').selectOption('ru');
    await page.locator('form[action="/account/language"] button').click();
    await page.waitForLoadState();
    const here = await page.getAttribute('html', 'lang');
    at.second = await two.in();
    const there = await at.second.page.getAttribute('html', 'lang');
    await picture(at.second.page, 'in-russian');
    await at.second.page.goto('/incidents');
    const on = await at.second.page.getAttribute('html', 'lang');
    return [here, there, on].every((language) => language === 'ru') ? [] : [`${here}, ${there}, ${on}`];
  },

  'a session that is ended elsewhere asks to enter again, and what was half typed is there':
    async (at) => {
      const { page } = at.second;
      await page.goto('/transcription');
      await page.locator('button:focus').waitFor();
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/transcription\/[0-9a-f]+/);
      await page.locator('input.cell:focus').waitFor();
      const document = page.url();
      for (const figure of PAPER.slice(0, 3)) {
        await page.keyboard.type(figure);
        await page.keyboard.press('Enter');
      }
      const boss = at[two.name].page;
      await boss.goto('/account');
      const rows = boss.locator('tr', { has: boss.locator('form[action="/account/sessions/end"]') });
      await picture(boss, 'sessions');
      const count = await rows.count();
      const here = boss.locator('[data-this-session]');
      await rows.filter({ hasNot: here }).first().locator('button').click();
      await boss.waitForLoadState();
      const left = await rows.count();
      await page.keyboard.type(PAPER[3]);
      await page.keyboard.press('Control+Enter');
      await page.locator('input[name="password"]').first().waitFor();
      await picture(page, 'asked-to-enter-again');
      await two.enterAgain(page);
      // What was sent goes along; it was not whole yet, so it is looked at once more.
      await picture(page, 'sent-as-the-session-ended');
      await page.locator('form[method="post"] + p a').click();
      await page.waitForURL(document);
      await page.waitForLoadState();
      const back = page.url();
      const typed = await page.locator('input.cell').evaluateAll((cells) => cells.map((c) => c.value));
      await picture(page, 'half-typed-is-there');
      for (const figure of PAPER.slice(4)) {
        await page.keyboard.type(figure);
        await page.keyboard.press('Enter');
      }
      await page.keyboard.press('Enter');
      await page.waitForURL('**/transcription?told=kept');
      const drafts = await page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith('typed:')));
      // That the session was over is an answer of 401, which the browser notes in its console.
      const noted = at.second.faults.filter((fault) => fault.includes('401'));
      for (const fault of noted) at.second.faults.splice(at.second.faults.indexOf(fault), 1);
      return [
        ...(count === 2 && left === 1 ? [] : [`${count} sessions became ${left}`]),
        ...(back === document ? [] : [`${back} is not ${document}`]),
        ...(typed.join() === [...PAPER.slice(0, 4), '', ''].join() ? [] : [`typed: ${typed}`]),
        ...(drafts.length === 0 ? [] : ['what was sent is still kept in the tab']),
      ];
    },

  'a security key is added, lets in, and steps up': (at) => by_key(at[auditor.name], auditor, picture),
};

await run(async () => {
  const at = {};
  for (const [what, play] of Object.entries(scenes)) {
    const faults = await play(at).catch((error) => [String(error?.stack ?? error)]);
    for (const seen of Object.values(at)) faults.push(...(await faultsOf(seen)));
    tell(what, faults);
  }
  for (const { context } of Object.values(at)) await context.close();
});
