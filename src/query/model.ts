import { DataQuery } from '@grafana/schema';
import facts from './model.json';

/**
 * The query model: one JSON that panels, alerts, variables and the command line share. model.json states what is
 * allowed, the default first; the backend is its owner and judges every query. Values here are plain strings, because a
 * saved panel can hold anything.
 */
export interface DoraQuery extends DataQuery {
  version?: number;
  metric?: string;
  statistic?: string;
  bucket?: string;
  /** A window that each figure covers, such as `28 days` or `3 buckets`. */
  rolling?: string;
  groupBy?: string[];
  filters?: Filter[];
  /** An IANA name; `browser` is replaced before the query leaves the browser. */
  timezone?: string;
  format?: string;
  compare?: string;
  /** Whether process limits are drawn with the figures. */
  limits?: boolean;
  /** The year of a report whose levels stand beside the figures. */
  benchmark?: string;
  /** Which signals count. */
  direction?: string;
  /** Overrides of the data source's definition. Kept as it is: only the JSON edits it. */
  definition?: Record<string, unknown>;
  events?: string;
  /** A time: only the events behind the figure of its bucket. Links from charts write it. */
  at?: string;
  field?: string;
  standing?: string;
  /** Whether the answer is followed, and shown anew when it changes. */
  live?: boolean;
  /** The range of a live query as the dashboard has it. It is put in when the query leaves the browser. */
  range?: { from: string; to: string; timezone: string };
  /** `longest` shows only the stage in which changes spent the most time. */
  stage?: string;
  /** What of a spread is shown: its quartiles, or how many services they are of. */
  spread?: string;
}

/** `in` without values restricts nothing. */
export interface Filter {
  field: string;
  op: string;
  values: string[];
}

export interface Metric {
  key: string;
  name: string;
  /** `count`, `s` (seconds) or `ratio` (0..1). */
  unit: string;
  /** The first is the default. */
  statistics: string[];
  description: string;
  /** Years with levels of it, `none` first. */
  benchmarks: string[];
}

/** The fields of the model with one value out of a list. */
export type ChoiceField =
  | 'queryType'
  | 'metric'
  | 'statistic'
  | 'bucket'
  | 'format'
  | 'compare'
  | 'benchmark'
  | 'direction'
  | 'events'
  | 'field'
  | 'stage'
  | 'spread'
  | 'standing';

/** How a query of one version is written in the next. The backend owns the steps, and follows the same ones. */
export interface Migration {
  from: number;
  /** Keys that have another name now; an empty name drops the key. */
  keys?: Record<string, string>;
  /** Words that have another name now, by the key's new name, in a list as alone. */
  values?: Record<string, Record<string, string>>;
}

export const model = { ...facts, migrations: facts.migrations as Migration[] };

/** What a signals query calls all five metrics. */
export const ALL_METRICS = 'all';

/** The field that only incidents have. */
export const SEVERITY = 'severity';

/** Zone of the dashboard or, where that says nothing, of the browser. */
export const BROWSER_TIMEZONE = 'browser';

export function metricOf(key: string | undefined): Metric | undefined {
  return model.metrics.find((metric) => metric.key === key);
}

export function standingOf(key: string | undefined): (typeof model.standings)[number] | undefined {
  return model.standings.find((standing) => standing.key === key);
}

export function statisticName(key: string): string {
  return model.statistics.find((statistic) => statistic.key === key)?.name ?? key;
}

export function queryTypeOf(query: DoraQuery): string {
  return query.queryType || model.queryTypes[0];
}

/** Only lengths of time have a distribution. */
const DISTRIBUTION = 'distribution';

/** One figure for the whole range, and the line of its buckets. */
const TILE = 'tile';

function isLength(query: DoraQuery): boolean {
  return queryTypeOf(query) === 'metric' && metricOf(chosen(query, 'metric'))?.unit === 's';
}

