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

test('the lock file leaves the registry to whoever installs', () => {
  const locked: object[] = Object.values(read('package-lock.json').packages);
  expect(locked.length).toBeGreaterThan(100);
  expect(locked.filter((each) => 'resolved' in each)).toEqual([]);
});
