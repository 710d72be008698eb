import { Button } from '@grafana/ui';
import React from 'react';
import { Choice } from '../form/Choice';
import { Lines } from '../form/Lines';
import { Text } from '../form/Text';
import { merge } from './change';
import { meanings } from './meanings';
import { Card, Row } from './Section';
import { defaults, Source } from './settings';
import { Token } from './Token';
import { Faults } from './validate';

interface Props {
  source: Source;
  /** Where the source is in the settings, as in the names of faults. */
  path: string;
  faults: Faults;
  readOnly: boolean;
  /** A saved id is what secrets and stored events are kept under. */
  idFixed: boolean;
  token: string;
  tokenConfigured: boolean;
  onTokenChange: (token: string) => void;
  onTokenReset: () => void;
  onRename: (id: string) => void;
  onChange: (source: Source) => void;
  onRemove: () => void;
}

/** One system: what it is, where it is, how to get in, and what to read there. */
export function SourceCard(props: Props) {
  const { source, path, faults, readOnly: disabled, onChange } = props;
  const put = (patch: Partial<Source>) => onChange(merge(source, patch));
  const incidents = source.incidents ?? {};
  const putIncidents = (patch: Partial<typeof incidents>) => put({ incidents: merge(incidents, patch) });
  return (
    <Card name={`Source ${source.id}`}>
      <Row>
        <Text
          label="Id"
          description={props.idFixed ? 'Fixed once saved.' : 'Its name in settings and secrets; fixed once saved.'}
          value={source.id}
          error={faults[`${path}.id`]}
          disabled={disabled || props.idFixed}
          onChange={(id) => props.onRename(id ?? '')}
          width={24}
        />
        <Choice
          label="Type"
          description="The kind of system."
          value={source.type}
          options={meanings.sourceType}
          error={source.type === 'github' ? undefined : `${path}.type "${source.type}" cannot be edited here`}
          disabled={disabled}
          onChange={(type) => put({ type })}
        />
        <Text
          label="URL"
          description="For GitHub Enterprise: https://HOST/api/v3"
          placeholder={defaults.url}
          value={source.url}
          error={faults[`${path}.url`]}
          disabled={disabled}
          onChange={(url) => put({ url })}
        />
        <Token
          value={props.token}
          configured={props.tokenConfigured}
          readOnly={disabled}
          onChange={props.onTokenChange}
          onReset={props.onTokenReset}
        />
      </Row>
      <Row>
        <Lines
          label="Repositories"
          description="One a line, as owner/name with * for any; ! in front leaves out."
          placeholder={'example-health/*\n!example-health/archived-*'}
          value={source.repositories}
          error={faults[`${path}.repositories`]}
          disabled={disabled}
          rows={3}
          onChange={(repositories) => put({ repositories })}
        />
        <Choice
          label="Deployments from"
          description="What counts as a deployment."
          value={source.deployments?.from ?? meanings.deploymentsFrom[0].value}
          options={meanings.deploymentsFrom}
          disabled={disabled}
          onChange={(from) => put({ deployments: { from } })}
        />
      </Row>
      <Row>
        <Lines
          label="Incident labels"
          description="One a line. Issues with one of them are incidents; none: no incidents."
          placeholder="incident"
          value={incidents.labels}
          disabled={disabled}
          onChange={(labels) => putIncidents({ labels })}
        />
        <Text
          label="Severity pattern"
          description="A regular expression on labels; its first group is the severity."
          placeholder="^sev(\d)$"
          value={incidents.severity}
          error={faults[`${path}.incidents.severity`]}
          disabled={disabled}
          onChange={(severity) => putIncidents({ severity })}
        />
      </Row>
      {!disabled && (
        <div>
          <Button variant="destructive" fill="outline" size="sm" icon="trash-alt" onClick={props.onRemove}>
            Remove source {source.id}
          </Button>
        </div>
      )}
    </Card>
  );
}
