import { Button, Input, Stack, Text } from '@grafana/ui';
import React, { useState } from 'react';

interface Props {
  /** How many are selected. */
  count: number;
  onTeam: (team: string) => void;
  onRemove: () => void;
  onNone: () => void;
}

/** What can be done with all services that are selected. */
export function ServiceBulk({ count, onTeam, onRemove, onNone }: Props) {
  const [team, setTeam] = useState('');
  return (
    <div role="group" aria-label="The selected services">
      <Stack direction="row" wrap="wrap" gap={1} alignItems="center">
        <Text>{count.toLocaleString()} selected</Text>
        <Input
          aria-label="Team of the selected"
          placeholder="none"
          width={24}
          value={team}
          onChange={({ currentTarget }) => setTeam(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') {
              event.preventDefault();
              onTeam(team.trim());
            }
          }}
        />
        <Button variant="secondary" size="sm" onClick={() => onTeam(team.trim())}>
          Set team
        </Button>
        <Button variant="destructive" fill="outline" size="sm" icon="trash-alt" onClick={onRemove}>
          Remove the selected
        </Button>
        <Button variant="secondary" fill="text" size="sm" onClick={onNone}>
          Select none
        </Button>
      </Stack>
    </div>
  );
}
