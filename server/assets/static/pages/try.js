// The try-it page: one tab for each person, each with a GraphiQL of its own and a token that is kept fresh.
import { fetcherFor } from "./fetcher.js";
import { Session } from "./session.js";

const status = document.getElementById("status");
const panels = document.getElementById("panels");
const { createElement } = window.React;

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

/** Puts GraphiQL into a panel. Whoever's turn it is, it stays there: a subscription goes on while others are shown. */
function show(panel, session, tabs) {
  window.ReactDOM.createRoot(panel).render(createElement(window.GraphiQL, {
    fetcher: fetcherFor(session),
    defaultTabs: tabs,
    storage: new Memory(),
    forcedTheme: "light",
    shouldPersistHeaders: false,
    isHeadersEditorEnabled: false,
  }));
}

function say(words) {
  status.textContent = words;
}

function addPanel() {
  const panel = document.createElement("section");
  panels.append(panel);
  return panel;
}

/** Brings a person to the front. What takes its time ends unseen if another one is chosen meanwhile. */
async function open(person) {
  for (const panel of panels.children) panel.hidden = panel !== person.panel;
  const sayHere = (words) => { if (!person.panel.hidden) say(words); };
  try {
    if (!person.examples) {
      sayHere(`Signing in as ${person.label} …`);
      await person.session.token();
      person.examples = await examples(person.kind, person.words);
    }
    sayHere(person.about);
    // The editor measures itself when it is made, so it is made where it can be seen.
    if (!person.panel.hidden && !person.panel.hasChildNodes()) show(person.panel, person.session, person.examples);
  } catch (error) {
    sayHere(error.message);
  }
}

/** What the page keeps of someone whom the server names. */
function inPlace(given, number) {
  const panel = addPanel();
  panel.id = `panel-${number}`;
  panel.hidden = true;
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", `tab-${number}`);
  const { label, role, about, conversation, message, patient } = given;
  return {
    label, role, about, panel,
    session: new Session(given),
    kind: given.examples,
    examples: null,
    words: {
      CONVERSATION_ID: () => conversation,
      MESSAGE_ID: () => message,
      PATIENT_ID: () => patient,
      IDEMPOTENCY_KEY: () => crypto.randomUUID(),
    },
  };
}

function tab(person, number) {
  const button = document.createElement("button");
  button.type = "button";
  button.id = `tab-${number}`;
  button.setAttribute("role", "tab");
  button.setAttribute("aria-controls", person.panel.id);
  const role = document.createElement("small");
  role.textContent = person.role;
  button.append(person.label, role);
  button.addEventListener("click", () => {
    for (const other of button.parentElement.children) {
      other.setAttribute("aria-selected", String(other === button));
      other.tabIndex = other === button ? 0 : -1;
    }
    open(person);
  });
  return button;
}

/** The arrow keys, Home and End go from one tab to another. */
function goByKeys(event) {
  const tabs = [...event.currentTarget.children];
  const here = tabs.indexOf(event.target.closest("[role=tab]"));
  const next = {
    ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: tabs.length - 1,
  }[event.key];
  if (here < 0 || next === undefined) return;
  event.preventDefault();
  const chosen = tabs.at(next % tabs.length);
  chosen.focus();
  chosen.click();
}

function askForToken() {
  const form = document.getElementById("token-form");
  let token = null;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    token = document.getElementById("token").value.trim() || null;
    say(token ? "The token is used from now on, and kept nowhere." : "Nothing is sent along from now on.");
  });
  show(addPanel(), { token: async () => token }, [{ query: "{\n  version\n}\n" }]);
}

async function begin() {
  if (document.body.dataset.demonstration !== "true") {
    askForToken();
    return;
  }
  document.getElementById("outbox").hidden = false;
  const people = JSON.parse(await text("/demo/people")).map(inPlace);
  const tabs = document.getElementById("people");
  tabs.hidden = false;
  tabs.append(...people.map(tab));
  tabs.addEventListener("keydown", goByKeys);
  tabs.firstElementChild?.click();
}

begin().catch((error) => say(error.message));
