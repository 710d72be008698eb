import { Button, Stack, Text } from '@grafana/ui';
import React, { ComponentType, useId } from 'react';
import { moveAt, removeAt, replaceAt } from '../settings/change';
import { Place } from '../settings/fields';
import { Source } from '../settings/settings';
import { entriesOf, holds, System, SystemField, systemWithin, withValue } from '../settings/systems';
import { Card, Row } from './Section';

/** One field of a source's settings, or of a rule among them. */
export interface FieldProps extends Place {
  system: System;
  source: Source;
  field: SystemField;
  onChange: (source: Source) => void;
}

interface Props extends FieldProps {
  /** What a field of a rule is set with. */
  control: ComponentType<FieldProps>;
}

/** Rules among a source's settings, in the order in which they are tried. */
export function RulesControl({ control: Control, system, source, field, path, faults, readOnly, onChange }: Props) {
  const id = useId();
  const { key, label = '', description = '', fields = [] } = field;
  const entries = entriesOf(source, field);
  const within = systemWithin(system, field);
  const put = (next: Source[]) => onChange(withValue(source, key, next.length > 0 ? next : undefined));
  return (
    <div role="group" aria-labelledby={id}>
      <Stack direction="column" gap={1}>
        <div>
          <Text id={id} variant="bodySmall" weight="medium" element="p">
            {label}
          </Text>
          <Text variant="bodySmall" color="secondary" element="p">
            {description}
          </Text>
        </div>
        {entries.map((entry, index) => {
          const name = `Rule ${index + 1}`;
          const of = name.toLowerCase();
          return (
            <Card key={index} name={name}>
              <Row>
                {fields
                  .filter(({ label, when }) => label !== undefined && holds(within, entry, when))
                  .map((each) => (
                    <Control
                      key={each.key}
                      system={within}
                      source={entry}
                      field={each}
                      path={`${path}.${key}[${index}]`}
                      faults={faults}
                      readOnly={readOnly}
                      onChange={(next) => put(replaceAt(entries, index, next))}
                    />
                  ))}
              </Row>
              {!readOnly && (
                <Row>
                  <Button
                    {...small}
                    icon="arrow-up"
                    aria-label={`Move ${of} up`}
                    disabled={index === 0}
                    onClick={() => put(moveAt(entries, index, -1))}
                  >
                    Move up
                  </Button>
                  <Button
                    {...small}
                    icon="arrow-down"
                    aria-label={`Move ${of} down`}
                    disabled={index === entries.length - 1}
                    onClick={() => put(moveAt(entries, index, 1))}
                  >
                    Move down
                  </Button>
                  <Button
                    {...small}
                    icon="trash-alt"
                    aria-label={`Remove ${of}`}
                    onClick={() => put(removeAt(entries, index))}
                  >
                    Remove
                  </Button>
                </Row>
              )}
            </Card>
          );
        })}
        {!readOnly && (
          <div>
            <Button {...small} icon="plus" onClick={() => put([...entries, {} as Source])}>
              Add rule
            </Button>
          </div>
        )}
      </Stack>
    </div>
  );
}

const small = { variant: 'secondary', size: 'sm' } as const;
