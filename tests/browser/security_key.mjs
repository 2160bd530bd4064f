// A security key that the browser itself plays: what passkey.js and headquarters make of it.

/// A key that is put into this page's browser. It is touched as soon as it is asked.
async function plugIn({ context, page }) {
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'usb',
      hasResidentKey: false,
      hasUserVerification: false,
      automaticPresenceSimulation: true,
    },
  });
  const count = async () => {
    const held = await devtools.send('WebAuthn.getCredentials', { authenticatorId });
    return held.credentials.map((credential) => credential.signCount);
  };
  return { count };
}

/// Adds the key to an account, enters with it after the password, and steps up with it.
export async function by_key(at, person, picture) {
  const { page } = at;
  const faults = [];
  const key = await plugIn(at);
  await page.goto('/account');
  const create = page.locator('form[data-key="create"]');
  if (!(await create.isVisible())) faults.push('the account offers no key, though the browser has one');
  await create.locator('input[name="name"]').fill('the blue one');
  await create.locator('[data-key-button]').click();
  await page.locator('li', { hasText: 'the blue one' }).waitFor();
  await picture(page, 'key-added');
  const before = await key.count();

  // The very same key is not added twice.
  await create.locator('input[name="name"]').fill('again');
  await create.locator('[data-key-button]').click();
  await create.locator('[data-key-failed]').waitFor({ state: 'visible' });
  await picture(page, 'key-refused');

  await page.locator('form.leave button').click();
  await page.waitForURL('**/enter');
  await person.password(page);
  await picture(page, 'key-asked');
  await page.locator('form[data-key="get"] [data-key-button]').click();
  await page.waitForURL((address) => !address.pathname.startsWith('/enter'));
  const who = await page.locator('form.leave a').innerText();
  if (who !== person.name) faults.push(`the key let in ${who}`);

  await page.goto('/step-up?next=/account');
  await page.locator('form[data-key="get"] [data-key-button]').click();
  await page.waitForURL('**/account');
  const after = await key.count();
  if (before.length !== 1 || after[0] < before[0] + 2) faults.push(`counted ${before} and ${after}`);

  await page.locator('form[action="/account/passkeys/end"] button').click();
  await page.waitForLoadState();
  if ((await page.locator('li', { hasText: 'the blue one' }).count()) > 0) {
    faults.push('a key that was taken off is still there');
  }
  // Chromium would like to be offered RSA too; headquarters takes ES256, which every key speaks.
  const known = at.faults.filter((fault) => fault.includes('publicKey.pubKeyCredParams'));
  for (const fault of known) at.faults.splice(at.faults.indexOf(fault), 1);
  return faults;
}
