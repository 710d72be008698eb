import { dateTime } from '@grafana/data';
import { Badge, BadgeColor, Button, Stack, Text } from '@grafana/ui';
import React, { useState } from 'react';
import { ask, refusal } from './backend';
import { Collection, isBusy } from './collection';
import { ProgressBar } from './ProgressBar';

interface Props {
  uid: string;
  id: string;
  collection: Collection | undefined;
  /** The settings as they are written: what was found out of others is not shown any more. */
  edited: unknown;
  typed: unknown;
}

/** One meaning a colour: blue is under way, green is well, orange needs someone. */
const states: Record<Collection['state'], { text: string; color: BadgeColor }> = {
  idle: { text: 'Not read yet', color: 'blue' },
  collecting: { text: 'Reading', color: 'blue' },
  waiting: { text: 'Waiting', color: 'blue' },
  ok: { text: 'Up to date', color: 'green' },
  failing: { text: 'Failing', color: 'orange' },
};

const inPart = { text: 'Read in part', color: 'orange' } as const;

/** How a saved source is doing, and a way to try its address and secrets. */
export function SourceState({ uid, id, collection, edited, typed }: Props) {
  const [found, setTested] = useState<Tested & Pick<Props, 'edited' | 'typed'>>();
  const tested = found?.edited === edited && found?.typed === typed ? found : undefined;
  const test = async () => {
    const of = { edited, typed };
    setTested({ message: 'Asking the source …', ...of });
    setTested({ ...(await check(uid, id)), ...of });
  };
  return (
    <Stack direction="column" gap={1}>
      <Stack direction="row" gap={2} alignItems="center" wrap="wrap">
        <Button variant="secondary" size="sm" icon="plug" onClick={test}>
          Test source {id}
        </Button>
        <span role="status">
          {tested && <Text color={tested.ok === false ? 'warning' : undefined}>{tested.message}</Text>}
        </span>
      </Stack>
      {collection && <State id={id} collection={collection} />}
    </Stack>
  );
}

function State({ id, collection }: { id: string; collection: Collection }) {
  const { text, color } = collection.inPart && collection.state === 'failing' ? inPart : states[collection.state];
  return (
    <>
      <Stack direction="row" gap={2} alignItems="center" wrap="wrap">
        <Badge text={text} color={color} />
        <Text color="secondary">{stored(collection)}</Text>
        {collection.lastSuccess && (
          <Text color="secondary">Last read {dateTime(collection.lastSuccess).fromNow()}.</Text>
        )}
      </Stack>
      {isBusy(collection) && <ProgressBar label={`Reading ${id}`} value={collection.progress} />}
      {collection.state !== 'ok' && <Text color="secondary">{collection.message}</Text>}
      {collection.errors.slice(1).map((error) => (
        <Text key={error} color="secondary">
          {error}
        </Text>
      ))}
    </>
  );
}

function stored({ stored: events, requests }: Collection): string {
  const count = (kind: string, name: string) => `${(events[kind] ?? 0).toLocaleString()} ${name}`;
  const kept = [count('deployment', 'deployments'), count('change', 'changes'), count('incident', 'incidents')];
  return `${kept.join(', ')}; ${requests.toLocaleString()} requests.`;
}

interface Tested {
  /** Absent while the answer is awaited. */
  ok?: boolean;
  message: string;
}

async function check(uid: string, id: string): Promise<Tested> {
  try {
    return await ask<Tested>(uid, `v1/check?source=${encodeURIComponent(id)}`);
  } catch (error) {
    return { ok: false, message: refusal(error)?.error ?? 'The plugin does not know this source yet: save first.' };
  }
}
