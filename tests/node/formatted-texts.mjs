// Shows formatted texts as the API gives them in a real browser: none of them may run a script or ask for anything.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Browser, given } from './browser.mjs';

const [url, folder, file] = given('URL', 'FOLDER', 'FILE');
const texts = JSON.parse(await readFile(file, 'utf8'));
const browser = await Browser.start(url, folder);

await browser.tell(async () => {
  const page = await browser.page('about:blank');
  const dialogs = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    return dialog.dismiss();
  });
  const show = async (html) => {
    await page.setContent(`<!DOCTYPE html><title>A text</title><body>${html}`);
    // Whatever wants to be hovered, focused or scrolled to gets it.
    await page.evaluate(() => {
      for (const element of document.body.querySelectorAll('*')) {
        for (const kind of ['mouseover', 'mouseenter', 'pointerenter', 'focus', 'wheel', 'animationstart']) {
          element.dispatchEvent(new Event(kind));
        }
      }
    });
  };
  await show('<p onmouseover="alert(\'seen\')">x</p>');
  assert.deepEqual(dialogs.splice(0), ['seen'], 'what runs would be noticed');
  for (const html of texts) {
    await show(html);
    assert.deepEqual(dialogs, [], html);
    const names = await page.evaluate(() => [...document.querySelectorAll('body *')].flatMap((e) => [
      e.localName, ...e.getAttributeNames(),
    ]));
    const allowed = /^(p|br|strong|b|em|i|s|del|strike|h[1-4]|ul|ol|li|table|thead|tbody|tr|th|td|blockquote|hr|pre|code|a|href|rel|target|style|colspan|rowspan|start)$/;
    assert.deepEqual(names.filter((name) => !allowed.test(name)), [], html);
  }
});
