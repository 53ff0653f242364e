// SPDX-License-Identifier: MIT
// The browser of bench/page_first: page_first.mjs FOLDER-OF-node_modules CHROMIUM PROFILE. For each line "PORT TEXT" the
// text is typed into a page that was just opened; prints the milliseconds from Enter: {"answered": the first answer of the
// server, "whole": the last one, "shown": the first result is on the screen}.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [modules, executablePath, userDataDir] = process.argv.slice(2);
const puppeteer = createRequire(`${modules}/any.js`)('puppeteer-core');
const browser = await puppeteer.launch({ executablePath, headless: true, userDataDir, args: ['--no-sandbox', '--lang=en'] });
const page = await browser.newPage();
await page.setViewport({ width: 1360, height: 860 });

// In the page: a result is on the screen when the frame after its card has been drawn.
const watch = () => {
  window.first = new Promise((done) => {
    let start;
    const card = () => document.querySelector('.card[aria-posinset="1"]:not([hidden]):not(.waiting)');
    addEventListener('keydown', (event) => (start ??= event.key === 'Enter' ? performance.now() : undefined), true);
    new MutationObserver((_, observer) => {
      if (start === undefined || !card()) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => done({ start, shown: performance.now() - start })));
    }).observe(document, { subtree: true, childList: true, attributes: true });
  });
};

const answers = (start) =>
  performance
    .getEntriesByType('resource')
    .filter((entry) => entry.name.endsWith('/api/v1/search') && entry.startTime >= start && entry.responseEnd > 0)
    .map((entry) => entry.responseEnd - start);

for await (const line of createInterface({ input: process.stdin })) {
  const [, port, text] = /^(\d+) (.*)$/.exec(line);
  await page.goto('about:blank');
  await page.goto(`http://localhost:${port}/`, { waitUntil: 'networkidle0' });
  await page.waitForSelector('.bar input.words');
  await page.evaluate(watch);
  await page.focus('.bar input.words');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
  const { start, shown } = await page.evaluate(() => window.first);
  await page.waitForNetworkIdle({ idleTime: 200 });
  const ends = await page.evaluate(answers, start);
  console.log(JSON.stringify({ shown, answered: Math.min(...ends), whole: Math.max(...ends) }));
}
await browser.close();
