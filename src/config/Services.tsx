import { Button, Stack } from '@grafana/ui';
import React, { useMemo, useRef, useState } from 'react';
import { merge, newRule, newService, orAbsent } from '../settings/change';
import { Choice } from '../form/Choice';
import { meanings } from '../settings/meanings';
import { Preview, takenBy } from './live/preview';
import { Unmatched } from './live/Unmatched';
import { WouldChange } from './live/WouldChange';
import { Section, SectionProps } from './Section';
import { Added, ServiceList } from './ServiceList';
import { ServicesText } from './ServicesText';
import { Service } from '../settings/settings';
import { useUndo } from '../services/undo';

interface Props extends SectionProps {
  /** Of the data source, once it is saved. */
  uid: string | undefined;
  /** Of the settings, as Grafana counts their saves. */
  version: number | undefined;
  /** What the services match in what has been collected. */
  preview: Preview | undefined;
}

const none: Service[] = [];

/** What is measured: applications, where repositories alone do not tell them apart. */
export function Services({ options, faults, readOnly, onChange, preview, uid, version }: Props) {
  const services = options.services ?? none;
  const [fresh, setFresh] = useState<Added>();
  const [asText, setAsText] = useState(false);
  const undoButton = useRef<HTMLButtonElement>(null);
  const { put, ...undo } = useUndo(services, version, (next) => onChange(merge(options, { services: orAbsent(next) })));
  const taken = useMemo(() => takenBy(services, preview), [services, preview]);
  const add = (entry: Service, what: string) => {
    setFresh({ index: services.length });
    put([...services, entry], `added ${what} ${services.length + 1}`);
  };
  const undoable = !readOnly && undo.what !== undefined;
  return (
    <Section
      title="Services"
      description="Optional. Without any, every repository is a service named after it. A service can be part of a repository, or several together; a rule makes services of all that fits it and that nothing above takes."
      explained="services"
    >
      <ServiceList
        options={options}
        services={services}
        faults={faults}
        readOnly={readOnly}
        preview={preview}
        taken={taken}
        fresh={fresh}
        onPut={put}
        onRemoved={() => window.setTimeout(() => undoButton.current?.focus())}
      />
      <Unmatched preview={preview} mapped={services.length > 0} />
      {services.length > 0 && (
        <Choice
          label="Repositories that no entry takes"
          options={meanings.otherRepositories}
          value={options.otherRepositories ?? meanings.otherRepositories[0].value}
          disabled={readOnly}
          onChange={(otherRepositories) => onChange(merge(options, { otherRepositories }))}
        />
      )}
      <Stack direction="row" wrap="wrap" gap={1}>
        {!readOnly && (
          <>
            <Button variant="secondary" icon="plus" onClick={() => add(newService(options.sources ?? []), 'service')}>
              Add service
            </Button>
            <Button variant="secondary" icon="plus" onClick={() => add(newRule(), 'rule')}>
              Add rule
            </Button>
          </>
        )}
        {(!readOnly || services.length > 0) && (
          <Button
            variant="secondary"
            fill="outline"
            icon="file-alt"
            aria-expanded={asText}
            onClick={() => setAsText(!asText)}
          >
            {readOnly ? 'Export' : 'Import and export'}
          </Button>
        )}
        {undoable && (
          <Button ref={undoButton} variant="secondary" fill="outline" icon="history" onClick={undo.undo}>
            Undo: {undo.what}
          </Button>
        )}
      </Stack>
      {asText && (
        <ServicesText
          options={options}
          services={services}
          readOnly={readOnly}
          onTake={(next, what) => {
            put(next, what);
            setAsText(false);
          }}
        />
      )}
      {!readOnly && uid && version ? <WouldChange uid={uid} version={version} options={options} /> : null}
    </Section>
  );
}
