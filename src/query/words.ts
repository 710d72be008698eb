import { ALL_METRICS, ChoiceField, metricOf, standingOf, statisticName } from './model';

/** What a person reads for the model's keys. */
const words: Record<string, Record<string, string>> = {
  queryType: {
    metric: 'Metric',
    stages: 'Stages of lead time',
    spread: 'How services differ',
    events: 'Events',
    annotations: 'Marks on other panels',
    signals: 'Signals of change',
    values: 'Values for a variable',
    collection: 'State of the collection',
    standing: 'How things stand now',
  },
  bucket: { auto: 'automatic', day: 'day', week: 'week', month: 'month', quarter: 'quarter' },
  format: {
    time_series: 'time series',
    numeric: 'one number',
    table: 'table',
    distribution: 'distribution',
    tile: 'tile',
    chart: 'chart',
  },
  compare: { none: 'nothing', previous: 'the period before' },
  benchmark: { none: 'nothing', 2024: 'DORA’s report of 2024', 2023: 'DORA’s report of 2023' },
  direction: { any: 'better or worse', worse: 'for the worse', better: 'for the better' },
  events: {
    deployments: 'deployments',
    changes: 'changes',
    incidents: 'incidents',
    failures: 'failed deployments',
    open: 'open incidents',
    failing: 'what is failing now',
    waiting: 'changes that wait to be shipped',
    unlinked: 'incidents linked to no deployment',
    unmeasured: 'what could not be measured',
    unmatched: 'environments that no service counts',
    corrections: 'corrections',
    coverage: 'what is measured of each service',
    recoveries: 'recoveries',
  },
  stage: { all: 'all stages', longest: 'the longest stage' },
  spread: { quartiles: 'quartiles of the services', counted: 'how many services are counted' },
  op: { in: 'is one of', not_in: 'is none of' },
};

/** The words for a value of a field; the value itself where it has no other words. */
export function wordsFor(field: ChoiceField | 'op', value: string): string {
  if (field === 'metric') {
    return value === ALL_METRICS ? 'All five metrics' : (metricOf(value)?.name ?? value);
  }
  if (field === 'standing') {
    return standingOf(value)?.name ?? value;
  }
  return field === 'statistic' ? statisticName(value) : (words[field]?.[value] ?? value);
}

const plurals: Record<string, string> = { repository: 'repositories', severity: 'severities' };

export function plural(field: string): string {
  return plurals[field] ?? `${field}s`;
}
