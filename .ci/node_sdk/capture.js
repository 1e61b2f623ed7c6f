// What Amazon's own client for Node.js sends for each call that ours has, and what it signs, as one JSON file that is committed:
// tests/it/same_requests.rs compares our client with it, without Node.js.
//
//   node capture.js FILE           fails if FILE is not what this client sends
//   node capture.js --bless FILE   writes it
//
// What differs from run to run is named instead: (host), (date as …), (user agent), and no signature is kept.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');

const axios = require('axios');
const { WebStoreClient } = require('@amazonpay/amazon-pay-api-sdk-nodejs');

const KEY = { 'x-amz-pay-idempotency-key': 'PS0123456789ABCDEF1NFV1A0ZZa1' };
const WALLET = 'C01-1111111-1111111';
const CHARGE = 'S01-1111111-1111111-C000001';
const price = (amount, currencyCode = 'USD') => ({ amount, currencyCode });
const words = { merchantReferenceId: 'PS-1', merchantStoreName: 'Blumen & Töpfe', noteToBuyer: '薔薇 "2"', customInformation: 'a/b\\c' };

// The same inputs are given to our client in tests/it/same_requests.rs.
const calls = {
  'Create Checkout Session': client => client.createCheckoutSession({
    storeId: 'amzn1.application-oa2-client.0',
    webCheckoutDetails: { checkoutReviewReturnUrl: 'https://shop.example/look?a=1&b=2', checkoutResultReturnUrl: 'https://shop.example/done' },
    chargePermissionType: 'PaymentMethodOnFile',
    paymentMethodOnFileMetadata: { setupOnly: false },
    paymentDetails: { paymentIntent: 'AuthorizeWithCapture', canHandlePendingAuthorization: false, chargeAmount: price('49.98'), softDescriptor: 'Petal' },
    merchantMetadata: words,
  }, KEY),
  'Get Checkout Session': client => client.getCheckoutSession('11111111-2222-3333-4444-555555555555'),
  'Update Checkout Session': client => client.updateCheckoutSession('11111111-2222-3333-4444-555555555555', {
    webCheckoutDetails: { checkoutResultReturnUrl: 'https://shop.example/done' },
    paymentDetails: { paymentIntent: 'Authorize', canHandlePendingAuthorization: true, chargeAmount: price('50.00') },
    merchantMetadata: words,
  }),
  'Complete Checkout Session': client => client.completeCheckoutSession('11111111-2222-3333-4444-555555555555', { chargeAmount: price('50.00') }, KEY),
  'Complete Checkout Session, a wallet only': client => client.completeCheckoutSession('11111111-2222-3333-4444-555555555555', {}, KEY),
  'Get Charge Permission': client => client.getChargePermission(WALLET),
  'Update Charge Permission': client => client.updateChargePermission(WALLET, { merchantMetadata: words }),
  'Close Charge Permission': client => client.closeChargePermission(WALLET, { closureReason: 'No longer required', cancelPendingCharges: false }),
  'Create Charge': client => client.createCharge({
    chargePermissionId: WALLET, chargeAmount: price('14.00'), captureNow: true, softDescriptor: 'Petal', canHandlePendingAuthorization: false,
    merchantMetadata: words, platformId: 'A1PLATFORM', chargeInitiator: 'CITU', channel: 'Alexa',
  }, KEY),
  'Get Charge': client => client.getCharge(CHARGE),
  'Capture Charge': client => client.captureCharge(CHARGE, { captureAmount: price('1400', 'JPY'), softDescriptor: 'Petal' }, KEY),
  'Cancel Charge': client => client.cancelCharge(CHARGE, { cancellationReason: 'The order was cancelled' }),
  'Create Refund': client => client.createRefund({ chargeId: CHARGE, refundAmount: price('10.00', 'EUR'), softDescriptor: 'Petal' }, KEY),
  'Get Refund': client => client.getRefund('S01-1111111-1111111-R000001'),
  'Get Buyer': client => client.getBuyer('ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'),
  'Create Delivery Tracker': client => client.deliveryTrackers(
    { chargePermissionId: WALLET, deliveryDetails: [{ trackingNumber: '1Z999AA10123456784', carrierCode: 'UPS' }] }, KEY),
};

