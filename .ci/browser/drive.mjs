// A real browser goes from Alexa's request to the code and to "my payment", from the card of a spoken purchase to the next one, and finishes
// carts that were left at the speaker: the scripts run, the policies hold, the buttons are pressed.
//
// The program is the first argument; a second one is a folder for screenshots. In the first half Alexa is a listener on this machine; in
// the second one it is the simulator, and both it and the pages are started as a person would, with nothing set up.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

import chromium from '@sparticuz/chromium';
import { chromium as playwright } from 'playwright-core';

const [program, shots] = process.argv.slice(2);
const secrets = { link: hex(), voiceCode: hex(), client: hex() };

function hex() {
  return randomBytes(32).toString('hex');
}

/** Starts the program and resolves with what the patterns have found, each in a line of its own and in this order. */
function started(args, env, ...patterns) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const found = new Promise((resolve, reject) => {
    const matches = [];
    readline.createInterface({ input: child.stdout }).on('line', line => {
      const match = patterns[matches.length]?.exec(line);
      if (match) matches.push(match[1]);
      if (matches.length === patterns.length) resolve(matches);
    });
    child.on('exit', code => reject(new Error(`${args[0]} ended with ${code}`)));
    setTimeout(() => reject(new Error(`${args[0]} does not come up`)), 60_000).unref();
  });
  return { child, found };
}

