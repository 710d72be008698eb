import { allowed, ChoiceField, DoraQuery, metricOf, model, uses } from './model';

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
  'events',
  'field',
  'stage',
  'standing',
];

/** Problems of a query that its JSON can have and the editor would never write. The backend has the last word. */
export function problemsOf(query: DoraQuery): Problem[] {
  const problems: Problem[] = [];
  const refuse = (field: string, value: unknown, among: Array<string | number>) =>
    problems.push({ field, message: `${field} ${JSON.stringify(value)} is unknown; allowed: ${among.join(', ')}` });

  if (query.version !== undefined && query.version !== model.version) {
    refuse('version', query.version, [model.version]);
  }
  for (const field of choiceFields) {
    const value: unknown = query[field];
    if (value === undefined || value === '') {
      continue;
    }
    const among = allowed(query, field);
    const undecided = field === 'statistic' && uses(query, 'metric') && query.metric && !metricOf(query.metric);
    if (among.length > 0 && !undecided && !among.includes(value as string)) {
      refuse(field, value, among);
    }
  }
  if (uses(query, 'live') && query.live !== undefined && typeof query.live !== 'boolean') {
    refuse('live', query.live, ['true', 'false']);
  }
  if (uses(query, 'groupBy')) {
    checkGroupBy(query.groupBy, refuse, problems);
  }
  if (uses(query, 'filters')) {
    checkFilters(query.filters, refuse, problems);
  }
  return problems;
}

type Refuse = (field: string, value: unknown, among: Array<string | number>) => void;

function checkGroupBy(groupBy: unknown, refuse: Refuse, problems: Problem[]) {
  if (groupBy === undefined) {
    return;
  }
  if (!Array.isArray(groupBy)) {
    problems.push({ field: 'groupBy', message: `groupBy must be a list of ${model.groupBy.join(', ')}` });
    return;
  }
  groupBy.forEach((field, index) => {
    if (!model.groupBy.includes(field)) {
      refuse(`groupBy[${index}]`, field, model.groupBy);
    }
  });
}

function checkFilters(filters: unknown, refuse: Refuse, problems: Problem[]) {
  if (filters === undefined) {
    return;
  }
  if (!Array.isArray(filters)) {
    problems.push({ field: 'filters', message: 'filters must be a list of {field, op, values}' });
    return;
  }
  filters.forEach((filter, index) => {
    const path = `filters[${index}]`;
    if (!model.filterFields.includes(filter?.field)) {
      refuse(`${path}.field`, filter?.field, model.filterFields);
    }
    if (!model.filterOps.includes(filter?.op)) {
      refuse(`${path}.op`, filter?.op, model.filterOps);
    }
    if (!Array.isArray(filter?.values)) {
      problems.push({ field: `${path}.values`, message: `${path}.values must be a list of texts` });
    }
  });
}
