// People at the console, in Chromium: one who mends a job that failed, one who finds all of it in the trail; and a page
// that is looked at by axe wherever they come. Says `mend` when the job is to be mended, and goes on at a line of input.
import { chromium } from 'playwright-core';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';

const { base, engineer, auditor, shots } = JSON.parse(process.argv[2]);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const problems = [];

function check(what, holds) {
  if (!holds) problems.push(what);
}

// A browser of its own; without scripts, if they are turned off.
async function visitor(options) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('status of 40')) problems.push(message.text());
  });
  page.on('request', (request) => check(`asked for ${request.url()}`, request.url().startsWith(base)));
  return page;
}

// What axe finds wrong with a page, in light and in dark.
async function look(page, name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const found = await page.evaluate(async (source) => {
      // A function made of text would need `unsafe-eval`, which the page does not allow; the debugger is not asked.
      if (!window.axe) (0, eval)(source);
      return (await window.axe.run()).violations.map((one) => `${one.id}: ${one.nodes[0].html}`);
    }, axe).catch((error) => [String(error)]);
    problems.push(...found.map((one) => `${name} (${colorScheme}): ${one}`));
    if (shots) await page.screenshot({ path: `${shots}/${name}-${colorScheme}.png`, fullPage: true });
  }
}

// A code of the device that an address tells (RFC 6238).
function code(address) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...new URL(address).searchParams.get('secret')]
    .map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', secret).update(step).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function signIn(page, person) {
  await page.goto(`${base}/`);
  await page.fill('[name=name]', person.name);
  await page.fill('[name=password]', person.password);
  await page.click('main button[type=submit]');
  if (person.device) {
    await look(page, 'code');
    await page.fill('[name=code]', code(person.device));
    await page.click('main button[type=submit]');
  }
  await page.waitForSelector('h1:text("Overview")');
}

async function open(page, path, name) {
  await page.goto(base + path);
  await look(page, name);
}

// One who mends a job.
const ann = await visitor({ bypassCSP: true });
await ann.goto(`${base}/sign-in`);
await look(ann, 'sign-in');
await signIn(ann, engineer);
await look(ann, 'overview');
await open(ann, '/jobs?state=failed', 'jobs');
await ann.click('a:text("mart.winter")');
await look(ann, 'job');
await ann.click('table a >> nth=0');
await ann.waitForSelector('h1:text("Run")');
check('why it failed', (await ann.textContent('main')).includes('does not hold of'));
await look(ann, 'run-failed');
console.log('mend');
await lines.next();
await ann.click('a:text("Retry")');
await look(ann, 'retry');
await ann.click('main button:text("Retry")');
await ann.waitForSelector('h1:text("Run")');
// Nobody loads the page again: it says so by itself.
await ann.waitForSelector('#state .tag.good');
await look(ann, 'run');
await open(ann, '/catalogue?q=winter', 'catalogue');
await ann.click('a:text("winter.people")');
check('lineage', (await ann.textContent('.graph')).includes('view.patient'));
await look(ann, 'table');
await ann.goto(`${base}/sql`);
await ann.fill('[name=sql]', 'select gender, count(*) as people from winter.people group by gender');
await ann.selectOption('[name=purpose]', { index: 1 });
await ann.selectOption('[name=chart]', 'bar');
await ann.click('main button:text("Ask")');
check('an answer', (await ann.textContent('main')).includes('people'));
check('a chart', await ann.locator('.chart rect.bar').count() > 0);
await look(ann, 'sql');
for (const [path, name] of [['/jobs/graph', 'graph'], ['/runs', 'runs'], ['/nothing', 'not-found']]) {
  await open(ann, path, name);
}
const refused = await ann.goto(`${base}/audit`);
check('the trail is not for engineers', refused.status() === 403);
await look(ann, 'forbidden');
const csv = await ann.request.get(`${base}/jobs?format=csv`);
check('CSV', (await csv.text()).startsWith('job,kind'));

// One who finds it in the trail, without any script, under the page's own policy.
const max = await visitor({ javaScriptEnabled: false });
await max.goto(`${base}/`);
await max.fill('[name=name]', auditor.name);
await max.fill('[name=password]', auditor.password);
await max.click('main button[type=submit]');
await max.fill('[name=code]', code(auditor.device));
await max.click('main button[type=submit]');
await max.waitForSelector('h1:text("Overview")');
await max.goto(`${base}/audit?actor=${engineer.name}`);
const trail = await max.textContent('main table');
for (const action of ['sign-in', 'job.list', 'job.run', 'catalog.show', 'sql', 'decide']) {
  check(`${action} in the trail`, trail.includes(action));
}
await max.click('main table a >> nth=0');
check('the AuditEvent', (await max.textContent('main')).includes('"resourceType": "AuditEvent"'));
const alerts = await max.goto(`${base}/alerts`);
check('alerts', alerts.status() === 200);
await max.click('button:text("Sign out")');
await max.waitForSelector('h1:text("Sign in")');
await max.goto(`${base}/audit`);
check('signed out', max.url().endsWith('/sign-in'));

await browser.close();
console.log(JSON.stringify(problems));
process.exit(0);
