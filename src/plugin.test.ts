import { existsSync, readFileSync, realpathSync } from 'fs';
import path from 'path';

const root = path.resolve(__dirname, '..');
const read = (name: string) => JSON.parse(readFileSync(path.join(root, name), 'utf8'));
const plugin = read('plugin.json');

test('plugin.json and package.json tell the same version', () => {
  expect(plugin.info.version).toBe(read('package.json').version);
  expect(read('package-lock.json').version).toBe(plugin.info.version);
});

test('the sources see the plugin.json and the dashboards of the top level', () => {
  expect(realpathSync(path.join(__dirname, 'plugin.json'))).toBe(path.join(root, 'plugin.json'));
  expect(realpathSync(path.join(__dirname, 'dashboards'))).toBe(path.join(root, 'dashboards'));
});

test('what plugin.json refers to is there', () => {
  const paths = [
    plugin.info.logos.small,
    plugin.info.logos.large,
    ...plugin.includes.map((each: { path: string }) => each.path),
  ];
  expect(paths.filter((each) => !existsSync(path.join(__dirname, each)))).toEqual([]);
});

test('the page of the plugin in Grafana has no dead link and no broken picture', () => {
  const page = readFileSync(path.join(__dirname, 'README.md'), 'utf8');
  const ours = `${plugin.info.links[0].url}/blob/main/`;
  const packaged = `/public/plugins/${plugin.id}/img/`;
  const addresses = [...page.matchAll(/\]\(([^)]*)\)/g)].map(([, address]) => address);
  const files = addresses.map((address) => {
    if (address.startsWith(packaged)) {
      return path.join('docs/img', address.slice(packaged.length));
    }
    return address.startsWith(ours) ? address.slice(ours.length) : '';
  });
  expect(addresses.filter((each) => !each.startsWith('https://') && !each.startsWith(packaged))).toEqual([]);
  expect(files.filter((each) => !existsSync(path.join(root, each)))).toEqual([]);
  expect(page).not.toMatch(/<[a-z]/); // Grafana shows some elements as text
});

test('every picture that the page or the catalogue shows is packaged', () => {
  const config = readFileSync(path.join(root, '.config/webpack/webpack.config.ts'), 'utf8');
  const names = /docs\/img\/\{(.*)\}-dark\.png/.exec(config)![1].split(',');
  const packaged = names.map((name) => `img/${name}-dark.png`);
  const page = readFileSync(path.join(__dirname, 'README.md'), 'utf8');
  const shown = [...page.matchAll(/img\/[\w-]+\.png/g)].map(([picture]) => picture);
  const catalogue = plugin.info.screenshots.map((each: { path: string }) => each.path);
  expect(catalogue.length).toBeGreaterThan(2);
  expect([...shown, ...catalogue].filter((each) => !packaged.includes(each))).toEqual([]);
  expect(packaged.filter((each) => !existsSync(path.join(root, 'docs', each)))).toEqual([]);
});

test('the lock file leaves the registry to whoever installs', () => {
  const locked: object[] = Object.values(read('package-lock.json').packages);
  expect(locked.length).toBeGreaterThan(100);
  expect(locked.filter((each) => 'resolved' in each)).toEqual([]);
});
