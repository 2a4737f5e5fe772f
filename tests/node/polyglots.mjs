// Opens links to files that are also something else in a real browser: each is saved, and none becomes a page or runs.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Browser, given } from './browser.mjs';

const [url, folder, file] = given('URL', 'FOLDER', 'FILE');
const files = JSON.parse(await readFile(file, 'utf8'));
const browser = await Browser.start(url, folder);

await browser.tell(async () => {
  const page = await browser.page('about:blank');
  const dialogs = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    return dialog.dismiss();
  });
  await page.setContent('<script>alert("seen")</script>');
  assert.deepEqual(dialogs.splice(0), ['seen'], 'what runs would be noticed');
  for (const { path, bytes } of files) {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      // Whoever opens what is saved stays where they were, which the driver calls a failure.
      page.goto(url + path).catch(() => {}),
    ]);
    const saved = await readFile(await download.path());
    assert.equal(saved.toString('base64'), bytes);
    assert.equal(page.url(), 'about:blank');
    assert.deepEqual(dialogs, [], path);
  }
});
