import { allowed, chosen, ChoiceField, DoraQuery, metricOf, model, statisticName, uses } from './model';
import { wordsFor } from './words';

const query = (fields: Partial<DoraQuery>): DoraQuery => ({ refId: 'A', ...fields });

test('every metric offers named statistics, a unit and a sentence', () => {
  const named = model.statistics.map(({ key }) => key);
  for (const metric of model.metrics) {
    expect(named).toEqual(expect.arrayContaining(metric.statistics));
    expect(['count', 's', 'ratio']).toContain(metric.unit);
    expect(metric.description).toMatch(/^[A-Z].*\.$/);
  }
  expect(named).toEqual(expect.arrayContaining(model.stageStatistics));
});

test('every key of the model has words of its own', () => {
  const fields: ChoiceField[] = [
    'queryType',
    'metric',
    'statistic',
    'bucket',
    'format',
    'compare',
    'benchmark',
    'direction',
    'events',
    'field',
    'spread',
    'standing',
  ];
  const types = model.queryTypes.flatMap((queryType) => model.formats.map((format) => query({ queryType, format })));
  for (const field of fields) {
    const keys = new Set(types.flatMap((type) => allowed(type, field)));
    const words = [...keys].map((key) => wordsFor(field, key));
    expect(new Set(words).size).toBe(keys.size);
    expect(words.filter((word) => word.includes('_'))).toEqual([]);
  }
  expect(model.filterOps.map((op) => wordsFor('op', op))).toEqual(['is one of', 'is none of']);
});

test('a query that says nothing means the first of everything', () => {
  const empty = query({});
  expect(chosen(empty, 'queryType')).toBe('metric');
  expect(chosen(empty, 'metric')).toBe('deployment_frequency');
  expect(chosen(empty, 'statistic')).toBe('count');
  expect(chosen(empty, 'bucket')).toBe('auto');
  expect(chosen(empty, 'format')).toBe('time_series');
});

test('a statistic is one of its metric', () => {
  expect(allowed(query({ metric: 'rework_rate' }), 'statistic')).toEqual(['ratio', 'k', 'n']);
  expect(allowed(query({ queryType: 'stages' }), 'statistic')).toEqual(model.stageStatistics);
  expect(allowed(query({ metric: 'velocity' }), 'statistic')).toEqual([]);
});

test('what one number cannot have, buckets, and what a series cannot have, a comparison, is not offered', () => {
  expect(allowed(query({ format: 'numeric' }), 'bucket')).toEqual([]);
  expect(allowed(query({ format: 'numeric' }), 'compare')).toEqual(['none', 'previous']);
  expect(allowed(query({ format: 'tile' }), 'compare')).toEqual(['none', 'previous']);
  expect(uses(query({ format: 'tile' }), 'limits')).toBe(false);
  expect(allowed(query({ format: 'time_series' }), 'bucket')).toEqual(['auto', 'day', 'week', 'month', 'quarter']);
  expect(allowed(query({ format: 'time_series' }), 'compare')).toEqual([]);
});

test('an unknown key has no metric and no other words', () => {
  expect(metricOf('velocity')).toBeUndefined();
  expect(statisticName('p42')).toBe('p42');
  expect(wordsFor('metric', 'velocity')).toBe('velocity');
});

test('the types of query that the backend can follow are offered to be live', () => {
  const offered = model.queryTypes.filter((queryType) => uses(query({ queryType }), 'live'));
  expect(offered).toEqual(model.liveTypes);
});