/** A conversation in the terminal: lines go in, and what the world answers to each is waited for. */
function conversation(env) {
  const child = spawn(program, ['dialog'], { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  let told = '';
  let heard = () => {};
  child.stdout.on('data', text => {
    told += text;
    heard();
  });
  const say = (line, expected) =>
    new Promise((resolve, reject) => {
      told = '';
      const late = setTimeout(() => reject(new Error(`after "${line}" there is no ${expected} in:\n${told}`)), 60_000);
      heard = () => {
        if (!expected.test(told)) return;
        clearTimeout(late);
        resolve(told);
      };
      child.stdin.write(`${line}\n`);
    });
  return { child, say };
}

/** A page, what goes wrong on it, and the buyer in front of it. */
async function visit(context, amazon, prefix) {
  const page = await context.newPage();
  // What the page's policy forbids, or a script that breaks, is said on the console.
  const complaints = [];
  page.on('console', message => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', error => complaints.push(String(error)));
  let shot = 0;
  const seen = async name => {
    assert.deepEqual(complaints, [], name);
    if (shots) await page.screenshot({ path: path.join(shots, `${prefix}${++shot}-${name}.png`), fullPage: true });
  };
  const decide = async (buyer, answer) => {
    await page.waitForURL(`${amazon}/**`);
    await page.getByLabel('Who are you?').selectOption(buyer);
    await page.getByRole('button', { name: answer }).click();
  };
  return { page, seen, decide };
}

async function drive(context, origin, amazon, back) {
  const { page, seen, decide } = await visit(context, amazon, '');

  // Alexa sends the buyer off; the buyer turns back once, and then agrees.
  const verifier = randomBytes(32).toString('base64url');
  const asked = new URLSearchParams({
    response_type: 'code', client_id: 'voicetill', redirect_uri: back, state: 'A state & more', scope: 'buy',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
  });
  await page.goto(`${origin}/authorize?${asked}`);
  await seen('link');
  await page.getByRole('button', { name: 'Amazon Pay (simulated)' }).click();
  await page.waitForURL(`${amazon}/wallet/**`);
  await seen('amazon');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Nothing was set up').waitFor();
  await seen('cancelled');
  await page.getByRole('button', { name: 'Amazon Pay (simulated)' }).click();
  await decide('ada', 'Agree and continue');
  await page.waitForURL(`${back}?**`);
  const brought = new URL(page.url()).searchParams;
  assert.equal(brought.get('state'), 'A state & more');
  const answer = await fetch(`${origin}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`voicetill:${secrets.client}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'authorization_code', code: brought.get('code'), redirect_uri: back, code_verifier: verifier }),
  });
  const tokens = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(tokens));

  // My payment: who it is, the voice code, another payment method, the end.
  await page.goto(`${origin}/payment`);
  await seen('sign-in');
  await page.getByRole('button', { name: 'Sign in with Amazon (simulated)' }).click();
  await decide('ada', 'Agree and continue');
  await page.getByText('Everything is in order').waitFor();
  await seen('payment');
  await page.getByLabel('New voice code').fill('0192');
  await page.getByLabel('The same once more').fill('0192');
  await page.getByRole('button', { name: 'Save the voice code' }).click();
  await page.getByText('Your new voice code is saved').waitFor();
  await seen('code');
  const permission = (await (await fetch(`${amazon}/_voicetill/state`)).json()).account.permissions[0].id;
  const expired = { chargePermissionId: permission, state: 'NonChargeable', reason: 'PaymentMethodExpired' };
  await fetch(`${amazon}/_voicetill/permission`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(expired) });
  await page.reload();
  await page.getByText('Your payment method has expired').waitFor();
  await seen('expired');
  await page.getByRole('button', { name: 'Amazon Pay (simulated)' }).click();
  await decide('ada', 'Agree and continue');
  await page.getByText('Your payment method is saved').waitFor();
  await page.getByText('Everything is in order').waitFor();
  await seen('changed');
  await page.getByRole('button', { name: 'End it' }).click();
  await page.getByText('The permission is ended').waitFor();
  await seen('closed');
  await page.getByRole('button', { name: 'Unlink everywhere' }).click();
  await page.getByText('Alexa is unlinked everywhere').waitFor();
  await seen('unlinked');
  const refused = await fetch(`${origin}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: 'voicetill', client_secret: secrets.client }),
  });
  assert.equal((await refused.json()).error, 'invalid_grant');
  await page.goto(`${origin}/nothing`).catch(() => undefined);
  await page.getByText('There is no such page').waitFor();
}

/** From the card to linked, a spoken purchase that is declined for good, the page, and the same purchase again. */
async function buy(context, app, origin, amazon, { say }) {
  const { page, seen, decide } = await visit(context, amazon, 'buy-');
  await say('.shop rails saved-wallet', /rails is saved-wallet/);
  await say('ask petal and stem for two bouquets of roses', /added 2 bouquets of roses/);
  await say('yes', /asks to link an account/);

  await page.goto(app);
  await seen('link');
  await page.getByRole('button', { name: 'Amazon Pay (simulated)' }).click();
  await decide('ada', 'Agree and continue');
  await page.getByText('your account is linked').waitFor();
  await seen('linked');

  await say('open petal and stem', /ada has linked the account[^]*You still have 2 bouquets of roses/);
  await say('yes', /Would you like to check out/);
  await say('yes', /Ada Example, 1 Example Street[^]*Shall I place the order/);
  await say('.outcome declined-hard', /next Charge: declined-hard/);
  const declined = await say('yes', /you haven't been charged[^]*Choose another way to pay at [^]*the skill ended it/);
  const [, address] = /Choose another way to pay at (\S+)/.exec(declined);
  assert.equal(address, origin);

  await page.goto(address);
  await page.getByRole('button', { name: 'Sign in with Amazon (simulated)' }).click();
  await decide('ada', 'Agree and continue');
  await page.getByText('Your payment method').first().waitFor();
  await seen('declined');
  await page.getByRole('button', { name: 'Amazon Pay (simulated)' }).click();
  await decide('ada', 'Agree and continue');
  await page.getByText('Everything is in order').waitFor();
  await seen('changed');

  await say('open petal and stem', /You still have 2 bouquets of roses/);
  await say('yes', /Would you like to check out/);
  await say('yes', /Shall I place the order/);
  await say('yes', /Your payment of \$59\.61 went through/);
  const { account } = await (await fetch(`${amazon}/_voicetill/state`)).json();
  assert.deepEqual(account.charges.map(charge => charge.state), [{ Declined: 'HardDeclined' }, 'Captured']);
}

/** Carts that were left at the speaker, finished on the phone: by a buyer who is signed in, and by one who is not. */
async function finish(context, origin, amazon, { say }) {
  const { page, seen, decide } = await visit(context, amazon, 'cart-');
  const leave = async (goods, expected) => {
    // A cart is newer than an order by the second.
    await new Promise(resolve => setTimeout(resolve, 1_500));
    await say(`ask petal and stem for ${goods}`, expected);
    await say('stop', /Goodbye/);
  };
  await leave('two bunches of tulips', /Shall I place the order/);
  await page.goto(`${origin}/cart`);
  await page.getByText('2 × bunches of tulips').waitFor();
  await seen('left');
  await page.locator('#check-out').getByRole('button').click();
  await page.waitForURL(`${amazon}/wallet/**`);
  await seen('amazon');
  await decide('ada', 'Agree and continue');
  await page.getByText('Your payment went through').waitFor();
  await seen('done');
  await page.reload();
  await page.getByText('Your payment went through').waitFor();

  await leave('two bouquets of roses', /went through[^]*Shall I place the order/);
  await context.clearCookies();
  await page.goto(`${origin}/cart`);
  await seen('signed-out');
  await page.locator('#express').getByRole('button').click();
  await decide('ada', 'Agree and continue');
  await page.getByText('Please look at your order').waitFor();
  await seen('review');
  await page.getByRole('button', { name: 'Buy now' }).click();
  await page.getByText('Your payment went through').waitFor();
  await seen('bought');
  await say('open petal and stem', /went through/);
  const { account } = await (await fetch(`${amazon}/_voicetill/state`)).json();
  assert.deepEqual(account.charges.slice(2).map(charge => charge.state), ['Captured', 'Captured']);
}

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'voicetill-browser-'));
const alexa = http.createServer((_, answer) => answer.end('<title>Alexa</title>linked')).listen(0, '127.0.0.1');
await new Promise(resolve => alexa.on('listening', resolve));
const back = `http://127.0.0.1:${alexa.address().port}/back`;
const key = path.join(work, 'pay.pem');
fs.writeFileSync(key, generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } }).privateKey, { mode: 0o600 });
const file = path.join(work, 'secrets.json');
fs.writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
const env = { VOICETILL_STORE: path.join(work, 'store'), VOICETILL_PAY_KEY_FILE: key, VOICETILL_PAY_KEY_ID: 'SANDBOX-BROWSER', VOICETILL_PAY_ENDPOINT: '', VOICETILL_WORLD: 'simulated' };
const children = [];
let browser;
try {
  const sandbox = started(['sandbox', '--port', '0'], env, /^export VOICETILL_PAY_ENDPOINT=(.+)$/);
  children.push(sandbox.child);
  const [amazon] = await sandbox.found;
  const link = started(['link', '--port', '0', '--redirect', back, '--secrets', file], { ...env, VOICETILL_PAY_ENDPOINT: amazon }, /(http:\S+)\/payment$/);
  children.push(link.child);
  const [origin] = await link.found;
  browser = await playwright.launch({ executablePath: await chromium.executablePath(), args: chromium.args, headless: true });
  // A phone: that is where account linking happens.
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, locale: 'en-US' });
  context.setDefaultTimeout(60_000);
  await drive(context, origin, amazon, back);

  // As a person would: two commands, and nothing before.
  const plain = { VOICETILL_STORE: path.join(work, 'plain'), VOICETILL_WORLD: '' };
  const pages = started(['link', '--port', '0'], plain, /(http:\S+\/alexa)$/, /Amazon Pay, simulated: +(http:\S+)$/, /(http:\S+)\/payment$/);
  children.push(pages.child);
  const [app, played, here] = await pages.found;
  const talk = conversation({ ...plain, VOICETILL_LINK_ORIGIN: here });
  children.push(talk.child);
  await buy(context, app, here, played, talk);
  await finish(context, here, played, talk);
  console.log(`account linking, "my payment", a spoken purchase and carts finished on a phone work in Chromium ${browser.version()}`);
} finally {
  await browser?.close();
  children.forEach(child => child.removeAllListeners('exit') && child.kill('SIGINT'));
  alexa.close();
  alexa.closeAllConnections();
  fs.rmSync(work, { recursive: true, force: true });
}
