// The try-it page: one tab for each person, each with a GraphiQL of its own and a token that is kept fresh.
import { fetcherFor } from "./fetcher.js";
import { Session } from "./session.js";

const status = document.getElementById("status");
const { createElement } = window.React;
const root = window.ReactDOM.createRoot(document.getElementById("graphiql"));

/** What GraphiQL remembers, for as long as the page is open. */
class Memory {
  #items = new Map();
  get length() { return this.#items.size; }
  getItem(key) { return this.#items.get(key) ?? null; }
  setItem(key, value) { this.#items.set(key, String(value)); }
  removeItem(key) { this.#items.delete(key); }
  clear() { this.#items.clear(); }
  key(index) { return [...this.#items.keys()][index] ?? null; }
}

async function text(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.text();
}

/** Examples stand in one file for each kind of person, divided by lines of `# ---`; ids are filled in here. */
async function examples(name, words) {
  const source = await text(`/assets/examples/${name}.graphql`);
  return source.split(/^# ---$/m).map((example) => ({
    query: example.trim().replace(/\b[A-Z]+_(ID|KEY)\b/g, (word) => words[word]?.() ?? word),
  }));
}

function show(key, session, tabs, storage) {
  root.render(createElement(window.GraphiQL, {
    key,
    fetcher: fetcherFor(session),
    defaultTabs: tabs,
    storage,
    forcedTheme: "light",
    shouldPersistHeaders: false,
    isHeadersEditorEnabled: false,
  }));
}

function say(words) {
  status.textContent = words;
}

async function openPerson(person) {
  person.session ??= new Session(person);
  person.storage ??= new Memory();
  say(`Signing in as ${person.label} …`);
  await person.session.token();
  person.tabs ??= await examples(person.examples, {
    CONVERSATION_ID: () => person.conversation,
    MESSAGE_ID: () => person.message,
    PATIENT_ID: () => person.patient,
    IDEMPOTENCY_KEY: () => crypto.randomUUID(),
  });
  show(person.email, person.session, person.tabs, person.storage);
  say(person.about);
}

function tab(person) {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("role", "tab");
  const role = document.createElement("small");
  role.textContent = person.role;
  button.append(person.label, role);
  button.addEventListener("click", async () => {
    for (const other of button.parentElement.children) {
      other.setAttribute("aria-selected", String(other === button));
    }
    try {
      await openPerson(person);
    } catch (error) {
      say(error.message);
    }
  });
  return button;
}

function askForToken() {
  const form = document.getElementById("token-form");
  const storage = new Memory();
  const tabs = [{ query: "{\n  version\n}\n" }];
  const withToken = (token) => show("token", { token: async () => token }, tabs, storage);
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    withToken(document.getElementById("token").value.trim() || null);
    say("The token is used from now on, and kept nowhere.");
  });
  withToken(null);
}

async function begin() {
  const response = await fetch("/demo/people");
  if (!response.ok) {
    askForToken();
    return;
  }
  document.getElementById("outbox").hidden = false;
  const people = await response.json();
  const tabs = document.getElementById("people");
  tabs.append(...people.map(tab));
  tabs.firstElementChild?.click();
}

begin().catch((error) => say(error.message));
