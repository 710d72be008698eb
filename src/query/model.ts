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
  groupBy?: string[];
  filters?: Filter[];
  /** An IANA name; `browser` is replaced before the query leaves the browser. */
  timezone?: string;
  format?: string;
  compare?: string;
  /** Overrides of the data source's definition. Kept as it is: only the JSON edits it. */
  definition?: Record<string, unknown>;
  events?: string;
  field?: string;
  standing?: string;
  /** Whether the answer is followed, and shown anew when it changes. */
  live?: boolean;
  /** The range of a live query as the dashboard has it. It is put in when the query leaves the browser. */
  range?: { from: string; to: string; timezone: string };
  /** `longest` shows only the stage in which changes spent the most time. */
  stage?: string;
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
}

/** The fields of the model with one value out of a list. */
export type ChoiceField =
  'queryType' | 'metric' | 'statistic' | 'bucket' | 'format' | 'compare' | 'events' | 'field' | 'stage' | 'standing';

export const model = facts;

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
      return model.metrics.map((metric) => metric.key);
    case 'statistic':
      return queryTypeOf(query) === 'stages'
        ? model.stageStatistics
        : (metricOf(chosen(query, 'metric'))?.statistics ?? []);
    case 'bucket':
      return model.buckets;
    case 'format':
      return isLength(query) ? model.formats : model.formats.filter((format) => format !== DISTRIBUTION);
    case 'compare':
      return model.compare;
    case 'events':
      return queryTypeOf(query) === 'annotations' ? model.marks : model.events;
    case 'field':
      return model.values;
    case 'stage':
      return model.stages;
    case 'standing':
      return model.standings.map((standing) => standing.key);
  }
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
    'groupBy',
    'filters',
    'timezone',
    'format',
    'compare',
    'definition',
    'live',
  ],
  stages: ['stage', 'statistic', 'bucket', 'groupBy', 'filters', 'timezone', 'format', 'definition', 'live'],
  events: ['events', 'filters', 'definition', 'live'],
  annotations: ['events', 'filters', 'definition'],
  values: ['field', 'filters'],
  collection: ['live'],
  standing: ['standing', 'filters', 'definition'],
};

/** Fields that mean something in one type of query and are dropped in another. */
export const optionalFields = [...new Set(Object.values(usedBy).flat())];

/** Whether a query of this type and format reads the field. */
export function uses(query: DoraQuery, field: keyof DoraQuery): boolean {
  const fields = usedBy[queryTypeOf(query)] ?? [];
  if (!fields.includes(field)) {
    return false;
  }
  const format = query.format || model.formats[0];
  switch (field) {
    case 'bucket':
      return format !== 'numeric' && format !== DISTRIBUTION;
    case 'statistic':
    case 'timezone':
      return format !== DISTRIBUTION;
    case 'compare':
      return format === 'numeric';
    default:
      return true;
  }
}
