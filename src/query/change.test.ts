import {
  addFilter,
  change,
  changeFilter,
  filtersOf,
  groupByOf,
  removeFilter,
  withFilters,
  withGroupBy,
} from './change';
import { DoraQuery } from './model';

const weekly: DoraQuery = {
  refId: 'A',
  version: 1,
  queryType: 'metric',
  metric: 'lead_time',
  statistic: 'p90',
  bucket: 'week',
  groupBy: ['service'],
};

test('another metric keeps a statistic that it has and drops one that it does not have', () => {
  expect(change(weekly, { metric: 'recovery_time' }).statistic).toBe('p90');
  expect(change(weekly, { metric: 'change_failure_rate' })).not.toHaveProperty('statistic');
});

test('another type of query keeps only what it reads, and what is Grafana’s', () => {
  const shown = { ...weekly, hide: true, filters: [{ field: 'team', op: 'in', values: ['medicines'] }] };
  expect(change(shown, { queryType: 'events' })).toEqual({
    refId: 'A',
    hide: true,
    version: 1,
    queryType: 'events',
    filters: shown.filters,
  });
  expect(change(shown, { queryType: 'collection' })).toEqual({
    refId: 'A',
    hide: true,
    version: 1,
    queryType: 'collection',
  });
});

test('one number has no bucket, and a series has no comparison', () => {
  const number = change(change(weekly, { format: 'numeric' }), { compare: 'previous' });
  expect(number).toMatchObject({ format: 'numeric', compare: 'previous' });
  expect(number).not.toHaveProperty('bucket');
  expect(change(number, { format: 'time_series' })).not.toHaveProperty('compare');
});

test('a window and limits do not go together, nor buckets with one number', () => {
  const drawn = change(weekly, { limits: true });
  expect(drawn.limits).toBe(true);
  expect(change(drawn, { rolling: '28 days' })).not.toHaveProperty('limits');
  expect(change({ ...weekly, rolling: '3 buckets' }, { format: 'numeric' })).not.toHaveProperty('rolling');
  expect(change({ ...weekly, rolling: '28 days' }, { format: 'numeric' }).rolling).toBe('28 days');
});

test('severity stays only with recovery, a benchmark only with a metric that has one', () => {
  const bySeverity = { ...weekly, metric: 'recovery_time', statistic: 'p50', groupBy: ['service', 'severity'] };
  expect(change(bySeverity, { bucket: 'month' }).groupBy).toEqual(['service', 'severity']);
  expect(change(bySeverity, { metric: 'lead_time' }).groupBy).toEqual(['service']);
  expect(change({ ...bySeverity, groupBy: ['severity'] }, { metric: 'lead_time' })).not.toHaveProperty('groupBy');
  const beside = { ...weekly, statistic: 'p50', benchmark: '2024' };
  expect(change(beside, { bucket: 'month' }).benchmark).toBe('2024');
  expect(change(beside, { statistic: 'p90' })).not.toHaveProperty('benchmark');
  expect(change(beside, { metric: 'rework_rate' })).not.toHaveProperty('benchmark');
});

test('signals of all five metrics have no statistic, and no other query is about all five', () => {
  const all = change(change(weekly, { queryType: 'signals' }), { metric: 'all', direction: 'worse' });
  expect(all).toMatchObject({ queryType: 'signals', metric: 'all', direction: 'worse', bucket: 'week' });
  expect(all).not.toHaveProperty('statistic');
  expect(change(all, { queryType: 'metric' })).not.toHaveProperty('metric');
  expect(change(all, { queryType: 'metric' })).not.toHaveProperty('direction');
});

test('without its point, a query for the events behind it is about the whole time range', () => {
  const behind = {
    refId: 'A',
    queryType: 'events',
    events: 'changes',
    at: '1772409600000',
    bucket: 'week',
    rolling: '28 days',
  };
  expect(change(behind, { events: 'deployments' })).toMatchObject({ at: '1772409600000', bucket: 'week' });
  const whole = change(behind, { at: undefined });
  expect(Object.keys(whole).sort()).toEqual(['events', 'queryType', 'refId', 'version']);
});

test('a query written before it had a version gets this one, and a newer one keeps its own', () => {
  expect(change({ refId: 'A' }, { metric: 'lead_time' }).version).toBe(1);
  expect(change({ refId: 'A', version: 2 }, { metric: 'lead_time' }).version).toBe(2);
});

test('no grouping and no filter leave nothing behind', () => {
  expect(withGroupBy(weekly, [])).not.toHaveProperty('groupBy');
  expect(withFilters({ ...weekly, filters: [] }, [])).not.toHaveProperty('filters');
});

test('each new filter starts on the next field without one', () => {
  const two = addFilter(addFilter([]));
  expect(two).toEqual([
    { field: 'service', op: 'in', values: [] },
    { field: 'team', op: 'in', values: [] },
  ]);
  expect(removeFilter(two, 0)).toEqual([two[1]]);
});

test('a filter on another field forgets its values, under another condition it keeps them', () => {
  const filters = [{ field: 'team', op: 'in', values: ['medicines'] }];
  expect(changeFilter(filters, 0, { field: 'service' })).toEqual([{ field: 'service', op: 'in', values: [] }]);
  expect(changeFilter(filters, 0, { op: 'not_in' })).toEqual([{ field: 'team', op: 'not_in', values: ['medicines'] }]);
});

test('a broken saved query still has filters and groups that can be shown', () => {
  const broken = { refId: 'A', groupBy: 'service', filters: [null, { field: 'team', op: 'in', values: 'x' }] };
  expect(filtersOf(broken as never)).toEqual([{ field: 'team', op: 'in', values: [] }]);
  expect(groupByOf(broken as never)).toEqual([]);
});
