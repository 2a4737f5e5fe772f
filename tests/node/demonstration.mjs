// The pages of a demonstration, in a browser: node demonstration.mjs URL FOLDER
//
// FOLDER takes the browser's profile, and a picture of each page.
import assert from 'node:assert/strict';
import { Browser, given } from './browser.mjs';

const PATIENCE = 20_000;
const MESSAGE = 'make me a little dizzy';
const NURSE = { email: 'nurse@riverside.example', password: 'riverside-nurse-demo' };

const [url, folder] = given('URL', 'FOLDER');
const browser = await Browser.start(url, folder);

/** What the try-it page has for one person. */
class Panel {
  constructor(page, person) {
    this.tab = page.getByRole('tab', { name: person });
    this.panel = page.getByRole('tabpanel', { name: person });
  }

  async choose() {
    await this.tab.click();
    await this.panel.locator('.graphiql-query-editor .CodeMirror').waitFor();
  }

  async run(example) {
    await this.panel.getByRole('button', { name: example, exact: true }).click();
    // GraphiQL takes a moment to see which operation the text in its editor holds now.
    await this.#until('.graphiql-query-editor', (editor, name) => editor.operationName === name, example);
    await this.panel.getByRole('button', { name: /^Execute query/ }).click();
  }

  /** Waits for an answer that holds these words, whether or not they are scrolled into sight. */
  answer(words) {
    return this.#until('.result-window', (editor, expected) => editor.getValue().includes(expected), words);
  }

  async #until(place, holds, value) {
    const editor = await this.panel.locator(`${place} .CodeMirror`).evaluateHandle((element) => element.CodeMirror);
    const deadline = Date.now() + PATIENCE;
    while (!await editor.evaluate(holds, value)) {
      assert.ok(Date.now() < deadline, `waited in vain for ${value} in ${place}`);
    }
  }
}

/** Asks the API as the nurse, beside all pages. */
async function asNurse(query) {
  const ask = async (body, headers = {}) => {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body),
    });
    const { data, errors } = await answer.json();
    assert.equal(errors, undefined);
    return data;
  };
  const { signIn } = await ask({
    query: 'mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken } } }',
    variables: { input: { organization: 'riverside', ...NURSE } },
  });
  return ask({ query }, { authorization: `Bearer ${signIn.session.accessToken}` });
}

async function unread() {
  const { inbox } = await asNurse('{ inbox(search: "Maria") { nodes { unreadCount } } }');
  return inbox.nodes[0].unreadCount;
}

async function everybodyIsSignedIn(page) {
  for (const [person, role, example, words] of [
    ['Nina Keller', 'Nurse', 'Inbox', 'Maria Santos'],
    ['Omar Haddad', 'Doctor off the team', 'Search', 'Martin Olsen'],
    ['Alma Brandt', 'Administrator', 'Me', 'Practice manager'],
    ['Maria Santos', 'Patient', 'Chat', 'tablets with coffee'],
  ]) {
    const panel = new Panel(page, person);
    await panel.choose();
    assert.ok((await panel.tab.innerText()).includes(role));
    await panel.run(example);
    await panel.answer(words);
  }
  assert.equal(await page.locator('#people [role=tab]').count(), 4);
}

async function tabsAreReachedByKeys(page) {
  const nurse = new Panel(page, 'Nina Keller');
  await nurse.tab.click();
  await page.keyboard.press('ArrowLeft');
  const patient = new Panel(page, 'Maria Santos');
  assert.equal(await patient.tab.getAttribute('aria-selected'), 'true');
  assert.ok(await patient.panel.isVisible() && !await nurse.panel.isVisible());
}

/** The subscription goes on while another person is shown. */
async function aMessageAlertsTheOtherTab(page) {
  const [nurse, patient] = [new Panel(page, 'Nina Keller'), new Panel(page, 'Maria Santos')];
  await nurse.choose();
  const sockets = page.waitForEvent('websocket').then((socket) => socket.waitForEvent('framesent', {
    predicate: ({ payload }) => String(payload).includes('"subscribe"'),
  }));
  await nurse.run('Alerts');
  await sockets;
  await patient.choose();
  await patient.run('Write');
  await patient.answer('sequence');
  await nurse.choose();
  await nurse.answer(MESSAGE);
}

/** Finds the notification of the message in the outbox, and returns its link. */
async function theOutboxShowsTheNotification(page) {
  const mail = page.locator('article', { hasText: NURSE.email }).first();
  while (!await mail.isVisible()) await page.reload();
  const words = await mail.innerText();
  assert.ok(!words.includes(MESSAGE) && !words.includes('Maria'), words);
  return mail.getByRole('link').getAttribute('href');
}

/** Whoever writes for a long time sends a token that counts no more: to the server it is as if there were none. */
function sendWithEndedToken(route) {
  const { authorization, ...headers } = route.request().headers();
  assert.ok(authorization);
  return route.continue({ headers });
}

async function theLinkLeadsToTheConversation(link) {
  const before = await unread();
  const asked = [];
  const page = await browser.page('about:blank');
  page.on('request', (request) => asked.push(request.method()));
  await page.goto(link);
  await page.getByRole('heading', { name: 'Riverside Family Clinic' }).waitFor();
  assert.ok(!(await page.content()).includes('Maria'), 'the page names the patient');
  assert.deepEqual([...new Set(asked)], ['GET']);
  assert.equal(await unread(), before, 'opening the link has read the message');
  await browser.picture(page, 'link');

  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Password').fill('not the password');
  await page.getByLabel('E-mail address', { exact: true }).fill(NURSE.email);
  await browser.picture(page, 'sign-in');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('status').filter({ hasNotText: 'Sign in to read' }).waitFor();
  assert.equal(await unread(), before, 'whoever did not sign in has read the message');
  await browser.picture(page, 'refused');
  await page.getByLabel('Password').fill(NURSE.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('article', { hasText: MESSAGE }).waitFor();
  await page.route('**/graphql', (route) => sendWithEndedToken(route), { times: 1 });
  await page.getByLabel('Your answer').fill('Please come by this afternoon.');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('article', { hasText: 'Please come by this afternoon.' }).waitFor();
  assert.equal(await unread(), 0);
  await browser.picture(page, 'conversation');
}

await browser.tell(async () => {
  const page = await browser.page(url);
  await everybodyIsSignedIn(page);
  await tabsAreReachedByKeys(page);
  await aMessageAlertsTheOtherTab(page);
  await browser.picture(page, 'try-it');

  const popup = page.waitForEvent('popup');
  await page.getByRole('link', { name: 'E-mails and texts' }).click();
  const outbox = await popup;
  const link = await theOutboxShowsTheNotification(outbox);
  await browser.picture(outbox, 'outbox');
  await theLinkLeadsToTheConversation(link);
});
