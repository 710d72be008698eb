import React, { ReactNode } from 'react';
import { Choice } from '../form/Choice';
import { FieldControl } from './FieldControl';
import { handmade } from './handmade';
import { Row } from './Section';
import { SecretField } from './SecretField';
import { Place } from '../settings/fields';
import { Secret } from '../settings/secrets';
import { Source } from '../settings/settings';
import { Access, System, Way, wayOf } from '../settings/systems';

export interface SystemProps extends Place {
  system: System;
  source: Source;
  secret: (name: string) => Secret;
  /** Changes the source, and forgets the secrets of the other ways in. */
  onAccess: (way: Way) => void;
  onChange: (source: Source) => void;
}

/** Where a system is, which are the fields within, and how to get in. */
export function AccessFields({ children, access, ...props }: SystemProps & { access: Access; children: ReactNode }) {
  const { source, readOnly, secret, onAccess } = props;
  const way = wayOf(access, source, (name) => secret(name).configured);
  const Below = handmade[source.type]?.belowAccess;
  return (
    <>
      <Row>
        {children}
        {access.ways.length > 1 && (
          <Choice
            label={access.label ?? 'Authentication'}
            description={access.description}
            value={way.value}
            options={access.ways.map(({ value, label, description }) => ({ value, label, description }))}
            disabled={readOnly}
            onChange={(next) => onAccess(access.ways.find(({ value }) => value === next) ?? access.ways[0])}
          />
        )}
        {way.fields.map((field) => (
          <FieldControl key={field.key} {...props} field={field} kept />
        ))}
        {way.secrets.map(({ name, label, description, long }) => (
          <SecretField
            key={name}
            label={label}
            description={description}
            secret={secret(name)}
            readOnly={readOnly}
            long={long}
          />
        ))}
      </Row>
      {Below && !readOnly && <Below source={source} way={way.value} />}
    </>
  );
}
