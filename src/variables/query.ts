import { change } from '../query/change';
import { migrated } from '../query/migrate';
import { DoraQuery } from '../query/model';

/** Whatever a variable was saved with, it asks for values. */
export function valuesQuery(query: Partial<DoraQuery> | string): DoraQuery {
  const saved = typeof query === 'object' ? query : {};
  return change(migrated({ ...saved, refId: saved.refId || 'values' }), { queryType: 'values' });
}
