// SPDX-License-Identifier: MIT
// Checks of the page in Chromium: page_driver.mjs BROWSER.json; see driving.py. A line of standard input asks for one, with
// its settings; the answer is what it says, and a line {"passed": ...}. All use one browser, each a context of its own,
// which shares nothing with others.
import { createRequire } from 'node:module';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

const { modules, chromium, profile } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const require = createRequire(`${modules}/any.js`);
const puppeteer = require('puppeteer-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const sizes = {
  desktop: { width: 1360, height: 860 },
  phone: { width: 390, height: 844, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
};

sizes.narrow = { ...sizes.phone, width: 320, height: 568 };

const browser = await puppeteer.launch({
  executablePath: chromium,
  headless: true,
  userDataDir: profile,
  args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
});
const faults = [];
let settings, context, page;

// A page that notes errors, and requests to elsewhere.
async function openPage({ size = 'desktop', bypass = false } = {}) {
  page = await context.newPage();
  page.setDefaultTimeout(60000); // in case the machine is busy
  const session = await page.createCDPSession();
  await session.send('Network.setUserAgentOverride', {
    userAgent: await browser.userAgent(),
    acceptLanguage: settings.language,
  });
  await page.setViewport(sizes[size]);
  if (bypass) await page.setBypassCSP(true); // for axe, which is put into the page
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  page.on(
    'console',
    (message) => ['error', 'warn'].includes(message.type()) && faults.push(`console: ${message.text()}`),
  );
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:', 'about:'].includes(url.protocol) && url.origin !== new URL(settings.address).origin)
      faults.push(`request to ${url}`);
  });
  return page;
}

async function go(hash = '') {
  await page.goto('about:blank'); // or only the part behind # would change
  await page.goto(settings.address + hash, { waitUntil: 'load' });
  await page.waitForSelector('.bar input.words');
}

const until = (check, ...values) => page.waitForFunction(check, { timeout: 60000, polling: 30 }, ...values);
const text = (selector) => page.$eval(selector, (element) => element.textContent);
// Without the library's identity.
const hash = () => page.evaluate(() => decodeURIComponent(location.hash).replace(/&of=[^&]*|(?<=#)of=[^&]*&?/, ''));
const firstCard = '.card[aria-posinset="1"]:not([hidden]):not(.waiting)';

// Seconds of "1:02.5".
const seconds = (clock) =>
  clock
    .trim()
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);

async function ask(words, comes = firstCard) {
  await page.focus('.bar input.words');
  await page.keyboard.type(words);
  await page.keyboard.press('Enter');
  await page.waitForSelector(comes);
}

// Requests whose address has one of these parts wait so many milliseconds; of pages that are opened after it.
const slowDown = (parts, ms) =>
  page.evaluateOnNewDocument(
    (slow, time) => {
      const really = window.fetch;
      window.fetch = async (address, options) => {
        if (slow.some((part) => String(address).includes(part))) await new Promise((done) => setTimeout(done, time));
        return really(address, options);
      };
    },
    parts,
    ms,
  );

// Addresses of what the page asks for, from now on.
function requests(pattern) {
  const seen = [];
  page.on('request', (request) => pattern.test(request.url()) && seen.push(request.url()));
  return seen;
}

// Opens a link with moments for the bin, and puts them there.
async function takeLink(link) {
  await go(link);
  await page.click('.sheet .primary');
  await page.waitForSelector('.bin-row');
}

async function firstTime() {
  return seconds(await text(`${firstCard} .card-time`));
}

async function openFirst() {
  await page.waitForSelector(firstCard);
  await page.click(`${firstCard} .card-open`);
  await until(() => document.querySelector('.player video')?.readyState >= 2);
}

const videoTime = () => page.$eval('.player video', (video) => video.currentTime);

// Mean difference of the video's picture, or of another one that is shown, from a stored one, 0 to 255, on a canvas of
// 64 x 36.
const difference = (address, shown = '.player video') =>
  page.evaluate(async (from, selector) => {
    const image = new Image();
    image.src = from;
    await image.decode();
    const pixels = (source) => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [64, 36];
      const context = canvas.getContext('2d');
      context.drawImage(source, 0, 0, 64, 36);
      return context.getImageData(0, 0, 64, 36).data;
    };
    const one = pixels(document.querySelector(selector)),
      other = pixels(image);
    let sum = 0;
    for (let i = 0; i < one.length; i++) sum += Math.abs(one[i] - other[i]);
    return sum / (one.length * 0.75);
  }, address, shown);

// The address of the stored picture of a time.
const stored = (time) =>
  page.evaluate(async (at) => {
    const frames = await (await fetch(`api/v1/videos/1/frames?from=${Math.max(0, at - 0.6)}&to=${at + 0.6}`)).json();
    const best = frames.times.reduce(
      (found, one, index) => (Math.abs(one - at) < Math.abs(frames.times[found] - at) ? index : found),
      0,
    );
    return frames.picture.replace('{number}', frames.numbers[best]);
  }, time);

const idsByName = () =>
  page.evaluate(async () =>
    Object.fromEntries((await (await fetch('api/v1/videos')).json()).videos.map((one) => [one.name, one.id])),
  );

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// What a press saves, as files of a folder.
async function saves(press, count = 1) {
  const folder = `${profile}-saved-${performance.now()}`;
  mkdirSync(folder);
  const session = await page.createCDPSession();
  await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder, browserContextId: context.id });
  await press();
  const files = () => readdirSync(folder).filter((name) => !/crdownload$|^\./.test(name));
  for (let turn = 0; turn < 600 && files().length < count; turn++) await pause(100);
  assert.equal(files().length, count, 'a file is saved');
  await pause(100);
  return files().map((name) => `${folder}/${name}`);
}

// Bytes that the page's process has for itself.
function memoryOfPage() {
  const read = (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return ''; // it has ended
    }
  };
  const parents = new Map();
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    parents.set(id, read(`/proc/${id}/stat`).split(') ').pop().split(' ')[1]);
  const isOurs = (id) => id === String(browser.process().pid) || (parents.has(id) && isOurs(parents.get(id)));
  const pages = [...parents.keys()].filter(
    (id) => isOurs(id) && read(`/proc/${id}/cmdline`).includes('--type=renderer'),
  );
  const size = (id) => 1024 * Number(/^Private_Dirty:\s+(\d+)/m.exec(read(`/proc/${id}/smaps_rollup`))?.[1] ?? 0);
  return Math.max(...pages.map(size)); // others are empty
}

// A fault that was wanted, once it is there.
async function wanted(part) {
  for (let turn = 0; turn < 100 && !faults.some((fault) => fault.includes(part)); turn++) await pause(50);
  assert.ok(
    faults.some((fault) => fault.includes(part)),
    `no fault of ${part}`,
  );
  faults.splice(0, faults.length, ...faults.filter((fault) => !fault.includes(part)));
}

async function axe(name) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => window.axe.run(document));
  assert.deepEqual(
    violations.map((one) => `${name}: ${one.id}: ${one.nodes[0].html.slice(0, 200)}`),
    [],
  );
}

