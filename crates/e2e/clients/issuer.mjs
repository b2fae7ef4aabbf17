// An outside issuer: oidc-provider, with one client that gets access tokens for one audience.
//
// usage: node issuer.mjs CERT_FILE KEY_FILE AUDIENCE
// Prints its address, then serves until it is killed.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';

// The packages are installed elsewhere, by the test command.
const require = createRequire(`${process.env.CARELAKE_CLIENTS}/node_modules/`);
const { Provider } = await import(require.resolve('oidc-provider'));

const [certificate, key, audience] = process.argv.slice(2);
let provider;
const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) =>
  provider.callback()(request, response));
server.listen(0, '127.0.0.1', () => {
  const issuer = `https://localhost:${server.address().port}`;
  provider = new Provider(issuer, {
    clients: [{
      client_id: 'trust-app', client_secret: 'a-secret', grant_types: ['client_credentials'],
      redirect_uris: [], response_types: [],
    }],
    scopes: ['system/Patient.c'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'system/Patient.c', audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  console.log(issuer);
});
