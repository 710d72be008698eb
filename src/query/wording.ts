import { filtersOf, groupByOf } from './change';
import { ALL_METRICS, chosen, DoraQuery, Filter, queryTypeOf, standingOf, statisticName, uses } from './model';
import { plural, wordsFor } from './words';

/** What a query will compute, in one plain sentence. */
export function sentence(query: DoraQuery): string {
  const parts = [
    subject(query) + span(query),
    rolling(query),
    grouping(query),
    restriction(query),
    comparison(query),
    limits(query),
    benchmark(query),
    zone(query),
    following(query),
  ];
  return parts.filter((part) => part !== '').join(', ') + '.';
}

const fixedSubjects: Record<string, string> = {
  'deployment_frequency/count': 'Number of deployments',
  'deployment_frequency/per_day': 'Deployments a day',
  'deployment_frequency/median_days_per_week': 'Median number of days with a deployment in a complete week',
  'lead_time/n': 'Number of changes with a measured lead time',
  'change_failure_rate/ratio': 'Change failure rate',
  'change_failure_rate/k': 'Number of failed deployments',
  'change_failure_rate/n': 'Number of deployments that could fail',
  'recovery_time/n': 'Number of failed deployments with a measured recovery',
  'rework_rate/ratio': 'Deployment rework rate',
  'rework_rate/k': 'Number of unplanned deployments',
  'rework_rate/n': 'Number of deployments, planned or not',
};

const statisticPhrases: Record<string, string> = {
  p50: 'median',
  mean: 'mean',
  min: 'shortest',
  max: 'longest',
};

function phrase(statistic: string, of: string): string {
  const short = statisticPhrases[statistic];
  return capital(short ? `${short} ${of}` : `${statisticName(statistic)} of ${of}`);
}

function figure(query: DoraQuery): string {
  const metric = chosen(query, 'metric');
  const statistic = chosen(query, 'statistic');
  const name = wordsFor('metric', metric).toLowerCase();
  if (query.format === 'distribution') {
    return `Distribution of ${name}`;
  }
  return fixedSubjects[`${metric}/${statistic}`] ?? phrase(statistic, name);
}

/** What is watched for signals, and how often something is found. */
function watched(query: DoraQuery): string {
  const all = chosen(query, 'metric') === ALL_METRICS;
  const what = all ? 'all five metrics' : `the ${lower(figure(query))}`;
  const direction = chosen(query, 'direction');
  const bearing = direction === 'any' ? '' : ` ${wordsFor('direction', direction)}`;
  switch (chosen(query, 'format')) {
    case 'numeric':
      return `Number of signals of a change${bearing} in ${what}, in the newest complete bucket`;
    case 'time_series':
      return `Number of signals of a change${bearing} in ${what}`;
    default:
      return `A table of changes${bearing} in ${what}`;
  }
}

function subject(query: DoraQuery): string {
  const statistic = chosen(query, 'statistic');
  switch (queryTypeOf(query)) {
    case 'metric':
      return figure(query);
    case 'signals':
      return watched(query);
    case 'spread':
      return chosen(query, 'spread') === 'counted'
        ? `Number of services that have a figure of their own, and that have not: ${lower(figure(query))}`
        : `Quartiles over the services, each by itself and without names: ${lower(figure(query))}`;
    case 'stages':
      return chosen(query, 'stage') === 'longest'
        ? phrase(statistic, 'time in the stage of lead time that takes the longest')
        : phrase(statistic, 'time in each stage of lead time (coding, pickup, review, deploy)');
    case 'events':
      return `A table of ${wordsFor('events', chosen(query, 'events'))}${behind(query)}`;
    case 'annotations':
      return `Marks on the time axis for ${wordsFor('events', chosen(query, 'events'))}`;
    case 'values':
      return `Names of ${plural(chosen(query, 'field'))}`;
    case 'collection':
      return chosen(query, 'format') === 'tile'
        ? 'The state of the source that is doing worst, as a tile'
        : 'The state of the collection, a row per source';
    case 'standing': {
      const standing = standingOf(chosen(query, 'standing'));
      return `${wordsFor('standing', chosen(query, 'standing'))} as of now, a number per ${standing?.per ?? 'service'}`;
    }
    default:
      return `A query of the unknown type ${queryTypeOf(query)}`;
  }
}

