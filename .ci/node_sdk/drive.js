// Amazon's own client for Node.js, with its own signing, drives `voicetill sandbox` from set-up to refund.
//
// The sandbox program is the first argument. Nothing here knows how the sandbox works inside; what Amazon's client cannot do with it, or
// does differently than the reference says, fails.
'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { generateKeyPairSync } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');

const axios = require('axios');
const { WebStoreClient } = require('@amazonpay/amazon-pay-api-sdk-nodejs');

const V2 = 'AMZN-PAY-RSASSA-PSS-V2';
const dollars = amount => ({ amount, currencyCode: 'USD' });

// The client only speaks https; the sandbox is on this machine and does not.
axios.interceptors.request.use(config => ({ ...config, proxy: false, url: config.url.replace('https://127.0.0.1', 'http://127.0.0.1') }));

let keys = 0;
const key = () => ({ 'x-amz-pay-idempotency-key': `node-${process.pid}-${++keys}` });

/** The status and reason code that a call is refused with. */
async function refused(call) {
  try {
    const answer = await call;
    return `${answer.status} not refused`;
  } catch (error) {
    assert.ok(error.response, String(error));
    return `${error.response.status} ${error.response.data.reasonCode}`;
  }
}

async function drive(address, privateKey) {
  const config = { publicKeyId: 'SANDBOX-NODESDK', privateKey, region: 'us', sandbox: true, algorithm: V2, overrideServiceUrl: new URL(address).host };
  const client = new WebStoreClient(config);
  const control = (what, body) => axios.post(`${address}/_voicetill/${what}`, body);

  // Set-up of a saved wallet (section 10, flow 1).
  const setUp = {
    storeId: 'amzn1.application-oa2-client.0',
    webCheckoutDetails: { checkoutResultReturnUrl: 'https://shop.example/done' },
    chargePermissionType: 'PaymentMethodOnFile',
    paymentMethodOnFileMetadata: { setupOnly: true },
    paymentDetails: { paymentIntent: 'Confirm', canHandlePendingAuthorization: false },
  };
  const session = await client.createCheckoutSession(setUp, key());
  assert.equal(session.status, 201);
  const id = session.data.checkoutSessionId;
  const page = await axios.get(session.data.webCheckoutDetails.amazonPayRedirectUrl, { maxRedirects: 0, validateStatus: status => status === 303 });
  assert.equal(page.headers.location, `https://shop.example/done?amazonCheckoutSessionId=${id}`);
  assert.equal((await client.getCheckoutSession(id)).data.buyer.name, 'Ada Example');
  const completed = await client.completeCheckoutSession(id, {});
  assert.equal(completed.data.statusDetails.state, 'Completed');
  const wallet = completed.data.chargePermissionId;
  assert.equal((await client.getChargePermission(wallet)).data.statusDetails.state, 'Chargeable');

  // Charge, capture, refund.
  const wish = amount => ({ chargePermissionId: wallet, chargeAmount: dollars(amount), captureNow: false, chargeInitiator: 'CITU', channel: 'Alexa' });
  const same = key();
  const charge = await client.createCharge(wish('49.98'), same);
  assert.equal(charge.status, 201);
  assert.equal(charge.data.statusDetails.state, 'Authorized');
  assert.deepEqual((await client.createCharge(wish('49.98'), same)).data, charge.data, 'the same key, the same answer');
  assert.equal(await refused(client.createCharge(wish('50.00'), same)), '400 DuplicateIdempotencyKey');
  const chargeId = charge.data.chargeId;
  const captured = await client.captureCharge(chargeId, { captureAmount: dollars('40.00') }, key());
  assert.equal(captured.data.statusDetails.state, 'Captured');
  const refund = await client.createRefund({ chargeId, refundAmount: dollars('10.00'), softDescriptor: 'Petal' }, key());
  assert.equal(refund.data.statusDetails.state, 'RefundInitiated');
  await control('clock', { seconds: 30 });
  assert.equal((await client.getRefund(refund.data.refundId)).data.statusDetails.state, 'Refunded');
  assert.deepEqual((await client.getCharge(chargeId)).data.refundedAmount, dollars('10.00'));
  const given = (await client.createCharge(wish('5.00'), key())).data.chargeId;
  assert.equal((await client.cancelCharge(given, { cancellationReason: 'sold out' })).data.statusDetails.reasonCode, 'MerchantCanceled');

  // What is refused.
  assert.equal(await refused(client.createCharge({ ...wish('1.00'), surprise: 1 }, key())), '400 UnrecognizedField');
  assert.equal(await refused(client.createCharge({ ...wish('1.00'), chargeAmount: undefined }, key())), '400 MissingParameterValue');
  assert.equal(await refused(client.captureCharge(chargeId, { captureAmount: dollars('1.00') }, key())), '422 InvalidChargeStatus');
  assert.equal(await refused(client.createRefund({ chargeId, refundAmount: dollars('40.00') }, key())), '400 TransactionAmountExceeded');
  assert.equal(await refused(client.getCharge('S01-0000000-0000000-C000000')), '404 ResourceNotFound');
  assert.equal(await refused(client.createCharge(wish('1.00'), { ...key(), 'x-amz-pay-simulation-code': 'SoftDeclined' })), '422 SoftDeclined');
  await control('next', { operation: 'Create Charge', reasonCode: 'InvalidAccountStatus' });
  assert.equal(await refused(client.createCharge(wish('1.00'), key())), '403 InvalidAccountStatus');
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  const forged = new WebStoreClient({ ...config, privateKey: stranger.privateKey });
  assert.equal(await refused(forged.getCharge(chargeId)), '403 InvalidRequestSignature');
  // The algorithm that it takes when nothing is said, with the salt of 20 bytes.
  const older = new WebStoreClient({ ...config, algorithm: undefined });
  assert.equal((await older.getCharge(chargeId)).status, 200);

  // The end.
  assert.equal((await client.updateChargePermission(wallet, { merchantMetadata: { merchantStoreName: 'Petal' } })).status, 200);
  assert.equal((await client.closeChargePermission(wallet, { closureReason: 'over' })).data.statusDetails.state, 'Closed');
  assert.equal(await refused(client.createCharge(wish('1.00'), key())), '422 InvalidChargePermissionStatus');
}

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'voicetill-node-'));
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  // The sandbox gets what Amazon gets: the public half.
  fs.writeFileSync(path.join(folder, 'public.pem'), pair.publicKey);
  const options = ['sandbox', '--port', '0', '--json', '--no-throttling', '--key', path.join(folder, 'public.pem'), '--store', folder];
  const sandbox = spawn(process.argv[2], options, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = await Promise.race([
      readline.createInterface({ input: sandbox.stdout })[Symbol.asyncIterator]().next().then(({ value }) => [value]),
      new Promise((_, reject) => sandbox.once('error', reject)),
    ]);
    await drive(JSON.parse(line).address, pair.privateKey);
    console.log("Amazon's client for Node.js gets along with the sandbox.");
  } finally {
    sandbox.kill();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
