import stories from '../../pkg/query/testdata/migration.json';
import { migrated } from './migrate';
import { Migration, model } from './model';

// The backend's tests tell the same stories.
test.each(stories.map((each) => [each.story, each] as const))('%s', (_, { query, steps, becomes }) => {
  const saved = { refId: 'A', ...query };
  const read = migrated(saved as never, steps as unknown as Migration[]);
  expect({ version: 1, ...read }).toEqual({ refId: 'A', ...becomes });
});

test('what is read does not change what is saved', () => {
  const saved = { refId: 'A', by: ['system'] };
  migrated(saved as never, [{ from: 1, keys: { by: 'groupBy' }, values: { groupBy: { system: 'service' } } }]);
  expect(saved).toEqual({ refId: 'A', by: ['system'] });
});

test('a query of a later version, or of none that is known, stays as it is', () => {
  const steps = [{ from: 1, keys: { by: 'groupBy' } }];
  for (const version of [3, 0, -1, 1.5, '1']) {
    const saved = { refId: 'A', version, by: ['team'] };
    expect(migrated(saved as never, steps)).toBe(saved);
  }
});

test('every version leads to the newest', () => {
  expect(model.migrations).toHaveLength(model.version - 1);
});