/** What one value stands for: a bucket or the whole time range. */
function span(query: DoraQuery): string {
  if (!uses(query, 'format') || queryTypeOf(query) === 'collection') {
    return '';
  }
  const format = chosen(query, 'format');
  const bucket = chosen(query, 'bucket');
  const per = bucket === 'auto' ? ' in buckets that fit the time range' : ` per ${bucket}`;
  if (queryTypeOf(query) === 'signals') {
    return `, judged${per}`;
  }
  if (format === 'distribution') {
    return ' over the whole time range';
  }
  if (format === 'numeric') {
    return query.rolling ? ` over the last ${query.rolling} of the time range` : ' over the whole time range';
  }
  if (format === 'tile') {
    return `${query.rolling ? ` over the last ${query.rolling} of the time range` : ' over the whole time range'}, and its course${per}`;
  }
  if (format === 'chart') {
    return `${per}, in units that an axis reads well`;
  }
  return format === 'table' ? `${per} as a table` : per;
}

/** Which point of a chart the events are behind. */
function behind(query: DoraQuery): string {
  if (!query.at) {
    return '';
  }
  const at = new Date(/^\d+$/.test(query.at) ? Number(query.at) : query.at);
  const day = Number.isNaN(at.getTime()) ? query.at : at.toISOString().slice(0, 10);
  const bucket = chosen(query, 'bucket');
  const where = bucket === 'auto' ? `at ${day}` : `of the ${bucket} at ${day}`;
  return ` behind the figure ${where}${query.rolling ? ` with its rolling ${query.rolling}` : ''}`;
}

function rolling(query: DoraQuery): string {
  const figures =
    ['metric', 'stages', 'spread'].includes(queryTypeOf(query)) &&
    !['numeric', 'distribution', 'tile'].includes(chosen(query, 'format'));
  return figures && query.rolling ? `each over ${query.rolling}` : '';
}

function limits(query: DoraQuery): string {
  return uses(query, 'limits') && query.limits ? 'with process limits' : '';
}

function benchmark(query: DoraQuery): string {
  const year = uses(query, 'benchmark') ? chosen(query, 'benchmark') : '';
  return year && year !== 'none' ? `beside ${wordsFor('benchmark', year)}` : '';
}

function grouping(query: DoraQuery): string {
  const groupBy = uses(query, 'groupBy') ? groupByOf(query) : [];
  return groupBy.length > 0 ? `by ${list(groupBy, 'and')}` : '';
}

function restriction(query: DoraQuery): string {
  const filters = uses(query, 'filters') ? filtersOf(query).filter((filter) => filter.values.length > 0) : [];
  const kept = filters.filter((filter) => filter.op === 'in');
  const excluded = filters.filter((filter) => filter.op === 'not_in');
  return [
    kept.length > 0 ? `for ${list(kept.map(restrictionOf), 'and')}` : '',
    excluded.length > 0 ? `without ${list(excluded.map(restrictionOf), 'and')}` : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function restrictionOf({ field, values }: Filter): string {
  return `${values.length > 1 ? plural(field) : field} ${list(values, 'or')}`;
}

function comparison(query: DoraQuery): string {
  const compared = uses(query, 'compare') && chosen(query, 'compare') === 'previous';
  return compared ? 'compared with the period of the same length before' : '';
}

function zone(query: DoraQuery): string {
  const named = uses(query, 'timezone') && !query.at && query.timezone && query.timezone !== 'browser';
  return named ? `with days as in ${query.timezone}` : '';
}

function following(query: DoraQuery): string {
  return uses(query, 'live') && query.live === true ? 'shown anew as it changes' : '';
}

function list(items: string[], word: string): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${word} ${items[items.length - 1]}`;
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
