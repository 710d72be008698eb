import { existsSync, readdirSync, readFileSync } from 'fs';
import path from 'path';
import table from '../../pkg/settings/testdata/judged.json';
import { DoraOptions } from './settings';
import { faultsOf, labelOf } from './validate';

/** The base with what lies at a path such as sources[0].incidents.severity replaced. */
function withValue(base: object, field: string, value: unknown): Record<string, unknown> {
  const whole = JSON.parse(JSON.stringify(base)) as Record<string, unknown>;
  const steps = field.match(/[^.[\]]+/g)!;
  const last = steps.pop()!;
  const parent = steps.reduce<Record<string, unknown>>(
    (at, step) => (at[step] ??= {}) as Record<string, unknown>,
    whole
  );
  parent[last] = value;
  return whole;
}

interface Judged {
  field: string;
  good: unknown[];
  bad: Array<{ value: unknown; says: string }>;
}

/** What is said of a field in settings. */
function judge(options: DoraOptions, field: string): string | undefined {
  const [path, fault] = Object.entries(faultsOf(options)).find(([path]) => path.startsWith(field)) ?? [];
  // the rest is in the words of the language's own expressions
  return fault?.slice(`${labelOf(path!, options)}: `.length).replace(/(a regular expression): .*/, '$1');
}

function judgesAlike({ good, bad }: Judged, said: (value: unknown) => string | undefined) {
  expect(good.filter(said)).toEqual([]);
  expect(bad.map(({ value }) => said(value))).toEqual(bad.map(({ says }) => says));
}

// The backend judges the same tables, and in the same words: pkg/systems/judged_test.go.
test.each(table.fields as Judged[])('the editor and the backend judge $field alike', (row) =>
  judgesAlike(row, (value) => judge(withValue(table.base, row.field, value) as DoraOptions, row.field))
);

const folder = path.join(__dirname, '../../pkg/source');
const ofSystems = readdirSync(folder)
  .map((type) => ({ type, file: path.join(folder, type, 'testdata/judged.json') }))
  .filter(({ file }) => existsSync(file))
  .flatMap(({ type, file }) => {
    const { base, fields } = JSON.parse(readFileSync(file, 'utf8')) as { base: object; fields: Judged[] };
    return fields.map((row) => ({ type, base, row, field: row.field }));
  });

test.each(ofSystems)('the editor and the backend judge $field of $type alike', ({ type, base, row }) =>
  judgesAlike(row, (value) => {
    const source = { ...withValue(base, row.field, value), id: type, type };
    return judge({ sources: [source] } as DoraOptions, `sources[0].${row.field}`);
  })
);
