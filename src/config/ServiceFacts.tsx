import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';
import labels from '../../pkg/settings/labels.json';
import { Service } from '../settings/settings';
import { cell } from '../services/csv';
import { called, whereFrom } from '../services/listing';
import { entryKinds, leaves } from '../services/shape';
import { DeploymentsMatch, IncidentsMatch } from './live/Matches';
import { Preview, RulePreview } from './live/preview';
import { RuleMakes } from './live/RuleMakes';

interface Props {
  service: Service;
  preview: Preview['services'][number] | undefined;
  /** What it makes, where it is a rule. */
  makes: RulePreview | undefined;
}

/** A service that can be read and not changed: what is set, and what it matches, without anything that looks like a field. */
export function ServiceFacts({ service, preview, makes }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <div role="group" aria-label={service.match ? `Rule ${called(service)}` : `Service ${service.name}`}>
      {service.match && <p>{whereFrom(service)}</p>}
      <RuleMakes told={makes} />
      {entryKinds.map(({ kind, shape }) =>
        (service[kind] ?? []).map((entry, index) => (
          <div key={`${kind} ${index}`} className={styles.entry}>
            <dl className={styles.facts}>
              {leaves(shape)
                .filter(([key]) => cell(entry, key) !== '')
                .map(([key]) => (
                  <div key={key}>
                    <dt>{(labels as Record<string, string>)[`services[].${kind}[].${key}`] ?? key}</dt>
                    <dd>{cell(entry, key)}</dd>
                  </div>
                ))}
            </dl>
            {kind === 'deployments' ? (
              <DeploymentsMatch match={preview?.deployments[index]} />
            ) : (
              <IncidentsMatch count={preview?.incidents[index]} />
            )}
          </div>
        ))
      )}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  entry: css({ '& + &': { marginTop: theme.spacing(2) } }),
  facts: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1, 3),
    margin: 0,
    dt: { color: theme.colors.text.secondary, fontWeight: 'normal' },
    dd: { margin: 0, whiteSpace: 'pre-line' },
  }),
});
