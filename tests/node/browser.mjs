// A real browser for the scripts beside this one. It reaches nothing but this machine, and whatever a page asks of
// elsewhere, breaks of its policy or complains of on its console is noted.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const DESK = { width: 1280, height: 800 };
export const PHONE = { width: 375, height: 740 };

export class Browser {
  #context;
  #folder;
  #complaints = [];

  /** Starts a browser whose profile and pictures are in `folder`; all its pages have to come from `url`. */
  static async start(url, folder) {
    const browser = new Browser();
    browser.#folder = folder;
    browser.#context = await chromium.launchPersistentContext(join(folder, 'profile'), {
      executablePath: required('TIDINGS_TEST_CHROMIUM'),
      headless: true,
      viewport: DESK,
      env: { ...process.env, HOME: folder },
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-sync',
        '--disable-background-networking', '--disable-component-update',
        '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
      ],
    });
    browser.#watch(new URL(url));
    return browser;
  }

  #watch(home) {
    const complain = (what) => this.#complaints.push(what);
    const check = (address) => {
      const { protocol, host } = new URL(address);
      if (!['data:', 'blob:'].includes(protocol) && host !== home.host) complain(`asked elsewhere: ${address}`);
    };
    this.#context.on('request', (request) => check(request.url()));
    this.#context.on('page', (page) => page.on('websocket', (socket) => check(socket.url())));
    this.#context.on('weberror', (event) => complain(`failed: ${event.error()}`));
    this.#context.on('console', (message) => {
      // A violated policy is an error on the console as well.
      if (['error', 'warning'].includes(message.type())) complain(`${message.type()}: ${message.text()}`);
    });
  }

  async page(address, viewport = DESK) {
    const page = await this.#context.newPage();
    await page.setViewportSize(viewport);
    await page.goto(address);
    return page;
  }

  /** Keeps a picture for people, at the size of a desk and of a phone, where nothing may stick out at the side. */
  async picture(page, name) {
    for (const [suffix, viewport] of [['phone', PHONE], ['desk', DESK]]) {
      await page.setViewportSize(viewport);
      const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(tooWide <= 0, `${name} sticks out by ${tooWide} pixels at the width of a ${suffix}`);
      await page.screenshot({ path: join(this.#folder, `${name}-${suffix}.png`) });
    }
  }

  /** Runs a story to its end; one that fails leaves a picture of every page. */
  async tell(story) {
    try {
      await story();
    } catch (error) {
      for (const [number, page] of this.#context.pages().entries()) {
        await page.screenshot({ path: join(this.#folder, `failed-${number}.png`) });
      }
      throw error;
    }
    await this.#finish();
  }

  /** Ends the browser; fails if there was anything to complain of. */
  async #finish() {
    await this.#context.close();
    assert.deepEqual(this.#complaints, []);
  }
}

/** The values of `names` on the command line. */
export function given(...names) {
  const values = process.argv.slice(2);
  if (values.length !== names.length) {
    console.error(`usage: node ${process.argv[1]} ${names.join(' ')}`);
    process.exit(2);
  }
  return values;
}

function required(variable) {
  const value = process.env[variable];
  assert.ok(value, `${variable} does not name a browser: run the tests with ./tests/run`);
  return value;
}
