import { QueryEditorProps } from '@grafana/data';
import { Stack } from '@grafana/ui';
import React from 'react';
import { DoraOptions } from '../settings/settings';
import { Filters } from '../query/Filters';
import { DoraQuery } from '../query/model';
import { ModelChoice } from '../query/ModelChoice';
import { Problems } from '../query/Problems';
import { Sentence } from '../query/Sentence';
import { DoraSource } from '../query/source';
import { valuesQuery } from './query';

type Props = QueryEditorProps<DoraSource, DoraQuery, DoraOptions>;

/** What a dashboard variable offers: the names of a field, perhaps restricted by other variables. */
export function VariableEditor({ datasource, query, onChange, range }: Props) {
  const values = valuesQuery(query);
  const put = (next: DoraQuery) => onChange(next);
  return (
    <Stack direction="column" gap={1.5}>
      <Problems query={values} />
      <ModelChoice query={values} onChange={put} field="field" label="Names of each" />
      <Filters
        query={values}
        onChange={put}
        offered={async (field, others) => [
          ...datasource.variableNames(),
          ...(await datasource.offered(field, others, range)),
        ]}
      />
      <Sentence query={values} />
    </Stack>
  );
}
