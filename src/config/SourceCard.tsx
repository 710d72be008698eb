import { Button } from '@grafana/ui';
import React, { ReactNode } from 'react';
import { Choice } from '../form/Choice';
import { Text } from '../form/Text';
import { AlertsSource } from './AlertsSource';
import { merge } from './change';
import { GithubSource } from './GithubSource';
import { meanings } from './meanings';
import { Secret, SecretName } from './secrets';
import { Card, Row } from './Section';
import { Source } from './settings';
import { Faults } from './validate';
import { WebhookAddress } from './WebhookAddress';

interface Props {
  source: Source;
  /** Where the source is in the settings, as in the names of faults. */
  path: string;
  faults: Faults;
  readOnly: boolean;
  /** A saved id is what secrets and stored events are kept under. */
  idFixed: boolean;
  secret: (name: SecretName) => Secret;
  /** Of the data source. */
  uid: string;
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
          error={faults[`${path}.type`]}
          disabled={disabled}
          onChange={(type) => onChange({ id: source.id, type })}
        />
      </Row>
      {source.type === 'github' && (
        <GithubSource
          source={source}
          path={path}
          faults={faults}
          readOnly={disabled}
          secret={props.secret}
          onAccess={props.onAccess}
          onPut={put}
        />
      )}
      {source.type === 'alertmanager' && (
        <AlertsSource source={source} path={path} faults={faults} readOnly={disabled} onPut={put} />
      )}
      <WebhookAddress uid={props.uid} id={source.id} secret={props.secret('webhookSecret')} readOnly={disabled} />
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
