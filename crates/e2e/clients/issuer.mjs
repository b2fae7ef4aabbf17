// An outside issuer: oidc-provider, with one client that gets access tokens for one audience; and, where an address to
// come back to is named, one at which people sign in: whoever they say they are (SUBJECT:GROUP-NAME), in that group.
//
// usage: node issuer.mjs CERT_FILE KEY_FILE AUDIENCE [REDIRECT_URI]
// Prints its address, then serves until it is killed.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';

// The packages are installed elsewhere, by the test command.
const require = createRequire(`${process.env.CARELAKE_CLIENTS}/node_modules/`);
const { Provider } = await import(require.resolve('oidc-provider'));

const [certificate, key, audience, redirect] = process.argv.slice(2);
const people = redirect
  ? [{ client_id: 'carelake', client_secret: 'a+secret', redirect_uris: [redirect] }]
  : [];
let provider;
const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) =>
  provider.callback()(request, response));
server.listen(0, '127.0.0.1', () => {
  const issuer = `https://localhost:${server.address().port}`;
  provider = new Provider(issuer, {
    clients: [{
      client_id: 'trust-app', client_secret: 'a-secret', grant_types: ['client_credentials'],
      redirect_uris: [], response_types: [],
    }, ...people],
    scopes: ['openid', 'profile', 'system/Patient.c'],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'] },
    // What they are called comes with the ID token, as most providers send it.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    findAccount: (context, subject) => {
      const name = subject.split(':')[1];
      const claims = { sub: subject, preferred_username: name, name: `${name} of elsewhere`, groups: [`${name.split('-')[0]}s`] };
      return { accountId: subject, claims: () => claims };
    },
    features: {
      devInteractions: { enabled: redirect !== undefined },
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
