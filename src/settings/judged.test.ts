import table from '../../pkg/settings/testdata/judged.json';
import { DoraOptions } from './settings';
import { faultsOf } from './validate';

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

// The backend judges the same table: pkg/settings/judged_test.go.
test.each(table.fields as Array<{ field: string; good: unknown[]; bad: unknown[] }>)(
  'the editor and the backend judge $field alike',
  ({ field, good, bad }) => {
    const blamed = (value: unknown) =>
      Object.keys(faultsOf(withValue(field, value))).some((path) => path.startsWith(field));
    expect(good.filter(blamed)).toEqual([]);
    expect(bad.filter((value) => !blamed(value))).toEqual([]);
  }
);