/** What a query may choose for a field, the default first; none where the query does not use the field. */
export function allowed(query: DoraQuery, field: ChoiceField): string[] {
  if (field !== 'queryType' && !uses(query, field)) {
    return [];
  }
  switch (field) {
    case 'queryType':
      return model.queryTypes;
    case 'metric':
      return [...(queryTypeOf(query) === 'signals' ? [ALL_METRICS] : []), ...model.metrics.map((metric) => metric.key)];
    case 'statistic':
      return queryTypeOf(query) === 'stages'
        ? model.stageStatistics
        : (metricOf(chosen(query, 'metric'))?.statistics ?? []);
    case 'bucket':
      return model.buckets;
    case 'format':
      if (queryTypeOf(query) === 'signals') {
        return model.signalFormats;
      }
      if (queryTypeOf(query) === 'collection') {
        return model.collectionFormats;
      }
      if (queryTypeOf(query) === 'spread') {
        return model.spreadFormats;
      }
      return isLength(query) ? model.formats : model.formats.filter((format) => format !== DISTRIBUTION);
    case 'compare':
      return model.compare;
    case 'benchmark':
      return benchmarks(query);
    case 'direction':
      return model.directions;
    case 'events':
      return queryTypeOf(query) === 'annotations' ? model.marks : model.events;
    case 'field':
      return model.values;
    case 'stage':
      return model.stages;
    case 'spread':
      return model.spreads;
    case 'standing':
      return model.standings.map((standing) => standing.key);
  }
}

/** A report tells levels of some metrics, in one statistic of each. */
function benchmarks(query: DoraQuery): string[] {
  const metric = metricOf(chosen(query, 'metric'));
  const comparable =
    metric && (metric.unit === 'count' || chosen(query, 'statistic') === metric.statistics[0]) ? metric.benchmarks : [];
  return comparable.length > 1 ? comparable : [];
}

/** The fields that a query may group or filter by: severity only where there are incidents. */
export function fieldsFor(query: DoraQuery, use: 'groupBy' | 'filters'): string[] {
  const recovery = chosen(query, 'metric') === 'recovery_time';
  const incidents = ['incidents', 'recoveries'].includes(chosen(query, 'events'));
  const has =
    (uses(query, 'metric') && recovery && queryTypeOf(query) !== 'spread') ||
    (use === 'filters' && ((uses(query, 'events') && incidents) || uses(query, 'field')));
  return (use === 'groupBy' ? model.groupBy : model.filterFields).filter((field) => has || field !== SEVERITY);
}

/** What the query says for a field or, where it says nothing, the default. */
export function chosen(query: DoraQuery, field: ChoiceField): string {
  return query[field] || allowed(query, field)[0] || '';
}

const usedBy: Record<string, ReadonlyArray<keyof DoraQuery>> = {
  metric: [
    'metric',
    'statistic',
    'bucket',
    'rolling',
    'groupBy',
    'filters',
    'timezone',
    'format',
    'compare',
    'limits',
    'benchmark',
    'definition',
    'live',
  ],
  stages: [
    'stage',
    'statistic',
    'bucket',
    'rolling',
    'groupBy',
    'filters',
    'timezone',
    'format',
    'limits',
    'definition',
    'live',
  ],
  spread: ['metric', 'statistic', 'spread', 'bucket', 'rolling', 'filters', 'timezone', 'format', 'definition', 'live'],
  signals: ['metric', 'statistic', 'direction', 'bucket', 'groupBy', 'filters', 'timezone', 'format', 'definition'],
  events: ['events', 'filters', 'at', 'bucket', 'rolling', 'timezone', 'definition', 'live'],
  annotations: ['events', 'filters', 'definition'],
  values: ['field', 'filters'],
  collection: ['format', 'live'],
  standing: ['standing', 'filters', 'definition'],
};

/** Fields that mean something in one type of query and are dropped in another. */
export const optionalFields = [...new Set(Object.values(usedBy).flat())];

/** Whether a query of this type and format reads the field. */
export function uses(query: DoraQuery, field: keyof DoraQuery): boolean {
  const type = queryTypeOf(query);
  const fields = usedBy[type] ?? [];
  if (!fields.includes(field)) {
    return false;
  }
  const whole = query.format === 'numeric' || query.format === DISTRIBUTION;
  switch (field) {
    case 'statistic':
      return type === 'signals' ? (query.metric || ALL_METRICS) !== ALL_METRICS : query.format !== DISTRIBUTION;
    case 'bucket':
      return type === 'events' ? Boolean(query.at) : type === 'signals' || !whole;
    case 'timezone':
      return type === 'events' ? Boolean(query.at) : query.format !== DISTRIBUTION;
    case 'rolling':
      return type === 'events' ? Boolean(query.at) : query.format !== DISTRIBUTION;
    case 'compare':
      return query.format === 'numeric' || query.format === TILE;
    case 'limits':
      return !whole && query.format !== TILE && !query.rolling;
    case 'benchmark':
      return query.format !== DISTRIBUTION;
    default:
      return true;
  }
}
