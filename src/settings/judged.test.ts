import table from '../../pkg/settings/testdata/judged.json';
import { DoraOptions } from './settings';
import { faultsOf, labelOf } from './validate';

/** The base with what lies at a path such as sources[0].incidents.severity replaced. */
function withValue(field: string, value: unknown): DoraOptions {
  const whole = JSON.parse(JSON.stringify(table.base)) as Record<string, unknown>;
  const steps = field.match(/[^.[\]]+/g)!;
  const last = steps.pop()!;
  const parent = steps.reduce<Record<string, unknown>>(
    (at, step) => (at[step] ??= {}) as Record<string, unknown>,
    whole
  );
  parent[last] = value;
  return whole as DoraOptions;
}

interface Judged {
  field: string;
  good: unknown[];
  bad: Array<{ value: unknown; says: string }>;
}

// The backend judges the same table, and in the same words: pkg/settings/judged_test.go.
test.each(table.fields as Judged[])('the editor and the backend judge $field alike', ({ field, good, bad }) => {
  const judge = (value: unknown) => {
    const options = withValue(field, value);
    const [path, fault] = Object.entries(faultsOf(options)).find(([path]) => path.startsWith(field)) ?? [];
    // the rest is in the words of the language's own expressions
    return fault?.slice(`${labelOf(path!, options)}: `.length).replace(/(a regular expression): .*/, '$1');
  };
  expect(good.filter(judge)).toEqual([]);
  expect(bad.map(({ value }) => judge(value))).toEqual(bad.map(({ says }) => says));
});
