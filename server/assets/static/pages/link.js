// Where the link of a notification leads: signing in, and then to the conversation, the invitation or a new password.
// Nothing happens before the person asks for it, so a scanner that opens the page changes nothing.

const token = location.pathname.split("/").pop();
const { clinic, leadsTo } = document.body.dataset;
const step = document.getElementById("step");
const status = document.getElementById("status");
let session = null;

async function post(query, variables, bearer) {
  const headers = { "content-type": "application/json", accept: "application/json" };
  if (bearer) headers.authorization = `Bearer ${bearer}`;
  const response = await fetch("/graphql", {
    method: "POST", headers, body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

const hasCode = (answer, code) => (answer.errors ?? []).some((error) => error.extensions?.code === code);

/** Whoever writes for longer than a token is good for goes on with a fresh one, and loses no word. */
async function ask(query, variables = {}) {
  let answer = await post(query, variables, session?.accessToken);
  if (session && hasCode(answer, "UNAUTHENTICATED")) {
    const input = { refreshToken: session.refreshToken };
    const renewed = await post(`mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) {
      session { accessToken refreshToken } } }`, { input });
    session = renewed.data?.refreshSession?.session ?? session;
    answer = await post(query, variables, session.accessToken);
  }
  if (answer.errors) {
    const ended = hasCode(answer, "NOT_FOUND");
    throw new Error(ended ? "This link is not for this account, or is no longer valid." : answer.errors[0].message);
  }
  return answer.data;
}

/** Runs a mutation with one input; what the person can mend is thrown as a sentence. */
async function change(field, type, selection, input) {
  const query = `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} errors { message } } }`;
  const payload = (await ask(query, { input }))[field];
  if (payload.errors.length > 0) throw new Error(payload.errors[0].message);
  return payload;
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function field(label, properties) {
  return element("label", {}, label, element("input", { required: true, ...properties }));
}

/** Shows a form; `submit` gets its values, and what it throws is shown above. */
function form(button, submit, ...fields) {
  const shown = element("form", {}, ...fields, element("button", {}, button));
  shown.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => submit(Object.fromEntries(new FormData(shown))));
  });
  return shown;
}

async function attempt(work) {
  for (const button of step.querySelectorAll("button")) button.disabled = true;
  try {
    await work();
  } catch (error) {
    status.textContent = error.message;
    status.className = "problem";
    status.scrollIntoView({ block: "nearest" });
  } finally {
    for (const button of step.querySelectorAll("button")) button.disabled = false;
  }
}

/** Shows the next step, and puts the cursor where it begins: what had it before is gone. */
function say(sentence, ...shown) {
  status.textContent = sentence;
  status.className = "";
  step.replaceChildren(...shown);
  (step.querySelector("input, button") ?? status).focus();
}

const SIGNED_IN = "session { accessToken refreshToken } choices { id name }";

/** Tries to sign in; where several people share the credentials, the person chooses. */
async function signIn(mutation, type, input) {
  const { session: opened, choices } = await change(mutation, type, SIGNED_IN, { organization: clinic, ...input });
  if (opened) {
    session = opened;
    return showConversation();
  }
  say("Who are you?", ...choices.map(({ id, name }) => {
    const button = element("button", { type: "button" }, name);
    button.addEventListener("click", () => attempt(() => signIn(mutation, type, { ...input, person: id })));
    return button;
  }));
}

function offerSignIn() {
  const contact = { name: "contact", autocomplete: "username" };
  const withPassword = form("Sign in", ({ email, password }) =>
    signIn("signIn", "SignInInput", { email, password }),
    field("E-mail address", { name: "email", type: "email", autocomplete: "username" }),
    field("Password", { name: "password", type: "password", autocomplete: "current-password" }));
  const withCode = form("Send me a code", async ({ contact }) => {
    await change("requestSignInCode", "RequestSignInCodeInput", "", { organization: clinic, contact });
    say("If this address or number is known to the clinic, a code is on its way.",
      form("Sign in", ({ code }) => signIn("signInWithCode", "SignInWithCodeInput", { contact, code }),
        field("Code", { name: "code", inputMode: "numeric", autocomplete: "one-time-code" })));
  }, field("Or your e-mail address or mobile number, for a code", contact));
  say("Sign in to read your message.", withPassword, withCode);
}

/** An internal note must not be taken for a message that the patient reads. */
function shownMessage({ kind, author, body, createdAt }) {
  const when = new Date(createdAt).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  const note = kind === "NOTE";
  return element("article", { className: note ? "note" : "" },
    element("p", { className: "by" }, `${author.name}, `, element("time", { dateTime: createdAt }, when),
      note ? " · internal note, not shown to the patient" : ""),
    element("p", { className: "body" }, body));
}

async function showConversation() {
  const { me, link } = await ask(`query ($token: String!) { me { __typename } link(token: $token) { conversation {
    id patient { name } messages(last: 50) { nodes { id kind body createdAt author { name } } } } } }`, { token });
  const { id, patient, messages } = link.conversation;
  const last = messages.nodes.at(-1);
  if (last) {
    const input = { conversationId: id, messageId: last.id };
    await ask("mutation ($input: MarkReadInput!) { markRead(input: $input) { sequence } }", { input });
  }
  const idempotencyKey = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16)).join("-");
  const reply = form("Send", async ({ body }) => {
    await change("sendMessage", "SendMessageInput", "", { conversationId: id, body, idempotencyKey });
    await showConversation();
  }, element("label", {}, "Your answer", element("textarea", { name: "body", required: true, rows: 4, maxLength: 20000 })));
  const shown = messages.nodes.map(shownMessage);
  say(me.__typename === "Patient" ? "Your conversation with the clinic:" : `The conversation with ${patient.name}:`, ...shown, reply);
  status.focus({ preventScroll: true });
  shown.at(-1)?.scrollIntoView({ block: "center" });
}

async function showInvitation() {
  const { invitation } = await ask(`query ($token: String!, $language: String) {
    invitation(token: $token, language: $language) { wording wordingVersion language } }`,
  { token, language: navigator.language });
  const accept = form("Accept", async ({ consent }) => {
    await change("acceptInvitation", "AcceptInvitationInput", "", {
      token, consent: consent === "on",
      wordingVersion: invitation.wordingVersion, language: invitation.language,
    });
    say("Thank you. You can now use the clinic's portal. You sign in with a code that it sends to you.");
  },
  element("p", { className: "body", lang: invitation.language }, invitation.wording),
  field("I agree", { name: "consent", type: "checkbox" }));
  say("The clinic invites you to its portal.", accept);
}

function offerPassword() {
  say("Choose a password.", form("Set the password", async ({ password }) => {
    await change("setPassword", "SetPasswordInput", "passwordSet", { token, password });
    say("Your password is set. You can sign in with it now.");
  }, field("New password (at least 12 characters)", {
    name: "password", type: "password", minLength: 12, autocomplete: "new-password",
  })));
}

const BEGIN = { CONVERSATION: offerSignIn, INVITATION: showInvitation, PASSWORD: offerPassword };
document.getElementById("begin").addEventListener("click", () => attempt(BEGIN[leadsTo]));
