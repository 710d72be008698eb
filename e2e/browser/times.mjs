import { launch } from './chromium.mjs';
import { openEditor } from './editor.mjs';
import { serve } from './serve.mjs';

/*
 * Measures the editor of an organisation's settings: how long it takes until all is drawn, and until a key that is pressed
 * in a service's name is. It needs a built bundle, and says nothing of being right or wrong.
 *
 *   npm run --silent build && SERVICES=300 RULES=50 node e2e/browser/times.mjs
 */
const TIMES = 5;
const { SERVICES = '300', RULES = '50' } = process.env;

const team = (n) => `team-${String(n % 40).padStart(2, '0')}`;
const repository = (n) => `example-health/service-${String(n).padStart(3, '0')}`;
const services = Array.from({ length: Number(SERVICES) }, (_, n) => ({
  name: repository(n).split('/')[1],
  team: team(n),
  deployments: [{ source: 'github', repository: repository(n), environment: '^prod$', paths: [`services/${n}/**`] }],
  incidents: [{ source: 'github', repository: repository(n), labels: ['incident'] }],
}));
const rules = Array.from({ length: Number(RULES) }, (_, n) => ({
  name: `rule-${n}`,
  team: team(n),
  deployments: [{ source: 'github', environment: `^live-${n}$` }],
}));
const all = [...services, ...rules];
const value = {
  version: 1,
  uid: 'livedora',
  jsonData: { sources: [{ id: 'github', type: 'github', repositories: ['example-health/*'] }], services: all },
  secureJsonFields: {},
  secureJsonData: {},
};
const preview = {
  services: all.map(({ name, deployments, incidents = [] }) => ({
    name,
    deployments: deployments.map(() => ({
      count: 12,
      places: [{ source: 'github', repository: name, environment: 'prod', deployments: 12 }],
    })),
    incidents: incidents.map(() => 3),
  })),
  unmatched: [],
  incidents: 0,
  toldApart: [],
};

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const told = (numbers) => `${Math.round(median(numbers))} ms (${numbers.map((ms) => Math.round(ms)).join(', ')})`;

const server = await serve();
server.backend.resources = { 'v1/preview': preview, 'v1/collection': { items: [] } };
const browser = await launch();
const { page } = await openEditor(browser, server.address, { editor: 'config', value: { ...value, jsonData: {} } });

/** The milliseconds until something is done and drawn. */
const drawn = (what, given) =>
  page.evaluate(
    ([body, argument]) => {
      const begun = performance.now();
      new Function('given', body)(argument);
      return new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun))));
    },
    [what, given]
  );

const opened = [];
for (let n = 0; n < TIMES; n++) {
  await drawn('window.show({ editor: "config", value: { version: 1, jsonData: {} }, mode: "dark" })');
  opened.push(await drawn('window.show(given)', { editor: 'config', value, mode: 'dark' }));
}
await page.waitForTimeout(1_500); // the preview is there
const size = await page.evaluate(() => ({
  elements: document.querySelectorAll('#page *').length,
  height: document.documentElement.scrollHeight,
}));

const name = services[Math.floor(services.length / 2)].name;
const search = page.getByLabel('Search services', { exact: true });
if (await search.count()) {
  await search.fill(name);
  await page.getByRole('button', { name, exact: true }).click();
}
const field = page.getByRole('group', { name: `Service ${name}`, exact: true }).getByLabel('Name', { exact: true });
await field.focus();
await page.keyboard.press('End');
const keys = [];
for (const key of 'abcde') {
  const begun = performance.now();
  await page.keyboard.press(key);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  keys.push(performance.now() - begun);
}
await page.waitForTimeout(1_000);
const longest = await page.evaluate(() => window.emitted.jsonData.services.length);

console.log(`${services.length} services and ${rules.length} rules (${longest} held)`);
console.log(`drawn after ${told(opened)}: ${size.elements} elements, ${size.height} pixels high`);
console.log(`a key is drawn after ${told(keys)}; five take ${Math.round(keys.reduce((a, b) => a + b))} ms`);
await browser.close();
await server.close();
