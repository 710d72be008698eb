import { readdirSync, readFileSync, statSync } from 'fs';
import path from 'path';

/** The plan of the frontend's house: what each room may know of the others. What is not listed does not exist. */
const mayImport: Record<string, string[]> = {
  form: [], // controls, whatever they edit
  correct: [], // what a person can say of events, and whether it would be kept
  live: [], // how an answer is followed
  settings: [], // what an administrator configures, and what is wrong with it
  services: ['settings'], // the list of services: its order, its texts, and what becomes of it
  query: ['form', 'settings'], // what a panel asks, its editor and its sentence
  variables: ['query', 'settings'],
  'config/live': ['settings'], // what the backend tells the configuration editor
  config: ['config/live', 'form', 'services', 'settings'],
  '': ['config', 'correct', 'live', 'query', 'settings', 'variables'],
};

function sourcesIn(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const file = path.join(directory, name);
    if (statSync(file).isDirectory()) {
      return sourcesIn(file);
    }
    return /(?<!\.test)\.tsx?$/.test(name) ? [file] : [];
  });
}

const rooms = new Map<string, string[]>();
const files = new Map<string, string[]>();
for (const file of sourcesIn(__dirname)) {
  const found = [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']*)'/g)];
  const imported = found
    .map((match) => path.join(path.dirname(file), match[1]))
    .filter((each) => !each.endsWith('.json')); // facts that both languages read
  files.set(file.replace(/\.tsx?$/, ''), imported);
  const room = path.relative(__dirname, path.dirname(file));
  const others = imported.map((each) => path.relative(__dirname, path.dirname(each))).filter((each) => each !== room);
  rooms.set(room, [...(rooms.get(room) ?? []), ...others]);
}

test('each room knows only what it may', () => {
  const seen = [...rooms].map(([room, others]) => [room, [...new Set(others)].sort()]);
  expect(Object.fromEntries(seen)).toEqual(mayImport);
});

test('no file imports itself, by whatever way', () => {
  const circles: string[][] = [];
  const walk = (file: string, way: string[]) => {
    if (way.includes(file)) {
      circles.push([...way.slice(way.indexOf(file)), file].map((each) => path.relative(__dirname, each)));
    } else if (circles.length === 0) {
      files.get(file)?.forEach((next) => walk(next, [...way, file]));
    }
  };
  [...files.keys()].forEach((file) => walk(file, []));
  expect(circles).toEqual([]);
});
