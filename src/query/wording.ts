import { filtersOf, groupByOf } from './change';
import { chosen, DoraQuery, Filter, queryTypeOf, standingOf, statisticName, uses } from './model';
import { plural, wordsFor } from './words';

/** What a query will compute, in one plain sentence. */
export function sentence(query: DoraQuery): string {
  const parts = [
    subject(query) + span(query),
    grouping(query),
    restriction(query),
    comparison(query),
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

function subject(query: DoraQuery): string {
  const statistic = chosen(query, 'statistic');
  switch (queryTypeOf(query)) {
    case 'metric': {
      const metric = chosen(query, 'metric');
      const name = wordsFor('metric', metric).toLowerCase();
      if (chosen(query, 'format') === 'distribution') {
        return `Distribution of ${name}`;
      }
      return fixedSubjects[`${metric}/${statistic}`] ?? phrase(statistic, name);
    }
    case 'stages':
      return chosen(query, 'stage') === 'longest'
        ? phrase(statistic, 'time in the stage of lead time that takes the longest')
        : phrase(statistic, 'time in each stage of lead time (coding, pickup, review, deploy)');
    case 'events':
      return `A table of ${wordsFor('events', chosen(query, 'events'))}`;
    case 'annotations':
      return `Marks on the time axis for ${wordsFor('events', chosen(query, 'events'))}`;
    case 'values':
      return `Names of ${plural(chosen(query, 'field'))}`;
    case 'collection':
      return 'The state of the collection, a row per source';
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
  if (!uses(query, 'format')) {
    return '';
  }
  const format = chosen(query, 'format');
  if (format === 'numeric' || format === 'distribution') {
    return ' over the whole time range';
  }
  const bucket = chosen(query, 'bucket');
  const per = bucket === 'auto' ? ' in buckets that fit the time range' : ` per ${bucket}`;
  return format === 'table' ? `${per} as a table` : per;
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
  const named = uses(query, 'timezone') && query.timezone && query.timezone !== 'browser';
  return named ? `with days as in ${query.timezone}` : '';
}

function following(query: DoraQuery): string {
  return uses(query, 'live') && query.live === true ? 'shown anew as it changes' : '';
}

function list(items: string[], word: string): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${word} ${items[items.length - 1]}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