// Places that ids and regions lead to, each with one call.
const places = {
  'na, by the key': { region: 'us', sandbox: true, publicKeyId: 'SANDBOX-AFTESTTESTTESTTESTTESTTE' },
  'eu, by the key': { region: 'eu', sandbox: false, publicKeyId: 'LIVE-AFTESTTESTTESTTESTTESTTE' },
  'jp, sandbox': { region: 'jp', sandbox: true, publicKeyId: 'AFTESTTESTTESTTESTTESTTE' },
  'eu, live': { region: 'eu', sandbox: false, publicKeyId: 'AFTESTTESTTESTTESTTESTTE' },
};

// What a page hands to the button.
const payload = JSON.stringify({
  storeId: 'amzn1.application-oa2-client.0', webCheckoutDetails: { checkoutResultReturnUrl: 'https://shop.example/Töpfe' }, chargePermissionType: 'OneTime',
});

// What is hashed last before signing is the canonical request, and what is signed is the string to sign.
let canonical, toSign;
const { createHash, createSign } = crypto;
crypto.createHash = (...algorithm) => {
  const hash = createHash(...algorithm), update = hash.update.bind(hash);
  hash.update = text => { canonical = text; return update(text); };
  return hash;
};
crypto.createSign = (...algorithm) => {
  const sign = createSign(...algorithm), update = sign.update.bind(sign);
  sign.update = text => { toSign = text; return update(text); };
  return sign;
};
// The client only speaks https; what records it here does not.
axios.interceptors.request.use(config => ({ ...config, proxy: false, url: config.url.replace('https://127.0.0.1', 'http://127.0.0.1') }));

const sha256 = text => createHash('SHA256').update(text).digest('hex');

async function main() {
  const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  let asked;
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', part => parts.push(part));
    request.on('end', () => {
      const { method, url, headers } = request;
      asked = { method, url, headers, body: Buffer.concat(parts).toString('utf8') };
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${server.address().port}`;
  const algorithm = 'AMZN-PAY-RSASSA-PSS-V2';

  const named = (text, headers) => text
    .replaceAll(host, '(host)')
    .replaceAll(headers['x-amz-pay-date'], '(date as 2026-11-22T02:00:00Z)')
    .replaceAll(headers['user-agent'], '(user agent)');
  const sent = async (place, call) => {
    const client = new WebStoreClient({ ...place, privateKey, algorithm, overrideServiceUrl: host });
    await call(client);
    const { method, url, headers, body } = asked;
    assert.match(headers['x-amz-pay-date'], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(toSign, `${algorithm}\n${sha256(canonical)}`);
    const [path, query = ''] = url.split('?');
    const shown = Object.entries(headers).sort().map(([name, value]) => [name, named(value, headers)]);
    shown.find(([name]) => name === 'authorization')[1] = headers.authorization.replace(/Signature=.*/, 'Signature=(signature)');
    return { method, path, query, headers: Object.fromEntries(shown), body, canonicalRequest: named(canonical, headers) };
  };

  const captured = { client: 'amazon-pay-api-sdk-nodejs 2.3.4', calls: {}, places: {} };
  for (const [name, call] of Object.entries(calls)) captured.calls[name] = await sent(places['na, by the key'], call);
  for (const [name, place] of Object.entries(places)) captured.places[name] = await sent(place, calls['Get Charge']);
  new WebStoreClient({ ...places['na, by the key'], privateKey, algorithm }).generateButtonSignature(payload);
  captured.button = { payload, stringToSign: toSign };
  server.closeAllConnections();
  server.close();

  const text = `${JSON.stringify(captured, null, 2)}\n`;
  const [option, file] = process.argv.slice(-2);
  if (option === '--bless') return fs.writeFileSync(file, text);
  assert.deepEqual(captured, JSON.parse(fs.readFileSync(file, 'utf8')), 'it sends something else than is committed: node capture.js --bless FILE');
  console.log(`Amazon's client for Node.js sends what ${Object.keys(calls).length} calls of ours are compared with.`);
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
