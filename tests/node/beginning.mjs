// How a clinic begins, in a browser: node beginning.mjs URL LINK FOLDER
//
// LINK is what `tidings create-organization` has printed; FOLDER takes the browser's profile, and a picture of each page.
import assert from 'node:assert/strict';
import { Browser, given } from './browser.mjs';

const EMAIL = 'office@riverside.example';
const PASSWORD = 'a password of the office';

const [url, link, folder] = given('URL', 'LINK', 'FOLDER');
const browser = await Browser.start(url, folder);

async function ask(query, variables, token) {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...token && { authorization: `Bearer ${token}` } },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

async function thePasswordIsChosenOnce() {
  const page = await browser.page(link);
  await page.getByRole('button', { name: 'Continue' }).click();
  const password = page.getByLabel('New password');
  assert.ok(await password.evaluate((field) => field === document.activeElement), 'the cursor is not in the field');
  await password.fill(PASSWORD);
  await browser.picture(page, 'password');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.getByText('Your password is set.').waitFor();
  await browser.picture(page, 'password-set');
}

async function signIn() {
  const { signIn } = await ask(
    'mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken } errors { message } } }',
    { input: { organization: 'riverside', email: EMAIL, password: PASSWORD } },
  );
  return signIn.session.accessToken;
}

async function theTokenIsUsedOnTheTryItPage(token) {
  const page = await browser.page(url);
  const answer = page.locator('.result-window');
  const execute = page.getByRole('button', { name: /^Execute query/ });
  await execute.click();
  await answer.filter({ hasText: '"version"' }).waitFor();
  await page.getByLabel('Access token').fill(token);
  await page.getByRole('button', { name: 'Use it' }).click();
  await browser.picture(page, 'token');
  const editor = page.locator('.graphiql-query-editor .CodeMirror');
  await editor.evaluate((element) => element.CodeMirror.setValue('{ me { ... on StaffMember { email } } }'));
  await execute.click();
  await answer.filter({ hasText: EMAIL }).waitFor();
}

async function aPatientAccepts(token) {
  const { createPatient } = await ask(
    'mutation ($input: CreatePatientInput!) { createPatient(input: $input) { patient { id } errors { message } } }',
    { input: { name: 'Maria Santos', dateOfBirth: '1968-04-12', email: 'maria@riverside.example' } }, token,
  );
  const patientId = createPatient.patient.id;
  await ask('mutation ($input: InvitePatientInput!) { invitePatient(input: $input) { errors { message } } }',
    { input: { patientId } }, token);
  let sent;
  do {
    const { developmentOutbox } = await ask('{ developmentOutbox { nodes { text } } }', {}, token);
    [sent] = developmentOutbox.nodes;
  } while (!sent);
  const page = await browser.page(/https?:\S+/.exec(sent.text)[0]);
  assert.ok(!(await page.content()).includes('Maria'), 'the page names the patient');
  await browser.picture(page, 'invited');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('I agree').check();
  await browser.picture(page, 'invitation');
  await page.getByRole('button', { name: 'Accept' }).click();
  await page.getByText('Thank you.').waitFor();
  const { patient } = await ask('query ($id: ID!) { patient(id: $id) { enrolledAt } }', { id: patientId }, token);
  assert.ok(patient.enrolledAt);
}

await browser.tell(async () => {
  await thePasswordIsChosenOnce();
  const token = await signIn();
  await theTokenIsUsedOnTheTryItPage(token);
  await aPatientAccepts(token);
});
