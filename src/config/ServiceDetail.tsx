import React, { KeyboardEvent, useEffect, useRef } from 'react';
import { JudgedAtOnce } from '../form/Judged';
import { DoraOptions, Service } from '../settings/settings';
import { faultsOfService } from '../settings/validate';
import { useDraft } from './draft';
import { Preview, toldOf, toldOfRule } from './live/preview';
import { ServiceFacts } from './ServiceFacts';
import { ServiceForm } from './ServiceForm';

interface Props {
  options: DoraOptions;
  /** Its place in the settings. */
  index: number;
  readOnly: boolean;
  /** Whether it was just added: nothing of it is wrong before a person was there. */
  fresh: boolean;
  preview: Preview | undefined;
  onCommit: (service: Service) => void;
  onRemove: () => void;
  onMove: (step: 1 | -1) => void;
}

/** All of one service. What is typed stays here until a pause, so that the whole page is not drawn with every key. */
export function ServiceDetail({ options, index, readOnly, fresh, preview, onCommit, onRemove, onMove }: Props) {
  const services = options.services ?? [];
  const { draft, setDraft, commit } = useDraft(services[index], onCommit);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (fresh) {
      box.current?.querySelector('input')?.focus();
    }
  }, [fresh]);
  if (readOnly) {
    return <ServiceFacts service={draft} preview={toldOf(preview, index, draft)} makes={toldOfRule(preview, index)} />;
  }
  const before = new Set(services.slice(0, index).flatMap(({ match, name }) => (match ? [] : [name])));
  const path = `services[${index}]`;
  const form = (
    <ServiceForm
      service={draft}
      sources={(options.sources ?? []).map(({ id }) => id)}
      path={path}
      position={index + 1}
      faults={faultsOfService(draft, path, before, options)}
      preview={toldOf(preview, index, services[index])}
      makes={toldOfRule(preview, index)}
      readOnly={readOnly}
      onChange={setDraft}
      onRemove={onRemove}
      onMove={onMove}
    />
  );
  const commitOnEnter = (event: KeyboardEvent) => event.key === 'Enter' && commit();
  return (
    <div ref={box} onBlur={commit} onKeyDown={commitOnEnter}>
      {fresh ? form : <JudgedAtOnce>{form}</JudgedAtOnce>}
    </div>
  );
}
