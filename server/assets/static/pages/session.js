// A signed-in person: an access token that is renewed before it expires.

const SIGN_IN = `mutation ($input: SignInInput!) {
  signIn(input: $input) { session { accessToken accessTokenExpiresAt refreshToken } errors { message } }
}`;
const REFRESH = `mutation ($input: RefreshSessionInput!) {
  refreshSession(input: $input) { session { accessToken accessTokenExpiresAt refreshToken } errors { message } }
}`;
/** Tokens with less time than this are renewed, in milliseconds. */
const SPARE = 60_000;

async function ask(query, field, input) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const answer = await response.json();
  const payload = answer.data?.[field];
  if (!payload?.session) {
    throw new Error(payload?.errors?.[0]?.message ?? answer.errors?.[0]?.message ?? "Signing in failed.");
  }
  return payload.session;
}

export class Session {
  #person;
  #tokens = null;
  #underway = null;

  constructor(person) {
    this.#person = person;
  }

  /** A token that is good for a while. Whoever asks while it is being renewed waits for the same one. */
  async token() {
    if (this.#tokens && Date.parse(this.#tokens.accessTokenExpiresAt) - Date.now() > SPARE) {
      return this.#tokens.accessToken;
    }
    this.#underway ??= this.#renew().finally(() => { this.#underway = null; });
    this.#tokens = await this.#underway;
    return this.#tokens.accessToken;
  }

  async #renew() {
    const { organization, email, password } = this.#person;
    if (this.#tokens) {
      try {
        return await ask(REFRESH, "refreshSession", { refreshToken: this.#tokens.refreshToken });
      } catch {
        // The session has ended, as after a restart of the demonstration on new data.
      }
    }
    return ask(SIGN_IN, "signIn", { organization, email, password });
  }
}
