import { TextLink } from '@grafana/ui';
import React, { ReactNode } from 'react';
import { Choice } from '../form/Choice';
import { ExplainedOn } from '../form/Judged';
import { Text } from '../form/Text';
import { docs } from '../settings/docs';
import { fieldsOf, Place } from '../settings/fields';
import { Secret } from '../settings/secrets';
import { Card, Row } from './Section';
import { RemoveSource } from './RemoveSource';
import { Source } from '../settings/settings';
import { SystemFields } from './SystemFields';
import { sourceTypes, systemOf, Way } from '../settings/systems';
import { WebhookAddress } from './WebhookAddress';

interface Props extends Place {
  source: Source;
  /** A saved id is what secrets and stored events are kept under. */
  idFixed: boolean;
  secret: (name: string) => Secret;
  /** Of the data source. */
  uid: string;
  onAccess: (way: Way) => void;
  onRename: (id: string) => void;
  onChange: (source: Source) => void;
  onRemove: () => void;
  /** How the saved source is doing. */
  children?: ReactNode;
}

/** One system: what it is, where it is, how to get in, and what to read there. */
export function SourceCard(props: Props) {
  const { source, readOnly, onChange } = props;
  const field = fieldsOf(source, props, onChange);
  const system = systemOf(source.type);
  return (
    <Card name={`Source ${source.id}`}>
      <Row>
        <Text
          label="Id"
          description={props.idFixed ? 'Fixed once saved.' : 'Its name in settings and secrets; fixed once saved.'}
          width={24}
          {...field('id')}
          disabled={readOnly || props.idFixed}
          onChange={(id) => props.onRename(id ?? '')}
        />
        <Choice
          label="Type"
          description="The kind of system."
          options={sourceTypes}
          {...field('type')}
          onChange={(type) => onChange({ id: source.id, type })}
        />
      </Row>
      {system && (
        <ExplainedOn value={docs(`sources/${system.type}`, 'settings')}>
          <div>
            <TextLink href={docs(`sources/${system.type}`)} external inline variant="bodySmall">
              How to set up {system.name}
            </TextLink>
          </div>
          <SystemFields key={source.type} {...props} system={system} />
        </ExplainedOn>
      )}
      <WebhookAddress uid={props.uid} source={source} secret={props.secret('webhookSecret')} readOnly={readOnly} />
      {props.children}
      {!readOnly && <RemoveSource id={source.id} saved={props.idFixed} onRemove={props.onRemove} />}
    </Card>
  );
}
