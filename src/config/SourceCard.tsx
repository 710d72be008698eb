import { Button } from '@grafana/ui';
import React, { ReactNode } from 'react';
import { Choice } from '../form/Choice';
import { Lines } from '../form/Lines';
import { Text } from '../form/Text';
import { merge } from './change';
import { GithubAccess } from './GithubAccess';
import { GithubDeployments } from './GithubDeployments';
import { meanings } from './meanings';
import { Secret } from './secrets';
import { Card, Row } from './Section';
import { Source } from './settings';
import { Faults } from './validate';

interface Props {
  source: Source;
  /** Where the source is in the settings, as in the names of faults. */
  path: string;
  faults: Faults;
  readOnly: boolean;
  /** A saved id is what secrets and stored events are kept under. */
  idFixed: boolean;
  token: Secret;
  appKey: Secret;
  onAccess: (access: 'token' | 'app') => void;
  onRename: (id: string) => void;
  onChange: (source: Source) => void;
  onRemove: () => void;
  /** How the saved source is doing. */
  children?: ReactNode;
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
      </Row>
      <GithubAccess
        source={source}
        path={path}
        faults={faults}
        readOnly={disabled}
        token={props.token}
        appKey={props.appKey}
        onAccess={props.onAccess}
        onPut={put}
      />
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
        <GithubDeployments
          deployments={source.deployments ?? {}}
          path={`${path}.deployments`}
          faults={faults}
          readOnly={disabled}
          onChange={(deployments) => put({ deployments })}
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
      {props.children}
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
