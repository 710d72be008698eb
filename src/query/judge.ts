import { ALL_METRICS, allowed, ChoiceField, DoraQuery, fieldsFor, metricOf, model, uses } from './model';

/** What is wrong with a query, in a sentence that names the field and lists what is allowed. */
export interface Problem {
  field: string;
  message: string;
}

const choiceFields: ChoiceField[] = [
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
  'stage',
  'spread',
  'standing',
];

/** Problems of a query that its JSON can have and the editor would never write. The backend has the last word. */
export function problemsOf(query: DoraQuery): Problem[] {
  const problems: Problem[] = [];
  const refuse = (field: string, value: unknown, among: Array<string | number>) =>
    problems.push({ field, message: `${field} ${JSON.stringify(value)} is unknown; allowed: ${among.join(', ')}` });

  if (typeof query.version === 'number' && query.version > model.version) {
    const message = `version ${query.version} is of a later Live DORA: update the plugin, or write the query anew`;
    return [{ field: 'version', message }]; // what it added would only be a list of unknown words
  }
  if (query.version !== undefined && query.version !== model.version) {
    refuse('version', query.version, [model.version]);
  }
  for (const field of choiceFields) {
    const value: unknown = query[field];
    if (value === undefined || value === '') {
      continue;
    }
    const among = allowed(query, field);
    const undecided =
      ['statistic', 'benchmark'].includes(field) &&
      uses(query, 'metric') &&
      query.metric &&
      query.metric !== ALL_METRICS &&
      !metricOf(query.metric);
    if (among.length > 0 && !undecided && !among.includes(value as string)) {
      refuse(field, value, among);
    }
  }
  if (uses(query, 'live') && query.live !== undefined && typeof query.live !== 'boolean') {
    refuse('live', query.live, ['true', 'false']);
  }
  const rolling = rollingProblem(query);
  if (rolling) {
    problems.push(rolling);
  }
  if (query.limits !== undefined && typeof query.limits !== 'boolean') {
    refuse('limits', query.limits, ['true', 'false']);
  }
  if (uses(query, 'groupBy')) {
    checkGroupBy(query, refuse, problems);
  }
  if (uses(query, 'filters')) {
    checkFilters(query, refuse, problems);
  }
  return problems;
}

/** What is wrong with the window, if anything is. */
export function rollingProblem(query: DoraQuery): Problem | undefined {
  const rolling: unknown = query.rolling;
  if (!rolling || !uses(query, 'rolling')) {
    return undefined;
  }
  if (typeof rolling !== 'string' || !/^ *[1-9][0-9]{0,3} +(days?|buckets?) *$/.test(rolling)) {
    return {
      field: 'rolling',
      message: `rolling ${JSON.stringify(rolling)} is unknown; allowed: a number of days or buckets, such as 28 days`,
    };
  }
  return query.format === 'numeric' && rolling.includes('bucket')
    ? { field: 'rolling', message: `rolling ${JSON.stringify(rolling)} needs buckets; with one number, allowed: days` }
    : undefined;
}

type Refuse = (field: string, value: unknown, among: Array<string | number>) => void;

function checkGroupBy(query: DoraQuery, refuse: Refuse, problems: Problem[]) {
  const groupBy: unknown = query.groupBy;
  const among = fieldsFor(query, 'groupBy');
  if (groupBy === undefined) {
    return;
  }
  if (!Array.isArray(groupBy)) {
    problems.push({ field: 'groupBy', message: `groupBy must be a list of ${among.join(', ')}` });
    return;
  }
  groupBy.forEach((field, index) => {
    if (!among.includes(field)) {
      refuse(`groupBy[${index}]`, field, among);
    }
  });
}

function checkFilters(query: DoraQuery, refuse: Refuse, problems: Problem[]) {
  const filters: unknown = query.filters;
  const among = fieldsFor(query, 'filters');
  if (filters === undefined) {
    return;
  }
  if (!Array.isArray(filters)) {
    problems.push({ field: 'filters', message: 'filters must be a list of {field, op, values}' });
    return;
  }
  filters.forEach((filter, index) => {
    const path = `filters[${index}]`;
    if (!among.includes(filter?.field)) {
      refuse(`${path}.field`, filter?.field, among);
    }
    if (!model.filterOps.includes(filter?.op)) {
      refuse(`${path}.op`, filter?.op, model.filterOps);
    }
    if (!Array.isArray(filter?.values)) {
      problems.push({ field: `${path}.values`, message: `${path}.values must be a list of texts` });
    }
  });
}
