import { QueryEditorProps } from '@grafana/data';
import { Stack } from '@grafana/ui';
import React, { useCallback } from 'react';
import { DoraOptions } from '../settings/settings';
import { Filters } from './Filters';
import { GroupBy } from './GroupBy';
import { Limits } from './Limits';
import { Live } from './Live';
import { migrated } from './migrate';
import { DoraQuery, Filter } from './model';
import { ModelChoice } from './ModelChoice';
import { Moment } from './Moment';
import { Problems } from './Problems';
import { Rolling } from './Rolling';
import { Sentence } from './Sentence';
import { DoraSource } from './source';
import { Timezone } from './Timezone';

type Props = QueryEditorProps<DoraSource, DoraQuery, DoraOptions>;

/** Builds a query from left to right as one would say it, and says it below. */
export function QueryEditor({ datasource, query: saved, range, onChange, onRunQuery }: Props) {
  const query = migrated(saved);
  const put = (next: DoraQuery) => {
    onChange(next);
    onRunQuery();
  };
  const offered = useCallback(
    async (field: string, others: Filter[]) => [
      ...datasource.variableNames(),
      ...(await datasource.offered(field, others, range)),
    ],
    [datasource, range]
  );
  const choice = { query, onChange: put };
  return (
    <Stack direction="column" gap={1.5}>
      <Problems query={query} />
      <Stack direction="row" wrap="wrap" alignItems="flex-start" gap={1}>
        <ModelChoice {...choice} field="queryType" label="Show" />
        <ModelChoice {...choice} field="direction" label="Direction" width={20} />
        <ModelChoice {...choice} field="metric" label="Metric" width={32} />
        <ModelChoice {...choice} field="events" label="Which events" />
        <ModelChoice {...choice} field="field" label="Of each" />
        <ModelChoice {...choice} field="stage" label="Stages" />
        <ModelChoice {...choice} field="spread" label="Shown" width={32} />
        <ModelChoice {...choice} field="standing" label="Which number" width={32} />
        <ModelChoice {...choice} field="statistic" label="Statistic" />
        {!query.at && <ModelChoice {...choice} field="bucket" label="Per" width={16} />}
        <Rolling {...choice} />
        <GroupBy {...choice} />
      </Stack>
      <Filters {...choice} offered={offered} />
      <Moment {...choice} />
      <Stack direction="row" wrap="wrap" alignItems="flex-start" gap={1}>
        <ModelChoice {...choice} field="format" label="As" />
        <ModelChoice {...choice} field="compare" label="Compared with" />
        <Limits {...choice} />
        <ModelChoice {...choice} field="benchmark" label="Beside" />
        {!query.at && <Timezone {...choice} />}
        <Live {...choice} />
      </Stack>
      <Sentence query={query} />
    </Stack>
  );
}
