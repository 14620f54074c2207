// A certified OpenID provider with accounts made up by the test: whoever signs in
// says who they are in the header X-Account, as the base64 of the JSON claims.
// Usage: node server.mjs '{"port":1,"issuer":"…","clients":[…],"claimsInToken":true}'
import { createServer } from "node:http";
import Provider, { interactionPolicy } from "oidc-provider";

const settings = JSON.parse(process.argv[2]);
const accounts = new Map();

function accountOf(request) {
  const header = request.headers["x-account"];
  if (!header) return undefined;
  const claims = JSON.parse(Buffer.from(header, "base64").toString("utf8"));
  accounts.set(claims.sub, claims);
  return claims;
}

// Google is asked to let people choose an account.
const policy = interactionPolicy.base();
policy.add(new interactionPolicy.Prompt({ name: "select_account", requestable: true }), 0);

const provider = new Provider(settings.issuer, {
  clients: settings.clients,
  findAccount: (_, id) => ({ accountId: id, claims: async () => accounts.get(id) }),
  claims: {
    openid: ["sub", "amr", "acr"],
    email: ["email", "email_verified", "hd"],
    profile: ["name"],
  },
  // Some providers put everything into the ID token, others want the user info
  // to be asked.
  conformIdTokenClaims: !settings.claimsInToken,
  cookies: { keys: ["not a secret: this provider lives for one test"] },
  features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
  interactions: { policy, url: (_, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  issueRefreshToken: async (_, client, code) => client.grantTypeAllowed("refresh_token") && code.scopes.has("offline_access"),
  scopes: ["openid", "offline_access", "email", "profile"],
  ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, RefreshToken: 600, Session: 600 },
});

async function interact(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  const claims = accountOf(request);
  if (!claims) {
    await provider.interactionFinished(request, response, {
      error: "access_denied",
      error_description: 'The person pressed <b onclick="x()">cancel</b>.',
    });
    return;
  }
  if (prompt.name === "select_account") {
    await provider.interactionFinished(request, response, { select_account: {} });
    return;
  }
  if (prompt.name === "login") {
    await provider.interactionFinished(request, response, {
      login: { accountId: claims.sub, acr: claims.acr, amr: claims.amr },
    });
    return;
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

const rest = provider.callback();
createServer((request, response) => {
  if (request.url.startsWith("/interaction/")) {
    interact(request, response).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
    return;
  }
  rest(request, response);
}).listen(settings.port, "127.0.0.1");