const checks = {
  async text() {
    await openPage();
    await go();
    await page.waitForSelector('.tile img');
    await page.focus('.bar input.words');
    await page.keyboard.type('a pizza');
    await page.keyboard.press('Enter');
    await page.waitForSelector(firstCard);
    await go();
    await page.keyboard.press('/');
    await page.keyboard.type('a rocket');
    const start = performance.now();
    await page.keyboard.press('Enter');
    await page.waitForSelector(firstCard, { polling: 'mutation' });
    console.log(`first result ${(performance.now() - start).toFixed(0)} ms after Enter`);
    const time = await firstTime();
    assert.ok(time >= 12 && time < 15, `the rocket is at ${time}`);
    assert.equal(await hash(), '#text=a+rocket');
    assert.match(await text('.said'), /moments/);
    assert.equal(await page.title(), 'a rocket · reelvec');
    // A negative term, a filter, and what is written about a query without hits.
    await ask('-a pizza after:20 before:1:00');
    await until(() => location.hash.includes('before=60'));
    assert.equal(await hash(), '#text=a+rocket&not=a+pizza&after=20&before=60');
    assert.equal((await page.$$('.chip')).length, 4);
    const between = (time) => time >= 20 && time <= 60; // the cards of the query before stay until its own come
    for (let turn = 0; turn < 100 && !between(await firstTime()); turn++) await pause(50);
    assert.ok(between(await firstTime()));
    await go('#text=a+rocket&min_score=2');
    await page.waitForSelector('.note:not([hidden]) h2');
    assert.match(await text('.note'), /Nothing found.*filters/);
    // Markup stays text.
    await go(`#text=${encodeURIComponent('<img src=x onerror=alert(1)>')}`);
    await page.waitForSelector('.chip-text');
    assert.equal(await text('.chip-text'), '<img src=x onerror=alert(1)>');
    // The query is offered again, and can be kept.
    await go('#text=a+rocket');
    await page.click('.star');
    await go();
    await page.waitForSelector('.home-queries .query-row');
    assert.match(await text('.home-queries'), /Saved.*a rocket.*Recent/);
    await page.click('.home-queries .query-row');
    await page.waitForSelector(firstCard);
    await page.goBack();
    await page.waitForSelector('.home');
  },

  async sequence() {
    await openPage();
    await go();
    await ask('a rocket >> a pizza');
    assert.equal(await hash(), '#text=a+rocket&then=1&text=a+pizza');
    assert.equal(await text('.then'), 'then');
    assert.match(await text(`${firstCard} .card-span`), /^0:1[2-4] – 0:(1[89]|20)$/);
    await page.click('.chip .chip-close');
    await until(() => document.querySelectorAll('.chip').length === 1);
    assert.equal(await hash(), '#text=a+pizza');
  },

  async picture() {
    await openPage();
    await go();
    await page.evaluate((bytes) => {
      const data = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([data], 'query.png', { type: 'image/png' }));
      document.body.dispatchEvent(
        new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true }),
      );
    }, readFileSync(settings.picture).toString('base64'));
    await page.waitForSelector(firstCard);
    const time = await firstTime();
    assert.ok(time >= 12 && time < 15, `the rocket is at ${time}`);
    assert.match(await hash(), /^#picture=[0-9a-f]{64}$/);
    await page.reload();
    await page.waitForSelector(firstCard);
    await until(() => document.querySelector('.chip-picture').naturalWidth > 0);
    // What is no picture is refused in words.
    const chooser = await page.$('input[type=file]');
    await chooser.uploadFile(settings.noPicture);
    await until(() => document.getElementById('toast').textContent.includes('no picture'));
    await wanted('422');
    // All that are dropped become terms; what cannot be read is named.
    await go();
    await page.evaluate(async (bytes) => {
      const { pattern } = { pattern: (await (await fetch('api/v1/videos/1')).json()).picture };
      const frame = await (await fetch(pattern)).blob();
      const heic = new TextEncoder().encode('\0\0\0\x18ftypheic\0\0\0\0mif1heic');
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], 'a.png', { type: 'image/png' }));
      transfer.items.add(new File([heic], 'b.heic'));
      transfer.items.add(new File([frame], 'c.jpg', { type: 'image/jpeg' }));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, readFileSync(settings.picture).toString('base64'));
    await until(() => document.querySelectorAll('.chip.picture').length === 2);
    await until(() => /no picture that can be read\.\n.*HEIC/.test(document.getElementById('toast').textContent));
    await page.waitForSelector(firstCard);
    await wanted('422');
  },

  async cards() {
    await openPage();
    await go('#text=a+rocket');
    await page.waitForSelector(firstCard);
    const box = await (await page.$(`${firstCard} .card-open`)).boundingBox();
    const tile = `${firstCard} .card-tile:not([hidden])`;
    const over = (part) => page.mouse.move(box.x + box.width * part, box.y + box.height / 2);
    const pictures = new Set();
    await over(0.02);
    await page.waitForSelector(tile);
    for (let part = 0.05; part < 1; part += 0.1) {
      await over(part);
      await pause(60);
      pictures.add(await page.$eval(tile, (canvas) => canvas.toDataURL()));
      const address = await stored(await firstTime());
      assert.ok((await difference(address, tile)) < 14, 'the tile is that of its time');
    }
    assert.ok(pictures.size >= 5, `scrubbing shows ${pictures.size} pictures`);
    await page.mouse.move(5, 5);
    const rest = await page.$eval(`${firstCard} .card-time`, (element) => element.textContent);
    assert.ok(seconds(rest) >= 12 && seconds(rest) < 15);
    // Keys: from card to card, like it, less like it.
    await page.focus(`${firstCard} .card-open`);
    await page.keyboard.press('ArrowRight');
    assert.equal(
      await page.evaluate(() => document.activeElement.closest('.card').getAttribute('aria-posinset')),
      '2',
    );
    await page.keyboard.press('ArrowDown');
    assert.ok(
      Number(await page.evaluate(() => document.activeElement.closest('.card').getAttribute('aria-posinset'))) > 4,
    );
    await page.keyboard.press('Home');
    await page.keyboard.press('s');
    await until(() => location.hash.includes('frame='));
    assert.match(await hash(), /^#text=a\+rocket&frame=1@1[2-4](\.5)?$/);
    await page.waitForSelector('.chip.frame');
    await page.focus('.chip.frame .chip-body');
    await page.keyboard.press('+');
    await until(() => location.hash.includes('weight=1.25'));
    await page.keyboard.press('Delete');
    await until(() => !location.hash.includes('frame='));
    await page.waitForSelector(firstCard);
    await page.hover(`${firstCard} .card-open`);
    await page.click(`${firstCard} .icon-minus`);
    await until(() => location.hash.includes('weight=-1'));
    await page.waitForSelector('.chip.negative');
    // Grouped by video.
    await go('#text=a+rocket&group=video');
    await page.waitForSelector('.group-head');
    assert.equal((await page.$$('.group-head')).length, 1);
    assert.match(await text('.group-head'), /^demo\.mp4\d+ moments$/);
  },

  async player() {
    await openPage();
    await go('#text=a+rocket');
    await openFirst();
    const opened = await videoTime();
    assert.ok(opened >= 12 && opened < 15, `opened at ${opened}`);
    await until((before) => document.querySelector('.player video').currentTime > before + 0.3, opened);
    await page.keyboard.press(' ');
    await until(() => document.querySelector('.player video').paused);
    const paused = await videoTime();
    assert.equal(paused, await videoTime());
    assert.ok((await difference(await stored(13))) < 12, 'the player shows the rocket');
    assert.ok((await difference(await stored(1))) > 25, 'and not what is elsewhere');
    // Frames, seconds, marks.
    for (const [key, by] of [
      ['.', 0.04],
      ['.', 0.04],
      [',', -0.04],
    ]) {
      const before = await videoTime();
      await page.keyboard.press(key);
      await until(() => !document.querySelector('.player video').seeking);
      const moved = (await videoTime()) - before;
      assert.ok(Math.abs(moved - by) < 0.041, `${key} goes ${moved} s`);
    }
    await page.keyboard.press('ArrowRight');
    await until(
      (before) => Math.abs(document.querySelector('.player video').currentTime - before - 5) < 0.2,
      paused,
    );
    // A click into the strip seeks: the pizza is at 18 to 21 s of 96.
    const strip = await (await page.$('.strip-body')).boundingBox();
    await page.mouse.click(strip.x + (strip.width * 19.5) / 96, strip.y + strip.height / 2);
    await until(() => Math.abs(document.querySelector('.player video').currentTime - 19.5) < 0.3);
    await until(() => !document.querySelector('.player video').seeking);
    assert.ok((await difference(await stored(19.5))) < 12, 'the picture is that of the time');
    await page.mouse.move(strip.x + (strip.width * 13.5) / 96, strip.y + 20);
    await page.waitForSelector('.strip-tip canvas:not([hidden])');
    assert.ok((await difference(await stored(13.5), '.strip-tip canvas')) < 14, 'the tile is that of the place');
    await until(() => document.querySelector('.strip-tip img')?.naturalWidth > 0);
    const drawn = await page.$eval(
      '.strip-body canvas',
      (canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size,
    );
    assert.ok(drawn > 20, 'scores are drawn');
    // Next hit and back; Escape leads back to the card.
    await page.keyboard.press('n');
    await until(() => document.querySelector('.player-title .quiet').textContent.startsWith('2 '));
    await page.keyboard.press('p');
    await until(() => document.querySelector('.player-title .quiet').textContent.startsWith('1 '));
    await page.keyboard.press('Escape');
    await until(() => !document.querySelector('.player'));
    assert.equal(await page.evaluate(() => document.activeElement.className), 'card-open');
    assert.equal(await hash(), '#text=a+rocket');
    await page.goForward();
    await until(() => document.querySelector('.player'));
    await page.goBack();
    await until(() => !document.querySelector('.player'));
    await page.goBack(); // to the empty page before: closing has left no entry behind
    assert.equal(page.url(), 'about:blank');
  },

  // The next hit is asked for, the player is closed, while the first hit is being opened; a video that is not there.
  async opening() {
    await openPage();
    await slowDown(['/frames?', '/library'], 800);
    await go('#text=a+rocket');
    await page.waitForSelector(firstCard);
    const second = seconds(await text('.card[aria-posinset="2"] .card-time'));
    const media = requests(/\/(media|play)\b/);
    await page.click(`${firstCard} .card-open`);
    await pause(400); // the video is known, its frames are not
    await page.keyboard.press('n');
    await until(() => document.querySelector('.player video')?.readyState >= 2);
    assert.match(await text('.player-title .quiet'), /^2 /);
    assert.match(await hash(), new RegExp(`open=1@${second}\\b`));
    assert.ok(Math.abs((await videoTime()) - second) < 3, `the player is at ${await videoTime()}, not ${second}`);
    assert.equal(media.filter((one) => one.includes('/play')).length, 0);
    await go('#text=a+rocket');
    await page.waitForSelector(firstCard);
    media.length = 0;
    await page.click(`${firstCard} .card-open`);
    await pause(1200); // its frames are known, what the server can do is not
    assert.equal(media.length, 0);
    await page.keyboard.press('Escape');
    await until(() => !document.querySelector('.player'));
    await pause(1500);
    assert.deepEqual(media, []);
    // Nothing of a video that is not there can be pressed, but the next hit.
    await go('#text=a+rocket&open=99@5');
    await until(() => document.querySelector('.lost').textContent.includes('does not have this video'));
    for (const key of [' ', '.', 'i', 'j', 'x', 'ArrowLeft']) await page.keyboard.press(key);
    await page.click('.screen');
    assert.ok(await page.$('.desk[inert]'));
    await wanted('404');
    await page.waitForSelector(firstCard);
    await page.keyboard.press('n');
    await until(() => document.querySelector('.player video').readyState >= 2);
    assert.match(await text('.player-title .quiet'), /^1 /);
    assert.ok(!(await page.$('.desk[inert]')));
  },

  // The next hit is of a video of which the server says nothing: nothing of the one before is left, until it does.
  async failing() {
    await openPage({ bypass: true });
    await go('#text=a+rocket');
    await openFirst();
    await page.waitForSelector('.desk:not([inert]) .strip');
    const name = await text('.player-name');
    await page.keyboard.press('x');
    await until(() => document.querySelector('.player-actions .on')?.textContent === 'Remove from bin');
    await page.setOfflineMode(true);
    await page.keyboard.press('n');
    await until(() => document.querySelector('.lost').textContent.includes('does not answer'));
    assert.match(await text('.player-title .quiet'), /^2 /);
    assert.equal(await page.$('.strip'), null);
    assert.equal(await text('.player-name'), '–');
    for (const place of ['.times', '.borders .span']) assert.equal(await text(place), '', place);
    assert.equal(await page.$('.desk :is(button, select):not(:disabled)'), null);
    assert.equal(await page.$('.player-actions .on'), null);
    assert.equal(await page.$eval('.player video', (video) => video.getAttribute('src')), null);
    assert.ok(await page.$eval('.still', (image) => image.hidden));
    await page.keyboard.press('x');
    assert.equal(await text('.badge'), '1');
    await axe('failing');
    await page.$eval('.lost .primary', (button) => (button.dataset.old = '') || button.click()); // in vain
    await page.waitForSelector('.lost .primary:not([data-old])');
    await page.setOfflineMode(false);
    await page.click('.lost .primary');
    await page.waitForSelector('.desk:not([inert]) .strip');
    await until(() => document.querySelector('.player video').readyState >= 2);
    assert.notEqual(await text('.player-name'), name);
    assert.equal(await page.$('.desk :is(button, select):disabled'), null);
    assert.ok(await page.$eval('.lost', (said) => said.hidden));
    await wanted('ERR_INTERNET_DISCONNECTED');
  },

  // The borders are kept, whatever the address says, and no frame that begins at the end is shown when it loops.
  async edges() {
    await openPage();
    const opens = async (address) => {
      await go(address);
      await page.waitForSelector('.desk:not([inert]) .strip');
      await until(() => document.querySelector('.player video').readyState >= 2);
      await pause(700);
      return [seconds(await text('.times .now')), await text('.borders .span')];
    };
    const [late, end] = await opens('#open=1@999');
    assert.ok(late >= 94.9 && late <= 96.1, `the clock is at ${late}`);
    assert.equal(end, '1:35.0 – 1:36.0');
    const [inside, span] = await opens('#open=1@1&in=50&out=20');
    assert.ok(inside >= 20 && inside < 24, `the clock is at ${inside}`);
    assert.equal(span, '0:20.0 – 0:50.0');
    await opens('#open=1@14.4&in=14.2&out=15');
    const ends = await page.evaluate(
      () =>
        new Promise((done) => {
          const video = document.querySelector('.player video');
          const last = [];
          let before = -1;
          const see = (_, { mediaTime }) => {
            if (mediaTime < before) last.push(before);
            before = mediaTime;
            if (last.length === 6) done(last);
            else video.requestVideoFrameCallback(see);
          };
          video.requestVideoFrameCallback(see);
        }),
    );
    // A busy machine may be late now and then.
    assert.ok(ends.filter((time) => time >= 14.999).length <= 2, `loops end at ${ends}`);
    assert.ok(ends.every((time) => time > 14.6), `loops end at ${ends}`);
  },

  // Everything of the player and of the form that saves is on a small screen.
  async narrow() {
    await openPage({ size: 'narrow' });
    await go('#text=a+rocket&open=1@12.5');
    await page.waitForSelector('.desk:not([inert]) .strip');
    const wide = () =>
      page.$$eval('dialog[open], dialog[open] :is(div, button, select, input, p, h2)', (all) =>
        all
          .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5 && !one.closest('.strip'))
          .map((one) => `${one.className || one.tagName} ${one.getBoundingClientRect().right}`),
      );
    assert.deepEqual(await wide(), []);
    await page.click('.player-actions .icon-save');
    await page.waitForSelector('.export');
    assert.deepEqual(await wide(), []);
    const chosen = await page.$eval('.export select', (select) => select.clientWidth);
    assert.ok(chosen > 170, `what is saved has ${chosen} px`);
  },

  // What the server makes breaks off: at rest it is asked for again when it goes on, and never over and over.
  async breaking() {
    await openPage();
    const made = requests(/\/play\?/);
    await go('#open=1@12.5');
    await until(() => document.querySelector('.player video')?.readyState >= 2);
    await page.select('.controls select', 'low');
    await page.click('.borders .icon-loop');
    const plays = () =>
      until(() => {
        const video = document.querySelector('.player video');
        return video.src.includes('/play') && video.readyState >= 2 && document.querySelector('.still').hidden;
      });
    const fail = () => page.$eval('.player video', (video) => void video.dispatchEvent(new Event('error')));
    await plays();
    await page.keyboard.press('k');
    const before = made.length;
    await fail();
    await fail();
    await pause(600);
    assert.equal(made.length, before);
    await page.keyboard.press('l');
    await plays();
    assert.equal(made.length, before + 1);
    await until(() => document.querySelector('.player video').currentTime > 1.2);
    await fail();
    await plays();
    assert.equal(made.length, before + 2);
    await page.evaluate(() => {
      const fails = ({ target }) => setTimeout(() => target.dispatchEvent(new Event('error')), 50);
      document.addEventListener('loadeddata', fails, true);
    });
    await page.keyboard.press('ArrowRight');
    await until(() => /cannot play the file/.test(document.querySelector('.lost').textContent));
    await pause(600);
    assert.equal(made.length, before + 6, 'shown once more, as nothing is wrong with the server, which is asked twice');
  },

  // A field for the token leads to where the link leads.
  async login() {
    await openPage({ size: 'phone', bypass: true });
    const enter = async (token) => {
      await page.type('input[name=token]', token);
      await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    };
    await page.goto(`${settings.address}#text=a+rocket`);
    await wanted('401');
    await axe('login');
    assert.ok((await page.evaluate(() => getComputedStyle(document.querySelector('.primary')).borderRadius)) !== '0px');
    if (settings.pictures) await page.screenshot({ path: `${settings.pictures}/login.png` });
    await enter('wrong');
    await wanted('401');
    await enter(settings.token);
    await page.waitForSelector(firstCard);
    assert.equal(await hash(), '#text=a+rocket');
    assert.ok(!page.url().includes('token'));
    await go();
    await page.waitForSelector('.tile');
  },

  // Why a video does not play: the server is busy for a while, the file is no video, or ends before the link's time.
  async causes() {
    await openPage();
    await go('#view=library');
    const ids = await idsByName();
    const lost = () => text('.lost');
    const held = await fetch(`${settings.address}api/v1/videos/${ids['old.avi']}/play?mode=transcode&t=0`);
    await go(`#open=${ids['old.avi']}@2`);
    await until(() => /server is busy.*\n.*stored pictures/s.test(document.querySelector('.lost').textContent));
    await until(() => document.querySelector('.still').naturalWidth > 0);
    await held.body.cancel();
    await until(() => document.querySelector('.player video').readyState >= 2 && document.querySelector('.still').hidden);
    assert.equal(await lost(), '');
    await wanted('status of'); // 429 or 503
    const start = performance.now();
    await go(`#open=${ids['broken.mp4']}@2`);
    await until(() => /cannot be read\.\n./.test(document.querySelector('.lost').textContent));
    assert.ok(performance.now() - start < 5000);
    assert.ok(await page.$('.desk[inert]'));
    // Its end, which comes by the third way of showing it at the latest.
    await go(`#open=${ids['cut.mp4']}@9`);
    await page.waitForFunction(() => document.querySelector('.player video')?.readyState >= 2, { timeout: 60000 });
    const [shown, whole] = (await text('.times')).split('/').map(seconds);
    assert.ok(shown <= whole + 1 && whole < 8, `${shown} of ${whole}`);
    assert.equal(await lost(), '');
    // The conversion before it may still have run.
    faults.splice(0, faults.length, ...faults.filter((fault) => !/status of (429|503)/.test(fault)));
  },

  async noFfmpeg() {
    await openPage();
    await go('#view=library');
    await go(`#open=${(await idsByName())['old.avi']}@2`);
    await until(() => /cannot play.*stored pictures.*needs ffmpeg/s.test(document.querySelector('.lost').textContent));
  },

  // The bin of one library, in two tabs; a link's moments are taken if that is wanted, and only from this library.
  async bins() {
    const first = await openPage();
    await go('#text=a+rocket');
    const second = await openPage();
    await go('#text=a+rocket');
    const badge = (tab, number) =>
      tab.waitForFunction((wanted) => document.querySelector('.badge').textContent === wanted, { polling: 30 }, number);
    const put = async (tab, at) => {
      await tab.bringToFront();
      await tab.waitForSelector(firstCard);
      await tab.focus(`.card[aria-posinset="${at}"] .card-open`);
      await tab.keyboard.press('x');
    };
    await put(first, 1);
    await badge(second, '1');
    await put(second, 2);
    await badge(first, '2');
    await put(first, 1);
    await badge(second, '1');
    // Many moments of one video: asked once for its name, and for pictures of what is seen.
    page = second;
    await page.bringToFront();
    const link = Array.from({ length: 300 }, (_, at) => `1@${at / 4}-${at / 4 + 2}`).join(',');
    const asked = requests(/\/videos\/1$/);
    const pictures = requests(/\/frames\?/);
    await go(`#bin=${link}`);
    await page.waitForSelector('.sheet .primary');
    assert.match(await text('.sheet h2'), /300 moments/);
    await page.keyboard.press('Escape');
    await until(() => !document.querySelector('.sheet'));
    assert.equal(await text('.badge'), '1');
    await takeLink(`#bin=${link}`);
    await badge(page, '301');
    await badge(first, '301');
    await until(() => document.querySelector('.bin-row:last-child .bin-name').placeholder === 'demo.mp4');
    assert.equal(asked.length, 1);
    assert.ok(pictures.length < 60, `${pictures.length} requests for pictures`);
    // Another library at the same address.
    await page.evaluateOnNewDocument(() => {
      const really = window.fetch;
      window.fetch = async (address, options) => {
        const answer = await really(address, options);
        return /\/library$/.test(address) ? Response.json({ ...(await answer.json()), id: window.other }) : answer;
      };
      window.other = 'other';
    });
    await go('#bin=1@12-15&of=some');
    await until(() => document.getElementById('toast').textContent.includes('of another library'));
    assert.equal(await page.$('.sheet'), null);
    assert.equal(await text('.badge'), '');
    await page.waitForSelector('.tile');
    assert.equal(await text('.home-queries'), '');
    await takeLink('#bin=1@12-15&of=other');
    await badge(page, '1');
    await badge(first, '301');
    // Nothing of what a link of another library names is shown, but its words are looked for.
    await go('#text=a+rocket&frame=1@5&video=1&of=some&open=1@3');
    await page.waitForSelector(firstCard);
    assert.equal((await page.$$('.chip')).length, 1);
    assert.equal(await page.$('.player'), null);
    await go('#open=1@3&of=other');
    await until(() => document.querySelector('.player video')?.readyState >= 2);
    // The library is exchanged while the page is open: a picture is missing, and the new one is searched.
    await go('#text=a+rocket&of=other');
    await page.waitForSelector(firstCard);
    await page.evaluate(() => (window.other = 'third'));
    const searches = requests(/\/search$/);
    await page.$eval(`${firstCard} img`, (image) => (image.src = 'api/v1/videos/99/frames/1.jpg'));
    await until(() => document.getElementById('toast').textContent.includes('library has changed'));
    await until((card) => document.querySelector(`${card} img`)?.naturalWidth > 0, firstCard);
    assert.ok(searches.length > 0);
    await wanted('404');
    await page.evaluate(() => (window.other = 'other'));
    await go('#open=1@3&of=other');
    await until(() => document.querySelector('.player video')?.readyState >= 2);
    await page.evaluate(() => (window.other = 'next'));
    await page.click('.player-actions .icon-save');
    await page.select('.export select', 'csv');
    await page.click('.export .primary');
    await until(() => document.getElementById('toast').textContent.includes('library has changed'));
    assert.equal(await page.$('.player'), null);
    assert.equal(await text('.badge'), '');
    assert.equal(await page.evaluate(() => location.hash), '');
  },

  // In German: what the server says stands below a text of the page. Words that are no filters stay words.
  async errors() {
    await openPage();
    await go('#frame=99@1');
    await page.waitForSelector('.note:not([hidden]) h2');
    assert.match(await text('.note'), /gescheitert.*Die Bibliothek hat dieses Video oder Bild nicht/);
    assert.equal(await page.$('.note .primary'), null, 'which does not help');
    await wanted('404');
    const notes = {
      [`#picture=${'0'.repeat(64)}`]: /Das Bild ist nicht mehr da/,
      '#text=a&then=1&text=b&then=1&text=c&then=1&text=d&then=1&text=e&then=1&text=f&then=1&text=g&then=1&text=h&then=1&text=i':
        /höchstens 8 Teile/,
      '#text=a&videos=nix*': /Kein Video heißt so\.\n.*nix/,
      '#text=a&after=50&before=10': /Das lässt sich so nicht fragen\.\n.*50/,
    };
    for (const [address, wantedText] of Object.entries(notes)) {
      await go(address);
      await page.waitForSelector('.note:not([hidden]) h2');
      assert.match(await text('.note'), wantedText);
      assert.equal(await page.$('.note .primary'), null);
      if (address.startsWith('#picture')) await page.waitForSelector('.chip .icon-picture');
      await wanted('status of 4');
    }
    await page.evaluate(() => {
      const answer = { error: { code: 'busy', message: 'the queue is full' } };
      window.fetch = async () => Response.json(answer, { status: 503 });
    });
    await ask('a dog', '.note .primary');
    await page.click('.note .primary');
    await until(() => /beschäftigt.*\nthe queue is full/.test(document.querySelector('.note p')?.textContent));
    await go('#video=abc&text=a+rocket');
    await page.waitForSelector(firstCard);
    assert.equal((await page.$$('.chip')).length, 1);
    await ask('constructor:x');
    assert.equal(await hash(), '#text=a+rocket&text=constructor:x');
    // Filters that cannot be read are said, and stay where they can be mended.
    await go('#text=a+rocket');
    for (const [typed, example] of Object.entries({
      'after:abc': 'after:1:30', 'von after:99:99': 'after:1:30', 'min:x': 'min:0.2', 'videos:': 'videos:talks/*',
      'after:1e9': 'after:1:30', 'group:day': 'group:video',
      'befor:1:00 a rocket': 'before:5:00', 'withhin:3': 'within:10',
    })) {
      await ask(typed, 'input.words[aria-invalid=true]');
      await until((words) => document.getElementById('toast').textContent.endsWith(`wie ${words}.`), example);
      assert.equal(await page.$eval('input.words', (input) => input.value), typed);
      assert.equal(await hash(), '#text=a+rocket');
      await page.$eval('input.words', (input) => (input.value = ''));
    }
    await page.keyboard.type('x');
    assert.equal(await page.$('[aria-invalid=true]'), null);
    // Filters alone, or a minus: what is missing is said.
    await go();
    await ask('-', '#toast:popover-open');
    assert.equal(await text('#toast'), 'Nun sagen, was gesucht wird.');
    assert.equal(await hash(), '');
    await ask('videos:demo*', '.chip.filter');
    await until(() => document.getElementById('toast').textContent === 'Nun sagen, was gesucht wird.');
    assert.equal(await page.$eval('input.words', (input) => input.placeholder), 'Nun sagen, was gesucht wird.');
    await ask('a rocket');
    assert.equal(await hash(), '#text=a+rocket&videos=demo*');
    // The library comes back by itself.
    await page.setOfflineMode(true);
    await page.click('.tools .icon-library');
    await until(() => document.querySelector('.library .video-error')?.textContent.includes('antwortet nicht'));
    await page.setOfflineMode(false);
    await page.waitForSelector('.video-row');
    await wanted('ERR_INTERNET_DISCONNECTED');
  },

  async borders() {
    await openPage();
    await go('#text=a+rocket');
    await openFirst();
    await page.keyboard.press('k');
    await until(() => document.querySelector('.strip-handle.out').style.left !== '');
    const handle = await (await page.$('.strip-handle.out')).boundingBox();
    const strip = await (await page.$('.strip-body')).boundingBox();
    await page.mouse.move(handle.x + 5, handle.y + 30);
    await page.mouse.down();
    for (let i = 1; i <= 10; i++)
      await page.mouse.move(
        handle.x + 5 + (i * ((strip.width * 17.5) / 96 - handle.x - 5 + strip.x)) / 10,
        handle.y + 30,
      );
    await page.mouse.up();
    await until(() => location.hash.includes('out='));
    const found = /open=1@([\d.]+)&in=([\d.]+)&out=([\d.]+)$/.exec(await hash());
    assert.ok(found, await hash());
    assert.equal(Number(found[2]), 12);
    assert.ok(Math.abs(Number(found[3]) - 17.5) < 0.15, found[3]);
    assert.ok(
      Math.abs(Number(found[3]) * 25 - Math.round(Number(found[3]) * 25)) < 1e-6,
      'a border lies between frames',
    );
    // One frame by the keyboard.
    await page.focus('.strip-handle.out');
    await page.keyboard.press('ArrowLeft');
    await until((was) => !location.hash.endsWith(`out=${was}`), found[3]);
    const after = Number(/out=([\d.]+)$/.exec(await hash())[1]);
    assert.ok(Math.abs(Number(found[3]) - after - 0.04) < 1e-6);
    // The address is the whole state.
    const span = await text('.span');
    await page.reload();
    await until(() => document.querySelector('.player video')?.readyState >= 2);
    await until((wanted) => document.querySelector('.span').textContent === wanted, span);
    await until(() => document.querySelector('.player-title .quiet').textContent.startsWith('1 '));
    // I and O, and the loop.
    await page.keyboard.press('k');
    const strips = await (await page.$('.strip-body')).boundingBox();
    await page.mouse.click(strips.x + (strips.width * 13) / 96, strips.y + 8);
    await until(() => !document.querySelector('.player video').seeking);
    await page.keyboard.press('o');
    await until(() => /out=1[23]/.test(location.hash));
    await page.keyboard.press('l');
    await until(
      () =>
        document.querySelector('.player video').currentTime < 12.6 &&
        !document.querySelector('.player video').paused,
    );
  },

  // By fingers: scrubbing a card does not open it, a border follows.
  async touch() {
    await openPage({ size: 'phone' });
    await go('#text=a+rocket');
    await page.waitForSelector(firstCard);
    const card = await (await page.$(`${firstCard} .card-open`)).boundingBox();
    const finger = await page.touchscreen.touchStart(card.x + 10, card.y + 40);
    for (let part = 0.1; part < 1; part += 0.1) {
      await finger.move(card.x + card.width * part, card.y + 40);
      await new Promise((done) => setTimeout(done, 60));
    }
    await page.waitForSelector('.card.scrubbing .card-tile:not([hidden])');
    await finger.end();
    assert.equal(await hash(), '#text=a+rocket');
    await page.tap(`${firstCard} .card-open`);
    await until(() => document.querySelector('.player video')?.readyState >= 2);
    await until(() => document.querySelector('.strip-handle.in').style.left !== '');
    const handle = await (await page.$('.strip-handle.in')).boundingBox();
    const border = await page.touchscreen.touchStart(handle.x + 6, handle.y + 30);
    for (let i = 1; i <= 8; i++) await border.move(handle.x + 6 - 3 * i, handle.y + 30);
    await border.end();
    await until(() => location.hash.includes('in='));
    const start = Number(/in=([\d.]+)/.exec(await hash())[1]);
    assert.ok(start < 11 && start > 2, `the border is at ${start}`);
    const [whole, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(whole <= seen);
  },

  async bin() {
    await openPage();
    await go('#text=a+rocket');
    await page.waitForSelector(firstCard);
    await page.focus(`${firstCard} .card-open`);
    await page.keyboard.press('x');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('x');
    await until(() => document.querySelector('.badge')?.textContent === '2');
    await page.reload();
    await until(() => document.querySelector('.badge')?.textContent === '2');
    await page.click('.tools .icon-bin');
    await page.waitForSelector('.bin-row');
    await page.type('.bin-row .bin-name', '=the rocket, "big"');
    await page.keyboard.press('Tab');
    await page.click('.bin-row .down');
    await until(() => document.querySelectorAll('.bin-name')[1].value.includes('rocket'));
    await page.select('.export select', 'csv');
    const [table] = await saves(() => page.click('.export .primary'));
    await until(() => document.querySelector('.export-said').textContent === 'Saved.');
    const lines = readFileSync(table, 'utf8').trim().split('\n');
    assert.equal(lines.length, 3);
    assert.match(lines[0], /^name,video,start,end,time,score,/);
    assert.match(lines[2], /^"'=the rocket, ""big""",.*demo\.mp4,12,15,1[2-4](\.5)?,0\.\d+,/);
    const link = await page.evaluate(async () => {
      let copied = '';
      Object.defineProperty(navigator, 'clipboard', {
        value: { writeText: async (given) => void (copied = given) },
      });
      document.querySelector('.bin-foot .icon-link').parentElement.click();
      await new Promise((done) => setTimeout(done, 50));
      return copied;
    });
    await page.evaluate(() => localStorage.clear());
    await takeLink(new URL(link).hash);
    assert.deepEqual(await page.$$eval('.bin-name', (all) => all.map((one) => one.value)), [
      '',
      '=the rocket, "big"',
    ]);
    await page.click('.bin-row .icon-close');
    await until(() => document.querySelectorAll('.bin-row').length === 1);
    await page.click('.bin-row .bin-picture');
    await until(() => document.querySelector('.player video')?.readyState >= 2);
    assert.match(await hash(), /open=1@12&in=12&out=15$/);
  },

  // Clips and timelines of the bin and of the player; what is left out is said.
  async saving() {
    await openPage();
    await takeLink('#bin=1@12-15~a rocket,1@20-22,1@500-501~too late');
    await page.waitForSelector('.export');
    await page.select('.export select', 'exact');
    const [archive] = await saves(() => page.click('.export .primary'));
    await until(() => document.querySelector('.export-said').textContent === 'Saved, but:');
    assert.match(await text('.lost-list'), /^moment 3: /);
    assert.match(archive, /clips\.zip$/);
    const names = execFileSync('python3', ['-m', 'zipfile', '-l', archive], { encoding: 'utf8' });
    assert.match(names, /a rocket.*\.mp4/);
    assert.match(names, /failed\.txt/);
    await page.select('.export select', 'otio');
    const [timeline] = await saves(() => page.click('.export .primary'));
    await until(() => document.querySelector('.lost-list').textContent.includes('outside of its video'));
    assert.match(JSON.parse(readFileSync(timeline, 'utf8')).OTIO_SCHEMA, /^Timeline/);
    // One from the player: cut to the frame with half a second around it, and as a small picture.
    await go('#open=1@12.5&in=12&out=14');
    await until(() => document.querySelector('.player video')?.readyState >= 2);
    await page.click('.player-actions .icon-save');
    await page.waitForSelector('.sheet .export');
    await page.select('.export select', 'exact');
    await page.$eval('.export input', (input) => (input.value = '0.5'));
    const [clip] = await saves(() => page.click('.sheet .export .primary'));
    const length = Number(
      execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', clip]),
    );
    assert.ok(Math.abs(length - 3) < 0.1, `the clip lasts ${length} s`);
    await page.select('.export select', 'gif');
    const [animated] = await saves(() => page.click('.sheet .export .primary'));
    assert.equal(readFileSync(animated).subarray(0, 3).toString(), 'GIF');
    // It is remembered, and Escape leads back to the player.
    await page.keyboard.press('Escape');
    await until(() => !document.querySelector('.sheet'));
    await page.click('.player-actions .icon-save');
    assert.equal(await page.$eval('.export select', (select) => select.value), 'gif');
    await page.keyboard.press('Escape');
    await until(() => !document.querySelector('.sheet'));
    assert.ok(await page.$('.player'));
  },

  async cancelled() {
    await openPage();
    await takeLink('#bin=1@0-90');
    await page.waitForSelector('.export');
    await page.select('.export select', 'webp');
    await page.click('.export .primary');
    await page.waitForSelector('.export progress:not([hidden])');
    await page.click('.export-run .icon-close');
    await until(() => document.querySelector('.export-said').textContent === 'Cancelled.');
    await until(() => !document.querySelector('.export .primary').hidden);
  },

  // From nothing to the first hit: a folder is indexed by the page, with a file in it that is no video.
  async firstSteps() {
    await openPage({ bypass: true });
    await go();
    await page.waitForSelector('.add');
    assert.match(await text('.empty'), /Nothing is indexed yet.*The model demo is ready.*Add videos/);
    await axe('first steps');
    const folder = '.add .field:nth-child(2) input';
    const set = (selector, value) => page.$eval(selector, (input, given) => (input.value = given), value);
    await page.type(folder, 'nowhere');
    await page.click('.add .primary');
    await until(() => document.getElementById('toast').textContent === 'There is no such folder.');
    await wanted('404');
    await set(folder, 'some');
    await page.click('.add .primary');
    await page.waitForSelector('.job');
    await page.waitForSelector('.tile');
    await until(() => document.querySelector('.job .quiet')?.textContent.startsWith('done · 3 of 3 · 1 failed'));
    assert.match(await text('.job .lost-list'), /^some\/broken\.mp4: (?!.*broken\.mp4)/);
    await axe('home with a job');
    await ask('a rocket');
    await page.click('.tools .icon-library');
    await page.waitForSelector('.video-row');
    assert.match(await text('.library'), /broken\.mp4.*failed.*Mend or remove the file/);
    await axe('library with a job');
    if (settings.pictures) await page.screenshot({ path: `${settings.pictures}/jobs.png` });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await axe('library with a job, dark');
    // Trying again is a job of its own; the next one is cancelled.
    const jobs = (count, begins) =>
      until(
        (wantedCount, wantedBegin) =>
          document.querySelectorAll('.job').length === wantedCount &&
          document.querySelector('.job .quiet')?.textContent.startsWith(wantedBegin),
        count,
        begins,
      );
    // What ended before the last one is one line.
    const older = (count) =>
      until((text) => document.querySelector('.job:last-child .quiet').textContent === text, `${count} ended before`);
    await page.click('.job .failures .plain');
    await jobs(2, 'done');
    await older(1);
    await set(folder, 'long');
    await set('.add .short', '0.01');
    await page.click('.add .primary');
    await page.waitForSelector('.job .plain .icon-close');
    await older(1);
    await page.click('.job .plain .icon-close');
    await jobs(2, 'cancelled');
    await older(2);
    if (settings.pictures) await page.screenshot({ path: `${settings.pictures}/jobs-older.png` });
    await page.click('.job .icon-close');
    await jobs(2, 'done');
    await older(1);
    await page.click('.job:last-child .icon-close');
    await until(() => document.querySelectorAll('.job').length === 0);
  },

  // Files of many kinds, whose pictures have their frame's number as stripes: shown is the frame of the time.
  async kinds() {
    await openPage();
    await go('#view=library');
    const ids = await idsByName();
    // {number: of the frame, now: the time that is shown}, when both rest.
    const settled = async () => {
      await until(() => {
        const video = document.querySelector('.player video');
        return video?.readyState >= 2 && !video.seeking && document.querySelector('.still').hidden;
      });
      await pause(80);
      return page.evaluate(() => {
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [160, 96];
        const context = canvas.getContext('2d', { willReadFrequently: true });
        context.drawImage(document.querySelector('.player video'), 0, 0, 160, 96);
        const row = context.getImageData(0, 48, 160, 1).data;
        let number = 0;
        for (let bit = 0; bit < 10; bit++) if (row[(bit * 16 + 8) * 4] > 128) number += 2 ** bit;
        return { number, now: Number(document.querySelector('.strip-now').getAttribute('aria-valuenow')) };
      });
    };
    // By a link first, then from one video to the next.
    for (const [turn, time] of [0.5, 4.3, 9.1].entries()) {
      for (const { name, rate, mode } of settings.kinds) {
        const isRight = ({ number, now }) =>
          assert.ok(Math.abs(number / rate - now) < 0.1, `${name} shows frame ${number} at ${now} s`);
        const address = `#open=${ids[name]}@${time}`;
        if (turn === 0) await go(address);
        else await page.evaluate((one) => (location.hash = one), address);
        await until(
          (one) => document.querySelector('.player-name')?.textContent === one && !document.querySelector('.desk[inert]'),
          name,
        );
        await settled();
        await page.keyboard.press('k');
        await page.keyboard.press('.'); // at rest: a busy machine plays sound ahead of its picture
        await pause(100);
        const seen = await settled();
        isRight(seen);
        assert.ok(seen.now >= time - 1.1 && seen.now <= time + 1.1, `${name} is at ${seen.now}, not ${time}`);
        if (turn < 2) continue;
        assert.equal(
          await page.$eval('.controls select', (select) => select.selectedOptions[0].textContent),
          mode,
          name,
        );
        // A frame on, and another place.
        await page.keyboard.press('.');
        await pause(100);
        assert.equal((await settled()).number, seen.number + 1, `${name}: a frame on`);
        const strip = await (await page.$('.strip-body')).boundingBox();
        await page.mouse.click(strip.x + strip.width * 0.25, strip.y + strip.height - 4);
        await pause(100);
        const there = await settled();
        isRight(there);
        assert.ok(Math.abs(there.now - 3) < 0.2, `${name} was sought to ${there.now}`);
      }
    }
    faults.splice(0, faults.length, ...faults.filter((fault) => !fault.includes('422'))); // what cannot be repacked
    // Little bandwidth, also the next time.
    const id = ids['mp4.mp4'];
    await go(`#open=${id}@5`);
    await settled();
    await page.select('.controls select', 'low');
    await until(() => document.querySelector('.player video').src.includes('mode=transcode'));
    await settled();
    await go(`#open=${id}@5`);
    await settled();
    assert.match(await page.$eval('.player video', (video) => video.src), /mode=transcode&height=360/);
  },

  // Without sheets of pictures: one after the other.
  async pictures() {
    await openPage();
    await page.setRequestInterception(true);
    const sheets = requests(/\/sprite\./);
    page.on('request', (request) => (request.url().includes('/sprite.') ? request.abort() : request.continue()));
    await go('#text=a+rocket');
    await page.waitForSelector(firstCard);
    const box = await (await page.$(`${firstCard} .card-open`)).boundingBox();
    const pictures = new Set();
    for (let part = 0.05; part < 1; part += 0.1) {
      await page.mouse.move(box.x + box.width * part, box.y + box.height / 2);
      await pause(150);
      pictures.add(await page.$eval(`${firstCard} img`, (image) => image.src));
    }
    assert.ok(pictures.size >= 6, `scrubbing shows ${pictures.size} pictures`);
    assert.equal(sheets.length, 1, 'a sheet that fails is not asked for at every move');
    await openFirst();
    const strip = await (await page.$('.strip-body')).boundingBox();
    await page.mouse.move(strip.x + strip.width * 0.5, strip.y + 20);
    await until(() => document.querySelector('.strip-tip img')?.naturalWidth > 0);
    await wanted('ERR_FAILED');
  },

  async views() {
    const views = {
      home: '',
      results: '#text=a+rocket&not=a+pizza&weight=0.5&after=2',
      group: '#text=a+rocket&group=video',
      player: '#text=a+rocket&open=1@12.5',
      save: '#open=1@12.5',
      library: '#view=library',
      shared: '#bin=1@12-15~a rocket,1@20-25',
      bin: '#bin=1@12-15~a rocket,1@20-25',
      help: '#text=a+rocket',
    };
    await openPage({ size: settings.size, bypass: true });
    for (const [name, address] of Object.entries(views)) {
      const shows = async () => {
        await go(address);
        await page.waitForNetworkIdle({ idleTime: 200 });
        if (name === 'help') await page.keyboard.press('?');
        if (name === 'save') await page.click('.player-actions .icon-save');
        if (name === 'bin') await page.click('.sheet .primary');
        if (name === 'results') await page.click('.bar .icon-filter');
        if (name === 'home')
          await page.$eval('.tile-name', (tile) => (tile.textContent = `${'a name without end '.repeat(9)}.mp4`));
      };
      await shows();
      for (const dark of [false, true]) {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
        await axe(`${name} ${dark ? 'dark' : 'light'}`);
        const [whole, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.ok(whole <= seen, `${name} is ${whole} wide on a screen of ${seen}`);
        const paper = await page.evaluate(
          () => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number)[0],
        );
        assert.equal(paper < 60, dark, `${name}: paper ${paper}`);
        if (settings.pictures)
          await page.screenshot({
            path: `${settings.pictures}/${name}-${settings.size}-${dark ? 'dark' : 'light'}.png`,
          });
      }
      await page.evaluate(() => localStorage.clear());
    }
    await page.close();
    await openPage({ size: settings.size });
    await go('#view=library');
    await page.waitForSelector('.video-row');
    assert.equal(await page.evaluate(() => document.documentElement.lang), settings.language);
    const words = { en: '1 video · 192 frames', de: '1 Video · 192 Bilder', zh: '1 个视频 · 192 帧' };
    assert.ok((await text('.library-head')).includes(words[settings.language]), await text('.library-head'));
  },

  // A file that was taken away: its stored pictures, and what to do.
  async missing() {
    await openPage({ bypass: true });
    await go('#text=a+rocket');
    await page.waitForSelector(firstCard);
    await page.click(`${firstCard} .card-open`);
    await page.waitForSelector('.lost:not([hidden])');
    assert.match(await text('.lost'), /not here.*stored pictures/);
    await until(() => document.querySelector('.still').naturalWidth > 0);
    await page.keyboard.press('k');
    const shown = () => page.$eval('.still', (image) => image.src);
    const before = await shown();
    await page.keyboard.press('ArrowRight');
    await until((was) => document.querySelector('.still').src !== was, before);
    await page.keyboard.press('ArrowLeft');
    await until((was) => document.querySelector('.still').src === was, before);
    await page.keyboard.press(' '); // plays the pictures
    await until((was) => document.querySelector('.still').src !== was, before);
    await axe('missing');
    await go('#view=library');
    await page.waitForSelector('.video-row');
    assert.match(await text('.video-row'), /file is missing.*Put the file back/);
    await axe('library with a missing file');
  },

  async empty() {
    await openPage({ bypass: true });
    await go();
    await page.waitForSelector('.empty');
    assert.match(await text('.empty'), /Nothing is indexed yet.*reelvec index/);
    await axe('empty');
    await go('#text=a+rocket');
    await page.waitForSelector('.note:not([hidden]) h2');
    faults.splice(0, faults.length, ...faults.filter((fault) => !/status of (404|503)/.test(fault))); // as the library is not there
  },

  // 5,000 hits: those of the server over and over, so that the pictures are real.
  async grid() {
    await openPage();
    await go();
    await page.evaluate(async () => {
      const really = window.fetch;
      const answer = await (await really('api/v1/search?text=a+rocket&moments&limit=500')).json();
      const hits = Array.from({ length: 5000 }, (_, at) => ({
        ...answer.hits[at % answer.hits.length],
        score: 1 - at / 10000,
      }));
      window.fetch = async (address, options) => {
        if (!String(address).endsWith('/api/v1/search')) return really(address, options);
        const { limit, cursor } = JSON.parse(options.body);
        const from = Number(cursor ?? 0),
          to = from + limit;
        return Response.json({
          ...answer,
          hits: hits.slice(from, to),
          next: to < 5000 ? String(to) : null,
          total: 5000,
        });
      };
    });
    await ask('a rocket');
    const seen = await page.evaluate(async () => {
      const turns = [];
      let cards = 0;
      const start = performance.now();
      const bottom = () => document.documentElement.scrollHeight - innerHeight;
      while (scrollY < bottom() - 1) {
        scrollTo(0, Math.min(bottom(), scrollY + 320));
        await new Promise((done) => requestAnimationFrame((now) => (turns.push(now), done())));
        cards = Math.max(cards, document.querySelectorAll('.card').length);
      }
      const gaps = turns
        .slice(1)
        .map((one, at) => one - turns[at])
        .sort((one, other) => one - other);
      return {
        turns: turns.length,
        ms: performance.now() - start,
        cards,
        median: gaps[gaps.length >> 1],
        slowest: gaps.at(-1),
      };
    });
    const { JSHeapUsedSize: memory } = await page.metrics();
    console.log(
      `${((seen.turns * 1000) / seen.ms).toFixed(1)} frames a second, slowest ${seen.slowest.toFixed(0)} ms, ` +
        `half of them within ${seen.median.toFixed(1)} ms, ${seen.cards} cards, ` +
        `${(memory / 1e6).toFixed(0)} MB of scripts, ${(memoryOfPage() / 1e6).toFixed(0)} MB of the process`,
    );
    assert.ok(seen.turns > 500 && seen.cards < 150);
    assert.ok(memory < 150e6);
    await page.waitForSelector('.card[aria-posinset="5000"]:not(.waiting)');
    assert.match(
      await page.$eval('.card[aria-posinset="5000"] .card-number', (element) => element.textContent),
      /^0\.500$/,
    );
    assert.equal((await page.$$('video')).length, 0);
  },
};

async function run(check) {
  faults.length = 0;
  context = await browser.createBrowserContext();
  try {
    await checks[check]();
    assert.deepEqual(faults, []);
    return true;
  } catch (error) {
    console.log(error.stack, faults.join('\n'));
    if (page && !page.isClosed()) console.log('address:', await page.url());
    if (page && settings.shot) await page.screenshot({ path: settings.shot }).catch(() => {});
    return false;
  } finally {
    await context.close();
    page = null;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  settings = JSON.parse(line);
  console.log(JSON.stringify({ passed: await run(settings.check) }));
}
await browser.close();
