// Somebody who signs in at an outside OpenID Connect provider, in Chromium. Prints where they are in the end, and who.
//
// usage: node openid.mjs '{"base": …, "login": …}'
import { chromium } from 'playwright-core';

const { base, login } = JSON.parse(process.argv[2]);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ ignoreHTTPSErrors: true });
const page = await context.newPage();
page.setDefaultTimeout(60_000);
await page.goto(`${base}/sign-in`);
await page.click('a:text("Sign in with")');
await page.fill('[name=login]', login);
await page.fill('[name=password]', 'any');
await page.click('button[type=submit]');
// The provider asks whether it may tell the lake.
await page.click('button[type=submit]');
await page.waitForSelector('.person, [role=alert]');
const path = new URL(page.url()).pathname;
const who = (await page.locator('.person').allTextContents()).join(' ');
const said = await page.locator('main').textContent();
await browser.close();
console.log(JSON.stringify({ path, who, said }));
process.exit(0);
