import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { launch } from '../browser/chromium.mjs';

/*
 * Takes the pictures of the docs: every dashboard of a running Grafana, such as the demo's, whole, dark and light.
 *
 *   GRAFANA_URL=http://127.0.0.1:3000 PICTURES=folder node e2e/grafana/pictures.mjs
 *
 * It signs in as the demo's admin, who sees the buttons that correct. DASHBOARDS names some, with commas, such as
 * "overview,trust"; without it all are taken.
 */
const { GRAFANA_URL, PICTURES, DASHBOARDS } = process.env;
const WIDTH = 1280;
const ROW = 38; // of Grafana's grid, with the gap below it
const AROUND = 160; // above and below the panels

if (!GRAFANA_URL || !PICTURES) {
  throw new Error('GRAFANA_URL and PICTURES are needed: see the comment at the top');
}

const folder = path.join(import.meta.dirname, '..', '..', 'dashboards');
const names = DASHBOARDS?.split(',') ?? (await readdir(folder)).map((file) => path.basename(file, '.json'));
await mkdir(PICTURES, { recursive: true });
const browser = await launch();
const context = await browser.newContext();
await context.request.post(`${GRAFANA_URL}/login`, { data: { user: 'admin', password: 'admin' } }); // who may correct
for (const name of names) {
  const { uid, panels } = JSON.parse(await readFile(path.join(folder, `${name}.json`), 'utf8'));
  const rows = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  for (const theme of ['dark', 'light']) {
    const page = await context.newPage();
    await page.setViewportSize({ width: WIDTH, height: rows * ROW + AROUND });
    await page.goto(`${GRAFANA_URL}/d/${uid}?kiosk&theme=${theme}`);
    await page
      .getByTestId(/^data-testid Panel header /)
      .first()
      .waitFor();
    await page.getByLabel('Panel loading bar').first().waitFor({ state: 'detached' });
    await page.waitForTimeout(5_000); // for canvases, which nothing tells of
    const bottom = await page.evaluate(() =>
      Math.max(...[...document.querySelectorAll('section')].map((section) => section.getBoundingClientRect().bottom))
    );
    await page.screenshot({
      path: path.join(PICTURES, `${name}-${theme}.png`),
      clip: { x: 0, y: 0, width: WIDTH, height: Math.ceil(bottom) + 8 },
    });
    await page.close();
  }
}
await browser.close();
