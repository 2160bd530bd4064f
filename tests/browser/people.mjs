// People with accounts, as they get in: a name, a password and a code of their authenticator, typed
// into the pages. Each has a browser of their own.

import { createHmac } from 'node:crypto';
import { job, visitor, watched } from './browser.mjs';

/// Length of a code's time step, in milliseconds.
const STEP_MS = 30_000;
/// Steps ahead of the present one whose code headquarters still takes.
const STEPS_AHEAD = 1;

/// The code of a time step (RFC 6238: HMAC-SHA1, six digits), as an authenticator makes it.
function codeOf(secret, step) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const tag = createHmac('sha1', secret).update(counter).digest();
  const number = tag.readUInt32BE(tag[19] & 0xf) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/// The bytes of a secret as a page shows it: letters of base32 with blanks between.
function secretOf(letters) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let [bits, count] = [0, 0];
  const bytes = [];
  for (const letter of letters.replaceAll(' ', '')) {
    bits = ((bits << 5) | alphabet.indexOf(letter)) & 0xffff;
    count += 5;
    if (count >= 8) {
      count -= 8;
      bytes.push((bits >> count) & 0xff);
    }
  }
  return Buffer.from(bytes);
}

/// Somebody with an account.
export class Person {
  constructor(name) {
    this.name = name;
    this.used = 0;
  }

  /// A code that was not shown before; waits for the clock where all were.
  async code() {
    const now = () => Math.floor(Date.now() / STEP_MS);
    const step = Math.max(this.used + 1, now());
    while (step > now() + STEPS_AHEAD) await new Promise((done) => setTimeout(done, 500));
    this.used = step;
    return codeOf(this.secret, step);
  }

  /// A browser of this person, and a page in it that notes its faults.
  async browser(options = {}) {
    const context = await visitor({ locale: 'en', ...options }, { stranger: true });
    const seen = await watched(context);
    return { context, ...seen };
  }

  /// Types name and password into the page that asks for them.
  async password(page) {
    await page.locator('input[name="name"]').fill(this.name);
    await page.locator('input[name="password"]').fill(job.password);
    await page.locator('form[action="/enter"] button.main').first().click();
    await page.waitForLoadState();
  }

  /// The first time: the password alone opens the own account, where an authenticator is set up.
  async settle() {
    const at = await this.browser();
    await at.page.goto('/enter');
    await this.password(at.page);
    await at.page.waitForURL('**/account');
    this.secret = secretOf(await at.page.locator('.scan + p code').innerText());
    await at.page.locator('form[action="/account/totp"] input[name="code"]').fill(await this.code());
    await at.page.locator('form[action="/account/totp"] button').click();
    await at.page.waitForURL('**/account');
    await at.page.locator('form.leave button').click();
    await at.page.waitForURL('**/enter');
    await at.context.close();
  }

  /// In with password and code, from wherever the page asks for it.
  async enter(page) {
    await this.password(page);
    await page.locator('input[name="code"]').fill(await this.code());
    await page.locator('form[action="/enter/second"] button.main').click();
    await page.waitForURL((address) => !address.pathname.startsWith('/enter'));
  }

  /// In again after a session ended amid a form: the page offers what was sent.
  async enterAgain(page) {
    await this.password(page);
    await page.locator('input[name="code"]').fill(await this.code());
    await page.locator('form[action="/enter/second"] button.main').click();
    await page.locator('form[method="post"] + p a').waitFor();
  }

  /// In with password and code, in a browser of one's own.
  async in(options = {}) {
    const at = await this.browser(options);
    await at.page.goto('/enter');
    await this.enter(at.page);
    return at;
  }
}
