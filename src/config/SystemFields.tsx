import React, { Fragment } from 'react';
import { AccessFields, SystemProps } from './AccessFields';
import { FieldControl } from './FieldControl';
import { Notice, Row } from './Section';
import { holds, valueAt } from '../settings/systems';

/** What a system's settings have beyond id and type, drawn from what it declares. */
export function SystemFields(props: SystemProps) {
  const { system, source } = props;
  return (
    <>
      {system.rows.map((row, index) => {
        const shown = row.filter(({ label, when }) => label !== undefined && holds(system, source, when));
        const controls = shown.map((field) => <FieldControl key={field.key} {...props} field={field} />);
        return (
          <Fragment key={index}>
            {index === 0 && system.access ? (
              <AccessFields {...props} access={system.access}>
                {controls}
              </AccessFields>
            ) : (
              controls.length > 0 && <Row>{controls}</Row>
            )}
            {shown
              .filter(({ key, empty }) => empty !== undefined && isEmpty(valueAt(source, key)))
              .map(({ key, empty }) => (
                <Notice key={key}>{empty!}</Notice>
              ))}
          </Fragment>
        );
      })}
    </>
  );
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : !value;
}
