import { allowed, DoraQuery, model, uses } from './model';
import { sentence } from './wording';

const say = (fields: Partial<DoraQuery>) => sentence({ refId: 'A', ...fields });

test.each<[Partial<DoraQuery>, string]>([
  [{}, 'Number of deployments in buckets that fit the time range.'],
  [
    {
      metric: 'lead_time',
      bucket: 'week',
      groupBy: ['service'],
      filters: [{ field: 'team', op: 'in', values: ['medicines'] }],
    },
    'Median change lead time per week, by service, for team medicines.',
  ],
  [
    { metric: 'recovery_time', statistic: 'p90', bucket: 'month', timezone: 'Europe/London' },
    '90th percentile of failed deployment recovery time per month, with days as in Europe/London.',
  ],
  [
    { metric: 'change_failure_rate', format: 'numeric', compare: 'previous' },
    'Change failure rate over the whole time range, compared with the period of the same length before.',
  ],
  [
    {
      metric: 'rework_rate',
      statistic: 'k',
      bucket: 'quarter',
      format: 'table',
      groupBy: ['service', 'team', 'environment'],
    },
    'Number of unplanned deployments per quarter as a table, by service, team and environment.',
  ],
  [{ metric: 'lead_time', statistic: 'max', bucket: 'day' }, 'Longest change lead time per day.'],
  [
    { queryType: 'stages', statistic: 'mean', bucket: 'week' },
    'Mean time in each stage of lead time (coding, pickup, review, deploy) per week.',
  ],
  [
    {
      queryType: 'events',
      events: 'failures',
      filters: [
        { field: 'repository', op: 'in', values: ['example-health/a', 'example-health/b', 'example-health/c'] },
        { field: 'environment', op: 'not_in', values: ['staging'] },
      ],
    },
    'A table of failed deployments, for repositories example-health/a, example-health/b or example-health/c, without environment staging.',
  ],
  [
    { metric: 'change_failure_rate', bucket: 'week', rolling: '28 days', groupBy: ['service'] },
    'Change failure rate per week, each over 28 days, by service.',
  ],
  [
    { metric: 'lead_time', format: 'numeric', rolling: '28 days', benchmark: '2024' },
    'Median change lead time over the last 28 days of the time range, beside DORA’s report of 2024.',
  ],
  [
    { metric: 'deployment_frequency', bucket: 'week', limits: true },
    'Number of deployments per week, with process limits.',
  ],
  [
    { metric: 'recovery_time', bucket: 'month', groupBy: ['severity'] },
    'Median failed deployment recovery time per month, by severity.',
  ],
  [
    { queryType: 'signals', bucket: 'week', groupBy: ['service'] },
    'A table of changes in all five metrics, judged per week, by service.',
  ],
  [
    { queryType: 'signals', metric: 'lead_time', direction: 'worse', format: 'numeric' },
    'Number of signals of a change for the worse in the median change lead time, in the newest complete bucket, judged in buckets that fit the time range.',
  ],
  [
    { queryType: 'events', events: 'changes', at: '1772409600000', bucket: 'week', rolling: '28 days' },
    'A table of changes behind the figure of the week at 2026-03-02 with its rolling 28 days.',
  ],
  [
    { queryType: 'spread', metric: 'lead_time', bucket: 'week', rolling: '90 days' },
    'Quartiles over the services, each by itself and without names: median change lead time per week, each over 90 days.',
  ],
  [
    { queryType: 'spread', spread: 'counted', metric: 'rework_rate', bucket: 'month' },
    'Number of services that have a figure of their own, and that have not: deployment rework rate per month.',
  ],
  [{ queryType: 'values', field: 'repository' }, 'Names of repositories.'],
  [
    { queryType: 'standing', standing: 'open_incident', filters: [{ field: 'team', op: 'in', values: ['records'] }] },
    'Oldest open incident as of now, a number per service, for team records.',
  ],
  [{ queryType: 'standing', standing: 'limit_left' }, 'Rate limit that is left as of now, a number per source.'],
  [{ queryType: 'collection' }, 'The state of the collection, a row per source.'],
  [{ queryType: 'collection', format: 'tile' }, 'The state of the source that is doing worst, as a tile.'],
  [
    { metric: 'lead_time', format: 'chart', bucket: 'week' },
    'Median change lead time per week, in units that an axis reads well.',
  ],
  [
    { metric: 'lead_time', format: 'tile', compare: 'previous' },
    'Median change lead time over the whole time range, and its course in buckets that fit the time range, compared with the period of the same length before.',
  ],
  [{ format: 'numeric', live: true }, 'Number of deployments over the whole time range, shown anew as it changes.'],
  [{ queryType: 'annotations', live: true }, 'Marks on the time axis for deployments.'],
])('%j', (query, expected) => {
  expect(say(query)).toBe(expected);
});

test('a filter without values restricts nothing and is not mentioned', () => {
  expect(say({ filters: [{ field: 'team', op: 'in', values: [] }] })).toBe(say({}));
});

test('what a query does not use is not said', () => {
  expect(say({ queryType: 'collection', groupBy: ['team'], timezone: 'Europe/London' })).toBe(
    say({ queryType: 'collection' })
  );
  expect(say({ compare: 'previous' })).toBe(say({}));
});

test('every metric and statistic makes a sentence of its own', () => {
  const sentences = model.metrics.flatMap(({ key, statistics }) =>
    statistics.map((statistic) => say({ metric: key, statistic }))
  );
  expect(new Set(sentences).size).toBe(sentences.length);
  expect(sentences.filter((text) => !/^[A-Z0-9][^_]*\.$/.test(text))).toEqual([]);
});

test('a query that cannot be computed is spoken of without falling over', () => {
  expect(say({ queryType: 'ranking' })).toBe('A query of the unknown type ranking.');
  expect(say({ metric: 'velocity', filters: 'x' as never, groupBy: 3 as never })).toContain('velocity');
});

test('whatever is asked, the sentence reads as one', () => {
  const some = [undefined, 'x'];
  for (const queryType of model.queryTypes) {
    for (const metric of model.metrics.map(({ key }) => key)) {
      for (const format of [undefined, ...model.formats]) {
        for (const extra of [
          ...model.events.map((events) => ({ events })),
          ...model.standings.map(({ key }) => ({ standing: key })),
          ...model.buckets.map((bucket) => ({ bucket })),
          ...model.directions.map((direction) => ({ direction })),
          ...model.stages.map((stage) => ({ stage })),
          { compare: 'previous', live: true },
          { rolling: '28 days', groupBy: ['service', 'team'] },
          { limits: true, filters: [{ field: 'team', op: 'in', values: ['a', 'b'] }] },
        ]) {
          for (const timezone of some) {
            const query = { refId: 'A', queryType, metric, format, timezone, ...extra } as DoraQuery;
            if (format && uses(query, 'format') && !allowed(query, 'format').includes(format)) {
              continue; // it is refused
            }
            const text = sentence(query);
            expect(text).toMatch(/^[A-Z][^]*[a-z0-9)]\.$/);
            expect(text).not.toMatch(/undefined|null|NaN|\s\s|,,|, \.|_|\bper automatic\b/);
          }
        }
      }
    }
  }
});
