import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { launch } from '../browser/chromium.mjs';

/*
 * Measures how long it takes until every panel of a dashboard has its answer: the median of five openings of each, by
 * someone who may only look, from the click on its address to the last answer. The first opening, which fills the
 * browser's cache, is not counted.
 *
 *   GRAFANA_URL=http://127.0.0.1:3000 node e2e/grafana/times.mjs
 */
const { GRAFANA_URL } = process.env;
const TIMES = 5;
const ROW = 38; // of Grafana's grid, with the gap below it
const QUIET_MS = 1_000; // after which no more questions come

if (!GRAFANA_URL) {
  throw new Error('GRAFANA_URL is needed: see the comment at the top');
}

const folder = path.join(import.meta.dirname, '..', '..', 'dashboards');
const browser = await launch();
const context = await browser.newContext();

/** Opens a dashboard, and gives the milliseconds until the last panel had its answer, and how many questions that took. */
async function opened({ uid, panels }) {
  const rows = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const page = await context.newPage();
  await page.setViewportSize({ width: 1280, height: rows * ROW + 200 }); // Grafana asks for what is in sight only
  const waiting = new Set();
  let last = 0;
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('/api/ds/query')) {
      waiting.add(request);
      asked++;
    }
  });
  const done = (request) => waiting.delete(request) && (last = Date.now());
  page.on('requestfinished', done);
  page.on('requestfailed', done);
  const began = Date.now();
  await page.goto(`${GRAFANA_URL}/d/${uid}?kiosk`);
  while (asked === 0 || waiting.size > 0 || Date.now() - last < QUIET_MS) {
    await page.waitForTimeout(50);
  }
  await page.close();
  return { took: last - began, asked };
}

for (const file of await readdir(folder)) {
  const board = JSON.parse(await readFile(path.join(folder, file), 'utf8'));
  await opened(board);
  const all = [];
  for (let n = 0; n < TIMES; n++) {
    all.push(await opened(board));
  }
  all.sort((a, b) => a.took - b.took);
  console.log(
    `${path.basename(file, '.json')}: ${all[Math.floor(TIMES / 2)].took} ms (${all[0].took}–${all.at(-1).took}), ${all[0].asked} questions`
  );
}
await browser.close();
