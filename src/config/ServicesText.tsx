import { Alert, Button, ClipboardButton, RadioButtonGroup, Stack, Text, TextArea } from '@grafana/ui';
import React, { useEffect, useId, useRef, useState } from 'react';
import { Choice } from '../form/Choice';
import { Labelled } from '../form/Labelled';
import { DoraOptions, Service } from '../settings/settings';
import { csv } from '../services/csv';
import { Difference, differenceOf } from '../services/difference';
import { faultsByLine, takenOver, TextForm, Wrong } from '../services/reading';
import { yaml } from '../services/yaml';

interface Props {
  options: DoraOptions;
  services: Service[];
  readOnly: boolean;
  onTake: (services: Service[], what: string) => void;
}

const forms = [yaml, csv];

/** How many lines of a list are shown before the rest is counted. */
const SHOWN = 20;

/** How long typing has to pause before what is typed is read, in milliseconds. */
const PAUSE = 300;

const others = [
  { value: 'stay', label: 'stay as they are' },
  { value: 'go', label: 'are removed' },
];

/** All services as a text, to be copied, kept as a file, and changed or replaced; what would change is said before it does. */
export function ServicesText({ options, services, readOnly, onTake }: Props) {
  const [{ form, text, edited }, setState] = useState({ form: yaml, text: '', edited: false });
  const [rest, setRest] = useState('stay');
  const [told, setTold] = useState<Told>();
  const file = useRef<HTMLInputElement>(null);
  const id = useId();

  useEffect(() => {
    if (edited) {
      return undefined; // a person's own text stays
    }
    let gone = false;
    form.write(services).then(
      (written) => !gone && setState({ form, text: written, edited: false }),
      () => !gone && setTold({ wrong: [{ line: 1, says: unavailable(form) }] })
    );
    return () => {
      gone = true;
    };
  }, [form, services, edited]);

  useEffect(() => {
    let gone = false;
    const timer = setTimeout(
      () =>
        tell(text, form, services, options, rest === 'go').then(
          (next) => !gone && setTold(next),
          () => !gone && setTold({ wrong: [{ line: 1, says: unavailable(form) }] })
        ),
      PAUSE
    );
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [text, form, services, options, rest]);

  return (
    <div role="group" aria-label="Services as text">
      <Stack direction="column" gap={1}>
        <Stack direction="row" wrap="wrap" gap={1} alignItems="center">
          <RadioButtonGroup
            aria-label="Form"
            options={forms.map((each) => ({ value: each.name, label: each.name }))}
            value={form.name}
            onChange={(name) =>
              setState({ form: forms.find((each) => each.name === name) ?? yaml, text: '', edited: false })
            }
          />
          <ClipboardButton variant="secondary" fill="outline" icon="copy" getText={() => text}>
            Copy
          </ClipboardButton>
          <Button variant="secondary" fill="outline" icon="download-alt" onClick={() => download(text, form)}>
            Download
          </Button>
          {!readOnly && (
            <>
              <Button variant="secondary" fill="outline" icon="upload" onClick={() => file.current?.click()}>
                Open a file
              </Button>
              <input
                ref={file}
                type="file"
                hidden
                accept={forms.map(({ ending }) => `.${ending}`).join() + ',.yml'}
                onChange={async ({ currentTarget }) => {
                  const opened = currentTarget.files?.[0];
                  if (opened) {
                    const its = opened.name.endsWith(`.${csv.ending}`) ? csv : yaml;
                    setState({ form: its, text: await opened.text(), edited: true });
                  }
                }}
              />
            </>
          )}
        </Stack>
        <Labelled
          label="Services as text"
          description={
            form === csv
              ? 'One row for each entry of a service; columns that are left out stay as they are.'
              : 'As in a provisioning file.'
          }
        >
          {(named) => (
            <TextArea
              {...named}
              rows={14}
              value={text}
              readOnly={readOnly}
              spellCheck={false}
              style={{ fontFamily: 'monospace', whiteSpace: 'pre' }}
              onChange={({ currentTarget }) => setState({ form, text: currentTarget.value, edited: true })}
            />
          )}
        </Labelled>
        {!readOnly && (
          <>
            <Choice label="Services that are not in the text" options={others} value={rest} onChange={setRest} />
            <div role="status" aria-label="What the text changes" id={id}>
              {told && 'difference' in told ? <Changes {...told.difference} /> : told && <Faults wrong={told.wrong} />}
            </div>
            <div>
              <Button
                aria-describedby={id}
                disabled={!told || !('difference' in told) || isEmpty(told.difference)}
                onClick={() => told && 'difference' in told && onTake(told.after, 'took over the text')}
              >
                Take it over
              </Button>
            </div>
          </>
        )}
      </Stack>
    </div>
  );
}

/** What a text would do, or why it cannot. */
type Told = { difference: Difference; after: Service[] } | { wrong: Wrong[] };

async function tell(
  text: string,
  form: TextForm,
  before: Service[],
  options: DoraOptions,
  othersGo: boolean
): Promise<Told> {
  const read = await form.read(text);
  const wrong = faultsByLine(read, options);
  if (wrong.length > 0) {
    return { wrong };
  }
  const after = takenOver(before, read, othersGo);
  return { difference: differenceOf(before, after), after };
}

function unavailable(form: TextForm): string {
  return `${form.name} cannot be read here: a part of this plugin could not be loaded`;
}

function isEmpty({ added, changed, removed, moved }: Difference): boolean {
  return added.length + changed.length + removed.length === 0 && !moved;
}

function Changes(difference: Difference) {
  const { added, changed, removed, moved } = difference;
  if (isEmpty(difference)) {
    return <Text color="secondary">The text changes nothing.</Text>;
  }
  return (
    <Stack direction="column" gap={0.5}>
      {moved && <Text>The order changes.</Text>}
      <Listed what="Added" items={added} />
      <Listed what="Changed" items={changed} />
      <Listed what="Removed" items={removed} />
    </Stack>
  );
}

function Listed({ what, items }: { what: string; items: string[] }) {
  return items.length === 0 ? null : (
    <div>
      <Text>
        {what}: {items.length.toLocaleString()}
      </Text>
      <ul>
        {items.slice(0, SHOWN).map((item) => (
          <li key={item}>{item}</li>
        ))}
        {items.length > SHOWN && <li>and {items.length - SHOWN} more</li>}
      </ul>
    </div>
  );
}

function Faults({ wrong }: { wrong: Wrong[] }) {
  return (
    <Alert severity="error" title="The text cannot be taken over">
      <ul>
        {wrong.slice(0, SHOWN).map(({ line, says }) => (
          <li key={`${line} ${says}`}>
            Line {line}: {says}
          </li>
        ))}
        {wrong.length > SHOWN && <li>and {wrong.length - SHOWN} more</li>}
      </ul>
    </Alert>
  );
}

function download(text: string, { mime, ending }: TextForm) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: mime }));
  link.download = `services.${ending}`;
  link.click();
  URL.revokeObjectURL(link.href);
}
