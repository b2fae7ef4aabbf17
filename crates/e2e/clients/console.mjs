// People at the console, in Chromium: one who mends a job that failed, one who registers a provider, one who finds all
// of it in the trail; and axe, which looks at every page that they come to. Says what is wrong, as a list in JSON.
import { chromium } from 'playwright-core';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { base, engineer, auditor, administrator, custodian, shots } = JSON.parse(process.argv[2]);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
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

async function signIn(page, person, second) {
  await page.goto(`${base}/`);
  await page.fill('[name=name]', person.name);
  await page.fill('[name=password]', person.password);
  await page.click('main button[type=submit]');
  if (second) {
    await look(page, 'code');
    await page.fill('[name=code]', second);
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
// It is mended where it stands: compared, then registered.
await ann.click('a:text("Edit the SQL")');
await ann.waitForSelector('h1:text("Mart winter")');
const wrong = await ann.inputValue('[name="text-1"]');
await look(ann, 'mart');
await ann.click('button:text("Compare")');
check('it does not hold yet', (await ann.textContent('main')).includes('would not be published'));
await ann.fill('[name="text-1"]', wrong.replace('gender in nothing', 'gender in male, female, other, unknown'));
await ann.click('button:text("Register it as it is")');
check('others than those compared', (await ann.textContent('main')).includes('others than those that were compared'));
check('it holds', await ann.locator('main .tag.good').count() > 0);
await look(ann, 'mart-compared');
await ann.click('button:text("Register it")');
await ann.waitForSelector('.message.success');
await look(ann, 'job-registered');
await ann.click('table a >> nth=0');
await ann.waitForSelector('h1:text("Run")');
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
await ann.click('button:text("Count it now")');
await ann.waitForSelector('.message.success');
check('figures', (await ann.textContent('main')).includes('female'));
await look(ann, 'table');
await ann.click('a:text("Describe it")');
await look(ann, 'table-describe');
await ann.fill('[name=owner]', 'winter team');
await ann.fill('[name=tags]', 'winter, core');
await ann.selectOption('[name=classification]', 'aggregate');
await ann.click('button:text("Keep it")');
await ann.waitForSelector('.message.success');
const said = await ann.textContent('main');
for (const word of ['winter team', 'aggregate', 'core']) check(`it says ${word}`, said.includes(word));
await open(ann, '/catalogue?q=winter+team', 'catalogue-found');
check('it is found by its owner', (await ann.textContent('main')).includes('winter.people'));
await open(ann, '/outside', 'outside-none');
await ann.click('a:text("Write a table down")');
await look(ann, 'outside-new');
await ann.fill('[name=table]', 'estates.wards');
await ann.fill('[name=place]', 'the share of Estates');
await ann.fill('[name=format]', 'csv');
await ann.fill('[name=columns]', 'ward:Utf8:as the trust calls it');
await ann.click('button:text("Write it down")');
await ann.waitForSelector('.message.success');
await look(ann, 'table-outside');
await open(ann, '/outside', 'outside');
check('it is listed', (await ann.textContent('main')).includes('estates.wards'));
await ann.goto(`${base}/table/view/encounter`);
await ann.click('button:text("Count it now")');
await ann.waitForSelector('.message.success');
check('how values lie', await ann.locator('svg.spark').count() > 0);
await look(ann, 'table-view');
await ann.goto(`${base}/sql`);
await ann.fill('[name=sql]', 'select gender, count(*) as people from winter.people group by gender');
await ann.selectOption('[name=purpose]', { index: 1 });
await ann.selectOption('[name=chart]', 'bar');
await ann.click('main button:text("Ask")');
check('an answer', (await ann.textContent('main')).includes('people'));
check('a chart', await ann.locator('.chart rect.bar').count() > 0);
await look(ann, 'sql');
const [download] = await Promise.all([ann.waitForEvent('download'), ann.click('button:text("As CSV")')]);
const answer = readFileSync(await download.path(), 'utf8');
check(`the answer as CSV: ${answer}`, answer.startsWith('gender,people\r\n'));
await ann.click('summary:text("Keep this question")');
await ann.fill('[name=name]', 'people by gender');
await ann.check('[name=shared]');
await ann.click('button:text("Keep it")');
await ann.waitForSelector('.message.success');
await open(ann, '/sql', 'sql-kept');
check('it is kept', (await ann.textContent('main')).includes('people by gender'));
const more = [['/jobs/graph', 'graph'], ['/runs', 'runs'], ['/health', 'health'], ['/policies', 'policies'],
  ['/policies?role=analyst&action=sql.query&resource=table%3Araw.patient&purpose=direct-care', 'policies-asked'],
  ['/policy/roles-are-assumed', 'policy'], ['/marts/new?from=view.patient', 'mart-new'],
  ['/query/people%20by%20gender/forget', 'forget'], ['/nothing', 'not-found']];
for (const [path, name] of more) {
  await open(ann, path, name);
}
const refused = await ann.goto(`${base}/audit`);
check('the trail is not for engineers', refused.status() === 403);
await look(ann, 'forbidden');
const csv = await ann.request.get(`${base}/jobs?format=csv`);
check('CSV', (await csv.text()).startsWith('job,kind'));

// One who registers a provider, and takes a credential of it back.
const eve = await visitor({ bypassCSP: true });
await signIn(eve, administrator, code(administrator.device));
await open(eve, '/providers', 'providers');
await eve.click('a:text("Register a provider")');
await look(eve, 'provider-new');
await eve.fill('[name=name]', 'Not A Name');
await eve.click('button:text("Register it")');
await eve.waitForSelector('[role=alert]');
await look(eve, 'provider-new-problem');
await eve.fill('[name=name]', 'trust-oak');
await eve.click('button:text("Register it")');
await eve.waitForSelector('h1:text("The credential of trust-oak")');
check('its secret', (await eve.textContent('main')).includes('client_secret'));
await look(eve, 'provider-credential');
await eve.click('a:text("To the provider")');
await look(eve, 'provider');
await eve.click('a:text("A further credential")');
await look(eve, 'provider-rotate');
await eve.click('button:text("Make it")');
await eve.waitForSelector('h1:text("The credential of trust-oak")');
await eve.click('a:text("To the provider")');
await eve.click('a:text("Take it back") >> nth=0');
await look(eve, 'revoke');
await eve.click('main button:text("Take it back")');
await eve.waitForSelector('.message.success');
await eve.click('a:text("Refuse it")');
await look(eve, 'disable');
await eve.click('main button:text("Refuse it")');
await eve.waitForSelector('.message.success');
const cid = await visitor({ bypassCSP: true });
await signIn(cid, custodian, code(custodian.device));
await open(cid, '/keys', 'keys');

// One who looks at the trail.
const mia = await visitor({ bypassCSP: true });
await signIn(mia, auditor, auditor.recovery);
await open(mia, `/audit?actor=${engineer.name}`, 'audit');
await mia.click('main table a >> nth=0');
await look(mia, 'audit-record');
await open(mia, '/alerts?all=1', 'alerts');

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
for (const action of ['sign-in', 'job.list', 'job.run', 'mart.diff', 'mart.register', 'catalog.profile', 'catalog.show', 'sql', 'query.save', 'decide']) {
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
