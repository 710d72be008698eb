import { problemsOf } from './judge';

const messages = (query: object) => problemsOf({ refId: 'A', ...query } as never).map(({ message }) => message);

test('a query of defaults has no problem, nor has a full one', () => {
  expect(messages({})).toEqual([]);
  expect(
    messages({
      version: 1,
      queryType: 'metric',
      metric: 'lead_time',
      statistic: 'p90',
      bucket: 'week',
      groupBy: ['service', 'team'],
      filters: [{ field: 'team', op: 'in', values: [] }],
      format: 'table',
    })
  ).toEqual([]);
});

test('signals, windows, limits and severities are refused nowhere where they mean something', () => {
  expect(messages({ queryType: 'signals', metric: 'all', direction: 'worse', format: 'numeric' })).toEqual([]);
  expect(messages({ metric: 'lead_time', rolling: '28 days', format: 'numeric' })).toEqual([]);
  expect(messages({ metric: 'lead_time', limits: true, benchmark: '2024' })).toEqual([]);
  expect(messages({ metric: 'recovery_time', groupBy: ['severity'] })).toEqual([]);
  expect(messages({ queryType: 'events', events: 'changes', at: '1772409600000', bucket: 'week' })).toEqual([]);
});

test('an unknown metric is named once, with the five that there are', () => {
  expect(messages({ metric: 'velocity', statistic: 'p50' })).toEqual([
    'metric "velocity" is unknown; allowed: deployment_frequency, lead_time, change_failure_rate, recovery_time, rework_rate',
  ]);
});

test('a statistic of another metric is refused', () => {
  expect(messages({ metric: 'change_failure_rate', statistic: 'p50' })).toEqual([
    'statistic "p50" is unknown; allowed: ratio, k, n',
  ]);
  expect(messages({ queryType: 'stages', statistic: 'n' })).toEqual([
    'statistic "n" is unknown; allowed: p50, p75, p90, p95, mean',
  ]);
});

test.each([
  [{ version: 0 }, 'version 0 is unknown; allowed: 1'],
  [{ version: 2, metric: 'flow' }, 'version 2 is of a later Live DORA: update the plugin, or write the query anew'],
  [
    { queryType: 'ranking' },
    'queryType "ranking" is unknown; allowed: metric, stages, spread, events, annotations, signals, values, collection, standing',
  ],
  [{ bucket: 'hour' }, 'bucket "hour" is unknown; allowed: auto, day, week, month, quarter'],
  [{ groupBy: 'service' }, 'groupBy must be a list of service, team, environment, repository'],
  [{ groupBy: ['author'] }, 'groupBy[0] "author" is unknown; allowed: service, team, environment, repository'],
  [{ filters: {} }, 'filters must be a list of {field, op, values}'],
  [{ filters: [{ field: 'team', op: 'in', values: 'x' }] }, 'filters[0].values must be a list of texts'],
  [
    { filters: [{ field: 'author', op: 'in', values: [] }] },
    'filters[0].field "author" is unknown; allowed: service, team, environment, repository',
  ],
  [{ filters: [{ field: 'team', op: 'like', values: [] }] }, 'filters[0].op "like" is unknown; allowed: in, not_in'],
  [
    { queryType: 'events', events: 'commits' },
    'events "commits" is unknown; allowed: deployments, changes, incidents, failures, recoveries, open, failing, waiting, unlinked, unmeasured, unmatched, corrections, coverage',
  ],
  [
    { queryType: 'values', field: 'author' },
    'field "author" is unknown; allowed: service, team, environment, repository, severity',
  ],
  [{ rolling: '28d' }, 'rolling "28d" is unknown; allowed: a number of days or buckets, such as 28 days'],
  [{ rolling: '3 buckets', format: 'numeric' }, 'rolling "3 buckets" needs buckets; with one number, allowed: days'],
  [{ limits: 'yes' }, 'limits "yes" is unknown; allowed: true, false'],
  [{ benchmark: '1999' }, 'benchmark "1999" is unknown; allowed: none, 2024, 2023'],
  [{ queryType: 'signals', direction: 'up' }, 'direction "up" is unknown; allowed: any, worse, better'],
  [{ groupBy: ['severity'] }, 'groupBy[0] "severity" is unknown; allowed: service, team, environment, repository'],
])('%j is refused in a sentence', (query, message) => {
  expect(messages(query)).toEqual([message]);
});
